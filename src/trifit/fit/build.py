"""From a card and data to the densities that are fitted."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from trifit.cards import AUTO, Card
from trifit.errors import InputError
from trifit.fit.affine import close
from trifit.fit.alike import PAIR
from trifit.fit.contract import check_contract, labels_of
from trifit.fit.density import Density
from trifit.fit.fast.backend import autocast_float_as, untraced
from trifit.fit.graph import GraphDensity
from trifit.fit.linear import LinearDensity
from trifit.fit.rescaled import rescaled
from trifit.functions import is_own
from trifit.inputs import TOLERANCE
from trifit.text import one_line
from trifit.types import FloatArray, IntArray

LOG = logging.getLogger(__name__)

MANY_PARAMS = 500
"""Parameters from which a model of two features is built and probed first."""


@untraced
def build_density(
    card: Card,
    X: FloatArray,
    y: IntArray,
    *,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
    open_scale: bool = False,
) -> Density:
    """Build a card's model and read its densities off the graph.

    Parameters
    ----------
    card : Card
    X : array of shape (n_obs, n_features)
        Features as they will be fitted (standardised where the card says so).
    y : array of shape (n_obs,)
        Class codes; with soft labels the most likely ones. The fits pair the
        model's class probabilities with the labels themselves.
    feature_names, class_names : tuple of str
    open_scale : bool
        Whether the card may leave its prior scale to the training rows: for callers that only
        predict, or go on with what the density has ``rescaled``, as :class:`Training` does. The
        prior of the density itself has scale 1 then.

    Raises
    ------
    InputError
        If the builder refuses its arguments, its model breaks the contract, or the card leaves a
        scale open that nobody chooses.
    """
    if card.chooses_scale and not open_scale:
        raise InputError(
            f"card {card.name!r}: prior_scale = {AUTO!r} is chosen by Training; for a density of "
            "its own give a number, card.with_scale(1.0)"
        )

    def graph(scale: float | None, n_features: int | None = None, every: int = 1) -> GraphDensity:
        chosen = card if scale is None else card.with_scale(scale)
        model = build_model(
            chosen,
            X[::every, :n_features],
            y[::every],
            feature_names=feature_names[:n_features],
            class_names=class_names,
        )
        return GraphDensity(model, len(class_names), mode="interpreted", fused=fused())

    def recognised(whole: GraphDensity, scale: float | None) -> LinearDensity | None:
        pair = None
        if whole.n_params > MANY_PARAMS and X.shape[1] > PAIR:
            with suppress(InputError):  # a builder that wants other features
                pair = graph(scale, PAIR)
        return LinearDensity.recognise(whole, X, pair)

    scale = 1.0 if card.chooses_scale else None
    interpreted = graph(scale)
    _try_out(interpreted, X, y, card)
    shipped = is_own(card.builder)
    if not shipped:
        _check_prior(interpreted, graph(scale, every=2), card)
    density: Density = interpreted.compiled()
    if fused():
        density = recognised(interpreted, scale) or density
    LOG.info("card %s: %s", card.name, type(density).__name__)
    if card.chooses_scale:
        density.rescaled = rescaled(
            density, graph, lambda s: recognised(graph(s), s), proved=shipped
        )
    return density


def fused() -> bool:
    """Whether the fused kernel may be used: not with ``TRIFIT_FUSED=0`` in the environment.

    Then every model is fitted by its own graph, compiled by PyTensor.
    """
    return os.environ.get("TRIFIT_FUSED", "1") != "0"


def build_model(
    card: Card,
    X: FloatArray,
    y: IntArray,
    *,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
) -> Any:
    """The ``pm.Model`` of a card's builder, which keeps its contract; see :func:`build_density`.

    Parameters
    ----------
    card : Card
    X : array of shape (n_obs, n_features)
        As the model sees them.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or label counts.
    feature_names, class_names : tuple of str
    """
    builder = card.load_builder()
    try:
        # Else 2.5 is a float32 and 2.6 a float64: two graphs where one would do.
        with autocast_float_as("float64"):
            model = builder(
                X,
                y,
                n_classes=len(class_names),
                coords={"feature": list(feature_names), "class_": list(class_names)},
                **card.hyperparameters,
            )
        check_contract(model)
    except InputError as error:
        raise InputError(f"card {card.name!r}: {error}") from error
    except (Exception, SystemExit) as error:
        raise InputError(
            f"card {card.name!r}: builder {card.builder} failed: {type(error).__name__}: "
            f"{one_line(error)}"
        ) from error
    return model


def _try_out(density: GraphDensity, X: FloatArray, y: IntArray, card: Card) -> None:
    """Evaluate the model once, on few rows: shapes that do not fit show here.

    Few rows, and not those it was built with, because one model serves all
    training and test sets.
    """
    rows = np.linspace(0, len(X) - 1, min(7, len(X))).astype(int)
    where = f"card {card.name!r}: the model of builder {card.builder}"
    start = density.start(np.random.default_rng(0))
    with _one_line(where, rows, X):
        log_probs, half = (
            density.log_probs(density.constrain(start[None]), X[some])[0]
            for some in (rows, rows[: -(-len(rows) // 2)])
        )
    if log_probs.shape != (len(rows), density.n_classes):
        raise InputError(
            f"{where} gives probabilities of shape {log_probs.shape} for {len(rows)} rows and "
            f"{density.n_classes} classes"
        )
    total = np.exp(log_probs).sum(axis=1)
    if (abs(total - 1.0) > TOLERANCE).any():
        row = int(abs(total - 1.0).argmax())
        raise InputError(
            f"{where} gives class probabilities that sum to {total[row]:.3g}, not 1; normalise "
            "them, or give logits as logit_p"
        )
    with _one_line(where, rows, X):
        value, _ = density.bind(X[rows], y[rows])(start, prior=1.0, jacobian=1.0)
    if np.isnan(value):
        raise InputError(f"{where} has density {value} near its starting point; check its priors")
    if not close(half, log_probs[: len(half)]):
        raise InputError(
            f"{where} predicts a row otherwise if other rows are left out; compute nothing from "
            "all rows of X (means, say): trifit standardises them"
        )
    _check_labels(density.model, y, where)


def _check_prior(density: GraphDensity, of_half: GraphDensity, card: Card) -> None:
    """Refuse a prior that follows the rows: one model serves all training and test sets."""
    theta = density.start(np.random.default_rng(0))
    here, there = density.n_params, of_half.n_params
    other = "another prior" if here == there else f"{there} parameters, not {here}"
    if here != there or not close(*(d.log_prior(theta)[0] for d in (of_half, density))):
        raise InputError(
            f"card {card.name!r}: builder {card.builder} gives half of the rows {other}; one model "
            "serves all sets: compute no prior from X or y"
        )


def _check_labels(model: Any, y: IntArray, where: str) -> None:
    """Refuse a model of other labels than its builder was given: probabilities are of these."""
    observed = labels_of(model)
    codes = observed.argmax(axis=1) if observed.ndim == 2 else observed
    if codes.shape != y.shape:
        raise InputError(f"{where} observes labels of {len(codes)} rows of {len(y)}; observe all")
    wrong = np.flatnonzero(codes != y)
    if len(wrong):
        row = wrong[0]
        raise InputError(
            f"{where} observes label {codes[row]:.0f} where it was given {y[row]} (row {row}); "
            "observe y as it is: probabilities are of its classes"
        )


@contextmanager
def _one_line(where: str, rows: IntArray, X: FloatArray) -> Iterator[None]:
    """Whatever a model raises when it is evaluated, as one line."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{where} cannot be evaluated on {len(rows)} rows of {X.shape[1]} features "
            f'({reason}); build it for any number of rows, from pm.Data("X")'
        ) from error
