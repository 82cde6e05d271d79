"""From how many rows on a fit behaves like probabilities, in sentences."""

from collections.abc import Callable, Mapping

from trifit.results.study import Replicated, RowsNeeded, StudyRecord
from trifit.text import between, estimate

NAMES = {"mle": "MLE", "map": "MAP", "bayes": "Posterior", "laplace": "Posterior (Laplace)"}
"""Fits at the beginning of a sentence; others by their own names."""


def needed_sentences(record: StudyRecord) -> list[str]:
    """One sentence for every fit."""
    return [needed_sentence(found) for found in record.rows_needed]


def needed_headline(record: StudyRecord) -> str:
    """The sentences of the three ways."""
    return " ".join(needed_sentence(r) for r in record.rows_needed if r.fit in NAMES)


def needed_sentence(found: RowsNeeded) -> str:
    """From how many rows on one fit behaves like probabilities.

    Examples
    --------
    >>> print(needed_sentence(RowsNeeded(
    ...     fit="mle", outcome="extrapolated", smallest=20, largest=500, rows=893,
    ...     low=610, high=1480,
    ... )))
    MLE: from about 890 rows on (95% interval 610 to 1,500), extrapolated from at most 500.
    """
    return f"{NAMES.get(found.fit, found.fit)}: {SENTENCES[found.outcome](found)}"


def rows_text(rows: float) -> str:
    """Rows with two significant digits.

    Examples
    --------
    >>> rows_text(1480.2), rows_text(86.4)
    ('1,500', '86')
    """
    return f"{float(f'{rows:.2g}'):,.0f}"


def signal_sentence(signal: Replicated) -> str:
    """What the theory's curves assume, and the signal that was put into them."""
    value, low, high = (float(x or 0.0) for x in (signal.value, signal.low, signal.high))
    return (
        f"Theory (dashed) is for linear log-odds of Normal features and equal classes. Its signal, "
        f"the standard deviation of the true log-odds, is estimated from leave-one-out log-odds of "
        f"the MLE: {estimate(value, low, high)} (95% interval {between(low, high)})."
    )


def _interval(found: RowsNeeded) -> str:
    if found.high is None:
        return f"at least {rows_text(found.low)}; no upper limit" if found.low else "no limits"
    low = found.smallest if found.low is None else found.low
    if low <= found.smallest:
        return f"95% interval: at most {rows_text(found.high)}"
    return f"95% interval {rows_text(low)} to {rows_text(found.high)}"


def _from_the_first(found: RowsNeeded) -> str:
    text = f"at every size tried, from {found.smallest:,} rows on"
    if found.high is None:
        return f"{text}, though these rows set no upper limit."
    if found.high > found.smallest:
        return f"{text}; surely only from {rows_text(found.high)} on."
    return f"{text}."


def _seen(found: RowsNeeded) -> str:
    return f"from about {rows_text(found.rows or 0)} rows on ({_interval(found)})."


def _extrapolated(found: RowsNeeded) -> str:
    return (
        f"from about {rows_text(found.rows or 0)} rows on ({_interval(found)}), extrapolated from "
        f"at most {found.largest:,}."
    )


def _too_far(found: RowsNeeded) -> str:
    return (
        f"from more than {found.largest:,} rows on. Its slope there is too far from 1 to say from "
        "how many."
    )


def _levels_off(found: RowsNeeded) -> str:
    return (
        f"not with up to {found.largest:,} rows. Its slope does not clearly approach 1 as rows are "
        "added, so how many would do cannot be said."
    )


def _undetermined(found: RowsNeeded) -> str:
    return (
        "cannot be said: the held-out rows do not determine a calibration slope, as the classes "
        "are predicted too well or the outputs do not vary."
    )


SENTENCES: Mapping[str, Callable[[RowsNeeded], str]] = {
    "from the first": _from_the_first,
    "seen": _seen,
    "extrapolated": _extrapolated,
    "too far": _too_far,
    "levels off": _levels_off,
    "undetermined": _undetermined,
}
