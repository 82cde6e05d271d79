"""One comparison end to end."""

from trifit.results.folder import check_folder
from trifit.run.compare import Run, compare, run_comparison
from trifit.run.folder import save_run
from trifit.run.saved import SavedRun, load_run

__all__ = [
    "Run",
    "SavedRun",
    "check_folder",
    "compare",
    "load_run",
    "run_comparison",
    "save_run",
]
