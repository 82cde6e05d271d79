"""Rivals: forecasts that fits are held against, by other estimators or from files."""

from trifit.rivals.check import check_rivals
from trifit.rivals.enter import Entered, enter
from trifit.rivals.given import EstimatorRival, FileRival, Rival, rivals_from, rivals_of_texts

__all__ = [
    "Entered",
    "EstimatorRival",
    "FileRival",
    "Rival",
    "check_rivals",
    "enter",
    "rivals_from",
    "rivals_of_texts",
]
