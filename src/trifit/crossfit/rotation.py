"""More columns than rows: features rotated into the span of the rows.

With independent Normal priors of one scale, a linear classifier is the same in any
orthonormal coordinates of its features. Outside the span of the rows the data say nothing, so
there the posterior is the prior (docs/decisions/009-span-of-the-rows.md).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, qr, svd

from trifit.fit import Density
from trifit.fit.linear import in_directions
from trifit.fit.rescaled import RescaledLinear
from trifit.types import FloatArray

MOST_DIRECT = 500
"""Parameters up to which features stay as they are, however few the rows."""

IN_SPAN = 1e-9
"""Length of what is outside the span, relative to a row's, that is rounding error."""

SEED = 20260101
"""Of prior draws outside the span: the same at every look at a fit."""

BLOCK = 4_000_000
"""Most numbers of prior draws held at a time (32 MB)."""


@dataclass(frozen=True, eq=False)
class Rotation:
    """Orthonormal directions that span some rows.

    Attributes
    ----------
    basis : array of shape (n_features, n_directions)
        ``basis.T @ basis`` is the identity, but for directions that are not needed: zero.
    """

    basis: FloatArray

    @classmethod
    def spanning(cls, X: FloatArray, n_directions: int) -> "Rotation":
        """The principal directions of rows, about the origin.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
        n_directions : int
            At least the rank of X.
        """
        _, sizes, directions = svd(X, full_matrices=False)
        rank = int((sizes > sizes[0] * max(X.shape) * np.finfo(float).eps).sum())
        basis = np.zeros((X.shape[1], n_directions))
        basis[:, :rank] = directions[:rank].T
        largest = basis[abs(basis).argmax(axis=0), np.arange(n_directions)]
        return cls(basis * np.where(largest < 0, -1.0, 1.0))

    def coordinates(self, X: FloatArray) -> FloatArray:
        """Coordinates of rows (n_obs, n_features), shape (n_obs, n_directions)."""
        return np.asarray(X @ self.basis)

    def features(self, Z: FloatArray) -> FloatArray:
        """Rows (n_obs, n_features) of coordinates."""
        return np.asarray(Z @ self.basis.T)

    def beyond(self, X: FloatArray) -> FloatArray:
        """What is left of rows outside the span; zero where that is rounding error."""
        left = X - self.features(self.coordinates(X))
        left -= self.features(self.coordinates(left))
        size, whole = (np.linalg.norm(rows, axis=1) for rows in (left, X))
        return np.where((size > IN_SPAN * whole)[:, None], left, 0.0)

    def spread(self, directions: FloatArray) -> FloatArray:
        """Joint prior spread, outside the span, of linear functions of one class's coefficients.

        ``root`` with ``root @ root.T = A (I - V V') A'``: what to multiply independent prior
        draws with.

        Parameters
        ----------
        directions : array of shape (n_functions, n_features)
            ``A``; the functions are ``A @ beta``.
        """
        left = directions - self.features(self.coordinates(directions))
        values, vectors = eigh(left @ left.T)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def into_span(density: Density, n_features: int, n_rows: int) -> Density:
    """A density in the span of so many rows, where that has fewer dimensions than the features.

    The same density where it is small, or another model in rotated features.

    Parameters
    ----------
    density : Density
    n_features, n_rows : int
    """
    wide = n_features > n_rows and density.n_params > MOST_DIRECT
    if wide and density.alike is not None:
        spanned = in_directions(density, n_rows)
        if isinstance(density.rescaled, RescaledLinear):
            spanned.rescaled = density.rescaled.in_directions(n_rows)
        return spanned
    return density


@dataclass(frozen=True, eq=False)
class Widened:
    """New rows in the span, and in as many further directions as they need.

    Attributes
    ----------
    density : Density
    X : array of shape (n_obs, n_directions + n_further)
    further : array of shape (n_features, n_further)
        Orthonormal directions outside the span.
    """

    density: Density
    X: FloatArray
    further: FloatArray

    @classmethod
    def of(cls, density: Density, rotation: Rotation, X: FloatArray) -> "Widened":
        """Rows (n_obs, n_features) in the span and what lies outside it.

        Parameters
        ----------
        density : Density
            Of coordinates in the span.
        rotation : Rotation
        X : array of shape (n_obs, n_features)
        """
        left = rotation.beyond(X)
        outside = left.any(axis=1)
        further, sizes = qr(left[outside].T, mode="economic")
        Z = np.zeros((len(X), rotation.basis.shape[1] + further.shape[1]))
        Z[:, : rotation.basis.shape[1]] = rotation.coordinates(X)
        Z[outside, rotation.basis.shape[1] :] = sizes.T
        return cls(in_directions(density, Z.shape[1]), Z, further)

    def draws(self, draws: FloatArray) -> FloatArray:
        """Draws of a fit (n_draws, n_values) with draws of the prior in the further directions.

        Of a point fit zeros: its coefficients lie in the span. Draw ``s`` has the same prior
        draw of all features whatever the rows, so that rows may be predicted one by one.
        """
        alike = self.density.alike
        assert alike is not None  # or features could not be rotated
        entries, n_further = alike.params.outputs, self.further.shape[1]
        n_spanned = self.X.shape[1] - n_further
        (here, gamma), (there, beta) = entries.places(n_spanned), entries.places(self.X.shape[1])
        found = np.zeros((len(draws), entries.size(self.X.shape[1])))
        found[:, there] = draws[:, here]
        found[:, beta[:n_spanned]] = draws[:, gamma]
        if len(draws) > 1 and n_further:
            rng, n_values = np.random.default_rng(SEED), len(draws) * len(alike.root)
            total = np.zeros((n_further, len(draws) * alike.root.shape[1]))
            step = max(1, BLOCK // n_values)
            for start in range(0, len(self.further), step):
                some = self.further[start : start + step]
                total += some.T @ rng.standard_normal((len(some), total.shape[1]))
            delta = total.reshape((n_further, len(draws), -1)) @ alike.root.T
            found[:, beta[n_spanned:]] = delta.transpose(1, 0, 2)
        return found
