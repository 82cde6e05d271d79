"""Grids of comparisons on simulated worlds, to see when a softmax is a probability.

>>> from trifit.study import load_study, run_study
>>> study = load_study("overconfidence").quickly()
>>> record = run_study(study, "reports/overconfidence", jobs=2)  # doctest: +SKIP
"""

from trifit.study.record import StudyRecord
from trifit.study.run import run_study
from trifit.study.spec import Study, load_study, study_names

__all__ = ["Study", "StudyRecord", "load_study", "run_study", "study_names"]
