"""Whether a change of the class shares alone explains how probabilities are distributed."""

import numpy as np

from trifit.clusters import group_sums, n_groups
from trifit.types import FloatArray, IntArray

BINS = 10
"""Bins of the probabilities; at least two more than classes, so that something is left to test."""

ROWS_PER_BIN = 10
"""Rows with labels that every class should have for each bin: with few classes' rows, few bins."""

GROUPS_PER_BIN = 4
"""The same of groups, in all: the scatter of a bin's share is told by their number."""


def label_shift_test(
    labelled: FloatArray,
    truth: FloatArray,
    unlabelled: FloatArray,
    groups: IntArray | None = None,
) -> float:
    """p-value of the hypothesis that only the class shares differ; NaN where there is no test.

    Then the probabilities of the rows without labels are distributed as a mixture of what they are
    in each class: the shares of bins b are ``sum_k s_k M_bk``. M is counted in the rows with
    labels, s is fitted by generalised least squares, and what is left of the difference is
    chi-squared with ``bins - classes`` degrees of freedom (Hansen's J); with groups it is
    Hotelling's, of so many groups. Probabilities need not be calibrated. Bins: those of the
    log-odds of the most frequent class, by quantiles of all rows.

    Parameters
    ----------
    labelled : array of shape (n_obs, n_classes)
        Log probabilities of rows with labels.
    truth : array of shape (n_obs, n_classes)
        These labels as distributions.
    unlabelled : array of shape (n_rows, n_classes)
        Log probabilities of rows without labels.
    groups : array of shape (n_obs,), optional
        Rows with labels that belong together.

    References
    ----------
    Lipton, Wang & Smola (2018), ICML, arXiv:1802.03916 (the moments);
    Hansen (1982), Econometrica 50(4), doi:10.2307/1912775 (the test)
    """
    present = truth.sum(axis=0) > 0
    counts = truth.sum(axis=0)[present]
    truth = truth[:, present]
    n_parts = min(max(BINS, 2 + 2 * len(counts)), int(counts.min() // ROWS_PER_BIN))
    n = None if groups is None else n_groups(groups)
    if n is not None:
        n_parts = min(n_parts, n // GROUPS_PER_BIN)
    if len(counts) < 2 or n_parts <= len(counts):
        return float("nan")
    k = int(np.argmax(np.where(present, labelled.mean(axis=0), -np.inf)))
    edges = np.unique(
        np.quantile(
            np.r_[labelled[:, k], unlabelled[:, k]],
            np.linspace(0, 1, n_parts + 1)[1:-1],
        )
    )
    n_bins = len(edges) + 1
    if n_bins <= len(counts):
        return float("nan")
    h, g = (
        np.eye(n_bins)[np.searchsorted(edges, x[:, k], side="right")]
        for x in (labelled, unlabelled)
    )
    mixture, target = (truth.T @ h / counts[:, None]).T, g.mean(axis=0)
    shares = counts / counts.sum()
    for _ in range(20):
        weight = truth * (shares / counts)  # sums to the shares, class by class
        moved = weight.sum(axis=1)[:, None] * h - weight @ mixture.T
        sums = moved
        if groups is not None and n is not None:
            sums = group_sums(moved, groups) * np.sqrt(n / (n - 1))
        covariance = sums.T @ sums + (np.diag(target) - np.outer(target, target)) / len(g)
        inverse = np.linalg.pinv(covariance, rcond=1e-10, hermitian=True)
        # shares sum to 1: the last is the rest
        design = mixture[:, :-1] - mixture[:, -1:]
        lead = np.linalg.lstsq(
            design.T @ inverse @ design, design.T @ inverse @ (target - mixture[:, -1]), rcond=None
        )[0]
        new = np.r_[lead, 1 - lead.sum()]
        done = abs(new - shares).max() < 1e-8
        shares = new
        if done:
            break
    rest = target - mixture @ shares
    from scipy.stats import chi2, f

    statistic, df = float(rest @ inverse @ rest), n_bins - len(counts)
    if n is None:
        return float(chi2.sf(statistic, df))
    return float(f.sf(statistic * (n - df) / (df * (n - 1)), df, n - df))
