"""Standardisation from training rows only."""

from dataclasses import dataclass

import numpy as np

from trifit.errors import InputError
from trifit.types import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Standardiser:
    """``(x - mean) / scale`` with the training rows' mean and standard deviation.

    Features then have standard deviation ``sd`` (1 unless asked otherwise).

    A missing value (NaN) becomes the training mean. A column that is constant
    in the training rows says nothing about the classes there: it becomes zero
    in every row.

    Attributes
    ----------
    mean, scale : shape (n_features,)
        ``scale`` is 1 for constant columns, and for all where features are
        not to be standardised (then ``mean`` is 0 too).
    fill : shape (n_features,)
        What a missing value becomes, in the data's units.
        For a constant column this is its value in the training rows.
    constant : shape (n_features,)
    """

    mean: FloatArray
    scale: FloatArray
    fill: FloatArray
    constant: BoolArray

    @classmethod
    def fit(
        cls,
        X: FloatArray,
        *,
        standardize: bool = True,
        sd: float = 1.0,
        names: tuple[str, ...] = (),
    ) -> "Standardiser":
        """Learn mean and scale from training rows, shape (n_obs, n_features)."""
        empty = np.isnan(X).all(axis=0)
        if empty.any():
            j = int(np.flatnonzero(empty)[0])
            raise InputError(
                f"column {names[j] if names else j!r} has no value in the training rows; drop it"
            )
        low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            fill = np.nanmean(X, axis=0)
            scale = np.nanstd(X, axis=0)
        wild = ~np.isfinite(scale)
        if wild.any():
            j = int(np.flatnonzero(wild)[0])
            raise InputError(
                f"column {names[j] if names else j!r} reaches "
                f"{max(abs(low[j]), abs(high[j])):.3g}, too large to standardise; rescale it"
            )
        # A spread within rounding error of the values' size is no spread.
        constant = scale <= 8 * np.finfo(np.float64).eps * np.maximum(abs(low), abs(high))
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

    def transform(self, X: FloatArray) -> FloatArray:
        """Standardise rows, shape (n_obs, n_features)."""
        filled = np.where(np.isnan(X), self.fill, X)
        Z = (filled - self.mean) / self.scale
        Z[:, self.constant] = 0.0
        return np.ascontiguousarray(Z)

    def unseen(self, X: FloatArray) -> int:
        """Number of rows that differ from training in a column constant there.

        For the 0/1 columns of a category this counts rows whose category was
        not seen in training.
        """
        usual = self.fill[self.constant]
        moved = abs(X[:, self.constant] - usual) > 1e-9 * np.maximum(1.0, abs(usual))
        return int(moved.any(axis=1).sum())
