"""Standardisation from training rows only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray, IntArray

MIN_SCALE = 1e-140
"""Standard deviation below which the squares of deviations underflow."""

LEAST_SCALE = 1e-290
"""Standard deviation whose reciprocal is still a number."""

BLOCK = 65_536
"""Rows in work at a time."""


@dataclass(frozen=True, eq=False)
class Standardiser:
    """``(x - mean) / scale`` with the training rows' mean and standard deviation.

    Features then have standard deviation ``sd`` (1 unless asked otherwise).

    A missing value (NaN) becomes the training mean. A column that is constant
    in the training rows says nothing about the classes there: it becomes zero
    in every row.

    Attributes
    ----------
    mean, scale : array of shape (n_features,)
        ``scale`` is 1 for constant columns, and for all where features are
        not to be standardised (then ``mean`` is 0 too).
    fill : array of shape (n_features,)
        What a missing value becomes, in the data's units.
        For a constant column this is its value in the training rows.
    constant : array of shape (n_features,)
    """

    mean: FloatArray
    scale: FloatArray
    fill: FloatArray
    constant: BoolArray

    @classmethod
    def fit(
        cls,
        X: FloatArray,
        rows: IntArray | None = None,
        *,
        standardize: bool = True,
        sd: float = 1.0,
        names: tuple[str, ...] = (),
        weights: FloatArray | None = None,
    ) -> "Standardiser":
        """Learn mean and scale from rows (default: all) of X, shape (n_obs, n_features).

        ``weights`` (n_obs,), all positive, count rows: a row of weight 2 is two rows.
        """

        def squares_of(unit: FloatArray | float) -> FloatArray:
            parts = _weighted_blocks(X, rows, weights)
            return np.asarray(sum(_total(((part - fill) / unit) ** 2, w) for part, w in parts))

        low, high, n, total = _summary(X, rows, weights)
        if (n == 0).any():
            j = int(np.flatnonzero(n == 0)[0])
            raise InputError(
                f"column {names[j] if names else j!r} has no value in the training rows; drop it"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            fill = np.where(high == low, low, total / n)  # no rounding where nothing varies
            scale = np.sqrt(squares_of(1.0) / n)
            tiny = (scale < MIN_SCALE) & (high > low)
            if tiny.any():  # their squares are no numbers any more
                unit = np.where(tiny, np.fmax(high - fill, fill - low), 1.0)
                scale = np.where(tiny, unit * np.sqrt(squares_of(unit) / n), scale)
        wild = ~np.isfinite(scale) | ((scale < LEAST_SCALE) & (high > low))
        if wild.any():
            j = int(np.flatnonzero(wild)[0])
            size = max(abs(low[j]), abs(high[j]))
            raise InputError(
                f"column {names[j] if names else j!r} reaches {size:.3g}, too "
                f"{'large' if size > 1 else 'small'} to standardise; rescale it"
            )
        # A spread within rounding error of the values' size is no spread.
        rounding = 8 * np.finfo(np.float64).eps * np.maximum(abs(low), abs(high))
        constant = (high == low) | (scale <= rounding)
        zero, one = np.zeros_like(fill), np.ones_like(fill)
        return cls(
            mean=fill if standardize else zero,
            scale=np.where(constant, one, scale / sd) if standardize else one,
            fill=fill,
            constant=constant,
        )

    def of_columns(self, columns: BoolArray) -> "Standardiser":
        """The same for some of the columns only."""
        return Standardiser(
            self.mean[columns], self.scale[columns], self.fill[columns], self.constant[columns]
        )

    def transform(self, X: FloatArray, rows: IntArray | None = None) -> FloatArray:
        """Standardise rows (default: all) of X, shape (n_obs, n_features)."""
        Z = np.empty((len(X) if rows is None else len(rows), X.shape[1]))
        start = 0
        for part in _blocks(X, rows):
            filled = np.where(np.isnan(part), self.fill, part)
            Z[start : start + len(part)] = (filled - self.mean) / self.scale
            start += len(part)
        Z[:, self.constant] = 0.0
        return Z

    def unseen(self, X: FloatArray) -> int:
        """Number of rows that differ from training in a column constant there.

        For the 0/1 columns of a category this counts rows whose category was
        not seen in training.
        """
        usual = self.fill[self.constant]
        moved = abs(X[:, self.constant] - usual) > 1e-9 * np.maximum(1.0, abs(usual))
        return int(moved.any(axis=1).sum())


def _blocks(X: FloatArray, rows: IntArray | None) -> Iterator[FloatArray]:
    """Chosen rows of X, few at a time: X may be large, or a file."""
    for start in range(0, len(X) if rows is None else len(rows), BLOCK):
        at = slice(start, start + BLOCK)
        yield X[at] if rows is None else X[rows[at]]


def _weighted_blocks(
    X: FloatArray, rows: IntArray | None, weights: FloatArray | None
) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    """Blocks of X with the weights of their rows."""
    if weights is None:
        return ((part, None) for part in _blocks(X, rows))
    return zip(_blocks(X, rows), _blocks(weights, rows), strict=True)


def _total(values: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Sum of every column's values, rows counted by their weights."""
    return np.asarray(np.nansum(values if weights is None else values * weights[:, None], axis=0))


def _summary(
    X: FloatArray, rows: IntArray | None, weights: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Least and largest value, number and sum of the values of every column."""
    low, high = np.full(X.shape[1], np.inf), np.full(X.shape[1], -np.inf)
    n, total = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for part, w in _weighted_blocks(X, rows, weights):
        low, high = np.fmin(low, np.fmin.reduce(part)), np.fmax(high, np.fmax.reduce(part))
        n += _total((~np.isnan(part)).astype(np.float64), w)
        with np.errstate(over="ignore", invalid="ignore"):
            total += _total(part, w)
    return low, high, n, total
