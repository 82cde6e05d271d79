"""What is done in a cell: data are drawn, something is fitted or tested, numbers come out.

A measure takes a cell and returns rows; it runs in a worker and knows nothing of
studies, folders or other cells.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import softmax, xlogy

from trifit.calibration import binned_error, slope_intercept, smooth_error, tests
from trifit.cards import Card, load_card
from trifit.crossfit.problem import Part, Problem, reference_density
from trifit.crossfit.progress import expected_seconds
from trifit.errors import InputError
from trifit.fit import Density, Training, predict_all, training
from trifit.fit.prediction import thinned
from trifit.fits import Fit, Prediction, Status
from trifit.information import entropy
from trifit.scores import accuracy, log_loss
from trifit.separation import separation
from trifit.simulate.world import draw_labels
from trifit.spacing import evenly_spaced
from trifit.study.cells import DERIVED, Cell
from trifit.study.quantities import QUANTITIES
from trifit.study.sources import source_of
from trifit.study.spec import Setting
from trifit.study.store import Row
from trifit.threads import limited
from trifit.truth import calibration_error, confidence_bias, coverage
from trifit.types import Dataset, FloatArray

EXTREME = 0.99

INTERVAL_ROWS, INTERVAL_DRAWS = 200, 1000
"""Most rows whose credible intervals are judged, and draws behind them."""

CHECKED = {
    "rhat": "rhat_max",
    "prediction_rhat": "prediction_rhat_max",
    "prediction_ess": "prediction_ess_bulk_min",
}
"""Quantities of a posterior, and the diagnostics they are."""

TEST_SETTINGS: Mapping[str, Any] = {
    "n": 1000,
    "classes": 2,
    "spread": 1.5,
    "slope": 1.0,
    "repeats": 1,
}
"""Data settings of the measure ``calibration-tests``."""

OWN = {"card", "methods", "nuts"}
"""Model settings that are not the card's."""


def fits(cell: Cell) -> list[Row]:
    """All fits to one simulated training set, against the truth of its test set."""
    for_data, for_fits = cell.seeds()
    source = source_of(cell.data)
    dataset = source.draw(for_data)
    card = card_of(cell.model)
    train = np.arange(dataset.n_obs - dataset.n_test)
    problem = problem_of(dataset, card)
    part = problem.part(train, np.arange(len(train), dataset.n_obs))
    extra, nuts = texts(cell.model, "methods"), bool(cell.model.get("nuts", True))
    given = Training(problem.density, part.train, part.test, card, for_fits)
    fitted = given.fit_all(training.fits_of(card, extra, nuts=nuts))
    assert dataset.true_probs is not None
    true = dataset.true_probs[len(train) :]
    rows = [
        Row(name, quantity, value)
        for name, prediction in predict_all(problem.density, fitted, part.test.X).items()
        for quantity, value in _against_truth(prediction, true, part).items()
    ]
    rows.append(Row("", "true_entropy", float(entropy(true).mean())))
    rows += _of_fits(fitted)
    if "bayes" in fitted:
        rows += _of_intervals(problem.density, fitted["bayes"], part.test.X, true)
    if dataset.n_classes == 2 and card.identified and not card.standardize:
        unit_log_probs = source.linear_log_probs(_units(part))
        for fit in fitted.values():
            if unit_log_probs is not None and fit.recalibration is None:
                rows += _inflation(problem.density, fit, unit_log_probs, part)
    return rows


def existence(cell: Cell) -> list[Row]:
    """Whether an MLE exists for one simulated training set."""
    dataset = source_of(cell.data).draw(cell.seeds()[0], held_out=False)
    design = np.column_stack([np.ones(dataset.n_obs), dataset.X])
    found = separation(design, dataset.y, n_classes=dataset.n_classes)
    exists = found.exists
    if exists is None:
        raise InputError(f"existence of the MLE: {found.separation.value}")
    return [Row("mle", "no_mle", float(not exists))]


def calibration_tests(cell: Cell) -> list[Row]:
    """How often tests reject forecasts whose log-odds are ``1 / slope`` times the true ones.

    Data settings: ``n`` rows, ``classes``, ``spread`` (standard deviation of the
    forecasts' log-odds), ``slope`` (1: calibrated), ``repeats`` (data sets a cell).
    """
    settings: dict[str, Any] = {**TEST_SETTINGS, **cell.data}
    for_data, _ = cell.seeds()
    rng = np.random.default_rng(for_data)
    rejected: dict[str, list[bool]] = {name: [] for name in TESTS}
    for _ in range(settings["repeats"]):
        logits = settings["spread"] * rng.standard_normal((settings["n"], settings["classes"]))
        probs = softmax(logits, axis=1)
        y = draw_labels(softmax(settings["slope"] * logits, axis=1), rng)
        for name, test in TESTS.items():
            rejected[name].append(test(probs, y, rng) <= 0.05)
    return [Row(name, "rejected", float(np.mean(found))) for name, found in rejected.items()]


MEASURES: dict[str, Callable[[Cell], list[Row]]] = {
    "fits": fits,
    "existence": existence,
    "calibration-tests": calibration_tests,
}
"""Keyed by the name that a study file gives."""

TESTS: Mapping[str, Callable[[FloatArray, Any, np.random.Generator], float]] = {
    "kernel": lambda p, y, rng: tests.kernel(p, y, seed=rng, detect=False).p_value,
    "Spiegelhalter": lambda p, y, rng: tests.spiegelhalter(p, y).p_value,
    "Hosmer-Lemeshow": lambda p, y, rng: (
        tests.hosmer_lemeshow(p, y, seed=rng, detect=False).p_value
    ),
    "top label": lambda p, y, rng: tests.top_label(p, y, seed=rng, detect=False).p_value,
}


def gives(measure: str) -> set[str]:
    """The quantities that a measure gives."""
    if measure == "fits":
        return QUANTITIES.keys() - {"rejected"}
    return {"seconds", "no_mle" if measure == "existence" else "rejected"}


def fits_of(cell: Cell) -> set[str]:
    """The fits (tests) that a cell gives numbers of."""
    if cell.measure != "fits":
        return {"mle"} if cell.measure == "existence" else set(TESTS)
    nuts = bool(cell.model.get("nuts", True))
    return set(training.fits_of(card_of(cell.model), texts(cell.model, "methods"), nuts=nuts))


def measure(cell: Cell) -> list[Row]:
    """The rows of a cell: what a worker runs."""
    return MEASURES[cell.measure](cell)


def seconds_of(cell: Cell) -> float:
    """Seconds that a cell should take on one core: fits estimated, others measured."""
    start = time.perf_counter()
    if cell.measure != "fits":
        measure(cell)
        return time.perf_counter() - start
    dataset, card = source_of(cell.data).draw(cell.seeds()[0]), card_of(cell.model)
    rows = np.arange(dataset.n_obs - dataset.n_test)
    problem = problem_of(dataset, card)
    train = problem.part(rows, rows).train
    with limited(1):
        parts = expected_seconds(
            problem.density,
            train,
            card,
            nuts=bool(cell.model.get("nuts", True)),
            laplace="laplace" in texts(cell.model, "methods"),
        )
    return sum(parts)


def card_of(model: Mapping[str, Setting]) -> Card:
    """The card of a cell with its overrides."""
    overrides = {k: v for k, v in model.items() if k not in OWN | DERIVED}
    return load_card(str(model.get("card", "softmax"))).with_overrides(overrides)


def problem_of(dataset: Dataset, card: Card) -> Problem:
    """A card's model on the columns of a data set, compiled once in a process."""
    density = reference_density(card, dataset.feature_names, dataset.class_names)
    return Problem(dataset, card, density, np.ones(dataset.X.shape[1], dtype=np.bool_))


def _against_truth(prediction: Prediction, true: FloatArray, part: Part) -> dict[str, float]:
    log_probs, y = prediction.log_probs, part.test.labels
    probs = np.minimum(np.exp(log_probs), 1.0)
    confidence = probs.max(axis=1)
    return {
        "log_loss": log_loss(log_probs, y).value,
        "excess": float((xlogy(true, true) - true * log_probs).sum(axis=1).mean()),
        "squared_error": float(((probs - true) ** 2).sum(axis=1).mean()),
        "accuracy": accuracy(log_probs, y).value,
        "confidence": float(confidence.mean()),
        "confidence_bias": confidence_bias(true, probs).value,
        "extreme": float((confidence > EXTREME).mean()),
        "entropy": float(entropy(probs).mean()),
        "slope": slope_intercept(probs, true, log_probs=log_probs).slope,
        "calibration_error": calibration_error(true, probs).value,
        "binned_error": binned_error(probs, y, debiased=False).value,
        "debiased_error": binned_error(probs, y).value,
        "smooth_error": smooth_error(probs, y).value,
    }


def _of_fits(fitted: Mapping[str, Fit]) -> list[Row]:
    separated = fitted["mle"].status is Status.SEPARATED
    return [
        Row("mle", "no_mle", float(separated)),
        Row("mle+T", "temperature", fitted["mle+T"].diagnostics["temperature"]),
        *(Row(name, "seconds", fit.seconds) for name, fit in fitted.items()),
        *(Row(name, "trusted", float(not fit.status.failed)) for name, fit in fitted.items()),
        *(
            Row("bayes", quantity, fitted["bayes"].diagnostics[name])
            for quantity, name in CHECKED.items()
            if "bayes" in fitted
        ),
    ]


def _of_intervals(density: Density, bayes: Fit, X: FloatArray, true: FloatArray) -> list[Row]:
    shown = evenly_spaced(len(true), INTERVAL_ROWS)
    n_draws = min(INTERVAL_DRAWS, len(bayes.flat_draws))
    draws = np.exp(np.array([*thinned(density, bayes, X[shown], n_draws)]))
    half, most = (coverage(true[shown], draws, level=level) for level in (0.5, 0.95))
    return [
        Row("bayes", "coverage50", half.coverage),
        Row("bayes", "coverage95", most.coverage),
        Row("bayes", "width95", most.width),
    ]


def _inflation(density: Density, fit: Fit, true: FloatArray, part: Part) -> list[Row]:
    """How coefficients of two classes compare with the true ones: factor and noise.

    Both are read off as log-odds at the unit vectors less those at zero, so that
    only the functions count, not how they are parametrised. ``alpha`` is the fitted
    vector's projection on the true one, ``sigma`` the standard deviation of what is
    left, times ``sqrt(n)``: those of :class:`trifit.theory.Limit`.
    """
    found = density.log_probs(fit.flat_draws.mean(axis=0)[None], _units(part))[0]
    b, b_true = _slopes(found), _slopes(true)
    alpha = float(b @ b_true / (b_true @ b_true))
    noise = float(np.sqrt(len(part.train) * np.mean((b - alpha * b_true) ** 2)))
    return [Row(fit.method, "alpha", alpha), Row(fit.method, "sigma", noise)]


def _slopes(log_probs: FloatArray) -> FloatArray:
    """Coefficients of the log-odds of two classes, from zero and the unit vectors."""
    odds = log_probs[:, 1] - log_probs[:, 0]
    return np.asarray(odds[1:] - odds[0])


def _units(part: Part) -> FloatArray:
    n_features = part.train.X.shape[1]
    return np.vstack([np.zeros(n_features), np.eye(n_features)])


def texts(model: Mapping[str, Setting], name: str) -> list[str]:
    """A model setting that is a list of words; empty where it is not given."""
    value = model.get(name, [])
    if not isinstance(value, list):
        raise InputError(f"model.{name} = {value!r}: expected a list")
    return [str(v) for v in value]
