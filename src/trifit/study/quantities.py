"""What a cell can measure: the names of quantities, and how they are written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One number that a cell gives for every fit.

    Attributes
    ----------
    label : str
        Of an axis, with the unit.
    best : float or None
        Where a fit whose outputs are probabilities is; None where that is not fixed.
    theory : str
        The attribute of :class:`trifit.theory.Limit` that is its limit; empty: none.
    shrinks : bool
        Lower is better, and it spans orders of magnitude.
    """

    label: str
    best: float | None = None
    theory: str = ""
    shrinks: bool = False


QUANTITIES: dict[str, Quantity] = {
    "log_loss": Quantity("log-loss, nats", theory="log_loss"),
    "excess": Quantity("excess log-loss, nats", 0.0, "excess", shrinks=True),
    "squared_error": Quantity("squared error to the truth", 0.0, shrinks=True),
    "accuracy": Quantity("accuracy"),
    "confidence": Quantity("mean confidence"),
    "confidence_bias": Quantity("confidence less truth", 0.0),
    "extreme": Quantity("share of confidences above 0.99"),
    "entropy": Quantity("mean predictive entropy, nats"),
    "slope": Quantity("calibration slope", 1.0, "slope"),
    "calibration_error": Quantity("true calibration error", 0.0, "ece"),
    "binned_error": Quantity("binned error from labels"),
    "debiased_error": Quantity("debiased error from labels"),
    "smooth_error": Quantity("smooth error from labels"),
    "alpha": Quantity("coefficients over the true ones", 1.0, "alpha"),
    "sigma": Quantity("noise of coefficients x sqrt(n)", None, "sigma"),
    "temperature": Quantity("temperature"),
    "coverage50": Quantity("coverage of 50% intervals", 0.5),
    "coverage95": Quantity("coverage of 95% intervals", 0.95),
    "width95": Quantity("width of 95% intervals", 0.0),
    "true_entropy": Quantity("entropy of the truth, nats"),
    "trusted": Quantity("share of fits that pass their checks"),
    "rhat": Quantity("largest R-hat of a parameter", 1.0),
    "prediction_rhat": Quantity("largest R-hat of a prediction", 1.0),
    "prediction_ess": Quantity("least effective draws of a prediction"),
    "no_mle": Quantity("share without an MLE"),
    "rejected": Quantity("share of tests that reject"),
    "seconds": Quantity("seconds"),
}
"""Keyed by the name under which a cell gives it and a study file asks for it."""
