"""Whether one recalibration of the log-odds fits all subgroups of the rows."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from trifit.calibration.slope import Recalibrated, recalibrated
from trifit.calibration.strata import common_slope
from trifit.clusters import group_sums, n_groups
from trifit.inputs import Labels, checked_labels, label_probs
from trifit.types import BoolArray, FloatArray, IntArray

MIN_EXPECTED = 5
"""Rows of a class, and outside it, that a subgroup needs for that class to be tested."""


@dataclass(frozen=True, eq=False)
class Homogeneity:
    """Score tests of the hypothesis that all subgroups have one slope and one intercept.

    Attributes
    ----------
    p_value : float
        Of one test for all subgroups together; NaN where there is none.
    df : int
        Its degrees of freedom.
    slope, bias : array of shape (n_subgroups,)
        p-values of one subgroup against all others: a different slope, whatever the intercepts of
        all subgroups are; class frequencies that differ from those of the recalibration that all
        share. NaN where the rows are too few.
    """

    p_value: float
    df: int
    slope: FloatArray
    bias: FloatArray


def homogeneity(
    log_probs: FloatArray, y: Labels, codes: IntArray, groups: IntArray | None = None
) -> Homogeneity:
    """Test whether the recalibration ``softmax(b log p_k + c_k)`` is the same in all subgroups.

    It is fitted to all rows. The sum of the rows' scores over subgroup g, ``U_g``, then has the
    variance ``I_g - I_g I^-1 I_g`` (``I``: information), and all of these sums are tested together
    by ``U' V^-1 U``. Evaluated under the hypothesis, a score test does not mistake the error of a
    steep slope for its size, as Wald's does. With groups the variance is that of the groups'
    sums of ``s_i [i in g] - I_g I^-1 s_i`` (subgroups may divide a group), and the reference is
    Hotelling's. The slope of one subgroup is tested where all subgroups have intercepts of their
    own and one slope, by the efficient score (:mod:`trifit.calibration.strata`).

    There are no tests with soft labels: how the labels behind them scatter is not known.

    Parameters
    ----------
    log_probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    codes : array of shape (n_obs,)
        Subgroup of each row, from 0 on.
    groups : array of shape (n_obs,), optional
        Rows that belong together.

    References
    ----------
    Rao (1948), Math. Proc. Camb. Philos. Soc. 44(1), doi:10.1017/S0305004100023987 (score tests);
    Boos (1992), Am. Stat. 46(4), doi:10.1080/00031305.1992.10475921 (with groups);
    Cochran (1954), Biometrics 10(4), doi:10.2307/3001616 (at least 5 expected)
    """
    n_subgroups = int(codes.max()) + 1
    nothing = np.full(n_subgroups, np.nan)
    labels = checked_labels(y, *log_probs.shape)
    if labels.ndim == 2:
        return Homogeneity(np.nan, 0, nothing, nothing)
    found = recalibrated(log_probs, label_probs(labels, log_probs.shape[1]))
    if found is None:
        return Homogeneity(np.nan, 0, nothing, nothing)
    tests = _Scores.of(found, codes, n_subgroups, groups)
    p_value, df = tests.together()
    bias = np.array([tests.bias(g) for g in range(n_subgroups)])
    return Homogeneity(p_value, df, _slopes(found, codes, tests, groups), bias)


def _slopes(
    found: Recalibrated, codes: IntArray, tests: "_Scores", groups: IntArray | None
) -> FloatArray:
    """p-values of each subgroup's slope against that of the others.

    Parameters
    ----------
    found : Recalibrated
    codes : array of shape (n_obs,)
    tests : _Scores
        Says which subgroups have rows enough.
    groups : array of shape (n_obs,), optional
    """
    p = np.full(len(tests.sizes), np.nan)
    strata = common_slope(found, [np.flatnonzero(codes == g) for g in range(len(p))])
    if strata is None:
        return p
    total = np.bincount(codes, strata.scores, len(p))
    share = strata.information / strata.information.sum()
    for g in np.flatnonzero(tests.enough.any(axis=1)).tolist():
        variance = strata.information[g] * (1 - share[g])
        n = tests.n_against(g)
        if groups is not None:
            pieces = group_sums(((codes == g) - share[g]) * strata.scores, groups)
            variance = tests.scatter(g, strata.n_params[g]) * np.vdot(pieces, pieces)
            n = min(n or 0, _effective(pieces))
        p[g] = _p_value(total[g : g + 1], np.array([[variance]]), n)
    return p


@dataclass(frozen=True, eq=False)
class _Scores:
    """Sums of the scores by subgroup and parameter, with their covariance.

    Parameters are the slope and an intercept of every class, so the classes' sums add up to 0.

    Attributes
    ----------
    total : array of shape (n_subgroups, n_classes + 1)
    covariance : array of shape (n_subgroups * (n_classes + 1), n_subgroups * (n_classes + 1))
        Of the sums, ravelled.
    enough : array of shape (n_subgroups, n_classes)
        Classes that are neither too rare nor too common in a subgroup.
    tested : array of shape (n_subgroups, n_classes)
        Those without the subgroup's reference.
    sizes : array of shape (n_subgroups,)
        Rows; with groups, groups.
    n_groups : int or None
    """

    total: FloatArray
    covariance: FloatArray
    enough: BoolArray
    tested: BoolArray
    sizes: IntArray
    n_groups: int | None

    @classmethod
    def of(
        cls, found: Recalibrated, codes: IntArray, n_subgroups: int, groups: IntArray | None
    ) -> "_Scores":
        """The sums for a recalibration that was fitted to all rows.

        Parameters
        ----------
        found : Recalibrated
        codes : array of shape (n_obs,)
        n_subgroups : int
        groups : array of shape (n_obs,), optional
        """
        here = [np.flatnonzero(codes == g) for g in range(n_subgroups)]
        scores, n_params = found.scores, found.scores.shape[1]
        information = [found.information(rows) for rows in here]
        projected = [i @ found.inverse for i in information]
        sizes, n = [len(rows) for rows in here], None
        if groups is None:
            covariance = -np.block([[p @ i for i in information] for p in projected])
            for g, i in enumerate(information):
                block = slice(g * n_params, (g + 1) * n_params)
                covariance[block, block] += i
        else:
            pieces = [-group_sums(scores @ p.T, groups) for p in projected]
            for g, rows in enumerate(here):
                pieces[g] += group_sums(np.where((codes == g)[:, None], scores, 0.0), groups)
                sizes[g] = n_groups(groups[rows]) if len(rows) else 0
            sums = np.concatenate(pieces, axis=1)
            n = len(sums)
            covariance = sums.T @ sums * n / max(n - 1, 1)
        first = np.r_[0.0, np.full(n_params - 1, -1.0)]  # its score: minus those of the others
        every = np.insert(np.eye(n_params), 1, first, axis=0)
        spread = np.kron(np.eye(n_subgroups), every)
        total = np.array([scores[rows].sum(axis=0) for rows in here]) @ every.T
        enough, tested = np.array([_tested(found.q[rows]) for rows in here]).swapaxes(0, 1)
        return cls(total, spread @ covariance @ spread.T, enough, tested, np.array(sizes), n)

    def bias(self, g: int) -> float:
        """p-value of the class frequencies of one subgroup."""
        picked = np.zeros_like(self.total, dtype=bool)
        picked[g, 1:] = self.tested[g]
        return self._p_value(picked, self.n_against(g), self.scatter(g, 1 + self.tested[g].sum()))

    def together(self) -> tuple[float, int]:
        """p-value of all subgroups, and its degrees of freedom.

        A parameter's sums add up to 0, so of the subgroups that have rows for it the largest is
        left out; otherwise the sum of those that have too few would come in again.
        """
        enough = np.c_[self.enough.any(axis=1), self.enough]
        picked = np.c_[enough[:, 0], self.tested]
        largest = np.where(enough, self.sizes[:, None], -1).argmax(axis=0)
        picked[largest, np.arange(len(largest))] = False
        return self._p_value(picked, self.n_groups), int(picked.sum())

    def n_against(self, g: int) -> int | None:
        """Groups in the subgroup, or outside it where they are fewer."""
        if self.n_groups is None:
            return None
        return int(min(self.sizes[g], self.sizes.sum() - self.sizes[g]))

    def scatter(self, g: int, n_params: int) -> float:
        """By how much the scatter of few groups is smaller around their own fit."""
        n = self.n_against(g)
        return 1.0 if n is None else n / max(n - 1 - n_params, 1)

    def _p_value(self, picked: BoolArray, n: int | None, scatter: float = 1.0) -> float:
        places = np.flatnonzero(picked)
        v = scatter * self.covariance[np.ix_(places, places)]
        return _p_value(self.total[picked], v, n)


def _tested(q: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Classes that are neither too rare nor too common, and those of them that are tested.

    The others together are the reference; where even they are too rare, the most frequent class.
    """
    expected = q.sum(axis=0)
    enough = np.minimum(expected, len(q) - expected) >= MIN_EXPECTED
    tested = enough.copy()
    if enough.any() and expected[~enough].sum() < MIN_EXPECTED:
        tested[expected.argmax()] = False
    return enough, tested


def _effective(pieces: FloatArray) -> int:
    """Groups whose normal sums would tell the variance as well (Satterthwaite 1946)."""
    squares = pieces**2
    spread = float(squares @ squares / squares.sum() ** 2) - 1 / len(pieces)
    return 1 + int(min(2 / spread, len(pieces))) if spread > 0 else len(pieces)


def _p_value(u: FloatArray, v: FloatArray, n: int | None) -> float:
    """Of ``u' v^-1 u``: chi-squared, or Hotelling's with n groups; NaN where there is no test."""
    df = len(u)
    if not df or not (np.diag(v) > 0).all() or (n is not None and n - 1 < 2 * df):
        return np.nan
    scale = np.sqrt(np.diag(v))
    scaled = u / scale
    statistic = float(scaled @ np.linalg.pinv(v / np.outer(scale, scale), hermitian=True) @ scaled)
    if n is None:
        return float(chdtrc(df, statistic))
    return float(fdtrc(df, n - df, statistic * (n - df) / (df * (n - 1))))
