"""A model before any data: its graph, and the class probabilities its prior expects."""

import numpy as np

from trifit.cards import Card
from trifit.errors import InputError
from trifit.fit.build import build_model
from trifit.fit.contract import check_contract
from trifit.fit.fast.backend import draw, pm
from trifit.fit.graph import log_probs_of
from trifit.results.preview import Node, Preview
from trifit.types import FloatArray, IntArray


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
    X : array of shape (n_obs, n_features)
        Features as they would be fitted; the labels ``y`` are not looked at.
    y : array of shape (n_obs,)
    feature_names, class_names : tuple of str
    n_draws : int
    seed : int

    Raises
    ------
    InputError
        If the builder refuses its arguments or its model breaks the contract.
    """
    model = build_model(card, X, y, feature_names=feature_names, class_names=class_names)
    try:
        log_probs = draw(log_probs_of(check_contract(model)), n_draws, seed)
    except Exception as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise InputError(
            f"card {card.name!r}: its prior cannot be drawn from ({reason}); flat priors cannot"
        ) from error
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
