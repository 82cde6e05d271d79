"""A model before any data: its graph, and the class probabilities its prior expects."""

from dataclasses import dataclass

import numpy as np

from trifit.cards import Card
from trifit.fit.backend import draw, pm
from trifit.fit.build import build_model
from trifit.fit.graph import check_contract, log_probs_of
from trifit.types import FloatArray, IntArray

EXTREME = 0.01
"""Probabilities below this, or above one minus this, are called extreme."""


@dataclass(frozen=True)
class Node:
    """One variable of a model's graph.

    Attributes
    ----------
    name : str
    kind : {"data", "free", "deterministic", "observed"}
    law : str
        Its distribution or what it is made of, as PyMC writes it.
    dims : tuple of str
    parents : tuple of str
    """

    name: str
    kind: str
    law: str
    dims: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Preview:
    """A model's graph and its prior predictive class probabilities.

    Attributes
    ----------
    nodes : tuple of Node
        Parents first.
    probs : shape (n_draws, n_obs, n_classes)
    """

    nodes: tuple[Node, ...]
    probs: FloatArray

    @property
    def extreme_share(self) -> float:
        """Share of prior class probabilities within 0.01 of 0 or 1."""
        return float(((self.probs < EXTREME) | (self.probs > 1 - EXTREME)).mean())

    @property
    def finding(self) -> str:
        """What the prior believes, in one sentence with its numbers."""
        share, k = self.extreme_share, self.probs.shape[2]
        text = (
            f"before any data, {share:.0%} of the class probabilities are below {EXTREME} or "
            f"above {1 - EXTREME}, and the most probable of {k} classes has "
            f"{self._confidence:.2f} in the median"
        )
        if share > 0.5:
            text += ": this prior is sure before it has seen anything; a smaller scale would not be"
        return text

    @property
    def _confidence(self) -> float:
        return float(np.median(self.probs.max(axis=2)))

    def histogram(self, bins: int = 10) -> FloatArray:
        """Shares of the class probabilities in equal bins of [0, 1]."""
        counts, _ = np.histogram(self.probs, np.linspace(0, 1, bins + 1))
        return np.asarray(counts / counts.sum())


def preview(
    card: Card,
    X: FloatArray,
    y: IntArray,
    *,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
    n_draws: int = 500,
    seed: int = 1,
) -> Preview:
    """Build a card's model and draw class probabilities from its prior.

    Parameters
    ----------
    card : Card
    X : shape (n_obs, n_features)
        Features as they would be fitted; the labels ``y`` are not looked at.
    y : shape (n_obs,)
    feature_names, class_names : tuple of str
    n_draws : int
    seed : int

    Raises
    ------
    InputError
        If the builder refuses its arguments or its model breaks the contract.
    """
    model = build_model(card, X, y, feature_names=feature_names, class_names=class_names)
    observed = check_contract(model)
    log_probs = draw(log_probs_of(observed), n_draws, seed)
    return Preview(_nodes(model), np.exp(log_probs))


def _nodes(model: pm.Model) -> tuple[Node, ...]:
    from pymc.model_graph import ModelGraph

    laws = {}
    for line in model.str_repr().splitlines():
        name, _, law = line.replace(" = ", " ~ ", 1).partition(" ~ ")
        laws[name.strip()] = law.strip().replace("<constant>", "…")
    parents = ModelGraph(model).make_compute_graph()
    observed = {rv.name for rv in model.observed_RVs}
    kinds = {v.name: "free" for v in model.free_RVs} | {
        v.name: "deterministic" for v in model.deterministics
    }
    nodes: dict[str, Node] = {}

    def add(name: str) -> None:
        if name in nodes:
            return
        # PyMC draws an arrow from the observed variable to its data; here data come first.
        above = sorted(p for p in parents[name] if p not in observed)
        for parent in above:
            add(parent)
        kind = "observed" if name in observed else kinds.get(name, "data")
        law = "data" if kind == "data" else laws.get(name, "")
        dims = tuple(d for d in model.named_vars_to_dims.get(name, ()) if d)
        nodes[name] = Node(name, kind, law, dims, tuple(above))

    for name in list(parents):
        if parents[name] <= observed and parents[name]:
            continue  # the labels' data container
        add(name)
    return tuple(nodes.values())
