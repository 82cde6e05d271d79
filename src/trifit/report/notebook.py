"""A comparison as rich HTML for notebooks: the answer and the scoreboard, without scripts."""

from trifit.report.page import environment
from trifit.report.sections.answer import scoreboard, verdicts
from trifit.results import Comparison
from trifit.words import headline


def render_notebook(comparison: Comparison) -> str:
    """A fragment that brings no style or script of its own; text from data is escaped."""
    return (
        environment()
        .get_template("notebook.html.j2")
        .render(
            c=comparison,
            headline=headline(comparison),
            verdicts=verdicts(comparison),
            scoreboard=scoreboard(comparison),
        )
    )
