"""What is done in a cell: data are drawn, something is fitted or tested, numbers come out.

A measure takes a cell and returns rows; it runs in a worker and knows nothing of
studies, folders or other cells.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from trifit.calibration import tests
from trifit.cards import Card, load_card
from trifit.crossfit.problem import Part, Problem, reference_density
from trifit.diagnostics import SamplerDiagnostics
from trifit.errors import InputError
from trifit.fit import Density, Training, predict_all, training
from trifit.fit.prediction import thinned
from trifit.fits import Fit, Status
from trifit.functions import from_folder
from trifit.information import entropy
from trifit.recalibration.temperature import Temperature
from trifit.run.cost_of_fits import Timed, of_fits
from trifit.separation import separation
from trifit.simulate.world import draw_labels
from trifit.spacing import evenly_spaced
from trifit.study.cells import DERIVED, Cell
from trifit.study.quantities import OF_LABELS, OF_TRUTH, QUANTITIES
from trifit.study.scored import scored, signal_of, verdicts
from trifit.study.sources import source_of
from trifit.study.spec import Setting
from trifit.study.store import Row
from trifit.study.tables import OpenTable
from trifit.threads import limited
from trifit.truth import coverage
from trifit.types import Dataset, FloatArray

INTERVAL_ROWS, INTERVAL_DRAWS = 200, 1000
"""Most rows whose credible intervals are judged, and draws behind them."""

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


def fits(cell: Cell, tables: OpenTable | None) -> list[Row]:
    """All fits to one training set, against the held-out rows, and their truth if it is known."""
    for_data, for_fits = cell.seeds()
    source = source_of(cell.data, tables)
    dataset = source.draw(for_data)
    card = card_of(cell.model, cell.folder)
    train = np.arange(dataset.n_obs - dataset.n_test)
    problem = problem_of(dataset, card)
    part = problem.part(train, np.arange(len(train), dataset.n_obs))
    extra, nuts = texts(cell.model, "methods"), bool(cell.model.get("nuts", True))
    given = Training(problem.density, part.train, part.test, card, for_fits)
    fitted = given.fit_all(training.fits_of(card, extra, nuts=nuts))
    predictions = predict_all(problem.density, fitted, part.test.X)
    true = None if dataset.true_probs is None else dataset.true_probs[len(train) :]
    rows = [
        Row(name, quantity, value)
        for name, prediction in predictions.items()
        for quantity, value in scored(prediction, part.test, true).items()
    ]
    rows += _of_fits(fitted)
    if true is None:
        rows += verdicts(fitted, predictions, part.test, dataset.class_names, for_fits)
        return rows + signal_of(problem.density, fitted["mle"], part.train)
    rows.append(Row("", "true_entropy", float(entropy(true).mean())))
    if "bayes" in fitted:
        rows += _of_intervals(problem.density, fitted["bayes"], part.test.X, true)
    if dataset.n_classes == 2 and card.identified and not card.standardize:
        unit_log_probs = source.linear_log_probs(_units(part))
        for fit in fitted.values():
            if unit_log_probs is not None and fit.recalibration is None:
                rows += _inflation(problem.density, fit, unit_log_probs, part)
    return rows


def existence(cell: Cell, tables: OpenTable | None) -> list[Row]:
    """Whether an MLE exists for one training set."""
    dataset = source_of(cell.data, tables).draw(cell.seeds()[0], held_out=False)
    if np.isnan(dataset.X).any():
        raise InputError("existence of the MLE: the table has missing values; missing = 'drop'")
    design = np.column_stack([np.ones(dataset.n_obs), dataset.X])
    found = separation(design, dataset.y, n_classes=dataset.n_classes)
    exists = found.exists
    if exists is None:
        raise InputError(f"existence of the MLE: {found.separation.value}")
    return [Row("mle", "no_mle", float(not exists))]


def calibration_tests(cell: Cell, _tables: OpenTable | None) -> list[Row]:
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


MEASURES: dict[str, Callable[[Cell, OpenTable | None], list[Row]]] = {
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


def gives(cell: Cell) -> set[str]:
    """The quantities that a cell gives."""
    if cell.measure != "fits":
        return {"seconds", "no_mle" if cell.measure == "existence" else "rejected"}
    without = OF_TRUTH if "table" in cell.data else OF_LABELS
    return QUANTITIES.keys() - {"rejected", *without}


def fits_of(cell: Cell) -> set[str]:
    """The fits (tests) that a cell gives numbers of."""
    if cell.measure != "fits":
        return {"mle"} if cell.measure == "existence" else set(TESTS)
    nuts = bool(cell.model.get("nuts", True))
    return set(
        training.fits_of(card_of(cell.model, cell.folder), texts(cell.model, "methods"), nuts=nuts)
    )


def measure(cell: Cell, tables: OpenTable | None = None) -> list[Row]:
    """The numbers of a cell: what a worker runs.

    Parameters
    ----------
    cell : Cell
    tables : callable, optional
        The rows of a table by their fingerprint.
    """
    return MEASURES[cell.measure](cell, tables)


def seconds_of(cell: Cell, tables: OpenTable | None) -> float:
    """Seconds that a cell should take on one core: fits estimated, others measured."""
    start = time.perf_counter()
    if cell.measure != "fits":
        measure(cell, tables)
        return time.perf_counter() - start
    dataset = source_of(cell.data, tables).draw(cell.seeds()[0])
    card = card_of(cell.model, cell.folder)
    rows = np.arange(dataset.n_obs - dataset.n_test)
    problem = problem_of(dataset, card)
    train = problem.part(rows, rows).train
    with limited(1):
        timed = Timed.of(problem.density, train)
        stages = of_fits(problem.density, train, card, fits_of(cell), timed, n_test=0)
    return sum(stage.seconds for stage in stages.values())


def card_of(model: Mapping[str, Setting], folder: str = "") -> Card:
    """The card of a cell with its overrides; a relative path begins in a folder, or here."""
    overrides = {k: v for k, v in model.items() if k not in OWN | DERIVED}
    name = str(model.get("card", "softmax"))
    if folder:
        name = from_folder(name, Path(folder))
    return load_card(name).with_overrides(overrides)


def problem_of(dataset: Dataset, card: Card) -> Problem:
    """A card's model on the columns of a data set, compiled once in a process."""
    density = reference_density(card, dataset.feature_names, dataset.class_names)
    return Problem(dataset, card, density, np.ones(dataset.X.shape[1], dtype=np.bool_))


def _of_fits(fitted: Mapping[str, Fit]) -> list[Row]:
    separated = fitted["mle"].status is Status.SEPARATED
    temperature = fitted["mle+T"].recalibration
    assert isinstance(temperature, Temperature)
    return [
        Row("mle", "no_mle", float(separated)),
        Row("mle+T", "temperature", temperature.value),
        *(Row(name, "seconds", fit.seconds) for name, fit in fitted.items()),
        *(Row(name, "trusted", float(not fit.status.failed)) for name, fit in fitted.items()),
        *_of_chains(fitted.get("bayes")),
    ]


def _of_chains(bayes: Fit | None) -> list[Row]:
    if bayes is None:
        return []
    d = bayes.diagnostics
    assert isinstance(d, SamplerDiagnostics)
    assert d.predictions is not None
    checked = {
        "rhat": d.parameters.rhat_max,
        "prediction_rhat": d.predictions.rhat_max,
        "prediction_ess": d.predictions.ess_bulk_min,
    }
    return [
        Row("bayes", name, math.nan if value is None else value) for name, value in checked.items()
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
