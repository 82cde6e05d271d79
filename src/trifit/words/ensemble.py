"""The gain from averaging members, in sentences."""

from trifit.results import Ensemble, Estimate
from trifit.scores import BITS
from trifit.text import significant, with_se


def ensemble_sentences(e: Ensemble) -> list[str]:
    """Averaging; chance and model uncertainty; the gain from more members."""
    return [_averaging(e), _entropy(e), _more(e)]


def _averaging(e: Ensemble) -> str:
    if e.members is None or e.averaging is None:
        return (
            f"{e.n_ruling_out:,} of {e.n_members:,} members give probability 0 to an observed "
            "class, so the mean log-loss of the members and the gain from averaging are infinite."
        )
    return (
        f"The log-losses of the {e.n_members:,} members are {significant(e.members.lowest)} to "
        f"{significant(e.members.highest)} nats (median {significant(e.members.median)}). "
        f"Averaging their probabilities gains {with_se(e.averaging.value, e.averaging.se)} nats "
        "per row over the mean member."
    )


def _entropy(e: Ensemble) -> str:
    total = e.total_entropy.value
    share = e.mutual_information.value / total if total > 0 else 0.0
    return (
        f"The predictive entropy is {_both(e.total_entropy)} per row: {_both(e.expected_entropy)} "
        f"is chance (aleatoric) and {_both(e.mutual_information)}, {share:.1%}, is model "
        "uncertainty (epistemic), because the members disagree."
    )


def _more(e: Ensemble) -> str:
    if e.doubled is None or e.unlimited is None:
        why = (
            "because the log-loss of a single member is infinite"
            if e.n_ruling_out
            else f"because {e.n_members} members are too few to show how they vary"
        )
        return f"The gain from more members cannot be estimated, {why}."
    return (
        f"{2 * e.n_members:,} members would gain another {_range(e.doubled)} nats per row, "
        f"infinitely many {_range(e.unlimited)}."
    )


def _both(entropy: Estimate) -> str:
    return f"{significant(entropy.value)} nats ({significant(entropy.value * BITS)} bits)"


def _range(saving: Estimate) -> str:
    low, high = significant(saving.low, 2), significant(saving.high, 2)
    return f"{significant(saving.value, 2)} (95% interval {low} to {high})"
