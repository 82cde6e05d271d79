"""Another prevalence, in sentences."""

from collections.abc import Iterator, Sequence

from trifit.results import PrevalenceRecord
from trifit.text import listed, p_equals, with_se

IMPLAUSIBLE = 0.01
"""p-value below which a change of the shares alone is called implausible."""


def prevalence_sentences(p: PrevalenceRecord, class_names: Sequence[str]) -> Iterator[str]:
    """Shares, corrected scores, and whether a change of the shares alone is plausible."""
    yield f"{shares_sentence(p, class_names)} {effective_sentence(p)}"
    losses = [
        f"{'∞' if s.n_impossible else with_se(s.log_loss.value, s.log_loss.se)} ({name}, "
        f"uncorrected {with_se(s.uncorrected.value, s.uncorrected.se)})"
        for name, s in p.contestants.items()
    ]
    yield f"Log-loss there: {listed(losses)}."
    yield from shift_sentence(p)


def shares_sentence(p: PrevalenceRecord, class_names: Sequence[str]) -> str:
    """The shares before and after, and where the latter are from."""
    of = {
        "given": "as given",
        "scored rows": "those of the scored rows",
    }.get(p.source, f"estimated by {p.source} from {p.n_unlabelled:,} rows without labels")
    changes = [
        f"{name} {_share(after)} (before {_share(before)})"
        for name, before, after in zip(class_names, p.before, p.after, strict=True)
    ]
    return f"Corrected for other class shares, {of}: {listed(changes)}."


def effective_sentence(p: PrevalenceRecord) -> str:
    """How much the weights cost."""
    return f"With importance weights the scored rows are worth {p.effective_rows:,.0f} rows."


def shift_sentence(p: PrevalenceRecord) -> Iterator[str]:
    """Contestants by whose probabilities more than the shares has changed."""
    found = {n: e.p_value for n, e in p.estimates.items() if e.p_value is not None}
    implausible = [n for n, value in found.items() if value < IMPLAUSIBLE]
    if implausible:
        lowest = min(found[n] for n in implausible)
        yield (
            "A change of the class shares alone is implausible: the probabilities of "
            f"{listed(implausible)} for the rows without labels are no mixture of those for each "
            f"class ({p_equals(lowest)}). Corrected "
            "probabilities and scores need not hold there."
        )


def _share(share: float) -> str:
    return f"{100 * share:.3g}%"
