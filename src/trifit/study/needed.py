"""How many training rows are enough for probabilities: read off a fit's calibration slopes.

``n`` rows are enough if the median calibration slope of training sets of
that size (the study's summary, as in its figures) is inside 0.8 to 1.25 there and for all larger
ones. In logistic regression
``log slope`` falls like ``1 / n`` for every fit once the slope is above one half
(:mod:`trifit.theory`: with exponents between 0.85 and 1.2), so a curve that has come that
far, and still rises, can be continued beyond the table's rows.

A slope is missing where the held-out rows are ranked perfectly, or a label is ruled out: not by
chance. So a curve starts behind the last size at which one is missing.

Replications share the rows of one table, so a mean over ``R`` of them with variance ``S^2``
among them has variance ``S^2 (1 / R + rho / (1 - rho))`` about what further tables of that kind
would give, with ``rho`` the correlation of two replications; a median has ``pi / 2`` in place of
the first 1. With training sets of ``n`` and test sets of ``m`` of ``N`` rows,
``0.1 max(n, m) / N`` is taken for ``rho``: an empirical correction, for which
``tools/curve_coverage.py`` shows how often the intervals hold.

References
----------
Nadeau & Bengio (2003), Machine Learning 52, doi:10.1023/A:1024068626366 (the same factor for
repeated hold-outs)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from trifit.contestants import CONTESTANTS
from trifit.results.calibration import GOOD
from trifit.results.study import RowsNeeded
from trifit.study.cells import number
from trifit.study.points import Point, Summary, summarise
from trifit.study.spec import Setting
from trifit.study.tables import OpenTable
from trifit.types import FloatArray

BAND = float(np.log(GOOD[1]))
"""Largest ``|log slope|`` of a fit that behaves."""

VISIBLE = float(np.log(2.0))
"""Largest ``|log slope|`` from which a curve is continued."""

WIDEST = float(np.log(3.0))
"""Largest ``|log slope|`` from which its pessimistic bound is."""

DECAY, SLOWEST, FASTEST = 1.0, 0.85, 1.2
"""Exponents with which ``|log slope|`` falls in the rows: usual, and between which they lie."""

CORRELATED = 0.1
"""The correlation of replications over ``max(n, m) / N``; found by simulation."""

EFFICIENCY: Mapping[Summary, float] = {"mean": 1.0, "median": 2 / np.pi}
"""The variance of a mean over that of the summary, of Normal numbers."""


def rows_needed(
    fit: str, sizes: Sequence[int], slopes: FloatArray, rho: FloatArray, summary: Summary
) -> RowsNeeded:
    """The smallest number of rows that is enough for outputs that behave like probabilities.

    The interval inverts those of the median slopes: its ends are where their optimistic and
    their pessimistic ends enter the band for good.

    Parameters
    ----------
    fit : str
    sizes : sequence of int
        Training rows, ascending.
    slopes : array of shape (n_replications, n_sizes)
        Calibration slopes on held-out rows; NaN where there is none.
    rho : array of shape (n_sizes,)
        The correlation of replications that share a table; 0: each has its own rows.
    summary : {"mean", "median"}
        Of the slopes of one size.
    """
    missing = (~np.isfinite(slopes)).sum(axis=0)
    first = int(np.flatnonzero(missing)[-1]) + 1 if missing.any() else 0
    none = RowsNeeded(
        fit=fit,
        outcome="undetermined",
        smallest=int(sizes[min(first, len(sizes) - 1)]),
        largest=int(sizes[-1]),
        missing=int(missing.sum()),
        slopes=slopes.size,
    )
    if first == len(sizes) or len(slopes) < 2:
        return none
    counted = np.asarray(sizes[first:], dtype=float)
    curve = _Curve.of(counted, slopes[:, first:], rho[first:], summary)
    low = curve.entry(curve.optimistic, FASTEST)
    last, ends = curve.size[-1], curve.size[-1] + curve.half[-1]
    if recalibrated(fit):
        low, ends = min(low, float(sizes[-1])), np.inf
        if last > BAND:
            return replace(none, outcome="no law", low=low)
    if last > BAND and len(curve.n) == 1:
        return replace(none, low=low)
    if last > VISIBLE:
        return replace(none, outcome="too far", low=low)
    if last > BAND and not curve.approaches:
        return replace(none, outcome="levels off", low=low)
    high = curve.entry(curve.size + curve.half, SLOWEST)
    known_high = high <= sizes[-1] or (ends <= WIDEST and curve.approaches)
    return replace(
        none,
        outcome=_outcome(curve),
        rows=curve.entry(curve.size),
        low=low,
        high=high if known_high else None,
    )


def recalibrated(fit: str) -> bool:
    """Whether a fit has a temperature: its slope follows no law, for the temperature is noisy."""
    return fit in CONTESTANTS and CONTESTANTS[fit].method.endswith(".temperature")


def _outcome(curve: "_Curve") -> str:
    """Where a curve enters the band."""
    if (curve.size <= BAND).all():
        return "from the first"
    return "seen" if curve.size[-1] <= BAND else "extrapolated"


def of_points(points: Sequence[Point], tables: OpenTable, summary: Summary) -> list[RowsNeeded]:
    """The answer for every fit, from the points of a study in which only ``n`` varies.

    Parameters
    ----------
    points : sequence of Point
    tables : callable
        The rows of a table by their fingerprint.
    summary : {"mean", "median"}
        The study's.
    """
    points = sorted(points, key=lambda p: number("n", p.settings["n"]))
    sizes = [int(number("n", p.settings["n"])) for p in points]
    common = np.array([correlation(p.settings, tables) for p in points])
    fits = dict.fromkeys(fit for p in points for fit, what in p.values if what == "slope")
    count = max(p.n_cells for p in points)
    answers = []
    for fit in fits:
        found = [p.values.get((fit, "slope"), {}) for p in points]
        slopes = [[column.get(r, np.nan) for column in found] for r in range(count)]
        answer = rows_needed(fit, sizes, np.array(slopes), common, summary)
        answers.append(with_separable(answer, sizes, points) if fit == "mle" else answer)
    return answers


def with_separable(answer: RowsNeeded, sizes: Sequence[int], points: Sequence[Point]) -> RowsNeeded:
    """The answer for the MLE, with the training sets for which none exists.

    Parameters
    ----------
    answer : RowsNeeded
    sizes : sequence of int
        Training rows, ascending.
    points : sequence of Point
        One for each size.
    """
    gone = [int(p.replicated("mle", "no_mle").sum()) for p in points]
    largest = max((n for n, k in zip(sizes, gone, strict=True) if k), default=None)
    return replace(answer, separable=sum(gone), separable_up_to=largest)


def correlation(settings: Mapping[str, Setting], tables: OpenTable) -> float:
    """The correlation of two replications that draw from one table."""
    if "table" not in settings:
        return 0.0
    n_obs, n = tables(str(settings["table"])).n_obs, number("n", settings["n"])
    n_test = number("n_test", settings.get("n_test", n_obs - n))
    return CORRELATED * max(n, n_test) / n_obs


def of_one_table(values: FloatArray, rho: float, summary: Summary) -> tuple[float, float]:
    """Summary of replications that share one table, and half of its 95 % interval.

    Parameters
    ----------
    values : array of shape (n_replications,)
        All finite.
    rho : float
        The correlation of two replications; with 0 the interval is that of a figure.
    summary : {"mean", "median"}

    Examples
    --------
    >>> value, half = of_one_table(np.array([1.0, 2.0, 3.0]), 0.0, "mean")
    >>> value, round(half, 2)
    (2.0, 2.48)
    """
    found = summarise(values, summary)
    value, low, high = (x or 0.0 for x in (found.value, found.low, found.high))  # none is None
    wider = np.sqrt(1 + EFFICIENCY[summary] * len(values) * rho / (1 - rho))
    return value, float(wider * (high - low) / 2)


@dataclass(frozen=True)
class _Curve:
    """``|log slope|`` by training rows.

    Attributes
    ----------
    n : array of shape (n_sizes,)
    size : array of shape (n_sizes,)
        Of the summary of the slopes.
    half : array of shape (n_sizes,)
        Half of its 95 % interval.
    approaches : bool
        Whether the slope is clearly nearer to 1 at the largest size than at half of it; at the
        smallest, where all are above half.
    """

    n: FloatArray
    size: FloatArray
    half: FloatArray
    approaches: bool

    @property
    def optimistic(self) -> FloatArray:
        """The nearer ends of the intervals, (n_sizes,).

        At the largest size at most ``VISIBLE``: where the slope is further from 1 it still has to
        come there, and how fast it does is not known (in theory faster than by ``FASTEST``).
        """
        near = np.maximum(self.size - self.half, 0)
        near[-1] = min(near[-1], VISIBLE)
        return near

    @classmethod
    def of(cls, n: FloatArray, slopes: FloatArray, rho: FloatArray, summary: Summary) -> "_Curve":
        """The curve of slopes (n_replications, n_sizes), all of them known.

        Parameters
        ----------
        n : array of shape (n_sizes,)
        slopes : array of shape (n_replications, n_sizes)
        rho : array of shape (n_sizes,)
        summary : {"mean", "median"}
        """
        found = [of_one_table(*each, summary) for each in zip(slopes.T, rho.tolist(), strict=True)]
        middle, half = np.array(found).T
        middle = np.maximum(middle, 1e-3)
        before = max(int(np.searchsorted(n, n[-1] / 2, side="right")) - 1, 0)
        nearer = (slopes[:, -1] - slopes[:, before]) * np.sign(1 - middle[-1])
        by, give = of_one_table(nearer, float(rho[-1]), summary)
        return cls(n, abs(np.log(middle)), half / middle, by > give)

    def entry(self, size: FloatArray, decay: float = DECAY) -> float:
        """Rows from which a curve stays inside the band; the first of its sizes at least.

        Parameters
        ----------
        size : array of shape (n_sizes,)
            ``|log slope|``.
        decay : float
            The exponent behind the last size.
        """
        outside = np.flatnonzero(size > BAND)
        if not len(outside):
            return float(self.n[0])
        j = int(outside[-1])
        if j == len(size) - 1:
            return float(self.n[j] * (size[j] / BAND) ** (1 / decay))
        return float(np.exp(np.interp(-BAND, -size[j : j + 2], np.log(self.n[j : j + 2]))))
