"""Coefficients of features: those that tables show, and all of them, whatever the model sees."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trifit.crossfit.fitted import Fitted
from trifit.crossfit.rotation import SEED, Rotation
from trifit.data import Standardiser
from trifit.fit import Density, Layout
from trifit.fit.alike import Alike
from trifit.fit.linear import in_directions
from trifit.types import BoolArray, FloatArray

MOST = 200
"""Most coefficients that tables show of rotated features."""


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The parameters that tables show.

    All of them; of rotated features those of the columns with the largest MAP coefficients,
    at most :data:`MOST`, and what belongs to no column.

    Attributes
    ----------
    layout : Layout
    standardiser : Standardiser
        Of the columns shown.
    spanned : Spanned or None
        Where features are rotated.
    """

    layout: Layout
    standardiser: Standardiser
    spanned: "Spanned | None" = None

    @classmethod
    def of(cls, fitted: Fitted) -> "Coefficients":
        """The parameters that the tables of a comparison show."""
        part, density = fitted.final.part, fitted.density
        if part.rotation is None:
            return cls(density.layout, part.standardiser)
        at_map = InSpan(density, part.rotation, fitted.final.fits["map"].flat_draws).means
        size = abs(at_map).max(axis=1)
        most = max(1, MOST // at_map.shape[1])
        chosen = np.sort(np.argsort(-size, kind="stable")[:most])
        names = tuple(np.array(fitted.problem.feature_names)[chosen].tolist())
        some = np.zeros(len(size), dtype=np.bool_)
        some[chosen] = True
        return cls(
            density.layout.along("feature", names),
            part.standardiser.of_columns(some),
            Spanned(density, part.rotation, part.standardiser, some),
        )

    def draws(self, draws: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Draws of the parameters shown, and how far the means of all columns shift intercepts.

        Parameters
        ----------
        draws : array of shape (..., n_values)
            Of a fit.

        Returns
        -------
        draws : array of shape (..., layout.size)
        shift : array of shape (..., n_each) or None
            ``sum_j mean_j beta_j / scale_j`` over all columns; None where those shown are all.
        """
        return (draws, None) if self.spanned is None else self.spanned.draws(draws)

    def prior_draws(self, density: Density, n_draws: int, seed: int) -> FloatArray | None:
        """Draws of the parameters shown from the prior, (n_draws, layout.size).

        Parameters
        ----------
        density : Density
            That was fitted.
        n_draws, seed : int
        """
        if self.spanned is not None:
            density = in_directions(self.spanned.density, int(self.spanned.shown.sum()))
        return density.prior_draws(n_draws, seed)


@dataclass(frozen=True, eq=False)
class Spanned:
    """Some coefficients of a model that was fitted in the span of its rows.

    ``beta = V gamma + (I - V V') delta``: ``gamma`` are the draws of the fit, ``delta`` draws of
    the prior (zero for a point fit, whose coefficients lie in the span).

    Attributes
    ----------
    density : Density
        Of coordinates in the span.
    rotation : Rotation
        ``V``.
    standardiser : Standardiser
        Of all columns.
    shown : array of shape (n_features,)
    """

    density: Density
    rotation: Rotation
    standardiser: Standardiser
    shown: BoolArray

    @cached_property
    def _functions(self) -> tuple[FloatArray, FloatArray]:
        """The columns shown, and the shift, as functions of gamma and of delta."""
        n_shown = int(self.shown.sum())
        wanted = np.zeros((n_shown + 1, len(self.shown)))
        wanted[np.arange(n_shown), np.flatnonzero(self.shown)] = 1.0
        wanted[-1] = self.standardiser.mean / self.standardiser.scale
        return self.rotation.coordinates(wanted), self.rotation.spread(wanted)

    def draws(self, draws: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See :meth:`Coefficients.draws`."""
        alike = self.density.alike
        assert alike is not None  # or features could not be rotated
        inside, outside = self._functions
        entries, n_shown = alike.params.outputs, len(inside) - 1
        here, gamma = entries.places(inside.shape[1])
        there, beta = entries.places(n_shown)
        values = inside @ draws[..., gamma]
        if np.prod(draws.shape[:-1]) > 1:
            z = np.random.default_rng(SEED).standard_normal(values.shape)
            values += outside @ (z[..., : alike.root.shape[1]] @ alike.root.T)
        found = np.empty((*draws.shape[:-1], entries.size(n_shown)))
        found[..., there] = draws[..., here]
        found[..., beta] = values[..., :-1, :]
        return found, values[..., -1, :]


@dataclass(frozen=True, eq=False)
class InSpan:
    """Draws of a fit in the span of its rows, as coefficients of every column.

    Attributes
    ----------
    density : Density
        Of coordinates in the span.
    rotation : Rotation
    draws : array of shape (n_draws, n_values)
    """

    density: Density
    rotation: Rotation
    draws: FloatArray

    @property
    def means(self) -> FloatArray:
        """Means over draws, (n_features, n_each)."""
        return self.rotation.features(self._gamma.mean(axis=0).T).T

    @property
    def deviations(self) -> FloatArray:
        """Posterior standard deviations, (n_features, n_each).

        ``V_j' Cov(gamma) V_j + (1 - |V_j|^2) Var(prior)``, which is exact: outside the span the
        posterior is the prior, independent of what is inside.
        """
        gamma, basis = self._gamma, self.rotation.basis
        outside = np.maximum(1.0 - np.square(basis).sum(axis=1), 0.0)
        prior = np.square(self._alike.root).sum(axis=1)
        inside = [
            ((basis @ np.cov(gamma[:, :, k].T)) * basis).sum(axis=1) for k in range(gamma.shape[2])
        ]
        return np.sqrt(np.column_stack(inside) + np.outer(outside, prior))

    @property
    def _gamma(self) -> FloatArray:
        """Coefficients of the directions: (n_draws, n_directions, n_each)."""
        places = self._alike.params.outputs.places(self.rotation.basis.shape[1])[1]
        return np.asarray(self.draws[:, places])

    @property
    def _alike(self) -> Alike:
        assert self.density.alike is not None  # or features could not be rotated
        return self.density.alike
