"""One model under priors of any scale, without building it again where that is not needed."""

import math
from collections.abc import Callable

import numpy as np

from trifit.fit.affine import Affine, close, mixed
from trifit.fit.density import Density, Rescaled
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity, in_directions


class RescaledGraph:
    """A model of any kind: built again for every scale (and compiled once).

    Parameters
    ----------
    build : callable
        Scale to density.
    """

    def __init__(self, build: Callable[[float], GraphDensity]) -> None:
        self._build = build

    def at(self, scale: float) -> Density:
        """The density with this prior scale."""
        return self._build(scale).compiled()


class RescaledLinear:
    """A linear model whose log prior is quadratic: its precision is ``A + B / scale**2``.

    Both parts follow from the model at two scales.

    Parameters
    ----------
    one, two : LinearDensity
        At scale 1, and at scale 2.
    """

    def __init__(self, one: LinearDensity, two: LinearDensity) -> None:
        self._one, self._two = one, two

    def at(self, scale: float) -> LinearDensity:
        """The density with this prior scale."""
        one, two = self._one, self._two

        def gradient(a: Affine, b: Affine) -> Affine:
            return mixed(a, b, 4 / 3 * (1 - scale**-2))

        def constant(a: float, b: float) -> float:
            return a + (b - a) * math.log2(scale)

        alike = None
        if one.alike is not None and two.alike is not None:
            a, b = one.alike, two.alike
            alike = a.with_prior(
                gradient(a.prior_gradient.shared, b.prior_gradient.shared),
                gradient(a.prior_gradient.each, b.prior_gradient.each),
                constant(a.constant, b.constant),
                constant(a.constant_each, b.constant_each),
            )
        (slope_one, log_one), (slope_two, log_two) = one.prior, two.prior
        return one.with_prior(gradient(slope_one, slope_two), constant(log_one, log_two), alike)

    def agrees(self, graph: GraphDensity, scale: float) -> bool:
        """Whether the rule gives what the model's graph at another scale says."""
        ours = self.at(scale)
        theta = np.random.default_rng(20260101).standard_normal(ours.n_params)
        value, gradient = graph.log_prior(theta)
        return close(ours.log_priors(theta[None])[0], value) and close(
            ours.prior[0](theta), gradient
        )

    def in_directions(self, n_directions: int) -> "RescaledLinear":
        """The same of features that are rotated; see :func:`in_directions`."""
        return RescaledLinear(
            in_directions(self._one, n_directions), in_directions(self._two, n_directions)
        )


def rescaled(
    density: Density,
    graph: Callable[[float], GraphDensity],
    linear: Callable[[float], LinearDensity | None],
    *,
    proved: bool,
) -> Rescaled:
    """A model under any prior scale, the quick way where its log prior allows it.

    Parameters
    ----------
    density : Density
        At scale 1.
    graph : callable
        Scale to the model's graph, interpreted.
    linear : callable
        Scale to the linear density that is read off the graph.
    proved : bool
        Whether a quadratic log prior is known to have the precision ``A + B / scale**2``: that of
        shipped builders is tested once and for all, any other is checked at a third scale.
    """
    if isinstance(density, LinearDensity):
        two = linear(2.0) if density.alike is not None else _read(density, graph(2.0))
        if two is not None:
            quick = RescaledLinear(density.with_prior(*density.prior, density.alike), two)
            if proved or quick.agrees(graph(0.5), 0.5):
                return quick
    return RescaledGraph(graph)


def _read(density: LinearDensity, graph: GraphDensity) -> LinearDensity:
    """A linear density with the prior of another graph of the model."""
    zero = np.zeros(density.n_params)
    slope = Affine.probe(lambda theta: graph.log_prior(theta)[1], density.n_params)
    return density.with_prior(slope, float(graph.log_prior(zero)[0]))
