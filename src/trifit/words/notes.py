"""Notes above the answer: what a reader should know of data and fits."""

from collections.abc import Iterator, Sequence
from shlex import quote

from trifit.diagnostics import MAX_TEMPERATURE
from trifit.results import ChosenScale, Comparison, Noticed
from trifit.results.noticed import ExpectedMle, WidePrior
from trifit.text import counted, significant


def notes(c: Comparison) -> list[str]:
    """What reading the data said, then what was noticed."""
    return [
        *c.data.notes,
        *noticed_notes(c.noticed, c.data.class_names),
        *([] if c.prior is None or not c.prior.scales else [_chosen_scale(c.prior.scales)]),
        *_temperatures(c.temperatures),
    ]


def noticed_notes(found: Noticed, class_names: Sequence[str]) -> Iterator[str]:
    """The sentences of what was noticed."""
    if found.wide_prior is not None:
        yield _wide_prior(found.wide_prior)
    if found.n_copies:
        yield (
            f"{found.n_copies} rows are copies of other rows; copies on both sides of a split make "
            "prediction look easier than it is"
        )
    if found.n_unseen:
        rows = counted(found.n_unseen, "test row")
        yield f"unseen category or value in {rows}; its coefficient counts as zero"
    if found.log_odds_of:
        other = next(name for name in class_names if name != found.log_odds_of)
        yield (
            f"coefficients refer to the log-odds of {found.log_odds_of!r} against {other!r} (to "
            f"swap the two: --positive {quote(other)})"
        )
    if found.expected_mle is not None:
        yield _expected_mle(found.expected_mle)


def _wide_prior(found: WidePrior) -> str:
    return (
        f"prior scale {found.scale:g} with {found.n_features:,} columns gives log-odds a prior "
        f"standard deviation of {found.spread:.3g}: the prior expects probabilities near 0 and 1 "
        "(--prior-scale auto chooses the scale on the training rows)"
    )


def _expected_mle(found: ExpectedMle) -> str:
    kappa = found.n_features / found.n_obs
    return (
        f"with p/n = {kappa:.2g} ({found.n_features} features, {found.n_obs} training rows), "
        f"theory expects the MLE's coefficients to be {found.inflation:.2f} times too large; of "
        f"events that it gives probability {found.probability:g}, a share of {found.occurs:.2f} "
        f"should occur (calibration slope {found.slope:.2f}). This assumes Normal features, linear "
        f"log-odds, balanced classes and a signal of sd {found.signal:.2g}, estimated by leaving "
        "rows out"
    )


def _chosen_scale(scales: Sequence[ChosenScale]) -> str:
    """The prior scale that the training rows chose, the last of all; others are of folds."""
    chosen, folds = scales[-1], [scale.value for scale in scales[:-1]]
    interval = among = ""
    if chosen.low is not None:
        high = "∞" if chosen.high is None else significant(chosen.high)
        interval = f" (95% interval {significant(chosen.low)} to {high})"
    if folds:
        among = f"; {significant(min(folds))} to {significant(max(folds))} in folds"
    by = "largest evidence" if chosen.by == "evidence" else "least log-loss in inner folds"
    return f"prior scale {significant(chosen.value)}{interval}: {by} on the training rows{among}"


def _temperatures(temperatures: Sequence[float]) -> Iterator[str]:
    """What to know of temperatures that are at a bound, if any are."""
    if not temperatures:
        return
    if max(temperatures) == MAX_TEMPERATURE:
        yield (
            f"mle+T: the best temperature is at its upper bound, {MAX_TEMPERATURE:g}: on held-out "
            "folds of the training rows, the MLE's log-odds rank the classes no better than "
            "chance, so mle+T gives all classes the same probability"
        )
    if min(temperatures) == 1 / MAX_TEMPERATURE:
        yield (
            f"mle+T: the best temperature is at its lower bound, {1 / MAX_TEMPERATURE:g}: on "
            "held-out folds of the training rows, even the smallest log-odds of the MLE have the "
            "right sign"
        )
