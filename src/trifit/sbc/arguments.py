"""What a check is asked for, refused before anything heavy is imported."""

from collections.abc import Sequence

from trifit.cards import Card
from trifit.errors import InputError, whole_number

METHODS = ("bayes", "laplace")
"""Methods whose posterior can be checked."""


def check_arguments(card: Card, methods: Sequence[str], rows: int, seed: int) -> None:
    """Refuse arguments out of range, and a card without a prior to draw from.

    Parameters
    ----------
    card : Card
    methods : sequence of str
        Of :data:`METHODS`.
    rows : int
        Of a simulated data set.
    seed : int

    Raises
    ------
    InputError
    """
    unknown = [name for name in methods if name not in METHODS]
    if unknown or not methods:
        raise InputError(
            f"--methods {','.join(methods)!r}: expected one or more of {', '.join(METHODS)}"
        )
    whole_number("--rows", rows, least=5, most=10_000)
    whole_number("--seed", seed, least=0)
    if card.with_builders_scale().chooses_scale:
        raise InputError(
            f"card {card.name!r} leaves its prior scale to the data, so it has no prior to draw "
            "from, and its builder has no default scale; give one, e.g. --set prior_scale=1"
        )
