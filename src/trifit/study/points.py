"""From the rows of cells to numbers over replications, with their uncertainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.stats import beta, binom

from trifit.results.study import Replicated
from trifit.scores import t_mean
from trifit.study.cells import Cell
from trifit.study.quantities import QUANTITIES
from trifit.study.spec import Setting
from trifit.types import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

Summary = Literal["mean", "median"]


OF_COEFFICIENTS = ("alpha", "sigma")


@dataclass(eq=False)
class Point:
    """One point of the grid: its settings, and every quantity by replication.

    Attributes
    ----------
    settings : mapping
        All of them, those that do not vary included.
    values : mapping of (fit, quantity) to {replication: value}
    n_cells : int
        Replications that were asked for.
    """

    settings: Mapping[str, Setting]
    values: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    n_cells: int = 0

    def replicated(self, fit: str, quantity: str, minus: str | None = None) -> FloatArray:
        """Values over replications, or paired differences.

        Parameters
        ----------
        fit, quantity : str
        minus : str, optional
            Fit whose values are subtracted.
        """
        own = self._valid(fit, quantity)
        if minus is None:
            return np.array([own[r] for r in sorted(own)])
        other = self._valid(minus, quantity)
        return np.array([own[r] - other[r] for r in sorted(own.keys() & other.keys())])

    def _valid(self, fit: str, quantity: str) -> dict[int, float]:
        """Without coefficients of an MLE that does not exist: those of an optimiser's last step."""
        found = self.values.get((fit, quantity), {})
        if fit != "mle" or quantity not in OF_COEFFICIENTS:
            return found
        separated = self.values.get(("mle", "no_mle"), {})
        return {r: v for r, v in found.items() if not separated.get(r)}

    def summarise(
        self,
        fit: str,
        quantity: str,
        summary: Summary,
        *,
        minus: str | None = None,
        level: float = 0.95,
    ) -> Replicated:
        """A quantity over the replications of this point; see :func:`summarise`.

        Parameters
        ----------
        fit, quantity : str
        summary : {"mean", "median"}
        minus : str, optional
            Fit whose values are subtracted.
        level : float
            Of the interval.
        """
        share = QUANTITIES[quantity].share and minus is None
        repeats = self.settings.get("repeats", 1) if quantity == "rejected" else 1
        return summarise(
            self.replicated(fit, quantity, minus),
            summary,
            level=level,
            trials=int(repeats) if share else None,  # type: ignore[arg-type]
        )

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
        point.n_cells += 1
        homes[cell.key] = (point, cell.replication)
    columns = (table[name].to_pylist() for name in ("cell", "fit", "quantity", "value", "error"))
    for key, fit, quantity, value, error in zip(*columns, strict=True):
        if error is None and key in homes:
            point, replication = homes[key]
            point.values.setdefault((fit, quantity), {})[replication] = value
    return list(points.values())


def summarise(
    values: FloatArray, summary: Summary, *, level: float = 0.95, trials: int | None = None
) -> Replicated:
    """Mean or median over replications with an interval; NaN are left out and not counted.

    - Shares: each value is that of ``trials`` trials; together they give the share with
      Clopper & Pearson's exact interval.
    - Mean: Student's t.
    - Median: order statistics, without assumption. Where there are too few replications
      for that level, or a median is infinite, an end of the interval is.

    Parameters
    ----------
    values : array of shape (n_replications,)
    summary : {"mean", "median"}
    level : float
    trials : int, optional
        For shares.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26(4), doi:10.1093/biomet/26.4.404;
    Thompson (1936), Ann. Math. Stat. 7(3), doi:10.1214/aoms/1177732502

    Examples
    --------
    >>> found = summarise(np.array([1.0, 2.0, 3.0]), "mean")
    >>> round(found.low, 2), found.value, round(found.high, 2), found.n
    (-0.48, 2.0, 4.48, 3)
    """
    x = np.sort(values[~np.isnan(values)])
    n = len(x)
    if n < 2:
        return Replicated(value=None, low=None, high=None, n=n)
    tail = (1 - level) / 2
    if trials is not None:
        k, m = round(float(x.sum()) * trials), n * trials
        low = 0.0 if k == 0 else float(beta.ppf(tail, k, m - k + 1))
        high = 1.0 if k == m else float(beta.ppf(1 - tail, k + 1, m - k))
        return Replicated(value=k / m, low=low, high=high, n=n)
    if summary == "median":
        # P(x_(k) > median) = P(Binomial(n, 1/2) < k): the largest k at which that is small.
        k = int(binom.ppf(tail, n, 0.5))
        held = k >= 1 and binom.cdf(k - 1, n, 0.5) <= tail
        low, high = (x[k - 1], x[n - k]) if held else (-np.inf, np.inf)
        middle = float(x[(n - 1) // 2] if np.isinf(x[n // 2]) else np.median(x))
        return Replicated(value=middle, low=float(low), high=float(high), n=n)
    if not np.isfinite(x).all():
        return Replicated(value=None, low=None, high=None, n=n)
    mean = t_mean(x, level)
    return Replicated(value=mean.value, low=mean.low, high=mean.high, n=n)
