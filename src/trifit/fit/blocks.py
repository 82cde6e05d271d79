"""A matrix that has the same block for every feature, kept as that block."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from trifit.fit.entries import Entries
from trifit.memory import check_memory
from trifit.types import FloatArray, IntArray

WORDS_PER_ENTRY = 5
"""Doubles held for an entry of a large sparse matrix while it is put together."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """A block for what belongs to no feature, the same block for every feature, and zeros.

    It stands where a sparse matrix would, of ``n_features`` times as many entries.

    Attributes
    ----------
    shared : array of shape (n_shared_rows, n_shared_columns)
    each : array of shape (n_each_rows, n_each_columns)
    rows, columns : Entries
        Which of them belong to which feature.
    n_features : int
    """

    __array_ufunc__: ClassVar[None] = None
    """Products with arrays are this class's."""

    shared: FloatArray
    each: FloatArray
    rows: Entries
    columns: Entries
    n_features: int

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.rows.size(self.n_features), self.columns.size(self.n_features)

    @property
    def nnz(self) -> int:
        """Number of entries that are not zero."""
        shared, each = (int(np.count_nonzero(block)) for block in (self.shared, self.each))
        return shared + self.n_features * each

    @cached_property
    def places(self) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Indices of the rows and of the columns; see :meth:`Entries.places`."""
        return self.rows.places(self.n_features), self.columns.places(self.n_features)

    @property
    def T(self) -> "Blocks":
        """The transpose."""
        return Blocks(self.shared.T, self.each.T, self.columns, self.rows, self.n_features)

    def __matmul__(self, v: FloatArray) -> FloatArray:
        """Product with a vector, or with the columns of a matrix."""
        (to, to_own), (at, at_own) = self.places
        out = np.empty((self.shape[0], *v.shape[1:]))
        out[to] = self.shared @ v[at]
        own = v[at_own]
        out[to_own] = own @ self.each.T if v.ndim == 1 else self.each @ own
        return out

    def after(self, other: "Blocks") -> "Blocks":
        """The product with another matrix of blocks, whose rows are the columns of this one."""
        shared, each = self.shared @ other.shared, self.each @ other.each
        return Blocks(shared, each, self.rows, other.columns, self.n_features)

    @cached_property
    def is_regular(self) -> bool:
        """Whether every product is that of exactly one vector."""
        return all(
            len(block) == block.shape[1]
            and np.linalg.matrix_rank(block / _sizes(block), tol=1e-12) == len(block)
            for block in (self.shared, self.each)
            if block.size
        )

    def solve(self, product: FloatArray) -> FloatArray:
        """The vector with a product, of a matrix that is regular."""
        (at, at_own), (to, to_own) = self.places
        out = np.empty(self.shape[1])
        out[to] = np.linalg.solve(self.shared, product[at])
        out[to_own] = np.linalg.solve(self.each, product[at_own].T).T
        return out

    def tocsr(self) -> sp.csr_array:
        """The sparse matrix that it stands for.

        Raises
        ------
        InputError
            If that needs more memory than there is, as with a thousand classes.
        """
        n_classes = len(self.each) + 1
        check_memory(
            f"the matrices of {self.n_features:,} features with {n_classes:,} classes",
            WORDS_PER_ENTRY * self.nnz,
            "leave the posterior out (--no-nuts), take fewer features (principal components, say), "
            "or merge rare classes",
        )
        (to, to_own), (at, at_own) = self.places
        repeated = sp.kron(sp.eye_array(self.n_features), self.each)
        entries = sp.block_diag([self.shared, repeated], format="coo")
        rows, columns = np.r_[to, to_own.ravel()], np.r_[at, at_own.ravel()]
        where = (rows[entries.row], columns[entries.col])
        return sp.csr_array(sp.coo_array((entries.data, where), self.shape))


def _sizes(block: FloatArray) -> FloatArray:
    """Largest entry of every row, as a column."""
    return np.maximum(abs(block).max(axis=1, keepdims=True), 1e-300)
