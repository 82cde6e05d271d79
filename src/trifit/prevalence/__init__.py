"""Another prevalence: probabilities, scores and tests when only the classes' shares change.

Pure array mathematics on log probabilities and labels from anywhere (docs/prevalence.md).
"""

from trifit.prevalence.asked import Prevalence
from trifit.prevalence.em import Estimated, estimate
from trifit.prevalence.reweight import Change, reweighted
from trifit.prevalence.scores import effective_rows, target_mean
from trifit.prevalence.shift import label_shift_test

__all__ = [
    "Change",
    "Estimated",
    "Prevalence",
    "effective_rows",
    "estimate",
    "label_shift_test",
    "reweighted",
    "target_mean",
]
