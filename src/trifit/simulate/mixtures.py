"""Worlds of Gaussian mixtures: every class is one or many Normal components.

The posterior follows from Bayes' theorem, ``p(k | x) = sum_{j in k} w_j N(x; m_j, s_j)
/ sum_j w_j N(x; m_j, s_j)``; noise added to the features only widens the components.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from trifit.errors import InputError
from trifit.simulate.world import Law, check_positive, check_range
from trifit.types import FloatArray, IntArray

POINTS = 100
"""Components along an arc: they lie closer together than the noise around it is wide."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Normal components with diagonal covariance, each belonging to a class.

    Attributes
    ----------
    mean, sd : array of shape (n_components, n_features)
    weight : array of shape (n_components,)
        Sums to one.
    label : array of shape (n_components,)
        Class of each component.
    """

    mean: FloatArray
    sd: FloatArray
    weight: FloatArray
    label: IntArray

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Features of ``n`` rows, shape (n, n_features)."""
        component = rng.choice(len(self.weight), size=n, p=self.weight)
        noise = rng.standard_normal((n, self.mean.shape[1]))
        return np.asarray(self.mean[component] + self.sd[component] * noise)

    def probs(self, X: FloatArray) -> FloatArray:
        """Posterior class probabilities, shape (n_obs, n_classes)."""
        precision = self.sd**-2.0
        log_density = (
            np.log(self.weight)
            - np.log(self.sd).sum(axis=1)
            - (X**2 @ precision.T) / 2
            + X @ (self.mean * precision).T
            - (self.mean**2 * precision).sum(axis=1) / 2
        )
        logits = np.column_stack(
            [logsumexp(log_density[:, self.label == k], axis=1) for k in np.unique(self.label)]
        )
        return np.asarray(np.exp(logits - logsumexp(logits, axis=1, keepdims=True)))

    def law(self) -> Law:
        """The joint law, with the same law under feature noise."""

        def blurred(sd: FloatArray) -> Law:
            return replace(self, sd=np.sqrt(self.sd**2 + sd**2)).law()

        n_classes = len(np.unique(self.label))
        return Law(self.mean.shape[1], n_classes, self.draw, self.probs, blurred)


MAX_FEATURES, MAX_CLASSES = 100_000, 1_000


def corners(classes: int, features: int) -> FloatArray:
    """Points of pairwise distance 1, shape (classes, features).

    The corners of a simplex in the first ``classes`` features where there are that
    many; else neighbours on a circle, or on a line, are at distance 1.
    """
    points = np.zeros((classes, features))
    if classes == 2:
        points[:, 0] = -0.5, 0.5
    elif features >= classes:
        points[:, :classes] = (np.eye(classes) - 1 / classes) / np.sqrt(2)
    elif features >= 2:
        angle = 2 * np.pi * np.arange(classes) / classes
        radius = 0.5 / np.sin(np.pi / classes)
        points[:, :2] = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    else:
        points[:, 0] = np.arange(classes) - (classes - 1) / 2
    return points


def check_size(world: str, features: int, classes: int, *, least: int = 1) -> None:
    """Refuse fewer than two classes, too few features, or more than anybody draws.

    Parameters
    ----------
    world : str
        Its name, for the message.
    features, classes : int
    least : int
        Fewest features.
    """
    if not least <= features <= MAX_FEATURES:
        raise InputError(
            f"world {world!r}: features={features}; expected {least} to {MAX_FEATURES:,}"
        )
    if not 2 <= classes <= MAX_CLASSES:
        raise InputError(f"world {world!r}: classes={classes}; expected 2 to {MAX_CLASSES:,}")


def gaussian(features: int, classes: int, distance: float, imbalance: float) -> Law:
    """Normal classes with unit covariance at pairwise distance ``distance``.

    The true log-odds are linear. The most frequent class is ``imbalance`` times
    as frequent as the rarest, the others geometrically in between.

    Parameters
    ----------
    features, classes : int
    distance : float
        Between any two means, in standard deviations.
    imbalance : float
        1 for equally frequent classes.
    """
    check_size("gaussian", features, classes)
    check_positive("gaussian", distance=distance, imbalance=imbalance)
    share = imbalance ** -np.linspace(0, 1, classes)
    return Mixture(
        mean=distance * corners(classes, features),
        sd=np.ones((classes, features)),
        weight=share / share.sum(),
        label=np.arange(classes),
    ).law()


def _along(arcs: list[FloatArray], noise: float, features: int) -> Law:
    """One class per planar curve (n_points, 2); further features are standard normal."""
    points = np.concatenate(arcs)
    mean = np.zeros((len(points), features))
    mean[:, :2] = points
    sd = np.ones((len(points), features))
    sd[:, :2] = noise
    sizes = [len(arc) for arc in arcs]
    weight = np.repeat([1 / (len(arcs) * size) for size in sizes], sizes)
    return Mixture(mean, sd, weight, np.repeat(np.arange(len(arcs)), sizes)).law()


def moons(features: int, noise: float) -> Law:
    """Two interleaved half circles with Normal noise around them."""
    check_size("moons", features, 2, least=2)
    check_range("moons", "noise", noise, 0.05, 10)
    angle = np.linspace(0, np.pi, POINTS)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    return _along([upper, [1.0, 0.5] - upper], noise, features)


def rings(features: int, classes: int, noise: float) -> Law:
    """Concentric circles of radius 1, 2, ... with Normal noise around them.

    Parameters
    ----------
    features, classes : int
    noise : float
        Its standard deviation.
    """
    check_size("rings", features, classes, least=2)
    check_range("rings", "noise", noise, 0.1, 10)
    rings = []
    for radius in range(1, classes + 1):
        angle = 2 * np.pi * np.arange(POINTS * radius) / (POINTS * radius)
        rings.append(radius * np.column_stack([np.cos(angle), np.sin(angle)]))
    return _along(rings, noise, features)


def overlapping_line() -> Law:
    """Three classes on a line: a broad one, a narrow one inside it, one of two humps."""
    return Mixture(
        mean=np.array([[0.0], [0.5], [-2.0], [2.5]]),
        sd=np.array([[2.0], [0.5], [0.7], [0.8]]),
        weight=np.array([1 / 3, 1 / 3, 1 / 6, 1 / 6]),
        label=np.array([0, 1, 2, 2]),
    ).law()


def overlapping_plane() -> Law:
    """Two classes in the plane: a narrow Normal one inside a broad one of two humps."""
    return Mixture(
        mean=np.array([[0.0, 0.0], [-1.5, 1.0], [1.5, -1.0]]),
        sd=np.array([[0.8, 0.8], [1.2, 0.8], [0.8, 1.5]]),
        weight=np.array([0.5, 0.25, 0.25]),
        label=np.array([0, 1, 1]),
    ).law()
