"""What the atlas found, in sentences that follow its numbers."""

from collections.abc import Mapping, Sequence

from trifit.results import Verdict
from trifit.results.atlas import AtlasRecord, Behaving, Loss, OverTables, RuleOfThumb
from trifit.text import between, counted, estimate, listed, significant
from trifit.words.verdict import VERDICTS

WAYS: Mapping[str, str] = {"mle": "MLE", "map": "MAP", "posterior": "posterior"}
"""The three fits in words."""

FULL = "full size"


def atlas_sentences(record: AtlasRecord) -> list[str]:
    """The answers in a few sentences: verdicts, losses, one temperature, failures, the rule."""
    said = [_over_confidence(record.by_size, part) for part in _parts(record.by_size)]
    said += [loss_sentence(loss) for loss in record.losses]
    said += [temperature_sentence(record), failing_sentence(record)]
    if record.rule is not None:
        said.append(rule_sentence(record.rule))
    return [sentence for sentence in said if sentence]


def headline(record: AtlasRecord) -> str:
    """The first answer at full size, and what the MLE loses there."""
    parts = _parts(record.by_size)
    said = [_over_confidence(record.by_size, parts[0])] if parts else []
    said += [loss_sentence(loss) for loss in record.losses[:1]]
    return " ".join(filter(None, said)) or "Every cell failed, so nothing was measured."


def _parts(found: Sequence[Behaving]) -> list[str]:
    return list(dict.fromkeys(b.part for b in found))


def _over_confidence(found: Sequence[Behaving], part: str) -> str:
    """How often each fit is over-confident in one part."""
    shares = {b.fit: b.shares for b in found if b.part == part}
    gone = shares["mle"][Verdict.NO_MLE.value]
    over = {fit: shares[fit][Verdict.OVER_CONFIDENT.value] for fit in WAYS if fit in shares}
    behaves = {fit: shares[fit][Verdict.BEHAVES.value] for fit in WAYS if fit in shares}
    return (
        f"At {part} ({counted(gone.n, 'table')}) no MLE exists on {per_cent(gone)} of tables. "
        f"Over-confident are {_each(over)}. "
        f"Shown to behave like probabilities are {_each(behaves)}."
    )


def _each(shares: Mapping[str, OverTables]) -> str:
    return listed([f"the {WAYS[fit]} on {per_cent(share)}" for fit, share in shares.items()])


def per_cent(share: OverTables) -> str:
    """A share of tables with its interval.

    Examples
    --------
    >>> per_cent(OverTables(value=0.25, low=0.1, high=0.4, n=20))
    '25% (10 to 40%)'
    """
    if share.value is None:
        return "–"
    text = f"{100 * share.value:.0f}%"
    if share.low is None or share.high is None or share.low == share.high:
        return text  # all tables agree: drawing them again says nothing
    return f"{text} ({100 * share.low:.0f} to {100 * share.high:.0f}%)"


def number(found: OverTables) -> str:
    """A mean over tables with its interval, as the ends allow.

    Examples
    --------
    >>> number(OverTables(value=0.0312, low=0.011, high=0.06, n=20))
    '0.031 (0.011 to 0.060)'
    """
    if found.value is None:
        return "–"
    if found.low is None or found.high is None or found.low == found.high:
        return significant(found.value, 2)
    return f"{estimate(found.value, found.low, found.high)} ({between(found.low, found.high)})"


def loss_sentence(loss: Loss) -> str:
    """What the MLE loses against the posterior, and where."""
    if loss.whole.value is None:
        return ""
    return (
        f"Where an MLE exists ({loss.part}: {counted(loss.whole.n, 'table')}), it loses "
        f"{number(loss.whole)} nats per row against the posterior: {number(loss.prior)} by having "
        f"no prior, {number(loss.location)} by the place of the mode, {number(loss.averaging)} by "
        "not averaging."
    )


def temperature_sentence(record: AtlasRecord) -> str:
    """How often one temperature would have done."""
    said = [
        f"{per_cent(share)} of tables at {part}"
        for part, share in record.one_temperature.items()
        if share.value is not None
    ]
    if not said:
        return ""
    return (
        "One temperature would have done (the MLE with a temperature at most 0.01 nats per row "
        f"behind the posterior) on {listed(said)}."
    )


def failing_sentence(record: AtlasRecord) -> str:
    """On which tables the posterior fails at full size."""
    tables = {c.table for c in record.cells if c.share == 1}
    failing = record.posterior_fails
    if not tables:
        return ""
    if not failing:
        return f"At full size the posterior fails on none of {counted(len(tables), 'table')}."
    named = [
        f"{name} ({listed([VERDICTS[Verdict(v)] for v in verdicts])})"
        for name, verdicts in failing.items()
    ]
    return (
        f"At full size the posterior fails on {len(failing)} of {counted(len(tables), 'table')}: "
        f"{listed(named)}."
    )


def rule_sentence(rule: RuleOfThumb) -> str:
    """What the rule of thumb is worth."""
    worth = (
        "It is worth having by the bound set beforehand"
        if rule.worth_it
        else "That misses the bound set beforehand, so trifit compare does not print it"
    )
    return (
        f"Rule of thumb: rows per coefficient, rows, columns and classes foretell whether the "
        f"MLE's slope is below 0.9 (or no MLE exists) with {rule.error:.0%} errors on tables that "
        f"were left out; always giving the more frequent answer errs in {rule.base_error:.0%} "
        f"({rule.cells:,} training sets of {rule.tables} tables). {worth} (at least a third fewer "
        "errors)."
    )
