"""Each fit's class probabilities on a plane through the data, and beyond them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trifit.contestants import posteriors_of
from trifit.crossfit.fitted import Fitted
from trifit.crossfit.problem import Part
from trifit.data import Standardiser
from trifit.fit import Density, predict_all
from trifit.fits import Fit
from trifit.results import Axis, Layer, ProbabilityMap
from trifit.rounding import positions, rounded
from trifit.spacing import evenly_spaced
from trifit.types import FloatArray, IntArray

N_GRID = 48

BEYOND = 0.5
"""How far the grid reaches beyond the data, in the data's range."""

MAX_COVARIANCE = 1_000
"""Most columns whose covariance matrix is made."""

MAX_DRAWS = 400
MAX_POINTS = 300
N_LOADINGS = 3


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in the space of the features as the model sees them.

    Attributes
    ----------
    centre : array of shape (2,)
    origin : array of shape (n_features,)
        Features at the centre.
    directions : array of shape (2, n_features)
        ``x = origin + (points - centre) @ directions``.
    points : array of shape (n_obs, 2)
        Where the training rows are, projected.
    shares : (float, float) or None
        Of the training rows' variance, for components.
    """

    centre: FloatArray
    origin: FloatArray
    directions: FloatArray
    points: FloatArray
    shares: tuple[float, float] | None

    def features(self, points: FloatArray) -> FloatArray:
        """Features of points (n, 2) on the plane, shape (n, n_features)."""
        return np.asarray(self.origin + (points - self.centre) @ self.directions)


def plane_of(X: FloatArray, standardiser: Standardiser) -> Plane | None:
    """The plane of two features in the data's units, or of two leading components.

    None with one feature, or where the training rows lie on a line.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
        Training rows, as the model sees them.
    standardiser : Standardiser
        What brought them there.
    """
    if X.shape[1] < 2:
        return None
    if X.shape[1] == 2:
        mean, rest, scale = standardiser.mean, standardiser.rest, standardiser.scale
        return Plane(mean, -rest / scale, np.diag(1 / scale), (X * scale + rest) + mean, None)
    mean = X.mean(axis=0)
    components, shares = _principal(X, mean)
    if shares[1] < 1e-9:
        return None
    largest = abs(components).argmax(axis=1)[:, None]
    directions = components * np.sign(np.take_along_axis(components, largest, axis=1))
    first, second = shares
    return Plane(
        np.zeros(2),
        mean,
        directions,
        (X - mean) @ directions.T,
        (float(first), float(second)),
    )


def _principal(X: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two leading principal components, (2, n_features), and their shares of the variance."""
    n_obs, n_features = X.shape
    if n_obs < 10 * n_features or n_features > MAX_COVARIANCE:
        from sklearn.decomposition import PCA  # has a quicker way, but takes long to load

        pca = PCA(n_components=2, random_state=0).fit(X)
        return pca.components_, pca.explained_variance_ratio_
    covariance = (X.T @ X - n_obs * mean[:, None] * mean) / (n_obs - 1)
    variances, directions = np.linalg.eigh(covariance)
    variances = np.maximum(variances[::-1], 0.0)
    return directions.T[:-3:-1], variances[:2] / variances.sum()


def probability_map(fitted: Fitted, rng: np.random.Generator) -> ProbabilityMap | None:
    """The map of the last training set; see :class:`trifit.results.ProbabilityMap`."""
    part = fitted.final.part
    plane = plane_of(part.train.X, part.standardiser)
    if plane is None:
        return None
    names = fitted.problem.feature_names
    weights = part.features(plane.directions)
    axes = (_axis(plane, 0, weights[0], names), _axis(plane, 1, weights[1], names))
    across, up = (np.linspace(axis.low, axis.high, N_GRID) for axis in axes)
    grid = np.column_stack([np.tile(across, N_GRID), np.repeat(up, N_GRID)])
    thin, n_draws = _thinned(fitted.final.fits)
    some = np.sort(rng.permutation(len(part.train))[:MAX_POINTS])
    return ProbabilityMap(
        kind="features" if plane.shares is None else "components",
        axes=axes,
        n_grid=N_GRID,
        fits=layers(fitted.density, thin, plane, grid),
        n_draws=n_draws,
        x=positions(plane.points[some, 0]),
        y=positions(plane.points[some, 1]),
        label=_codes(part)[some].tolist(),
    )


def layers(
    density: Density, fits: Mapping[str, Fit], plane: Plane, points: FloatArray
) -> dict[str, Layer]:
    """The most probable class and its probability in thousandths, at points of the plane.

    Parameters
    ----------
    density : Density
    fits : mapping of str to Fit
    plane : Plane
    points : array of shape (n_points, 2)
        In coordinates of the plane.
    """
    predictions = predict_all(density, fits, plane.features(points))
    return {
        name: Layer(
            probability=np.rint(1000 * prediction.probs.max(axis=1)).astype(int).tolist(),
            winner=prediction.probs.argmax(axis=1).tolist(),
        )
        for name, prediction in predictions.items()
    }


def _thinned(fits: Mapping[str, Fit]) -> tuple[Mapping[str, Fit], int]:
    """The same fits with at most 400 evenly spaced draws of the posterior."""
    thin, n_draws = dict(fits), 0
    for name in posteriors_of(fits):
        draws = fits[name].flat_draws
        every = evenly_spaced(len(draws), MAX_DRAWS)
        thin[name] = dataclasses.replace(fits[name], draws=draws[every][None])
        n_draws = len(every)
    return thin, n_draws


def _axis(plane: Plane, k: int, weights: FloatArray, names: tuple[str, ...]) -> Axis:
    at = plane.points[:, k]
    low, high = float(at.min()), float(at.max())
    margin = BEYOND * (high - low)
    leading = np.argsort(-abs(weights), kind="stable")[:N_LOADINGS]
    component = plane.shares is not None
    return Axis(
        name=f"component {k + 1}" if component else names[k],
        low=low - margin,
        high=high + margin,
        data_low=low,
        data_high=high,
        share=plane.shares[k] if plane.shares is not None else None,
        loadings=[(names[j], rounded(weights[j])) for j in leading] if component else [],
    )


def _codes(part: Part) -> IntArray:
    labels = part.train.labels
    return (labels if labels.ndim == 1 else labels.argmax(axis=1)).astype(np.int64)
