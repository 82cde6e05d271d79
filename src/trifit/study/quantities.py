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
    "excess": Quantity("excess log-loss KL(truth || fit), nats", 0.0, "excess", shrinks=True),
    "squared_error": Quantity("mean squared error against the truth", 0.0, shrinks=True),
    "accuracy": Quantity("accuracy"),
    "confidence": Quantity("mean confidence"),
    "confidence_bias": Quantity("confidence less its true probability", 0.0),
    "extreme": Quantity("share of confidences above 0.99"),
    "entropy": Quantity("mean predictive entropy, nats"),
    "slope": Quantity("calibration slope against the truth", 1.0, "slope"),
    "calibration_error": Quantity("true calibration error, top label", 0.0, "ece"),
    "binned_error": Quantity("binned calibration error from labels"),
    "debiased_error": Quantity("debiased calibration error from labels"),
    "smooth_error": Quantity("smooth calibration error from labels"),
    "alpha": Quantity("coefficients over the true ones", 1.0, "alpha"),
    "sigma": Quantity("noise of coefficients x sqrt(n)", None, "sigma"),
    "temperature": Quantity("temperature"),
    "coverage50": Quantity("coverage of 50% intervals for p_true", 0.5),
    "coverage95": Quantity("coverage of 95% intervals for p_true", 0.95),
    "width95": Quantity("width of 95% intervals for p_true", 0.0),
    "true_entropy": Quantity("entropy of the truth, nats"),
    "trusted": Quantity("share of fits that pass their checks"),
    "no_mle": Quantity("share of data sets without an MLE"),
    "rejected": Quantity("share of tests that reject at 5%"),
    "seconds": Quantity("seconds"),
}
"""Keyed by the name under which a cell gives it and a study file asks for it."""
