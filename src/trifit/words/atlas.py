"""What the atlas found, in sentences that follow its numbers."""

from collections.abc import Mapping, Sequence

from trifit.results import Verdict
from trifit.results.atlas import (
    CLOSE,
    SLOPE,
    WORTH,
    AtlasRecord,
    Behaving,
    Loss,
    MedianOverTables,
    OverTables,
    RuleOfThumb,
)
from trifit.text import counted, listed, significant, with_interval, with_minus
from trifit.words.verdict import VERDICTS

WAYS: Mapping[str, str] = {"mle": "MLE", "map": "MAP", "posterior": "posterior"}
"""The three fits in words."""


def atlas_sentences(record: AtlasRecord) -> list[str]:
    """The answers in a few sentences: verdicts, losses, one temperature, failures, the rule."""
    said = [_over_confidence(record.by_size, part) for part in _parts(record.by_size)]
    said += [loss_sentence(loss) for loss in record.losses]
    said += [temperature_sentence(record), failing_sentence(record)]
    if record.rule is not None:
        said.append(rule_sentence(record.rule))
    return [sentence for sentence in said if sentence]


def headline(record: AtlasRecord) -> str:
    """The first answer, at full size."""
    parts = _parts(record.by_size)
    if not parts:
        return "Every cell failed, so nothing was measured."
    return _over_confidence(record.by_size, parts[0])


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
        f"{each(over, 'is over-confident')}. "
        f"{each(behaves, 'is shown to behave like probabilities')}."
    )


def each(shares: Mapping[str, OverTables], does: str) -> str:
    """What each fit does, on how many tables."""
    first, *others = [(WAYS[fit], per_cent(share)) for fit, share in shares.items()]
    named = [f"The {first[0]} {does} on {first[1]}", *(f"the {fit} on {on}" for fit, on in others)]
    return listed(named)


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
        return text  # a bootstrap of one table, or of equal ones, says nothing
    return f"{text} ({100 * share.low:.0f} to {100 * share.high:.0f}%)"


def number(found: OverTables) -> str:
    """A number over tables with its interval, as the ends allow.

    Examples
    --------
    >>> number(OverTables(value=0.0312, low=0.011, high=0.06, n=20))
    '0.031 (0.011 to 0.060)'
    """
    if found.value is None:
        return "–"
    if found.low is None or found.high is None or found.low == found.high:
        return significant(found.value, 2)
    return with_interval(found.value, found.low, found.high)


def loss_sentence(loss: Loss) -> str:
    """What the MLE loses against the posterior, and where."""
    if loss.whole.value is None:
        return ""
    said = (
        f"Where an MLE exists ({loss.part}: {counted(loss.whole.n, 'table')}), its median loss "
        f"against the posterior is {number(loss.whole)} nats per row. The medians of its parts "
        f"are {number(loss.prior)} for having no prior, {number(loss.location)} for taking the "
        f"mode instead of the mean, and {number(loss.averaging)} for not averaging. The mean loss "
        f"is {mean(loss.whole)}"
    )
    if loss.largest is None or loss.largest_share is None or loss.whole.n < 2:
        return f"{said}."
    return f"{said}: {loss.largest} alone makes up {loss.largest_share:.0%} of all tables' losses."


def mean(found: MedianOverTables) -> str:
    """The mean beside a median."""
    return significant(found.mean, 2)


def temperature_sentence(record: AtlasRecord) -> str:
    """How often a single temperature is enough."""
    said = [
        f"{per_cent(share)} of tables at {part}"
        for part, share in record.one_temperature.items()
        if share.value is not None
    ]
    if not said:
        return ""
    return (
        f"A single temperature is enough (the MLE with it is at most {CLOSE:g} nats per row behind "
        f"the posterior) on {listed(said)}."
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
    worth = "is" if rule.worth_it else "is not, so trifit compare does not print it"
    return (
        f"Rule of thumb: rows per coefficient, rows, columns and classes predict whether the "
        f"MLE's slope is below {SLOPE:g} (or no MLE exists). On tables left out of its fit the "
        f"rule errs in {rule.errors:,} of {rule.cells:,} training sets ({rule.tables} tables), and "
        f"always giving the more frequent answer in {rule.base_errors:,}: a difference of "
        f"{_points(rule.difference)}. A rule with at least {1 - WORTH:.0%} fewer errors is worth "
        f"printing, by a bound set beforehand; this one {worth}."
    )


def _points(difference: OverTables) -> str:
    """A difference of shares in percentage points, with its interval."""
    if difference.value is None:
        return "–"
    text = f"{100 * difference.value:+.0f} percentage points"
    if difference.low is not None and difference.high is not None:
        text += f" ({100 * difference.low:+.0f} to {100 * difference.high:+.0f})"
    return with_minus(text)
