"""Bits: cross-entropy as the length of a message."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.charts import Length
from trifit.report.parts import Cell, Chart, Table, chart
from trifit.report.standing import clear_best, ranked
from trifit.results import Comparison
from trifit.scores import BITS
from trifit.text import significant, with_se

TITLE = "Bits"


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``bits.html.j2`` shows."""
    floored = any(f.code and f.code.n_floored for f in c.fits.values())
    return {"lengths": _chart(c), "table": _table(c), "floored": floored}


def lengths(c: Comparison) -> list[Length]:
    """Bits per label: baselines, fits, and the truth's entropy where it is known."""
    n = c.evaluation.n_test
    found = [Length(name, s.log_loss_bits, s.log_loss_se * BITS) for name, s in c.baselines.items()]
    for name, fit in c.fits.items():
        written = fit.code.bits / n if fit.code else None
        found.append(Length(name, fit.log_loss_bits, fit.log_loss_se * BITS, written))
    if c.truth is not None:
        found.append(Length("the truth", c.truth.entropy * BITS))
    return found


def _chart(c: Comparison) -> Chart:
    best, all_ranked = clear_best(c), ranked(c)
    frequency = c.baselines["class frequencies"].log_loss_bits
    if best is not None:
        fit = c.fits[best]
        caption = (
            f"Told which class it is with the probabilities of {best}, a label costs "
            f"{with_se(fit.log_loss_bits, fit.log_loss_se * BITS)} bits"
        )
    elif all_ranked:
        low, high = (c.fits[n].log_loss_bits for n in (all_ranked[0], all_ranked[-1]))
        caption = (
            f"A label costs {significant(low)} to {significant(high)} bits with the probabilities "
            "of the fits, none of them clearly the shortest"
        )
    else:
        caption = "No fit can be trusted"
    caption += f"; the class frequencies need {significant(frequency)}"
    if c.truth is not None:
        caption += f" and the true probabilities {significant(c.truth.entropy * BITS)}"
    if any(fit.code for fit in c.fits.values()):
        caption += "; ticks: what an encoder wrote"
    rows = lengths(c)
    draw = partial(charts.code_lengths, rows)
    return chart("bits", caption + ".", draw, size=(6.4, 0.28 * len(rows) + 0.7))


def _table(c: Comparison) -> Table:
    rows = []
    for name, fit in c.fits.items():
        if fit.code is None:
            rows.append((name, Cell("–"), Cell(fit.code_note)))
            continue
        dagger = " †" if fit.code.n_floored else ""
        rows.append(
            (
                name,
                Cell(f"{fit.code.bits:,}{dagger}", fit.code.bits),
                Cell(f"{fit.code.ideal_bits:,.1f}", fit.code.ideal_bits),
            )
        )
    return Table(
        caption=f"The {c.evaluation.n_test:,} held-out labels, encoded with each fit's "
        "probabilities",
        columns=("fit", "bits written", "rows × cross-entropy, bits"),
        rows=tuple(rows),
    )
