"""What averaging members brings, in sentences."""

from trifit.results import Ensemble, Estimate
from trifit.scores import BITS
from trifit.text import significant, with_se


def ensemble_sentences(e: Ensemble) -> list[str]:
    """Members, averaging, chance against ignorance, and more members."""
    return [_averaging(e), _entropy(e), _more(e)]


def _averaging(e: Ensemble) -> str:
    if e.members is None or e.averaging is None:
        return (
            f"{e.n_ruling_out:,} of {e.n_members:,} members give probability 0 to something that "
            "happened: the log-loss of the mean member is infinite, and so is what averaging gains."
        )
    return (
        f"{e.n_members:,} members with log-losses of {significant(e.members.lowest)} to "
        f"{significant(e.members.highest)} nats (median {significant(e.members.median)}); "
        f"averaging their probabilities gains {with_se(e.averaging.value, e.averaging.se)} nats "
        "per row over the mean member."
    )


def _entropy(e: Ensemble) -> str:
    total = e.total_entropy.value
    share = e.mutual_information.value / total if total > 0 else 0.0
    return (
        f"Of {_both(e.total_entropy)} of entropy per row, {_both(e.expected_entropy)} is "
        f"chance (the members' own) and {_both(e.mutual_information)}, {share:.1%}, ignorance "
        "(they disagree)."
    )


def _more(e: Ensemble) -> str:
    if e.doubled is None or e.unlimited is None:
        why = (
            "as a single member's log-loss is infinite"
            if e.n_ruling_out
            else f"as {e.n_members} members do not show how they scatter"
        )
        return f"What more members would bring cannot be told, {why}."
    return (
        f"{2 * e.n_members:,} members would gain another {_range(e.doubled)} nats per row, "
        f"infinitely many {_range(e.unlimited)}."
    )


def _both(entropy: Estimate) -> str:
    return f"{significant(entropy.value)} nats ({significant(entropy.value * BITS)} bits)"


def _range(saving: Estimate) -> str:
    low, high = significant(saving.low, 2), significant(saving.high, 2)
    return f"{significant(saving.value, 2)} (95% interval {low} to {high})"
