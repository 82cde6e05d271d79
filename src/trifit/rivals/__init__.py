"""Rivals: forecasts that fits are held against, by other estimators or from files."""

from trifit.rivals.files import read_rivals
from trifit.rivals.forecasts import RivalForecasts, rival_forecasts
from trifit.rivals.given import EstimatorRival, FileRival, Rival, rivals_from, rivals_of_texts

__all__ = [
    "EstimatorRival",
    "FileRival",
    "Rival",
    "RivalForecasts",
    "read_rivals",
    "rival_forecasts",
    "rivals_from",
    "rivals_of_texts",
]
