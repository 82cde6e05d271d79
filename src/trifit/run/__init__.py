"""One comparison end to end."""

from trifit.results.folder import check_folder
from trifit.run.compare import Run, compare, run_comparison
from trifit.run.folder import save_run

__all__ = ["Run", "check_folder", "compare", "run_comparison", "save_run"]
