"""Who can be in a comparison: everything that is known of a fit by its name.

To add one: an entry in :data:`CONTESTANTS`, the pairs it is compared in
(:data:`PAIRS`), and the module that ``method`` names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

from trifit.errors import InputError


class Kind(StrEnum):
    """What a contestant's forecasts are made from."""

    POINT = "point"
    """One set of parameters."""
    POSTERIOR = "posterior"
    """An average over draws of the whole posterior."""
    DERIVED = "derived"
    """The forecasts of another contestant, changed."""


@dataclass(frozen=True)
class Contestant:
    """One way of making forecasts from a card and training rows.

    Attributes
    ----------
    title : str
        What the name stands for, in a few words.
    description : str
        What it is, in one line.
    kind : Kind
    method : str
        The module that fits it, see :mod:`trifit.fit.methods`.
    colour, marker : str
        Its look in every chart: a colour-blind-safe hue and a matplotlib marker.
    main : bool
        One of the three ways: shown where there is no room for all.
    on_request : bool
        Made only where it was asked for.
    """

    title: str
    description: str
    kind: Kind
    method: str
    colour: str
    marker: str
    main: bool = False
    on_request: bool = False


CONTESTANTS: Mapping[str, Contestant] = {
    "mle": Contestant(
        "maximum likelihood",
        "maximum likelihood: the parameters that make the training labels most probable; no prior",
        Kind.POINT,
        "trifit.fit.methods.mle",
        "#D55E00",
        "s",
        main=True,
    ),
    "map": Contestant(
        "maximum a posteriori",
        "maximum a posteriori: likelihood and the card's prior, at the mode of the posterior",
        Kind.POINT,
        "trifit.fit.methods.map",
        "#0072B2",
        "o",
        main=True,
    ),
    "mean": Contestant(
        "posterior mean of the parameters",
        "one set of parameters again: the posterior mean",
        Kind.POINT,
        "trifit.fit.methods.mean",
        "#56B4E9",
        "^",
    ),
    "bayes": Contestant(
        "full posterior",
        "predictions averaged over draws from the posterior (NUTS)",
        Kind.POSTERIOR,
        "trifit.fit.methods.bayes",
        "#009E73",
        "D",
        main=True,
    ),
    "mle+T": Contestant(
        "MLE with temperature scaling",
        "temperature scaling of the MLE: its log-odds divided by one number, fitted on held-out "
        "training folds",
        Kind.DERIVED,
        "trifit.fit.methods.temperature",
        "#CC79A7",
        "v",
    ),
    "map+T": Contestant(
        "MAP with temperature scaling",
        "temperature scaling of the MAP: its log-odds divided by one number, fitted on held-out "
        "training folds",
        Kind.DERIVED,
        "trifit.fit.methods.map_temperature",
        "#B03060",
        "<",
        on_request=True,
    ),
    "map+V": Contestant(
        "MAP with vector scaling",
        "vector scaling of the MAP: a weight and a bias for each class, fitted on held-out "
        "training folds",
        Kind.DERIVED,
        "trifit.fit.methods.map_vector",
        "#8C564B",
        "d",
        on_request=True,
    ),
    "mle-early": Contestant(
        "MLE with early stopping",
        "the MLE with early stopping, where a validation set (a fifth of the training rows) is "
        "predicted best",
        Kind.POINT,
        "trifit.fit.methods.mle_early",
        "#5B8C00",
        ">",
        on_request=True,
    ),
    "laplace": Contestant(
        "normal approximation of the posterior",
        "predictions averaged over a normal approximation of the posterior",
        Kind.POSTERIOR,
        "trifit.fit.methods.laplace",
        "#7A5CC0",
        "p",
        main=True,
        on_request=True,
    ),
    "map-cv": Contestant(
        "MAP with a cross-validated prior weight",
        "the MAP with the weight of its prior chosen by cross-validation",
        Kind.POINT,
        "trifit.fit.methods.map_cv",
        "#E69F00",
        "P",
        on_request=True,
    ),
    "squared-error": Contestant(
        "least squared error",
        "least squared error of the probabilities instead of maximum likelihood",
        Kind.POINT,
        "trifit.fit.methods.squared_error",
        "#8F7A00",
        "X",
        on_request=True,
    ),
}
"""Keyed by name, in the order in which they are fitted and shown."""

UNIFORM, FREQUENCIES = BASELINES = ("uniform", "class frequencies")
"""Knowing nothing, and knowing how often each class happens: every contestant should beat both."""


@dataclass(frozen=True)
class Pair:
    """Two contestants whose paired difference is shown.

    Attributes
    ----------
    a, b : str
    shows : str
        What the difference of the first from the second is due to; empty where that
        is only "one against the other".
    step : str
        The same on the chart of the gap from ``mle`` to the posterior; empty where
        the pair is no step of it.
    """

    a: str
    b: str
    shows: str = ""
    step: str = ""


PAIRS: tuple[Pair, ...] = (
    Pair("map", "mle", "the prior", "+ prior"),
    Pair("mean", "map", "the posterior mean instead of the mode", "mode → mean"),
    Pair("bayes", "mean", "averaging over the posterior", "+ averaging"),
    Pair("bayes", "mle", "all three steps together"),
    Pair("bayes", "map", "the whole posterior instead of its mode", "+ averaging"),
    Pair("mle+T", "mle", "temperature scaling", "temperature\nscaling"),
    Pair("bayes", "mle+T", "Bayes against temperature scaling"),
    Pair("map-cv", "map", "the prior weight from cross-validation"),
    Pair("bayes", "map-cv"),
    Pair("squared-error", "mle"),
    Pair("mle", FREQUENCIES),
    Pair("map", FREQUENCIES),
    Pair("bayes", FREQUENCIES),
    Pair(
        "laplace",
        "map",
        "the normal approximation of the posterior instead of its mode",
        "+ averaging",
    ),
    Pair("laplace", "mle"),
    Pair("laplace", "bayes", "the cost of the normal approximation"),
    Pair("laplace", FREQUENCIES),
    Pair("map+T", "map", "temperature scaling"),
    Pair("bayes", "map+T", "Bayes against temperature scaling of the MAP"),
    Pair("map+V", "map", "vector scaling"),
    Pair("bayes", "map+V", "Bayes against vector scaling of the MAP"),
    Pair("mle-early", "mle", "early stopping"),
    Pair("bayes", "mle-early"),
    Pair("mle-early", FREQUENCIES),
)
"""The difference table: the steps of the gap, the whole, the baseline."""

_PAIR = {(pair.a, pair.b): pair for pair in PAIRS}

MAX_RIVALS_PAIRED = 6
"""Rivals up to which each is held against each other one too."""


def on_request() -> list[str]:
    """Names of the contestants that are made only where they are asked for."""
    return [name for name, c in CONTESTANTS.items() if c.on_request]


def check_methods(names: Iterable[str]) -> None:
    """Refuse names that are no contestants one can ask for.

    Raises
    ------
    InputError
    """
    for name in names:
        if name not in on_request():
            line = f"methods {name!r}: expected one or more of {', '.join(on_request())}"
            if name in CONTESTANTS:
                line += f"; {name} is fitted without being asked for"
            raise InputError(line)


def pairs_of_rivals(rivals: Sequence[str], fits: Iterable[str]) -> list[tuple[str, str]]:
    """Each rival against the MLE, the MAP, the posterior, the class frequencies, and the others.

    Examples
    --------
    >>> pairs_of_rivals(["forest"], ["mle", "map", "map+T"])
    [('forest', 'mle'), ('forest', 'map'), ('forest', 'class frequencies')]
    """
    there = set(fits)
    main = [name for name in ("mle", "map", posterior_of(there)) if name in there]
    among = combinations(rivals, 2) if len(rivals) <= MAX_RIVALS_PAIRED else ()
    return [*((r, name) for r in rivals for name in (*main, FREQUENCIES)), *among]


def main_of(names: Iterable[str]) -> list[str]:
    """Of some contestants those shown where there is no room for all: the three ways and rivals."""
    there = list(dict.fromkeys(names))
    known = [name for name, c in CONTESTANTS.items() if c.main and name in there]
    return known + rivals_of(there)


def shaded_of(names: Iterable[str]) -> list[str]:
    """Of some contestants those whose bands are drawn: the three ways, else all that there are."""
    main = main_of(names)
    return [name for name in main if name in CONTESTANTS] or main


def rivals_of(names: Iterable[str]) -> list[str]:
    """Of some contestants those that are no fits."""
    return [n for n in dict.fromkeys(names) if n not in CONTESTANTS and n not in BASELINES]


def posteriors_of(names: Iterable[str]) -> list[str]:
    """Of some contestants those that are a whole posterior."""
    there = set(names)
    return [n for n, c in CONTESTANTS.items() if c.kind is Kind.POSTERIOR and n in there]


def posterior_of(names: Iterable[str]) -> str | None:
    """Which contestant is called *the* posterior: NUTS's, else its approximation, else none."""
    return next(iter(posteriors_of(names)), None)


def fullest_of(names: Iterable[str]) -> str:
    """Which contestant knows most: the posterior, else its mode.

    Examples
    --------
    >>> fullest_of(["mle", "map", "laplace"]), fullest_of(["mle", "map"])
    ('laplace', 'map')
    """
    return posterior_of(names) or "map"


def gap_of(names: Iterable[str]) -> list[Pair]:
    """The pairs whose differences add up from ``mle`` to the posterior.

    Where parameters are not identified there is no fit at their mean.
    """
    there = set(names)
    path = [n for n in ("mle", "map", "mean", posterior_of(there)) if n in there]
    return [_PAIR[b, a] for a, b in pairwise(path)]


def shows(a: str, b: str) -> str:
    """What the difference of two contestants shows, in words."""
    pair = _PAIR.get((a, b))
    if pair is not None and pair.shows:
        return pair.shows
    return " against ".join(CONTESTANTS[n].title if n in CONTESTANTS else n for n in (a, b))
