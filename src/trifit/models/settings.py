"""A card's hyperparameters, checked before PyMC is imported."""

from collections.abc import Callable, Mapping
from typing import Any

from trifit.cards import Card
from trifit.errors import InputError
from trifit.functions import Builder, defaults
from trifit.models.linear import (
    check_logistic,
    check_softmax,
    logistic_regression,
    softmax_regression,
)
from trifit.models.network import check_network, neural_network

CHECKS: Mapping[Builder, Callable[..., Any]] = {
    softmax_regression: check_softmax,
    logistic_regression: check_logistic,
    neural_network: check_network,
}


def check_settings(card: Card, n_classes: int) -> None:
    """Refuse hyperparameters that a shipped builder would refuse; others are not known here.

    Raises
    ------
    InputError
    """
    builder = card.load_builder()
    if builder not in CHECKS:
        return
    settings = defaults(builder) | card.with_builders_scale().hyperparameters
    try:
        CHECKS[builder](**settings | {"n_classes": n_classes})
    except InputError as error:
        raise InputError(f"card {card.name!r}: {error}") from error
