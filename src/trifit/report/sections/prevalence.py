"""Another prevalence: shares, corrected scores, estimates from rows without labels."""

from typing import Any

from trifit.report.parts import Cell, Table, estimate_cell
from trifit.results import Comparison, PrevalenceRecord
from trifit.text import p_value
from trifit.words.prevalence import effective_sentence, shares_sentence, shift_sentence

TITLE = "Another prevalence"

MAX_CLASSES = 20
"""Most classes whose shares are shown."""


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``prevalence.html.j2`` shows; None where nothing was asked for."""
    p = c.prevalence_shift
    if p is None:
        return None
    names = c.data.class_names
    return {
        "shares": shares_sentence(p, names) if len(names) <= MAX_CLASSES else "",
        "rows": effective_sentence(p),
        "implausible": " ".join(shift_sentence(p)),
        "scores": _scores(p),
        "estimates": _estimates(p, names[:MAX_CLASSES]) if p.estimates else None,
    }


def _scores(p: PrevalenceRecord) -> Table:
    return Table(
        caption="Scores where classes have these shares, ± standard error",
        columns=(
            "model", "log-loss, corrected", "uncorrected", "gain", "Brier, corrected",
            "accuracy, corrected",
        ),
        rows=tuple(
            (
                name,
                Cell("∞") if s.n_impossible else estimate_cell(s.log_loss),
                Cell("∞") if s.n_impossible else estimate_cell(s.uncorrected),
                estimate_cell(None if s.n_impossible else s.gain, signed=True),
                estimate_cell(s.brier),
                estimate_cell(s.accuracy),
            )
            for name, s in p.contestants.items()
        ),
    )  # fmt: skip


def _estimates(p: PrevalenceRecord, names: list[str]) -> Table:
    return Table(
        caption=f"Class shares of {p.n_unlabelled:,} rows without labels, with 95% intervals",
        columns=("model", *names, "p-value of a change of the shares alone"),
        rows=tuple(
            (
                name,
                *(
                    Cell(f"{100 * s.value:.3g}% ({100 * s.low:.3g} to {100 * s.high:.3g})", s.value)
                    for s in found.shares[: len(names)]
                ),
                Cell(p_value(found.p_value), found.p_value),
            )
            for name, found in p.estimates.items()
        ),
    )
