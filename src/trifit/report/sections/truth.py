"""Truth: estimated against true probabilities, which only simulated data know."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, estimate_cell, estimate_text, panels
from trifit.results import Comparison, Truth, clear_best
from trifit.text import listed, significant

TITLE = "Comparison with the truth"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``truth.html.j2`` shows; None where the truth is not known."""
    if c.truth is None:
        return None
    return {
        "entropy": c.truth.entropy,
        "excess": _excess(c, c.truth),
        "scatter": _scatter(c, c.truth),
        "table": _table(c.truth),
        "intervals": c.truth.intervals and _intervals(c.truth),
    }


def _excess(c: Comparison, truth: Truth) -> Chart:
    best = clear_best(c, {n: r.kl.value for n, r in truth.fits.items()})
    if best is None:
        caption = "No model is clearly closer to the truth than all others"
    else:
        record = truth.fits[best]
        caption = (
            f"{best} is closest to the truth: its expected log-loss exceeds the minimum by "
            f"{estimate_text(record.kl)} nats per row"
        )
    caption += ". Lines: 95% intervals."
    size = (7, 0.28 * len(truth.fits) + 0.8)
    return chart("excess", caption, partial(charts.excess, truth), size=size)


def _scatter(c: Comparison, truth: Truth) -> Chart:
    off = {n: r for n, r in truth.fits.items() if r.confidence_bias.clear}
    said_off = [f"{n} ({estimate_text(r.confidence_bias, signed=True)})" for n, r in off.items()]
    caption = (
        f"Mean confidence differs clearly from the mean true probability for {listed(said_off)}"
        if off
        else "No model's mean confidence differs clearly from the mean true probability"
    )
    caption += f". Marks: {len(truth.rows):,} test rows."
    draws = {
        n: partial(charts.estimated_against_true, truth, n, class_names=c.data.class_names)
        for n in truth.fits
    }
    alt = {
        n: f"KL divergence {estimate_text(r.kl)} nats, confidence bias "
        f"{estimate_text(r.confidence_bias)}"
        for n, r in truth.fits.items()
    }
    return panels("truth", caption, draws, size=(2.9, 2.9), alt=alt)


def _table(truth: Truth) -> Table:
    return Table(
        caption="Comparison with the true probabilities of the test rows, ± standard error",
        columns=(
            "model",
            "KL, nats",
            "true calibration error, top label",
            "true calibration error, class-wise",
            "confidence bias",
            "true calibration slope",
            *(
                f"estimated from labels: {name}"
                for name in next(iter(truth.fits.values())).estimators
            ),
        ),
        rows=tuple(
            (
                name,
                estimate_cell(r.kl),
                estimate_cell(r.calibration_error),
                estimate_cell(r.class_calibration_error),
                estimate_cell(r.confidence_bias),
                Cell(significant(r.slope), r.slope),
                *(estimate_cell(g) for g in r.estimators.values()),
            )
            for name, r in truth.fits.items()
        ),
    )


def _intervals(truth: Truth) -> Table:
    return Table(
        caption="The posterior's credible intervals for p(class | row)",
        columns=("credible interval", "coverage", "mean width"),
        rows=tuple(
            (
                f"{i.level:.0%}",
                Cell(f"{i.coverage:.1%}", i.coverage),
                Cell(significant(i.width), i.width),
            )
            for i in truth.intervals
        ),
    )
