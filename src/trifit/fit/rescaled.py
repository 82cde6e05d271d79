"""One model under priors of any scale, without building it again where that is not needed."""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from trifit.fit.affine import Affine, close
from trifit.fit.density import Density, Rescaled
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity


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

    ``A`` and ``B`` are read off the graph at two scales, and the rule is checked at a third.

    Parameters
    ----------
    density : LinearDensity
        At scale 1.
    build : callable
        Scale to the model's graph.
    """

    def __init__(self, density: LinearDensity, build: Callable[[float], GraphDensity]) -> None:
        self._density, self._build = density, build

    @cached_property
    def _parts(self) -> tuple[Affine, Affine, float, float]:
        """Gradient of the log prior: fixed part, part per ``1 / scale**2``; constant, its slope."""
        one, constant = self._density.prior
        graph, n_params = self._build(2.0), self._density.n_params
        two = Affine.probe(lambda theta: graph.log_prior(theta)[1], n_params)
        constant_two = float(graph.log_prior(np.zeros(n_params))[0])
        scaled = _combined(one, two, 4 / 3, -4 / 3)
        fixed = _combined(one, scaled, 1.0, -1.0)
        slope = (constant_two - constant) / math.log(2.0)
        return fixed, scaled, constant, slope

    def at(self, scale: float) -> LinearDensity:
        """The density with this prior scale."""
        fixed, scaled, constant, slope = self._parts
        return self._density.with_prior(
            _combined(fixed, scaled, 1.0, scale**-2), constant + slope * math.log(scale)
        )

    @property
    def holds(self) -> bool:
        """Whether the rule gives what the graph says at another scale."""
        graph, ours = self._build(0.5), self.at(0.5)
        theta = np.random.default_rng(20260101).standard_normal(ours.n_params)
        value, gradient = graph.log_prior(theta)
        return close(ours.log_priors(theta[None])[0], value) and close(
            ours.prior[0](theta), gradient
        )


def rescaled(density: Density, build: Callable[[float], GraphDensity]) -> Rescaled:
    """A model under any prior scale, the quick way where its log prior allows it.

    Parameters
    ----------
    density : Density
        At scale 1.
    build : callable
        Scale to the model's graph, interpreted.
    """
    if isinstance(density, LinearDensity):
        quick = RescaledLinear(density, build)
        if quick.holds:
            return quick
    return RescaledGraph(build)


def _combined(a: Affine, b: Affine, of_a: float, of_b: float) -> Affine:
    return Affine(of_a * a.offset + of_b * b.offset, of_a * a.matrix + of_b * b.matrix)
