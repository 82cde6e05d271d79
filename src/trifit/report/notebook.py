"""A comparison as rich HTML for notebooks: the answer and the scoreboard, without scripts."""

from trifit.report.page import environment
from trifit.report.sections.answer import MARKS, headline, scoreboard
from trifit.results import Comparison


def render_notebook(comparison: Comparison) -> str:
    """A fragment that brings no style or script of its own; text from data is escaped."""
    return (
        environment()
        .get_template("notebook.html.j2")
        .render(
            c=comparison,
            headline=headline(comparison),
            marks=MARKS,
            scoreboard=scoreboard(comparison),
        )
    )
