"""Forecasts that others made: files of probabilities or logits, checked and joined."""

from trifit.predictions.join import Predictions, read_predictions
from trifit.predictions.reading import Reading

__all__ = ["Predictions", "Reading", "read_predictions"]
