"""One comparison end to end."""

# Before all others: its lazy imports search every module that is there, once per frame of the
# importer, which among the imports of nutpie takes half a second to a second.
import arviz_base  # noqa: F401

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
