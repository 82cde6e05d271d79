"""Standardisation from training rows only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray, IntArray

LARGEST = 1e305
"""Size beyond which differences and chart margins are no numbers any more."""

LEAST = 1e-305
"""Standard deviation at which doubles run out of digits: a column that varies less is constant."""

BLOCK = 65_536
"""Rows in work at a time."""


@dataclass(frozen=True, eq=False)
class Standardiser:
    """``(x - mean) / scale`` with the training rows' mean and standard deviation.

    The mean is the sum of two doubles, ``mean + rest``, and columns are centred before
    they are scaled: so large, nearly equal numbers (``2**53 + i``, times in nanoseconds)
    lose no digit that they have.

    Features then have standard deviation ``sd`` (1 unless asked otherwise).

    A missing value (NaN) becomes the training mean. A column that is constant
    in the training rows says nothing about the classes there: it becomes zero
    in every row.

    Attributes
    ----------
    mean, scale : array of shape (n_features,)
        ``scale`` is 1 for constant columns, and for all where features are
        not to be standardised (then ``mean`` is 0 too).
    rest : array of shape (n_features,)
        The training mean minus ``mean``, less than a unit in its last place.
    fill : array of shape (n_features,)
        What a missing value becomes, in the data's units.
        For a constant column this is its value in the training rows.
    constant : array of shape (n_features,)
    """

    mean: FloatArray
    rest: FloatArray
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
        """Learn mean and scale of every feature.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
        rows : array of int, optional
            Indices of the rows to learn from; default: all.
        standardize : bool
            Whether to bring features to a common scale.
        sd : float
            That scale: the standard deviation of a feature afterwards.
        names : tuple of str, optional
            Of the features, for messages.
        weights : array of shape (n_obs,), optional
            All positive; a row of weight 2 is two rows.
        """
        low, high, n, start, beyond = _summary(X, rows, weights)
        if (n == 0).any():
            j = int(np.flatnonzero(n == 0)[0])
            raise InputError(
                f"column {names[j] if names else j!r} has no value in the training rows; drop it"
            )
        size = np.maximum(abs(low), abs(high))
        if (size > LARGEST).any():
            j = int(np.flatnonzero(size > LARGEST)[0])
            raise InputError(
                f"column {names[j] if names else j!r} reaches {size[j]:.3g}, too large to "
                "standardise; rescale it"
            )
        mean = start + beyond / n
        rest = (start - mean) + beyond / n
        # Squares of deviations in units of a power of two near the column's range.
        unit = np.ldexp(1.0, np.maximum(np.frexp(high - low)[1], -1000))
        squares = sum(
            _total((((part - mean) - rest) / unit) ** 2, w)
            for part, w in _weighted_blocks(X, rows, weights)
        )
        scale = unit * np.sqrt(squares / n)
        # A spread within rounding error of the values' size is no spread.
        rounding = 8 * np.finfo(np.float64).eps * size
        constant = (high == low) | (scale <= np.maximum(rounding, LEAST))
        fill = np.where(high == low, low, mean)  # no rounding where nothing varies
        zero, one = np.zeros_like(fill), np.ones_like(fill)
        return cls(
            mean=fill if standardize else zero,
            rest=np.where(constant, zero, rest) if standardize else zero,
            scale=np.where(constant, one, scale / sd) if standardize else one,
            fill=fill,
            constant=constant,
        )

    def of_columns(self, columns: BoolArray) -> "Standardiser":
        """The same for some of the columns only."""
        return Standardiser(
            self.mean[columns],
            self.rest[columns],
            self.scale[columns],
            self.fill[columns],
            self.constant[columns],
        )

    def transform(self, X: FloatArray, rows: IntArray | None = None) -> FloatArray:
        """Standardise rows (default: all) of X, shape (n_obs, n_features)."""
        Z = np.empty((len(X) if rows is None else len(rows), X.shape[1]))
        start = 0
        for part in _blocks(X, rows):
            centred = (part - self.mean) - self.rest
            centred = np.where(np.isnan(part), self.fill - self.mean, centred)
            Z[start : start + len(part)] = centred / self.scale
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
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Least and largest value and number of values of every column, and their sum.

    The sum is given as one of the values, and by how much all of them exceed it together.
    """
    low, high = np.full(X.shape[1], np.inf), np.full(X.shape[1], -np.inf)
    start, n, beyond = np.full(X.shape[1], np.nan), np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for part, w in _weighted_blocks(X, rows, weights):
        low, high = np.fmin(low, np.fmin.reduce(part)), np.fmax(high, np.fmax.reduce(part))
        start = np.where(np.isnan(start), np.fmin.reduce(part), start)
        n += _total((~np.isnan(part)).astype(np.float64), w)
        with np.errstate(over="ignore"):  # of numbers that will be refused
            beyond += _total(part - start, w)
    return low, high, n, start, beyond
