"""From how many rows on a fit's outputs behave like probabilities: read off its slopes.

A fit behaves from ``n`` rows on if its calibration slope, averaged over training sets of
that size, is inside 0.8 to 1.25 there and for all larger ones. In logistic regression
``log slope`` falls like ``1 / n`` for every fit once the slope is above one half
(:mod:`trifit.theory`: with exponents between 0.85 and 1.2), so a curve that has come that
far, and still rises, can be continued beyond the table's rows.

Replications share the rows of one table, so a mean over ``R`` of them with variance ``S^2``
among them has variance ``S^2 (1 / R + rho / (1 - rho))`` about what further tables of that kind
would give, with ``rho`` the correlation of two replications. With training sets of ``n`` and
test sets of ``m`` of ``N`` rows ``rho`` is at most ``max(n, m) / N`` (Hoeffding's bound), and
far smaller, since a row that trains one replication tests another. A fifth of the bound is
taken; ``tools/curve_coverage.py`` shows how often the intervals then hold.

References
----------
Hoeffding (1948), Ann. Math. Stat. 19(3), doi:10.1214/aoms/1177730196; Nadeau & Bengio (2003),
Machine Learning 52, doi:10.1023/A:1024068626366 (the same factor for repeated hold-outs)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from trifit.clusters import quantile
from trifit.results.calibration import GOOD
from trifit.results.study import RowsNeeded
from trifit.scores import t_mean
from trifit.study.cells import number
from trifit.study.results import Point
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

OF_BOUND = 0.2
"""The correlation of replications as a share of Hoeffding's bound."""


def rows_needed(
    fit: str, sizes: Sequence[int], slopes: FloatArray, shared: FloatArray
) -> RowsNeeded:
    """The smallest number of rows from which a fit's outputs behave like probabilities.

    The interval inverts those of the mean slopes: its ends are where their optimistic and
    their pessimistic ends enter the band for good.

    Parameters
    ----------
    fit : str
    sizes : sequence of int
        Training rows, ascending.
    slopes : array of shape (n_replications, n_sizes)
        Calibration slopes on held-out rows; NaN where these do not determine one.
    shared : array of shape (n_sizes,)
        The correlation of replications that share a table; 0: each has its own rows.
    """
    none = RowsNeeded(
        fit=fit, outcome="undetermined", smallest=int(sizes[0]), largest=int(sizes[-1])
    )
    known = np.isfinite(slopes).sum(axis=0)
    if (known < max(2, (len(slopes) + 1) // 2)).any():
        return none
    curve = _Curve.of(np.asarray(sizes, dtype=float), slopes, shared)
    low = curve.entry(np.maximum(curve.size - curve.half, 0), FASTEST)
    last, ends = curve.size[-1], curve.size[-1] + curve.half[-1]
    if last > VISIBLE:
        return replace(none, outcome="too far", low=max(low, float(sizes[-1])))
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


def _outcome(curve: "_Curve") -> str:
    """Where a curve enters the band."""
    if (curve.size <= BAND).all():
        return "from the first"
    return "seen" if curve.size[-1] <= BAND else "extrapolated"


def of_points(points: Sequence[Point], tables: OpenTable) -> list[RowsNeeded]:
    """The answer for every fit, from the points of a study in which only ``n`` varies."""
    points = sorted(points, key=lambda p: number("n", p.settings["n"]))
    sizes = [int(number("n", p.settings["n"])) for p in points]
    common = np.array([shared(p.settings, tables) for p in points])
    fits = dict.fromkeys(fit for p in points for fit, what in p.values if what == "slope")
    count = max(p.n_cells for p in points)
    answers = []
    for fit in fits:
        found = [p.values.get((fit, "slope"), {}) for p in points]
        slopes = [[column.get(r, np.nan) for column in found] for r in range(count)]
        answers.append(rows_needed(fit, sizes, np.array(slopes), common))
    return answers


def shared(settings: Mapping[str, Setting], tables: OpenTable) -> float:
    """The correlation of two replications that draw from one table."""
    if "table" not in settings:
        return 0.0
    n_obs, n = tables(str(settings["table"])).n_obs, number("n", settings["n"])
    n_test = number("n_test", settings.get("n_test", n_obs - n))
    return OF_BOUND * max(n, n_test) / n_obs


@dataclass(frozen=True)
class _Curve:
    """``|log slope|`` by training rows.

    Attributes
    ----------
    n : array of shape (n_sizes,)
    size : array of shape (n_sizes,)
        Of the mean slope.
    half : array of shape (n_sizes,)
        Half of its 95 % interval.
    approaches : bool
        Whether the slope is clearly nearer to 1 at the largest size than at half of it.
    """

    n: FloatArray
    size: FloatArray
    half: FloatArray
    approaches: bool

    @classmethod
    def of(cls, n: FloatArray, slopes: FloatArray, shared: FloatArray) -> "_Curve":
        """The curve of slopes (n_replications, n_sizes)."""
        mean = np.maximum(np.nanmean(slopes, axis=0), 1e-3)
        count = np.isfinite(slopes).sum(axis=0)
        sd = np.nanstd(slopes, axis=0, ddof=1)
        t = np.array([quantile(0.95, int(k)) for k in count])
        half = t * sd * np.sqrt(1 / count + shared / (1 - shared)) / mean
        before = int(np.searchsorted(n, n[-1] / 2, side="right")) - 1
        nearer = (slopes[:, -1] - slopes[:, max(before, 0)]) * np.sign(1 - mean[-1])
        nearer = nearer[np.isfinite(nearer)]
        approaches = before >= 0 and len(nearer) > 1 and t_mean(nearer).low > 0
        return cls(n, abs(np.log(mean)), half, bool(approaches))

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
