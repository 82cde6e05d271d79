"""Rivals: forecasts that fits are held against, by other estimators or from files."""

from trifit.rivals.check import check_rivals
from trifit.rivals.forecasts import RivalForecasts, rival_forecasts
from trifit.rivals.given import EstimatorRival, FileRival, Rival, rivals_from, rivals_of_texts

__all__ = [
    "EstimatorRival",
    "FileRival",
    "Rival",
    "RivalForecasts",
    "check_rivals",
    "rival_forecasts",
    "rivals_from",
    "rivals_of_texts",
]
