"""From the rows of cells to numbers over replications, with their uncertainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.stats import beta, binom
from scipy.stats import t as student

from trifit.study.cells import Cell
from trifit.study.record import Over
from trifit.study.spec import Setting
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

Summary = Literal["mean", "median"]

NOTHING = Over(value=None, low=None, high=None, n=0)


@dataclass(eq=False)
class Point:
    """One point of the grid: its settings, and every quantity by replication.

    Attributes
    ----------
    settings : mapping
        All of them, those that do not vary included.
    values : mapping of (fit, quantity) to {replication: value}
    """

    settings: Mapping[str, Setting]
    values: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)

    def replicated(self, fit: str, quantity: str, minus: str | None = None) -> FloatArray:
        """Values over replications; with ``minus`` paired differences."""
        own = self.values.get((fit, quantity), {})
        if minus is None:
            return np.array([own[r] for r in sorted(own)])
        other = self.values.get((minus, quantity), {})
        return np.array([own[r] - other[r] for r in sorted(own.keys() & other.keys())])

    def agrees(self, where: Mapping[str, Any]) -> bool:
        """Whether every named setting has the value, or one of the values."""
        return all(
            self.settings.get(name) in (value if isinstance(value, list) else [value])
            for name, value in where.items()
        )


def points_of(cells: Sequence[Cell], table: "pa.Table") -> list[Point]:
    """The points of the grid, in the order of the cells, with what the table holds of them."""
    points: dict[str, Point] = {}
    homes: dict[str, tuple[Point, int]] = {}
    for cell in cells:
        point = points.setdefault(cell.point, Point(cell.settings))
        homes[cell.key] = (point, cell.replication)
    columns = (table[name].to_pylist() for name in ("cell", "fit", "quantity", "value", "error"))
    for key, fit, quantity, value, error in zip(*columns, strict=True):
        if error is None and key in homes:
            point, replication = homes[key]
            point.values.setdefault((fit, quantity), {})[replication] = value
    return list(points.values())


def over(values: FloatArray, summary: Summary, *, level: float = 0.95) -> Over:
    """Mean or median over replications with an interval; NaN are left out and not counted.

    - Zeros and ones alone: their share, with Clopper & Pearson's exact interval.
    - Mean: Student's t. Median: order statistics, without assumption; where there are
      too few replications for that level, the interval has no end.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26(4), doi:10.1093/biomet/26.4.404;
    Thompson (1936), Ann. Math. Stat. 7(3), doi:10.1214/aoms/1177732502

    Examples
    --------
    >>> over(np.array([1.0, 2.0, 3.0]), "mean")
    Over(value=2.0, low=-0.48..., high=4.48..., n=3)
    """
    x = np.sort(values[~np.isnan(values)])
    n = len(x)
    if n < 2:
        return NOTHING
    tail = (1 - level) / 2
    if np.isin(x, (0, 1)).all():
        k = int(x.sum())
        low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
        high = 1.0 if k == n else float(beta.ppf(1 - tail, k + 1, n - k))
        return Over(value=k / n, low=low, high=high, n=n)
    if summary == "median":
        # P(x_(k) > median) = P(Binomial(n, 1/2) < k): the largest k at which that is small.
        k = int(binom.ppf(tail, n, 0.5))
        held = k >= 1 and binom.cdf(k - 1, n, 0.5) <= tail
        low, high = (x[k - 1], x[n - k]) if held else (-np.inf, np.inf)
        return Over(value=float(np.median(x)), low=_finite(low), high=_finite(high), n=n)
    if not np.isfinite(x).all():
        return Over(value=None, low=None, high=None, n=n)
    mean, half = x.mean(), student.ppf(1 - tail, n - 1) * x.std(ddof=1) / np.sqrt(n)
    return Over(value=float(mean), low=float(mean - half), high=float(mean + half), n=n)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
