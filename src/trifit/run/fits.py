"""All five columns on one training set, and their predictions for one test set."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from trifit.cards import Sampler
from trifit.fit import Density, Posterior, fit_bayes, fit_map, fit_mle, fit_temperature
from trifit.fit.trust import diagnose_predictions, posterior_status
from trifit.information import entropy
from trifit.predict import predict, prediction_draws
from trifit.recalibration.temperature import Temperature
from trifit.types import Fit, FloatArray, IntArray, Prediction, Status


@dataclass(frozen=True, eq=False)
class TrainedFits:
    """The fits to one training set.

    Attributes
    ----------
    fits : mapping
        Keyed ``mle``, ``map``, ``mean``, ``bayes``, ``mle+T``.
    temperature : Temperature
        What divides the log-odds of ``mle`` to give ``mle+T``.
    posterior : Posterior
    """

    fits: Mapping[str, Fit]
    temperature: Temperature
    posterior: Posterior

    def predict(self, density: Density, X: FloatArray) -> dict[str, Prediction]:
        """Predictive probabilities of every column."""
        predictions = {
            name: predict(density, fit, X) for name, fit in self.fits.items() if name != "mle+T"
        }
        tempered = self.temperature.transform(predictions["mle"].log_probs)
        predictions["mle+T"] = Prediction(tempered, entropy(np.exp(tempered)))
        return predictions


def fit_all(
    density: Density,
    X: FloatArray,
    y: IntArray,
    sampler: Sampler,
    seeds: np.random.SeedSequence,
    *,
    X_trust: FloatArray,
    cores: int,
    advance: Callable[[float], None] | None = None,
) -> TrainedFits:
    """Fit all five columns to one training set.

    Parameters
    ----------
    density : Density
    X, y
        Training rows, features as the model sees them.
    sampler : Sampler
    seeds : SeedSequence
        Spawned here for the optimisers, the inner folds and the sampler.
    X_trust : shape (n_obs, n_features)
        Rows whose predicted log probabilities the trust gate looks at.
    cores : int
    advance : callable, optional
        Called with the share of posterior draws done.
    """
    for_optimiser, for_folds, for_sampler = seeds.spawn(3)
    rng = np.random.default_rng(for_optimiser)
    objective = density.bind(X, y)
    mle = fit_mle(density, objective, rng)
    map_, centre = fit_map(density, objective, rng)

    start = time.perf_counter()
    temperature = fit_temperature(density, X, y, np.random.default_rng(for_folds))
    tempered = dataclasses.replace(
        mle,
        method="mle+T",
        status=_derived(mle.status),
        seconds=mle.seconds + time.perf_counter() - start,
        diagnostics={"temperature": temperature.value},
    )

    posterior = fit_bayes(
        density,
        objective,
        centre,
        sampler,
        seed=int(for_sampler.generate_state(1)[0] >> 1),
        cores=cores,
        advance=advance,
    )
    bayes = _with_prediction_checks(density, posterior.fit, X_trust)
    mean = Fit(
        method="mean",
        draws=bayes.flat_draws.mean(axis=0)[None, None],
        status=_derived(bayes.status),
        seconds=bayes.seconds,
    )
    return TrainedFits(
        fits={"mle": mle, "map": map_, "mean": mean, "bayes": bayes, "mle+T": tempered},
        temperature=temperature,
        posterior=dataclasses.replace(posterior, fit=bayes),
    )


def _derived(source: Status) -> Status:
    """The status of a column computed from a fit that ended so."""
    if source is Status.SEPARATED:
        return Status.DERIVED_SEPARATED
    return Status.DERIVED if source.trustworthy else source


def _with_prediction_checks(density: Density, bayes: Fit, X: FloatArray) -> Fit:
    """The posterior judged by its predictions as well as by its parameters."""
    diagnostics = {
        **bayes.diagnostics,
        **diagnose_predictions(prediction_draws(density, bayes, X)),
    }
    status = posterior_status(diagnostics, len(bayes.draws))
    return dataclasses.replace(bayes, status=status, diagnostics=diagnostics)
