"""Many subgroups at once: which of them differ, with one error rate for all."""

from collections.abc import Callable, Sequence

import numpy as np

from trifit.types import BoolArray, FloatArray

type Tests = Callable[[BoolArray], FloatArray]
"""p-values (n_tests, n_subgroups) of each subgroup against the others that are left; NaN: none."""


def step_down(divisions: Sequence[tuple[int, Tests]], level: float) -> list[FloatArray]:
    """Corrected p-values of the subgroups of several divisions, (n_tests, n_subgroups) each.

    Step by step the subgroup with the smallest p-value, times the number of tests that are left,
    is named and taken out, and the others are tested again without it: else all would differ from
    a mean that one of them has moved. At the first step above the level it ends. Corrected values
    never fall from step to step (as Holm's). Two that are left are held against each other: one
    hypothesis, and both differ.

    Parameters
    ----------
    divisions : sequence of (int, callable)
        Of each its number of subgroups, and what tests those that are left.
    level : float
        Probability that a subgroup is named although none differs.

    References
    ----------
    Holm (1979), Scand. J. Stat. 6(2), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> p = np.array([[0.01, 0.4, 0.4]])
    >>> step_down([(3, lambda left: np.where(left, p, np.nan))], 0.05)
    [array([[0.03, 0.4 , 0.4 ]])]
    """
    left = [np.ones(n, dtype=bool) for n, _ in divisions]
    p = [test(every) for every, (_, test) in zip(left, divisions, strict=True)]
    found = [np.full_like(each, np.nan) for each in p]
    floor = 0.0
    while True:
        n_tests = sum(_hypotheses(each, of) for each, of in zip(p, left, strict=True))
        if not n_tests:
            return found
        corrected = [np.clip(n_tests * each, floor, 1.0) for each in p]
        for k, each in enumerate(corrected):
            found[k][:, left[k]] = each[:, left[k]]
        lowest = [np.nanmin(each, initial=np.inf) for each in corrected]
        k = int(np.argmin(lowest))
        floor = float(lowest[k])
        if floor >= level:
            return found
        if left[k].sum() == 2:
            left[k][:] = False
        else:
            left[k][int(np.nanargmin(p[k]) % len(left[k]))] = False
        p[k] = divisions[k][1](left[k]) if left[k].any() else np.full_like(p[k], np.nan)


def _hypotheses(p: FloatArray, left: BoolArray) -> int:
    there = ~np.isnan(p)
    return int(there.any(axis=1).sum() if left.sum() == 2 else there.sum())
