"""One self-contained HTML page, drawn from a ``Comparison`` alone (layer 3).

Nothing here imports PyMC, models or data: what is not in the comparison's JSON
is not on the page.
"""

from trifit.report.page import render

__all__ = ["render"]
