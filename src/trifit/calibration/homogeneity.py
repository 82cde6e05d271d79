"""Whether one recalibration of the log-odds fits all subgroups of the rows."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, f

from trifit.calibration.slope import Recalibrated, recalibrated
from trifit.checks import Labels, checked_labels, label_probs
from trifit.clusters import group_sums, n_groups
from trifit.types import FloatArray, IntArray

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
        p-values of one subgroup against all others: another slope (whatever its intercepts); other
        class frequencies than were forecast (given the common slope). NaN where the rows are too
        few.
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
    Hotelling's.

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
    found = recalibrated(
        log_probs, label_probs(checked_labels(y, *log_probs.shape), log_probs.shape[1])
    )
    if found is None:
        return Homogeneity(np.nan, 0, nothing, nothing)
    tests = _Scores.of(found, codes, n_subgroups, groups)
    each = [tests.of_subgroup(g) for g in range(n_subgroups)]
    p_value, df = tests.together()
    return Homogeneity(p_value, df, *np.array(each).T)


@dataclass(frozen=True, eq=False)
class _Scores:
    """Sums of the scores by subgroup and parameter, ravelled, with their covariance.

    Attributes
    ----------
    total : array of shape (n_subgroups * n_params,)
    covariance : array of shape (n_subgroups * n_params, n_subgroups * n_params)
    tested : list of array
        Parameters that each subgroup has rows for: the slope (0), then intercepts.
    sizes : array of shape (n_subgroups,)
        Rows; with groups, groups.
    n_groups : int or None
    """

    total: FloatArray
    covariance: FloatArray
    tested: list[IntArray]
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
        scores = found.scores
        n_params = scores.shape[1]
        total = np.concatenate([scores[rows].sum(axis=0) for rows in here])
        information = [found.information(rows) for rows in here]
        projected = [i @ found.inverse for i in information]
        tested, sizes = [_tested(found.q[rows]) for rows in here], [len(rows) for rows in here]
        if groups is None:
            covariance = -np.block([[p @ i for i in information] for p in projected])
            for g, i in enumerate(information):
                block = slice(g * n_params, (g + 1) * n_params)
                covariance[block, block] += i
            return cls(total, covariance, tested, np.array(sizes), None)
        pieces = [-group_sums(scores @ p.T, groups) for p in projected]
        for g, rows in enumerate(here):
            pieces[g] += group_sums(np.where((codes == g)[:, None], scores, 0.0), groups)
            sizes[g] = n_groups(groups[rows]) if len(rows) else 0
        sums = np.concatenate(pieces, axis=1)
        n = len(sums)
        covariance = sums.T @ sums * n / max(n - 1, 1)
        return cls(total, covariance, tested, np.array(sizes), n)

    def of_subgroup(self, g: int) -> tuple[float, float]:
        """p-values of its slope, and of its class frequencies."""
        n_params = len(self.total) // len(self.sizes)
        tested = g * n_params + self.tested[g]
        if not len(tested) or self.sizes[g] == self.sizes.sum():
            return np.nan, np.nan
        u, v = self.total[tested], self.covariance[np.ix_(tested, tested)]
        if self.n_groups is not None:  # the scatter of few groups is smaller around their own fit
            v = v * self.sizes[g] / max(self.sizes[g] - 1 - len(tested), 1)
        own = np.linalg.pinv(v[1:, 1:], hermitian=True) @ np.c_[u[1:], v[1:, 0]]
        rest = np.array([u[0] - v[0, 1:] @ own[:, 0]]), v[:1, :1] - v[0, 1:] @ own[:, 1]
        n = None if self.n_groups is None else int(self.sizes[g])
        return _p_value(*rest, n), _p_value(u[1:], v[1:, 1:], n)

    def together(self) -> tuple[float, int]:
        """p-value of all subgroups, and its degrees of freedom.

        All sums together are 0, so the largest subgroup's are left out.
        """
        n_params = len(self.total) // len(self.sizes)
        largest = int(self.sizes.argmax())
        places = [g * n_params + t for g, t in enumerate(self.tested) if g != largest]
        tested = np.concatenate(places).astype(np.int64)
        v = self.covariance[np.ix_(tested, tested)]
        return _p_value(self.total[tested], v, self.n_groups), len(tested)


def _tested(q: FloatArray) -> IntArray:
    """The slope and the intercepts of classes that are neither too rare nor too common."""
    expected = q.sum(axis=0)[1:]
    enough = np.minimum(expected, len(q) - expected) >= MIN_EXPECTED
    return np.flatnonzero(np.r_[True, enough]) if enough.any() else np.empty(0, dtype=np.int64)


def _p_value(u: FloatArray, v: FloatArray, n: int | None) -> float:
    """Of ``u' v^-1 u``: chi-squared, or Hotelling's with n groups; NaN where there is no test."""
    df = len(u)
    if not df or not (np.diag(v) > 0).all() or (n is not None and n - 1 < 2 * df):
        return np.nan
    scale = np.sqrt(np.diag(v))
    scaled = u / scale
    statistic = float(scaled @ np.linalg.pinv(v / np.outer(scale, scale), hermitian=True) @ scaled)
    if n is None:
        return float(chi2.sf(statistic, df))
    return float(f.sf(statistic * (n - df) / (df * (n - 1)), df, n - df))
