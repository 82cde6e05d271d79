"""``map+T``: the MAP with temperature scaling; it exists where the MLE does not."""

from trifit.fit.methods.temperature import tempered
from trifit.fit.training import Training
from trifit.fits import Fit


def fit(training: Training) -> Fit:
    """The MAP whose forecasts go through the temperature."""
    return tempered(training, "map", prior=1.0, stream="map+T", scales=training.held_scales)
