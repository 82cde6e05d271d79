"""The fast path: classifiers that are linear in their parameters, with Normal priors.

Compiling a model's graph takes half a minute on a cold machine. Where the
log-odds are ``[1, x] @ B(params)`` with B affine and the log prior is quadratic,
a few interpreted evaluations of the graph give its matrices, and the objective
is a page of array mathematics: value, gradient and Hessian in closed form, and
nothing to compile. Whether a model is of this kind is **asked of its graph**, at
random points, never assumed from its name.
"""

from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import replace

import numpy as np

from trifit.duplicates import collapsed
from trifit.fit.affine import Affine, Matrix, after, close, dense
from trifit.fit.alike import PAIR, Alike, Maps
from trifit.fit.blocks import Blocks
from trifit.fit.density import (
    Density,
    Layout,
    LinearForm,
    Rescaled,
    SphericalT,
    covariance_root,
)
from trifit.fit.fast.kernel import log_probs_of_odds
from trifit.fit.graph import GraphDensity
from trifit.fit.objective import LinearObjective
from trifit.inputs import Labels
from trifit.types import FloatArray

ORDER = 1e3
"""Columns so many times as large as others are of another order."""


class LinearDensity:
    """Densities of a linear classifier with a quadratic log prior.

    Parameters
    ----------
    layout : Layout
    n_classes : int
    free : mapping of str to (int, bool)
        How many entries of theta each free variable has, in order, and whether these may be
        any real number.
    maps : Maps
    graph : GraphDensity, optional
        What it was read off, interpreted; there is none in rotated features.
    alike : Alike, optional
        The model of any number of features, where all are treated alike.
    """

    def __init__(
        self,
        layout: Layout,
        n_classes: int,
        free: Mapping[str, tuple[int, bool]],
        maps: Maps,
        *,
        graph: GraphDensity | None = None,
        alike: Alike | None = None,
    ) -> None:
        self.linear = True
        self.layout = layout
        self.n_classes = n_classes
        self.maps = maps
        self.graph = graph
        self.alike = alike
        self.free_names = tuple(name for name, (size, _) in free.items() for _ in range(size))
        self.unconstrained = np.array([free[name][1] for name in self.free_names], dtype=bool)
        self.n_params = len(self.free_names)
        self.scales = np.zeros(self.n_params, dtype=bool)
        self.spherical: tuple[SphericalT, ...] = ()
        self.rescaled: Rescaled | None = None

    @classmethod
    def recognise(
        cls, graph: GraphDensity, X: FloatArray, pair: GraphDensity | None = None
    ) -> "LinearDensity | None":
        """The linear density of a model's graph, or None where it is not of that kind.

        Parameters
        ----------
        graph : GraphDensity
        X : array of shape (n_obs, n_features)
            Training rows: linearity is asked for where the data are, and beyond.
        pair : GraphDensity, optional
            The same model of the first two features only, which is quick to probe.
        """
        if pair is None:
            return cls._probed(graph, X)
        two = cls._probed(pair, X[:, :PAIR])
        if two is None:
            return None
        return cls._extended(two.maps, pair, graph, X) or cls._probed(graph, X)

    @classmethod
    def _extended(
        cls, two: Maps, pair: GraphDensity, graph: GraphDensity, X: FloatArray
    ) -> "LinearDensity | None":
        """The density of a graph whose features are all like the two of a smaller one.

        Nothing is probed: the graph must agree at random points. None if it does not.
        """
        n_features, theta, params = X.shape[1], graph.entries, graph.layout.entries
        if theta is None or params is None:
            return None
        if theta.size(n_features) != graph.n_params or theta != pair.entries:
            return None
        rng = np.random.default_rng(20260101)
        zero = np.zeros(graph.n_params)
        with np.errstate(all="ignore"):
            constant, _ = graph.without_rows(zero, prior=1.0, jacobian=0.0)
            each = (constant - two.prior_constant) / (n_features - PAIR)
            alike = Alike.of(two, theta, params, graph.n_classes - 1, each)
            if alike is None:
                return None
            found = cls._of(graph, alike.of_features(n_features), alike)
            return found if found._agrees(graph, X, rng) else None

    @classmethod
    def _probed(cls, graph: GraphDensity, X: FloatArray) -> "LinearDensity | None":
        """The density that agrees with a graph at zero, at the unit vectors and at random."""
        rng = np.random.default_rng(20260101)
        n_features = X.shape[1]
        look = _telling_rows(X)[0]
        corners = np.vstack([np.zeros(n_features), np.eye(n_features)])

        def log_odds(params: FloatArray, X: FloatArray) -> FloatArray:
            log_probs = graph.log_probs(params[None], X)[0]
            return np.asarray(log_probs[:, 1:] - log_probs[:, :1])

        def weights_of(params: FloatArray) -> FloatArray:
            at = log_odds(params, corners)
            return np.asarray(np.vstack([at[:1], at[1:] - at[:1]]).ravel())

        def params_of(theta: FloatArray) -> FloatArray:
            return np.asarray(graph.constrain(theta[None])[0])

        def prior_gradient_of(theta: FloatArray) -> FloatArray:
            return graph.without_rows(theta, prior=1.0, jacobian=0.0)[1]

        zero = np.zeros(graph.n_params)
        with np.errstate(all="ignore"):
            # One random look rules most other models out before they are probed.
            some = params_of(rng.standard_normal(graph.n_params))
            B = weights_of(some).reshape(1 + n_features, graph.n_classes - 1)
            if not close(B[0] + look @ B[1:], log_odds(some, look)):
                return None
            weights = Affine.probe(weights_of, graph.layout.size)
            params = Affine.probe(params_of, graph.n_params)
            prior = Affine.diagonal(prior_gradient_of, graph.n_params) or Affine.probe(
                prior_gradient_of, graph.n_params
            )
            constant, _ = graph.without_rows(zero, prior=1.0, jacobian=0.0)
            linear = cls._of(graph, Maps(params, weights, prior, constant))
            agreed = (
                params.agrees(params_of, rng)
                and weights.agrees(weights_of, rng)
                and linear._agrees(graph, X, rng)
            )
        return linear if agreed else None

    @classmethod
    def _of(cls, graph: GraphDensity, maps: Maps, alike: Alike | None = None) -> "LinearDensity":
        sizes = Counter(graph.free_names)
        free = {
            name: (sizes[name], bool(unconstrained))
            for name, unconstrained in zip(graph.free_names, graph.unconstrained, strict=True)
        }
        return cls(graph.layout, graph.n_classes, free, maps, graph=graph, alike=alike)

    def prior_spread(self, X: FloatArray) -> float:
        """Prior standard deviation of ``x @ beta`` in the log-odds of class 1, of a typical row.

        Infinite under a flat prior.
        """
        if self.alike is not None:
            return self.alike.prior_spread(X)
        root = covariance_root(dense(self.maps.prior_gradient.matrix))
        if root is None:
            return float("inf")
        coefficients = self.maps.weights.matrix @ (self.maps.params.matrix @ root)
        of_class = coefficients.reshape(1 + X.shape[1], -1, self.n_params)[1:, 0]
        moments = X.T @ X / len(X)  # of columns: rows may be many
        return float(np.sqrt(np.vdot(of_class, moments @ of_class)))

    def _agrees(self, graph: GraphDensity, X: FloatArray, rng: np.random.Generator) -> bool:
        """Whether predictions, the prior and the whole objective are the graph's, near and far."""

        def prior_gradient(theta: FloatArray) -> FloatArray:
            return graph.without_rows(theta, prior=1.0, jacobian=0.0)[1]

        # The prior alone too: what many or large rows add would hide a difference.
        prior, _ = self.prior
        if not (self._predicts_alike(graph, X, rng) and prior.agrees(prior_gradient, rng)):
            return False
        look = _telling_rows(X)[0]
        y = rng.integers(graph.n_classes, size=len(look))
        ours, theirs = self.bind(look, y), graph.bind(look, y)
        for jacobian in (0.0, 1.0):
            theta = rng.standard_normal(self.n_params)
            a, b = (f(theta, prior=1.0, jacobian=jacobian) for f in (ours, theirs))
            # The jacobian of an affine map is a constant, which we leave out.
            if not close(a[1], b[1]) or (jacobian == 0.0 and not close(a[0], b[0])):
                return False
        return True

    def holds_on(self, X: FloatArray) -> bool:
        """Whether predictions for these rows, too, are the graph's.

        A model may be linear where the rows lie that it was built with, and bend elsewhere.
        """
        assert self.graph is not None  # rotated features are those of a model that was looked at
        return self._predicts_alike(self.graph, X, np.random.default_rng(20260101))

    def _predicts_alike(self, graph: GraphDensity, X: FloatArray, rng: np.random.Generator) -> bool:
        """Whether predictions are the graph's: where these rows are and ten times beyond them."""
        far = 30.0 * rng.standard_normal((2, self.n_params))
        return all(
            close(self.log_probs(params, rows), graph.log_probs(params, rows))
            and close(params, graph.constrain(thetas))
            for thetas in (far, far / 30.0)
            for params in (self.constrain(thetas),)
            for look in _telling_rows(X)
            for rows in (look, 10.0 * look)
        )

    @property
    def prior(self) -> tuple[Affine, float]:
        """The gradient of the log prior as a function of theta, and the log prior at zero."""
        return self.maps.prior_gradient, self.maps.prior_constant

    def with_prior(
        self, gradient: Affine, constant: float, alike: Alike | None = None
    ) -> "LinearDensity":
        """The same model under another quadratic log prior; see :attr:`prior`.

        Parameters
        ----------
        gradient : Affine
        constant : float
        alike : Alike, optional
            The model of any number of features under that prior.
        """
        other = copy(self)
        other.maps = replace(self.maps, prior_gradient=gradient, prior_constant=constant)
        other.alike, other.rescaled = alike, None
        return other

    def start(self, rng: np.random.Generator) -> FloatArray:
        """Zero: the problem is convex, and unidentified directions stay zero."""
        return np.zeros(self.n_params)

    def log_priors(self, thetas: FloatArray) -> FloatArray:
        """Log prior density of many thetas: (n, n_params) to (n,)."""
        offset = self.maps.prior_gradient.offset
        slopes = offset + (self.maps.prior_gradient.matrix @ thetas.T).T
        return np.asarray(self.maps.prior_constant + 0.5 * (thetas * (slopes + offset)).sum(axis=1))

    def prior_draws(self, n_draws: int, seed: int) -> FloatArray | None:
        """Draws of the parameters from the prior, (n_draws, layout.size).

        The gradient ``offset - P theta`` is that of a Normal with precision P and
        mean ``P^-1 offset``; None where P is not positive definite (flat priors).
        """
        root = _root(self.maps.prior_gradient.matrix)
        if root is None:
            return None
        mean = root @ (root.T @ self.maps.prior_gradient.offset)
        z = np.random.default_rng(seed).standard_normal((self.n_params, n_draws))
        return self.constrain(mean + (root @ z).T)

    def bind(self, X: FloatArray, labels: Labels) -> "LinearObjective":
        """The objective on one data set."""
        to_weights = Affine(
            self.maps.weights(self.maps.params.offset),
            after(self.maps.weights.matrix, self.maps.params.matrix),
        )
        X, labels = collapsed(X, labels, self.n_classes)
        form = LinearForm(to_weights, self.maps.prior_gradient, self.maps.prior_constant)
        return LinearObjective(X, labels, form)

    def constrain(self, thetas: FloatArray) -> FloatArray:
        """Values in the model's own units: (n, n_params) to (n, layout.size)."""
        return np.asarray(self.maps.params.offset + (self.maps.params.matrix @ thetas.T).T)

    def log_probs(self, params: FloatArray, X: FloatArray) -> FloatArray:
        """Log class probabilities: (n, layout.size) and (n_obs, n_features) to (n, n_obs, K)."""
        B = (self.maps.weights.offset + (self.maps.weights.matrix @ params.T).T).reshape(
            len(params), 1 + X.shape[1], -1
        )
        return np.asarray(log_probs_of_odds(X @ B[:, 1:] + B[:, :1]))


def in_directions(density: Density, n_directions: int) -> LinearDensity:
    """The same model of features that are rotated: so many orthonormal directions.

    For a model that treats all features :attr:`~Density.alike`.
    """
    alike = density.alike
    assert alike is not None  # asked by the caller
    unconstrained = dict(zip(density.free_names, density.unconstrained.tolist(), strict=True))
    free = {
        name: (size * (n_directions if own else 1), unconstrained[name])
        for name, (own, size) in zip(unconstrained, alike.params.inputs.parts, strict=True)
    }
    names = tuple(f"direction {i + 1}" for i in range(n_directions))
    layout = density.layout.along("direction", names)
    maps = alike.of_features(n_directions)
    return LinearDensity(layout, density.n_classes, free, maps, alike=alike)


def _root(slope: Matrix) -> FloatArray | Blocks | None:
    """:func:`covariance_root` of a prior, from the slope of its gradient."""
    if not isinstance(slope, Blocks):
        return covariance_root(dense(slope))
    shared, each = covariance_root(slope.shared), covariance_root(slope.each)
    return None if shared is None or each is None else replace(slope, shared=shared, each=each)


def _telling_rows(X: FloatArray, limit: int = 100) -> list[FloatArray]:
    """Rows that would show a bend: evenly spaced ones and each column's extremes.

    Then the same with the largest columns at zero, as often as the others are of a smaller
    order: beside the log-odds of a column in millions, what one in units does is rounding.
    """
    spaced = np.linspace(0, len(X) - 1, min(limit, len(X))).astype(int)
    extremes = np.concatenate([X.argmin(axis=0), X.argmax(axis=0)])[: 5 * limit]
    rows = np.asarray(X[np.unique(np.concatenate([spaced, extremes]))])
    looks, sizes = [rows], abs(rows).max(axis=0)
    while (small := sizes < sizes.max() / ORDER).any() and sizes[small].max() > 0:
        sizes = np.where(small, sizes, 0.0)
        looks.append(np.where(small, rows, 0.0))
    return looks
