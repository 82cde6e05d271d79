"""A fitted classifier as a value: plain data that predicts new rows, here or elsewhere."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trifit.cards import Card
from trifit.crossfit.problem import reference_density, reference_rows
from trifit.crossfit.rotation import Rotation, Widened
from trifit.data import Standardiser
from trifit.errors import InputError
from trifit.fit import Density, build_density, predict
from trifit.fit.linear import in_directions
from trifit.fit.prediction import thinned
from trifit.fits import Fit, Prediction
from trifit.forecasts import LOG_ZERO
from trifit.spacing import evenly_spaced
from trifit.types import BoolArray, FloatArray

PROBE_ROWS = 10

PROBE_TOLERANCE = 1e-6
"""How far the log probabilities of the same model may differ, relative to the largest."""

INTERVAL_DRAWS = 1_000
"""Most draws behind an interval."""

ROWS = 500
"""Rows predicted at a time where the model was fitted in the span of its rows."""

BLOCK = 4_000_000
"""Most probabilities held at a time (32 MB)."""

_BUILDING = threading.Lock()
"""One model at a time: interpreted graphs are not for threads."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A few rows, and how a classifier predicted them when it was fitted.

    Attributes
    ----------
    X : array of shape (n_obs, n_features)
        As the model sees them.
    log_probs : array of shape (n_obs, n_classes)
        Under the first draw of the first fit.
    """

    X: FloatArray
    log_probs: FloatArray


@dataclass(frozen=True, eq=False)
class Classifier:
    """A card's model fitted to one training set, in one way or several.

    It holds no function and no graph: the model is built again from its card where it is
    needed, once in a process.

    Attributes
    ----------
    card : Card
    feature_names : tuple of str
        All columns of ``X``, those that do not vary included.
    class_names : tuple of str
    varies : array of shape (n_features,)
        Which columns the model has: those that vary in the training rows.
    standardiser : Standardiser
        Of the model's columns.
    fits : mapping of str to Fit
    probe : Probe
    rotation : Rotation or None
        Into the span of the training rows, where the model was fitted in it.
    """

    card: Card
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    varies: BoolArray
    standardiser: Standardiser
    fits: Mapping[str, Fit]
    probe: Probe
    rotation: Rotation | None = None

    @property
    def model_features(self) -> tuple[str, ...]:
        """Names of the model's columns."""
        return tuple(np.array(self.feature_names)[self.varies].tolist())

    def predict(self, X: FloatArray) -> dict[str, Prediction]:
        """Predictive probabilities of every fit.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
            Encoded features in the data's units; NaN is imputed.

        Raises
        ------
        InputError
            If the card's builder is gone, or no longer builds the model that was fitted.
        """
        parts = [
            {name: predict(density, fit, rows) for name, fit in fits.items()}
            for density, fits, rows in self._ready(X)
        ]
        return {
            name: Prediction(
                np.concatenate([part[name].log_probs for part in parts]),
                np.concatenate([part[name].aleatoric for part in parts]),
            )
            for name in self.fits
        }

    def draws(self, name: str, X: FloatArray, n_draws: int | None = None) -> FloatArray:
        """Log probabilities of single draws of a fit, evenly spaced: (n_draws, n_obs, K).

        Parameters
        ----------
        name : str
            Of the fit.
        X : array of shape (n_obs, n_features)
            In units of the data.
        n_draws : int, optional
            Default: all.
        """
        n_draws = n_draws or len(self.fits[name].flat_draws)
        parts = [
            np.array(list(thinned(density, fits[name], rows, n_draws)))
            for density, fits, rows in self._ready(X)
        ]
        return np.concatenate(parts, axis=1)

    def interval(
        self, name: str, X: FloatArray, level: float = 0.95
    ) -> tuple[FloatArray, FloatArray]:
        """Equal-tailed credible intervals of the class probabilities, (n_obs, n_classes) each.

        From at most :data:`INTERVAL_DRAWS` evenly spaced draws.

        Parameters
        ----------
        name : str
            Of the fit.
        X : array of shape (n_obs, n_features)
            In units of the data.
        level : float
            Probability within the interval.
        """
        tails = [(1 - level) / 2, (1 + level) / 2]
        blocks = []
        for density, fits, rows in self._ready(X):
            draws = fits[name].flat_draws
            n_draws = min(len(draws), INTERVAL_DRAWS)
            some = draws[np.linspace(0, len(draws) - 1, n_draws).astype(int)]
            step = max(1, BLOCK // (n_draws * len(self.class_names)))
            blocks += [
                np.quantile(np.exp(density.log_probs(some, rows[at : at + step])), tails, axis=0)
                for at in range(0, len(rows), step)
            ]
        low, high = np.concatenate(blocks, axis=1)
        return low, high

    def coefficients(self, name: str) -> tuple[FloatArray, FloatArray] | None:
        """Intercepts (n_classes,) and coefficients (n_classes, n_features) in the data's units.

        Averaged over draws, and summing to zero over classes; None where log-odds are not
        linear in the features.
        """
        n_features = int(self.varies.sum())
        if self.rotation is not None:
            n_features = self.rotation.basis.shape[1]
        look = reference_rows(n_features, len(self.class_names))[0]
        corners = np.vstack([np.zeros(n_features), np.eye(n_features), look])
        log_probs = self._density().log_probs(self.fits[name].flat_draws, corners)
        odds = (log_probs - log_probs.mean(axis=2, keepdims=True)).mean(axis=0)
        at_zero, slopes, there = odds[0], odds[1 : 1 + n_features] - odds[0], odds[1 + n_features :]
        if not np.allclose(at_zero + look @ slopes, there, rtol=0, atol=1e-8 * abs(there).max()):
            return None
        if self.rotation is not None:
            slopes = self.rotation.features(slopes.T).T
        beta = np.zeros((len(self.class_names), len(self.feature_names)))
        beta[:, self.varies] = slopes.T / self.standardiser.scale
        return at_zero - beta[:, self.varies] @ self.standardiser.mean, beta

    def _ready(self, X: FloatArray) -> Iterator[tuple[Density, Mapping[str, Fit], FloatArray]]:
        """Model, fits and rows as the model sees them, some rows after the others."""
        rows = self.standardiser.transform(X[:, self.varies])
        density = self._density(rows)
        if self.rotation is None:
            yield density, self.fits, rows
            return
        for start in range(0, len(rows), ROWS):
            some = Widened.of(density, self.rotation, rows[start : start + ROWS])
            fits = {
                n: replace(f, draws=some.draws(f.flat_draws)[None]) for n, f in self.fits.items()
            }
            yield some.density, fits, some.X

    def _density(self, rows: FloatArray | None = None) -> Density:
        """The model that was fitted, which holds on some rows."""
        if rows is None:
            rows = reference_rows(int(self.varies.sum()), len(self.class_names))[0]
        density = density_on(rows, self.card, self.model_features, self.class_names)
        if self.rotation is not None and density.alike is not None:
            density = in_directions(density, self.rotation.basis.shape[1])
        draw = next(iter(self.fits.values())).flat_draws[:1]
        here, then = _log_probs(density, draw, self.probe.X), self.probe.log_probs
        if not abs(here - then).max() <= PROBE_TOLERANCE * max(1.0, abs(then).max()):
            raise InputError(
                f"card {self.card.name!r}: builder {self.card.builder} now builds a different "
                "model from the one that was fitted (its code has changed, or it depends on the "
                "training rows); fit again"
            )
        return density


def density_on(
    rows: FloatArray, card: Card, feature_names: tuple[str, ...], class_names: tuple[str, ...]
) -> Density:
    """A card's model, which holds on some rows.

    Parameters
    ----------
    rows : array of shape (n_obs, n_features)
        As the model sees them.
    card : Card
    feature_names, class_names : tuple of str
    """
    with _BUILDING:
        density = reference_density(card, feature_names, class_names)
        if density.holds_on(rows):
            return density
        y = np.arange(len(rows)) % len(class_names)
        return build_density(
            card, rows, y, feature_names=feature_names, class_names=class_names, open_scale=True
        )


def probe_of(density: Density, fits: Mapping[str, Fit], rows: FloatArray) -> Probe:
    """Evenly spaced training rows, and how the first draw of the first fit predicts them.

    Parameters
    ----------
    density : Density
    fits : mapping of str to Fit
    rows : array of shape (n_obs, n_features)
        Training rows, as the model sees them.
    """
    few = rows[evenly_spaced(len(rows), PROBE_ROWS)]
    return Probe(few, _log_probs(density, next(iter(fits.values())).flat_draws[:1], few))


def _log_probs(density: Density, draw: FloatArray, X: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(density.log_probs(draw, X)[0], LOG_ZERO))
