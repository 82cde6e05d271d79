"""``mean``: one set of parameters, their mean under the posterior."""

from trifit.fit.training import Training
from trifit.fits import Fit


def fit(training: Training) -> Fit:
    """The plug-in at the posterior mean of the model's own parameters."""
    bayes = training.fit("bayes")
    return Fit(
        method="mean",
        draws=bayes.flat_draws.mean(axis=0)[None, None],
        status=bayes.status.derived,
        seconds=bayes.seconds,
    )
