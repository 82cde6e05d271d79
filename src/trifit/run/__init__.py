"""One comparison end to end, and forecasts of any origin judged alike."""

from trifit.run.compare import Run, compare, run_comparison
from trifit.run.evaluate import evaluate
from trifit.run.folder import check_folder, save_run

__all__ = ["Run", "check_folder", "compare", "evaluate", "run_comparison", "save_run"]
