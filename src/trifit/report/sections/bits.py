"""Code length: cross-entropy as the length of a message."""

import math
from functools import partial
from typing import Any

from trifit.contestants import FREQUENCIES
from trifit.report import charts
from trifit.report.charts import Length
from trifit.report.parts import Cell, Chart, Table, chart, estimate_text
from trifit.results import Comparison, clear_best, ranked
from trifit.scores import BITS
from trifit.text import significant
from trifit.words import why_not_encoded

TITLE = "Code length in bits"


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``bits.html.j2`` shows."""
    floored = any(judged.code.n_floored for judged in c.contestants.values())
    return {"lengths": _chart(c), "table": _table(c), "floored": floored}


def lengths(c: Comparison) -> list[Length]:
    """Bits per label: baselines, contestants, and the truth's entropy where it is known."""
    n, board = c.evaluation.n_test, c.scoreboard
    found = []
    for name in (*c.baselines, *c.contestants):
        if c.infinite(name):
            found.append(Length(name, math.inf))
            continue
        bits = board[name]["log_loss_bits"]
        written = c.contestants[name].code.bits if name in c.contestants else None
        found.append(Length(name, bits.value, bits.se, None if written is None else written / n))
    if c.truth is not None:
        found.append(Length("true probabilities", c.truth.entropy * BITS))
    return found


def _chart(c: Comparison) -> Chart:
    best, all_ranked = clear_best(c), ranked(c)
    bits = {name: row["log_loss_bits"] for name, row in c.scoreboard.items()}
    if best is not None:
        caption = (
            f"Encoded with the probabilities of {best}, a label takes "
            f"{estimate_text(bits[best])} bits"
        )
    elif all_ranked:
        low, high = (bits[n].value for n in (all_ranked[0], all_ranked[-1]))
        caption = (
            f"Encoded with the probabilities of the models, a label takes {significant(low)} to "
            f"{significant(high)} bits, and no model is clearly the shortest"
        )
    else:
        caption = "No model passed its checks"
    caption += f"; with the class frequencies, {significant(bits[FREQUENCIES].value)}"
    if c.truth is not None:
        caption += f", and with the true probabilities, {significant(c.truth.entropy * BITS)}"
    if any(judged.code.bits is not None for judged in c.contestants.values()):
        caption += ". Ticks: length that an entropy coder wrote"
    rows = lengths(c)
    draw = partial(charts.code_lengths, rows)
    return chart("bits", caption + ".", draw, size=(6.4, 0.28 * len(rows) + 0.7))


def _table(c: Comparison) -> Table:
    rows = []
    for name, judged in c.contestants.items():
        code = judged.code
        if code.bits is None or code.ideal_bits is None:
            rows.append((name, Cell("–"), Cell(why_not_encoded(code, c.evaluation.n_test))))
            continue
        dagger = " †" if code.n_floored else ""
        rows.append(
            (
                name,
                Cell(f"{code.bits:,}{dagger}", code.bits),
                Cell(f"{code.ideal_bits:,.1f}", code.ideal_bits),
            )
        )
    return Table(
        caption=f"The {c.evaluation.n_test:,} test labels, encoded with each model's probabilities",
        columns=("model", "bits written", "rows × cross-entropy, bits"),
        rows=tuple(rows),
    )
