"""From numbers to one plain sentence per fit, by stated rules.

Three kinds of evidence from held-out rows, each with its uncertainty:

- the **slope** of the log-odds (:func:`trifit.calibration.slope_intercept`): 1 is
  calibrated; between 0.8 and 1.25 the log-odds are right within a quarter,
  which is what "behaves like probabilities" claims here;
- the **odds of each class** (:func:`trifit.calibration.class_bias`): its mean
  probability against its frequency, right within a quarter too;
- a **test** of the whole vector of probabilities, and the **gain** of recalibrating
  (:func:`trifit.recalibration.recalibration_gain`): what the fault costs, against
  the entropy of the labels.

A fault is claimed at the 1 % level, good behaviour with 95 % confidence.

Which verdict follows is listed in :func:`judge`; how often each is given to
forecasts of known calibration is simulated in ``docs/verdicts.md``.
"""

from trifit.verdict.evidence import ClassBias, Evidence
from trifit.verdict.rules import Rule, Verdict, judge

__all__ = ["ClassBias", "Evidence", "Rule", "Verdict", "judge"]
