"""The gap: the log-loss from mle to the posterior, step by step."""

from functools import partial
from typing import Any

from trifit.contestants import gap_of
from trifit.report import charts
from trifit.report.parts import Chart, chart, estimate_text
from trifit.results import Comparison
from trifit.text import listed

TITLE = "From MLE to posterior, step by step"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``gap.html.j2`` shows; None where there are no steps."""
    if not gap_of(c.contestants):
        return None
    return {"waterfall": waterfall(c)}


def waterfall(c: Comparison) -> Chart:
    """The steps, with a sentence about those that are clear."""
    change = {(d.a, d.b): d for d in c.differences}
    walk = gap_of(c.fits)
    steps = {pair.shows: change[pair.a, pair.b] for pair in walk}
    clear = [
        f"{words} ({estimate_text(d.log_loss, signed=True)} nats per row)"
        for words, d in steps.items()
        if d.log_loss.clear
    ]
    caption = (
        f"Steps from mle to {walk[-1].a} that clearly differ from zero: {listed(clear)}"
        if clear
        else f"No step from mle to {walk[-1].a} clearly differs from zero"
    )
    losses = {name: judged.scores.log_loss for name, judged in c.contestants.items()}
    caption += ". Lower is better; thin lines: 95% intervals of each step."
    draw = partial(charts.waterfall, losses, c.differences)
    return chart("waterfall", caption, draw, size=(6.6, 3.2))
