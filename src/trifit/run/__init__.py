"""Run one comparison: a card, data, five columns, one result (layer 5)."""

from trifit.run.compare import Run, compare, run_comparison
from trifit.run.folder import check_folder, save_run

__all__ = ["Run", "check_folder", "compare", "run_comparison", "save_run"]
