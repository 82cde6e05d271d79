"""What the atlas found on one table, in sentences that follow its numbers."""

import math
from collections.abc import Mapping, Sequence

from trifit.results import Verdict
from trifit.results.atlas import CLOSE, AtlasCell, AtlasRecord, AtlasTable, Outcome, range_of
from trifit.text import counted, listed, significant, with_minus
from trifit.words.atlas import WAYS, each

DOES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.BEHAVES: ("behaves like probabilities", "behave like probabilities"),
    Verdict.OVER_CONFIDENT: ("is over-confident", "are over-confident"),
    Verdict.UNDER_CONFIDENT: ("is under-confident", "are under-confident"),
    Verdict.MISCALIBRATED: ("is otherwise miscalibrated", "are otherwise miscalibrated"),
    Verdict.FAILED: ("failed its own checks", "failed their own checks"),
}
"""What one fit does, and several do."""

TINY = 0.0005
"""Nats per row below which a difference of log-losses on one draw of rows is not told."""

STEPS: Mapping[tuple[str, str], str] = {
    ("mle", "map"): "for having no prior",
    ("map", "mean"): "for the mode instead of the mean",
    ("mean", "posterior"): "for not averaging",
}
"""The parts of a loss."""


def table_headline(record: AtlasRecord, table: AtlasTable) -> str:
    """The answer for one table, at its largest training set."""
    cells = record.cells_of(table.name)
    if not cells:
        return "No training set of this table was fitted, so nothing was measured."
    return verdicts_sentence(record, table, cells[0])


def table_sentences(record: AtlasRecord, table: AtlasTable) -> list[str]:
    """More of the answer: losses, one temperature, smaller training sets, other tables.

    Of several draws the first one.
    """
    cells = [c for c in record.cells_of(table.name) if c.replication == 0]
    if not cells:
        return []
    full, *smaller = cells
    said = [
        skill_sentence(table, full),
        loss_sentence(full),
        temperature_sentence(full),
        others_sentence(record, full),
    ]
    for cell in smaller:
        said += [f"{verdicts_sentence(record, table, cell)} {temperature_sentence(cell)}"]
    return [s.strip() for s in said if s.strip()]


def verdicts_sentence(record: AtlasRecord, table: AtlasTable, cell: AtlasCell) -> str:
    """The verdict on each fit of one training set, with its slope; equal verdicts together.

    Parameters
    ----------
    record : AtlasRecord
    table : AtlasTable
    cell : AtlasCell
        Of this table.
    """
    found: dict[Verdict, list[tuple[str, Outcome]]] = {}
    for fit, called in WAYS.items():
        if (outcome := cell.outcome(fit)) is not None:
            found.setdefault(outcome.verdict, []).append((f"the {called}", outcome))
    draw = (
        f"In the first of {record.replications} draws, with" if record.replications > 1 else "With"
    )
    *first, last = [_verdict(verdict, own, table) for verdict, own in found.items()]
    said = ", ".join([*first, f"and {last}"]) if first else last
    return f"{draw} {counted(cell.n, 'training row')}, {said}."


def _verdict(verdict: Verdict, found: Sequence[tuple[str, Outcome]], table: AtlasTable) -> str:
    """One verdict, and the fits that have it."""
    if verdict is Verdict.NO_MLE:
        return "no MLE exists"
    who = listed([name for name, _ in found])
    slopes = _slopes([outcome for _, outcome in found])
    if verdict is Verdict.UNCERTAIN:
        rows = counted(table.held_out, "held-out row")
        return f"{rows} leave the verdict on {who} uncertain{slopes}"
    return f"{who} {DOES[verdict][len(found) > 1]}{slopes}"


def _slopes(found: Sequence[Outcome]) -> str:
    """Slopes in brackets, with the intervals that were kept."""
    texts = [slope_text(o) for o in found if o.slope is not None]
    if not texts:
        return ""
    if len(texts) == 1:
        return f" (slope {texts[0]})"
    bare = all(o.slope_low is None for o in found)
    return f" (slopes {listed(texts) if bare else '; '.join(texts)})"


def slope_text(found: Outcome) -> str:
    """A slope, with its interval if it was kept."""
    slope, ends = slope_value(found), slope_interval(found)
    return f"{slope}, {ends}" if ends else slope


def slope_value(found: Outcome) -> str:
    """A slope alone.

    Examples
    --------
    >>> slope_value(Outcome(verdict=Verdict.UNCERTAIN, slope=-0.9, log_loss=0.5, trusted=True))
    '−0.90'
    """
    if found.slope is None or abs(found.slope) >= 10:
        return significant(found.slope, 2)
    return with_minus(f"{found.slope:z.2f}")


def slope_interval(found: Outcome) -> str:
    """The ends of a slope's 95 % interval; empty where it was not kept."""
    if found.slope_low is None or found.slope_high is None:
        return ""
    return with_minus(f"{found.slope_low:z.2f} to {found.slope_high:z.2f}")


def skill_sentence(table: AtlasTable, cell: AtlasCell) -> str:
    """The posterior's log-loss beside that of the class shares."""
    loss = cell.log_loss("posterior")
    if loss is None:
        return ""
    shares = shares_loss(table)
    beside = "below" if loss < shares else "not below"
    return (
        f"The posterior's log-loss there is {significant(loss)} nats per held-out row, {beside} "
        f"the {significant(shares)} or so of forecasting nothing but the shares of the classes."
    )


def shares_loss(table: AtlasTable) -> float:
    """Entropy of the class shares, in nats: the log-loss of who forecasts nothing else."""
    counts = [n for n in table.class_counts.values() if n]
    n_obs = sum(counts)
    return -sum(n / n_obs * math.log(n / n_obs) for n in counts)


def loss_sentence(cell: AtlasCell) -> str:
    """What the MLE (the MAP, where no MLE exists) loses against the posterior, in parts."""
    first = "mle" if cell.exists else "map"
    whole = cell.behind(first)
    if whole is None:
        return ""
    steps = [*STEPS.items()][0 if cell.exists else 1 :]
    parts = [
        f"{signed(step)} {why}"
        for step_of, why in steps
        if (step := cell.behind(*step_of)) is not None
    ]
    said = f"The {WAYS[first]}'s log-loss is {above(whole)} the posterior's"
    if abs(whole) < TINY or len(parts) < len(steps):
        return f"{said}."
    return f"{said}: {listed(parts)}."


def above(difference: float) -> str:
    """How far one log-loss is above or below another.

    Examples
    --------
    >>> above(0.01234), above(-0.5), above(0.0001)
    ('0.012 nats per row above', '0.50 nats per row below', 'within 0.0005 nats per row of')
    """
    if abs(difference) < TINY:
        return f"within {TINY:g} nats per row of"
    return f"{_size(difference)} nats per row {'below' if difference < 0 else 'above'}"


def signed(difference: float) -> str:
    """A difference of log-losses with its sign, in no smaller steps than 0.0001.

    Examples
    --------
    >>> signed(0.01234), signed(-1.5), signed(-0.00002)
    ('+0.012', '−1.5', '0.0000')
    """
    size = _size(difference)
    if not float(size):
        return size
    return f"{'−' if difference < 0 else '+'}{size}"


def _size(difference: float) -> str:
    """Two digits, and at most four decimals: one draw of rows tells no more."""
    short = f"{abs(difference):.4f}"
    return short if abs(difference) < 0.001 else significant(abs(difference), 2)


def temperature_sentence(cell: AtlasCell) -> str:
    """Whether a single temperature is enough."""
    found, behind = cell.outcome("mle+T"), cell.behind("mle+T")
    if found is None or cell.log_loss("posterior") is None:
        return ""
    which = "" if found.temperature is None else f" of {temperature_text(found.temperature)}"
    without = "" if cell.exists else " (no MLE exists: this rests on where the optimiser stopped)"
    if behind is None:
        return (
            f"A single temperature{which} is not enough: the log-loss with it is infinite{without}."
        )
    enough = "enough" if behind <= CLOSE else "not enough"
    return (
        f"A single temperature{which} is {enough}: the MLE's log-loss with it is {above(behind)} "
        f"the posterior's{without}."
    )


def temperature_text(temperature: float) -> str:
    """A temperature; beyond 100 its size says nothing.

    Examples
    --------
    >>> temperature_text(1.234), temperature_text(1e10)
    ('1.2', 'over 100')
    """
    return significant(temperature, 2) if temperature <= 100 else "over 100"


def others_sentence(record: AtlasRecord, cell: AtlasCell) -> str:
    """How often fits are over-confident on all tables with about as many rows per coefficient."""
    part = range_of(cell.effective)
    shares = {
        b.fit: b.shares[Verdict.OVER_CONFIDENT.value] for b in record.by_rows if b.part == part
    }
    if not shares:
        return ""
    n = max(share.n for share in shares.values())
    said = each(shares, "is over-confident")
    return (
        f"This training set has {significant(cell.effective, 2)} effective rows per coefficient. "
        f"In this range ({part}; training sets of {counted(n, 'table')}) "
        f"{said[0].lower()}{said[1:]}."
    )
