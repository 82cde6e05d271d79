"""``mle-early``: the MLE's training stopped where a validation share predicts best."""

import msgspec

from trifit.fit.optimise import maximise
from trifit.fit.training import Training
from trifit.fits import Fit

SHARE = 0.2
"""Share of the training rows that is watched, and not trained on, unless the card says another."""


def fit(training: Training) -> Fit:
    """Cross-entropy minimised until 50 steps have not lowered that of the validation share."""
    training.tell("mle-early")
    settings = training.card.optimiser
    share = settings.validation or SHARE
    return maximise(
        "mle-early",
        training.density,
        training.rows,
        msgspec.structs.replace(settings, validation=share),
        training.generator("mle-early"),
        prior=0.0,
        held_out=training.held_out,
        record=True,
    )
