"""Notes above the answer: what a reader should know of data and fits."""

from trifit.analyses.parameters import whose_log_odds
from trifit.analyses.theory import expected_of_mle
from trifit.crossfit.fitted import Fitted
from trifit.duplicates import n_copies
from trifit.fit.linear import LinearDensity
from trifit.recalibration.temperature import MAX_TEMPERATURE
from trifit.text import counted, significant

WIDE_PRIOR = 10.0
"""Prior standard deviation of log-odds from which it is said: twice that of four standardised
columns with a scale of 2.5."""

MANY_COPIES = 0.01
"""Share of rows that are copies of others from which on it is said."""


def notes(fitted: Fitted) -> list[str]:
    """What was noticed, in the order in which it came up."""
    dataset = fitted.problem.dataset
    return [
        *dataset.notes,
        *fitted.problem.notes,
        *_wide_prior(fitted),
        *_copies(fitted),
        *_unseen(fitted),
        *whose_log_odds(fitted.density.layout, dataset.class_names),
        *expected_of_mle(fitted),
        *_prior_scales(fitted),
        *_temperatures(fitted),
    ]


def _wide_prior(fitted: Fitted) -> list[str]:
    """What a prior scale, which is that of one coefficient, means with many columns."""
    density, scale = fitted.density, fitted.problem.card.hyperparameters.get("prior_scale")
    if not isinstance(density, LinearDensity) or not isinstance(scale, int | float):
        return []
    spread = density.prior_spread(fitted.final.part.train.X)
    if spread <= WIDE_PRIOR:
        return []
    return [
        f"prior scale {scale:g} with {int(fitted.problem.varies.sum()):,} columns gives log-odds a "
        f"prior standard deviation of {spread:.3g}: the prior expects probabilities near 0 and 1 "
        "(--prior-scale auto chooses the scale on the training rows)"
    ]


def _copies(fitted: Fitted) -> list[str]:
    dataset = fitted.problem.dataset
    if dataset.groups is not None or "weights" in dataset.roles:
        return []  # copies are meant, and groups keep them together
    copies = n_copies(dataset.X, dataset.labels)
    if copies <= MANY_COPIES * dataset.n_obs:
        return []
    return [
        f"{copies} rows are copies of other rows; copies on both sides of a split make prediction "
        "look easier than it is"
    ]


def _unseen(fitted: Fitted) -> list[str]:
    unseen = sum(fold.part.unseen for fold in fitted.folds)
    if not unseen:
        return []
    return [
        f"unseen category or value in {counted(unseen, 'test row')}; its coefficient counts as zero"
    ]


def _prior_scales(fitted: Fitted) -> list[str]:
    """The prior scale that the training rows chose, where the card left it to them."""
    chosen = fitted.final.prior_scale
    if chosen is None:
        return []
    interval = ""
    if chosen.low is not None:
        high = "∞" if chosen.high is None else significant(chosen.high)
        interval = f" (95% interval {significant(chosen.low)} to {high})"
    values = [fold.prior_scale.value for fold in fitted.folds if fold.prior_scale is not None]
    among = (
        ""
        if len(values) == 1
        else f"; {significant(min(values))} to {significant(max(values))} in folds"
    )
    by = "largest evidence" if chosen.by == "evidence" else "least log-loss in inner folds"
    return [f"prior scale {significant(chosen.value)}{interval}: {by} on the training rows{among}"]


def _temperatures(fitted: Fitted) -> list[str]:
    """What to know of temperatures that are at a bound, if any are."""
    found = fitted.temperatures
    notes = []
    if any(t.at_bound and t.value > 1 for t in found):
        notes.append(
            f"mle+T: the best temperature is at its upper bound, {MAX_TEMPERATURE:g}: on held-out "
            "folds of the training rows, the MLE's log-odds rank the classes no better than "
            "chance, so mle+T gives all classes the same probability"
        )
    if any(t.at_bound and t.value < 1 for t in found):
        notes.append(
            f"mle+T: the best temperature is at its lower bound, {1 / MAX_TEMPERATURE:g}: on "
            "held-out folds of the training rows, even the smallest log-odds of the MLE have the "
            "right sign"
        )
    return notes
