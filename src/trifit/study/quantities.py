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
    logarithmic : bool
        It is above 0 and may span orders of magnitude.
    share : bool
        How often something happened.
    of : tuple of str
        The only fits that have it; empty: all.
    ends : (float, float) or None
        What lies beyond is drawn at them: a few numbers would hide all others.
    """

    label: str
    best: float | None = None
    theory: str = ""
    logarithmic: bool = False
    share: bool = False
    of: tuple[str, ...] = ()
    ends: tuple[float, float] | None = None


QUANTITIES: dict[str, Quantity] = {
    "log_loss": Quantity("log-loss, nats", theory="log_loss", logarithmic=True),
    "brier": Quantity("Brier score"),
    "excess": Quantity("excess log-loss, nats", 0.0, "excess", logarithmic=True),
    "squared_error": Quantity("squared error of the probabilities", 0.0, logarithmic=True),
    "accuracy": Quantity("accuracy"),
    "confidence": Quantity("mean confidence"),
    "confidence_bias": Quantity("confidence minus true probability", 0.0),
    "extreme": Quantity("share of confidences above 0.99"),
    "entropy": Quantity("mean predictive entropy, nats"),
    "slope": Quantity("calibration slope", 1.0, "slope", ends=(-0.5, 3.0)),
    "slope_low": Quantity("lower end of the slope's 95% interval"),
    "slope_high": Quantity("upper end of the slope's 95% interval"),
    "calibration_error": Quantity("true calibration error", 0.0, "ece"),
    "binned_error": Quantity("binned calibration error"),
    "debiased_error": Quantity("debiased calibration error"),
    "smooth_error": Quantity("smooth calibration error"),
    "gain": Quantity("gain of temperature scaling, nats"),
    "behaves": Quantity("share that behaves like probabilities", share=True),
    "over_confident": Quantity("share over-confident", share=True),
    "under_confident": Quantity("share under-confident", share=True),
    "miscalibrated": Quantity("share otherwise miscalibrated", share=True),
    "uncertain": Quantity("share without a clear verdict", share=True),
    "failed": Quantity("share whose fit failed its checks", share=True),
    "signal": Quantity("signal: sd of the true log-odds", of=("mle",)),
    "alpha": Quantity("ratio of coefficients to the true ones", 1.0, "alpha", logarithmic=True),
    "sigma": Quantity("noise of the coefficients × √n", None, "sigma"),
    "temperature": Quantity("temperature", of=("mle+T",)),
    "coverage50": Quantity("coverage of 50% intervals", 0.5, of=("bayes",)),
    "coverage95": Quantity("coverage of 95% intervals", 0.95, of=("bayes",)),
    "width95": Quantity("width of 95% intervals", 0.0, of=("bayes",)),
    "true_entropy": Quantity("entropy of the true probabilities, nats", of=("",)),
    "trusted": Quantity("share of fits that pass their checks", share=True),
    "rhat": Quantity("largest R-hat of a parameter", 1.0, of=("bayes",)),
    "prediction_rhat": Quantity("largest R-hat of a prediction", 1.0, of=("bayes",)),
    "prediction_ess": Quantity("smallest effective number of draws", of=("bayes",)),
    "no_mle": Quantity("share without an MLE", share=True, of=("mle", "mle+T", "map+T")),
    "rejected": Quantity("rejection rate", share=True),
    "seconds": Quantity("seconds"),
}
"""Keyed by the name under which a cell gives it and a study file asks for it."""

OF_TRUTH = {
    "excess", "squared_error", "confidence_bias", "calibration_error", "alpha", "sigma",
    "coverage50", "coverage95", "width95", "true_entropy",
}  # fmt: skip
"""Those that need the true probabilities, which only simulations know."""

OF_LABELS = {
    "slope_low", "slope_high", "gain", "behaves", "over_confident", "under_confident",
    "miscalibrated", "uncertain", "failed", "signal",
}  # fmt: skip
"""Those that are asked of real rows alone: where the truth is known, it says more."""

NAMES = {
    "n": "training rows",
    "rows_per_feature": "training rows per feature",
    "kappa": "features per training row, p / n",
    "signal": "signal: sd of the true log-odds",
    "prior_ratio": "prior sd, relative to that of the coefficients",
    "prior_scale": "prior sd",
    "severity": "severity of the shift",
    "label_noise": "share of labels drawn at random",
    "hidden": "hidden units",
    "slope": "true calibration slope",
    "features": "features",
    "classes": "classes",
}
"""Settings in words."""
