"""All columns on one training set, and their predictions for one test set."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from trifit.cards import Card
from trifit.contestants import on_request
from trifit.errors import InputError
from trifit.fit import (
    Density,
    Posterior,
    check_size,
    describes_by_mode,
    fit_bayes,
    fit_laplace,
    fit_map,
    fit_map_cv,
    fit_mle,
    fit_squared_error,
    fit_temperature,
)
from trifit.fit.optimise import MAX_NEWTON_PARAMS
from trifit.fit.trust import diagnose_predictions, posterior_status
from trifit.information import entropy
from trifit.predict import predict, prediction_draws
from trifit.recalibration.temperature import MAX_TEMPERATURE, Temperature
from trifit.types import Fit, FloatArray, Prediction, Rows, Status


@dataclass(frozen=True, eq=False)
class TrainedFits:
    """The fits to one training set.

    Attributes
    ----------
    fits : mapping
        Keyed ``mle``, ``map``, ``mean`` (where parameters are identified),
        ``bayes``, ``mle+T`` and what else was asked for; without NUTS neither
        ``mean`` nor ``bayes``.
    temperature : Temperature
        What divides the log-odds of ``mle`` to give ``mle+T``.
    posterior : Posterior or None
        What NUTS says about its own run, where it ran.
    """

    fits: Mapping[str, Fit]
    temperature: Temperature
    posterior: Posterior | None

    def predict(self, density: Density, X: FloatArray) -> dict[str, Prediction]:
        """Predictive probabilities of every column."""
        predictions = {
            name: predict(density, fit, X) for name, fit in self.fits.items() if name != "mle+T"
        }
        tempered = self.temperature.transform(predictions["mle"].log_probs)
        predictions["mle+T"] = Prediction(tempered, entropy(np.exp(tempered)))
        return {name: predictions[name] for name in self.fits}


FURTHER = {"map-cv": fit_map_cv, "squared-error": fit_squared_error}


def check_methods(density: Density, card: Card, methods: Sequence[str], *, nuts: bool) -> None:
    """Refuse, before anything is fitted, what a model is too large for or cannot have.

    Raises
    ------
    InputError
    """
    for name in methods:
        if name not in on_request():
            raise InputError(f"methods {name!r}: expected some of {', '.join(on_request())}")
    learned = f"card {card.name!r} learns the scale of its prior from the data"
    if nuts:
        check_size(density)
    elif density.scales.any():
        raise InputError(
            f"--no-nuts (nuts=False): {learned}, and its MAP needs NUTS to know that scale; "
            "leave it out, or fix the scale, e.g. --prior normal"
        )
    if "map-cv" in methods and density.scales.any():
        raise InputError(
            f"methods 'map-cv': {learned}; cross-validate one with a fixed scale, e.g. --prior "
            "normal"
        )
    if "laplace" in methods and density.n_params > MAX_NEWTON_PARAMS:
        raise InputError(
            f"methods 'laplace': the model has {density.n_params:,} parameters, too many for the "
            f"second derivatives it needs (at most {MAX_NEWTON_PARAMS:,}); leave it out"
        )


def temperature_notes(temperatures: Sequence[Temperature]) -> list[str]:
    """What to know of temperatures that are at a bound, if any are."""
    notes = []
    if any(t.at_bound and t.value > 1 for t in temperatures):
        notes.append(
            f"mle+T: no temperature up to {MAX_TEMPERATURE:g} is best: on held-out folds of the "
            "training rows the MLE's log-odds rank the classes no better than chance, so mle+T "
            "gives all classes the same probability"
        )
    if any(t.at_bound and t.value < 1 for t in temperatures):
        notes.append(
            f"mle+T: the best temperature is at its lower bound, {1 / MAX_TEMPERATURE:g}: on "
            "held-out folds of the training rows even the smallest log-odds of the MLE are right"
        )
    return notes


def fit_all(
    density: Density,
    train: Rows,
    test: Rows,
    card: Card,
    seeds: np.random.SeedSequence,
    *,
    extra: Sequence[str] = (),
    nuts: bool = True,
    report: Callable[[str, float], None] | None = None,
) -> TrainedFits:
    """Fit all columns to one training set.

    Parameters
    ----------
    density : Density
    train : Rows
    test : Rows
        Whose predicted log probabilities the trust gate looks at, and whose
        cross-entropy the optimisers' paths record. Nothing is fitted to them.
    card : Card
    seeds : SeedSequence
        Spawned here for the optimisers, the inner folds, the sampler and extras.
    extra : sequence of str
        Further columns: ``laplace``, ``map-cv``, ``squared-error``.
    nuts : bool
        Without NUTS there is no ``mean`` and no ``bayes``; learned scales need it.
    report : callable, optional
        Called with the name of the stage that runs, and the share of it that is done.
    """

    def tell(stage: str, share: float = 0.0) -> None:
        if report is not None:
            report(stage, share)

    for_optimiser, for_folds, for_sampler, *for_extra = seeds.spawn(3 + len(extra))
    rng = np.random.default_rng(for_optimiser)
    tell("MLE")
    mle, _ = fit_mle(
        density, train, card.optimiser, rng,
        held_out=test, certifying=partial(tell, "whether an MLE exists"),
    )  # fmt: skip
    learned, centre = bool(density.scales.any()), None
    if not learned:
        tell("MAP")
        map_, centre = fit_map(density, train, card.optimiser, rng, held_out=test)

    start = time.perf_counter()
    temperature = fit_temperature(
        density, train, card.optimiser, np.random.default_rng(for_folds),
        advance=partial(tell, "temperature"),
    )  # fmt: skip
    tempered = dataclasses.replace(
        mle,
        method="mle+T",
        status=_derived(mle.status),
        seconds=mle.seconds + time.perf_counter() - start,
        diagnostics={"temperature": temperature.value},
        path=(),
    )

    posterior, sampled = None, {}
    if nuts:
        posterior = fit_bayes(
            density,
            density.bind(train.X, train.labels),
            centre if describes_by_mode(density, identified=card.identified) else None,
            card.sampler,
            seed=int(for_sampler.generate_state(1)[0] >> 1),
            advance=partial(tell, "posterior"),
        )
        sampled = _sampled(density, posterior, test.X, card)
    if learned:  # a joint mode means nothing: the scales are held where the posterior has them
        tell("MAP")
        assert posterior is not None
        map_, centre = fit_map(
            density, train, card.optimiser, rng, held_out=test, scales=posterior.median
        )
        if map_.status is Status.CONVERGED:
            map_ = dataclasses.replace(map_, status=Status.DEGENERATE)
    fits = {"mle": mle, "map": map_, **sampled, "mle+T": tempered}
    for name, seed in zip(extra, for_extra, strict=True):
        for_this = np.random.default_rng(seed)
        if name == "laplace":
            assert centre is not None
            fits[name] = fit_laplace(
                density, train, centre, card.optimiser, card.sampler, for_this,
                advance=partial(tell, "laplace"),
            )  # fmt: skip
        else:
            tell(name)
            fits[name] = FURTHER[name](density, train, card.optimiser, for_this, held_out=test)
    return TrainedFits(fits=fits, temperature=temperature, posterior=posterior)


def _sampled(density: Density, posterior: Posterior, X: FloatArray, card: Card) -> dict[str, Fit]:
    """The columns that NUTS gives: ``mean``, where parameters are identified, and ``bayes``."""
    bayes = _with_prediction_checks(density, posterior, X, card)
    if not card.identified:
        return {"bayes": bayes}
    mean = Fit(
        method="mean",
        draws=bayes.flat_draws.mean(axis=0)[None, None],
        status=_derived(bayes.status),
        seconds=bayes.seconds,
    )
    return {"mean": mean, "bayes": bayes}


def _derived(source: Status) -> Status:
    """The status of a column computed from a fit that ended so."""
    if source is Status.SEPARATED:
        return Status.DERIVED_SEPARATED
    return Status.DERIVED if source.trustworthy else source


def _with_prediction_checks(
    density: Density, posterior: Posterior, X: FloatArray, card: Card
) -> Fit:
    """The posterior judged by its predictions, and by its parameters where identified."""
    bayes = posterior.fit
    diagnostics = {
        **bayes.diagnostics,
        **diagnose_predictions(prediction_draws(density, bayes, X)),
    }
    status = posterior_status(diagnostics, len(bayes.draws), parameters=card.identified)
    return dataclasses.replace(bayes, status=status, diagnostics=diagnostics)
