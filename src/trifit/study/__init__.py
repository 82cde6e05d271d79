"""Grids of comparisons on simulated worlds, to see when a softmax is a probability.

>>> from trifit.study import load_study, run_study
>>> study = load_study("overconfidence").quickly()
>>> record = run_study(study, "reports/overconfidence", jobs=2)  # doctest: +SKIP
"""

from typing import Any

from trifit.results.study import StudyRecord
from trifit.study.spec import Study, load_study, study_names

__all__ = ["Study", "StudyRecord", "load_study", "run_study", "study_names"]


def __getattr__(name: str) -> Any:
    """Import what runs cells, and PyMC with it, on first use."""
    if name != "run_study":
        raise AttributeError(f"module 'trifit.study' has no attribute {name!r}")
    from trifit.study.run import run_study

    return run_study
