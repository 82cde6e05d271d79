"""One self-contained HTML page, drawn from a ``Comparison`` alone.

Nothing here imports PyMC, models or data: what is not in the comparison's JSON
is not on the page.
"""

from trifit.report.index import render_index
from trifit.report.notebook import render_notebook
from trifit.report.page import render

__all__ = ["render", "render_index", "render_notebook"]
