"""How many training rows are enough, in sentences."""

from collections.abc import Callable, Mapping

from trifit.results.study import Replicated, RowsNeeded, StudyRecord
from trifit.text import between, counted, estimate, two_digits

WAYS = {"mle": "MLE", "map": "MAP", "bayes": "Posterior", "laplace": "Posterior (Laplace)"}
"""The three ways at the beginning of a sentence."""

NAMES = WAYS | {
    "mean": "Posterior mean",
    "mle+T": "MLE with a temperature",
    "map+T": "MAP with a temperature",
}
"""Other fits too; those that are not here by their own names."""


def needed_sentences(record: StudyRecord) -> list[str]:
    """One sentence for every fit."""
    return [needed_sentence(found) for found in record.rows_needed]


def unchecked_sentence(record: StudyRecord) -> str:
    """What is to be known of extrapolated numbers of a model other than logistic regression."""
    if record.unchecked and any(r.outcome == "extrapolated" for r in record.rows_needed):
        return "Extrapolated numbers follow a law that is unchecked for this model."
    return ""


def needed_headline(record: StudyRecord) -> str:
    """The sentences of the three ways."""
    return " ".join(needed_sentence(r) for r in record.rows_needed if r.fit in WAYS)


def needed_sentence(found: RowsNeeded) -> str:
    """How many training rows are enough for one fit.

    Examples
    --------
    >>> print(needed_sentence(RowsNeeded(
    ...     fit="mle", outcome="seen", smallest=20, largest=500, rows=231, low=120, high=412,
    ... )))
    MLE: about 230 rows (95% interval 120 to 410).
    """
    text = f"{NAMES.get(found.fit, found.fit)}: {SENTENCES[found.outcome](found)}"
    if found.missing:
        text += f" {_missing(found)}"
    return f"{text} {_separable(found)}" if found.separable else text


def signal_sentence(signal: Replicated) -> str:
    """What the theory's curves assume, and the signal that was put into them."""
    value, low, high = (float(x or 0.0) for x in (signal.value, signal.low, signal.high))
    return (
        "Theory (dashed) is for linear log-odds of Normal features and equal classes, for fits "
        "with a prior also of uncorrelated features. Its signal, the standard deviation of the "
        "true log-odds, is estimated from leave-one-out log-odds of "
        f"the MLE: {estimate(value, low, high)} (95% interval {between(low, high)})."
    )


def _missing(found: RowsNeeded) -> str:
    return (
        f"No slope was found for {found.missing:,} of {counted(found.slopes, 'training set')}: "
        "held-out rows were ranked perfectly, or a label was ruled out. Sizes up to the largest "
        "of these do not count."
    )


def _separable(found: RowsNeeded) -> str:
    """For how many training sets there is no MLE."""
    return (
        f"No MLE exists for {found.separable:,} of {counted(found.slopes, 'training set')} (of up "
        f"to {found.separable_up_to:,} rows); their slopes are those where the optimiser stopped."
    )


def _interval(found: RowsNeeded) -> str:
    if found.high is None:
        return f"at least {two_digits(found.low)}; no upper limit" if found.low else "no limits"
    low = found.smallest if found.low is None else found.low
    if low <= found.smallest:
        return f"95% interval: at most {two_digits(found.high)}"
    return f"95% interval {two_digits(low)} to {two_digits(found.high)}"


def _from_the_first(found: RowsNeeded) -> str:
    text = f"{found.smallest:,} rows, the fewest {'that count' if found.missing else 'tried'}"
    if found.high is None:
        return f"{text}; the interval has no upper limit."
    if found.high > found.smallest:
        return f"{text}; the interval reaches up to {two_digits(found.high)}."
    return f"{text}."


def _seen(found: RowsNeeded) -> str:
    return f"about {two_digits(found.rows or 0)} rows ({_interval(found)})."


def _extrapolated(found: RowsNeeded) -> str:
    return (
        f"about {two_digits(found.rows or 0)} rows ({_interval(found)}), extrapolated beyond the "
        f"largest training set ({found.largest:,})."
    )


def _more_than(found: RowsNeeded) -> str:
    """The lower limit, where it says that the largest size is too small."""
    if found.low is None or found.low <= found.largest:
        return "cannot be said."
    return f"more than {two_digits(found.low)} rows."


def _too_far(found: RowsNeeded) -> str:
    last = f"The slope at {found.largest:,} rows"
    return f"{_more_than(found)} {last} is too far from 1 to say how many."


def _levels_off(found: RowsNeeded) -> str:
    return (
        f"{_more_than(found)} The slope at {found.largest:,} rows is not inside 0.8 to 1.25, and "
        "does not clearly approach 1 as rows are added."
    )


def _no_law(found: RowsNeeded) -> str:
    return (
        f"cannot be said. The slope at {found.largest:,} rows is outside 0.8 to 1.25, and the "
        "curve of a fit with a temperature cannot be continued to more rows."
    )


def _undetermined(_: RowsNeeded) -> str:
    return "cannot be said, for the held-out rows determine too few calibration slopes."


SENTENCES: Mapping[str, Callable[[RowsNeeded], str]] = {
    "from the first": _from_the_first,
    "seen": _seen,
    "extrapolated": _extrapolated,
    "too far": _too_far,
    "levels off": _levels_off,
    "no law": _no_law,
    "undetermined": _undetermined,
}
