"""One comparison, end to end: card x data x five columns x splits."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import msgspec
import numpy as np

from trifit.cards import Card, load_card
from trifit.comparison import FITS, Comparison, Data, Evaluation, Provenance
from trifit.data import Standardiser, choose_split
from trifit.errors import InputError
from trifit.fit import Density, Layout, Objective, build_density
from trifit.fit.optimise import GRADIENT_TOLERANCE
from trifit.run.fits import TrainedFits, fit_all
from trifit.run.parameters import parameter_rows
from trifit.run.records import differences, fit_record, scores_of
from trifit.types import Dataset, FloatArray, IntArray, Split

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done."""

VERSIONED = ("trifit", "pymc", "pytensor", "nutpie", "arviz", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, eq=False)
class Run:
    """A comparison with the arrays behind its numbers.

    Attributes
    ----------
    comparison : Comparison
    card : Card
    dataset : Dataset
    test_rows : shape (n_test,)
        Row indices of the scored rows.
    log_probs : mapping of fit to (n_test, n_classes)
        Log predictive probabilities of the scored rows.
    trained : TrainedFits
        The fits behind parameters and posterior.
    layout : Layout
        Names of the posterior's columns.
    """

    comparison: Comparison
    card: Card
    dataset: Dataset
    test_rows: IntArray
    log_probs: Mapping[str, FloatArray]
    trained: TrainedFits
    layout: Layout


def compare(
    dataset: Dataset,
    model: str | Path | Card = "softmax",
    *,
    seed: int = 1,
    cv: int | None = None,
    test_size: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    cores: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Fit one classifier three ways and compare the fits on held-out rows.

    Parameters
    ----------
    dataset : Dataset
        See :func:`trifit.load_dataset`.
    model : str, path or Card
        A shipped card's name, a card file, or a card.
    seed : int
        The same seed gives the same numbers on one machine.
    cv : int, optional
        Number of stratified folds.
    test_size : float, optional
        Stratified hold-out share. By default the size of the problem chooses
        between 5 folds and a 20 % hold-out.
    overrides : mapping, optional
        Card settings to change, e.g. ``{"prior_scale": 1.0, "draws": 500}``.
    cores : int, optional
        Chains that run side by side; default: the machine's cores.
    progress : callable, optional
        Called with a message and the share of the work done.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        One line naming the argument, the value and the remedy.
    """
    return run_comparison(
        dataset,
        model,
        seed=seed,
        cv=cv,
        test_size=test_size,
        overrides=overrides,
        cores=cores,
        progress=progress,
    ).comparison


def run_comparison(
    dataset: Dataset,
    model: str | Path | Card = "softmax",
    *,
    seed: int = 1,
    cv: int | None = None,
    test_size: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    cores: int | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Run:
    """:func:`compare`, keeping predictions and posterior; ``command`` is recorded."""
    if seed < 0:
        raise InputError(f"seed {seed}: expected a whole number of at least 0")
    card = model if isinstance(model, Card) else load_card(model)
    card = card.with_overrides(overrides or {})
    for_split, for_bands, for_fits = np.random.SeedSequence(seed).spawn(3)

    fitting_rows = np.arange(dataset.n_obs - dataset.n_test)
    problem = _Problem.build(dataset, card, fitting_rows)
    split = choose_split(
        dataset,
        n_coefficients=problem.density.n_params,
        rng=np.random.default_rng(for_split),
        cv=cv,
        test_size=test_size,
    )
    if split.kind == "holdout":
        problem = _Problem.build(dataset, card, split.parts[0][0])

    reporter = _Reporter(progress, len(split.parts) + (split.kind == "cv"), split.reason)
    cores = cores or os.cpu_count() or 1
    trained: list[TrainedFits] = []
    pooled: list[dict[str, FloatArray]] = []
    unseen = 0
    seeds = for_fits.spawn(len(split.parts) + 1)
    for (train, test), part_seed in zip(split.parts, seeds[:-1], strict=True):
        fits, standardiser = _fit_part(
            problem, train, test, card, part_seed, cores=cores, reporter=reporter
        )
        trained.append(fits)
        unseen += standardiser.unseen(problem.X[test])
        pooled.append(fits.predict(problem.density, standardiser.transform(problem.X[test])))
    if split.kind == "cv":
        # One further fit on all rows gives parameters, posterior and diagnostics.
        fits, standardiser = _fit_part(
            problem, fitting_rows, fitting_rows, card, seeds[-1], cores=cores, reporter=reporter
        )
        trained.append(fits)
    reporter.done("scoring")

    log_probs = {name: np.concatenate([p[name] for p in pooled]) for name in FITS}
    y = dataset.y[split.test_rows]
    notes = [*dataset.notes, *problem.notes]
    if unseen:
        notes.append(
            f"{unseen} test rows hold a category or value not seen in training; "
            "its coefficient counts as zero"
        )
    comparison = Comparison(
        data=_data_record(dataset, notes),
        card=msgspec.to_builtins(card),
        evaluation=Evaluation(
            kind=split.kind,
            reason=split.reason,
            n_parts=len(split.parts),
            n_test=len(y),
            n_train=len(split.parts[0][0]),
        ),
        fits={
            name: fit_record(
                [t.fits[name] for t in trained],
                log_probs[name],
                y,
                np.random.default_rng(for_bands),
            )
            for name in FITS
        },
        baselines=_baselines(dataset, split),
        differences=differences(log_probs, y),
        temperatures=[t.temperature.value for t in trained[: len(split.parts)]],
        parameters=parameter_rows(trained[-1], problem.density.layout, standardiser),
        provenance=Provenance(
            command=command or _python_command(dataset, card, seed),
            seed=seed,
            versions={"python": python_version()} | {p: version(p) for p in VERSIONED},
            settings={
                "gradient_tolerance": GRADIENT_TOLERANCE,
                "interval": "95% equal-tailed",
                "numba_fastmath": False,
            },
        ),
    )
    return Run(
        comparison=comparison,
        card=card,
        dataset=dataset,
        test_rows=split.test_rows,
        log_probs=log_probs,
        trained=trained[-1],
        layout=problem.density.layout,
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """The model on the columns that vary in its reference rows."""

    density: Density
    X: FloatArray
    y: IntArray
    notes: list[str]

    @classmethod
    def build(cls, dataset: Dataset, card: Card, rows: IntArray) -> "_Problem":
        everything = Standardiser.fit(
            dataset.X[rows], standardize=card.standardize, names=dataset.feature_names
        )
        varies = ~everything.constant
        if not varies.any():
            raise InputError(
                f"data {dataset.name!r}: every feature is constant in the training rows"
            )
        dropped = [n for n, v in zip(dataset.feature_names, varies, strict=True) if not v]
        density = build_density(
            card,
            everything.transform(dataset.X[rows])[:, varies],
            dataset.y[rows],
            feature_names=tuple(np.array(dataset.feature_names)[varies].tolist()),
            class_names=dataset.class_names,
        )
        notes = [f"constant columns dropped: {', '.join(dropped)}"] if dropped else []
        return cls(density, np.ascontiguousarray(dataset.X[:, varies]), dataset.y, notes)


class _Reporter:
    """Turns "draws of one posterior" into a share of the whole comparison."""

    def __init__(self, progress: Progress | None, n_fits: int, reason: str) -> None:
        self._progress = progress
        self._n_fits = n_fits
        self._finished = 0
        self._reason = reason

    def expect(self, objective: Objective, n_params: int, card: Card, cores: int) -> None:
        """Say what will be done and how long it should take, before the first posterior."""
        if self._progress is None or self._finished:
            return
        theta = np.zeros(n_params)
        start = time.perf_counter()
        for _ in range(20):
            objective(theta, prior=1.0, jacobian=1.0)
        each = (time.perf_counter() - start) / 20 + 2e-5
        sampler = card.sampler
        # Leapfrog steps per draw in whitened coordinates, as measured: 7 with
        # 10 parameters, 13 with 30, 60 to 130 with 570.
        steps = max(7.0, 2.5 * np.sqrt(n_params))
        threads = min(cores, sampler.chains) if objective.parallel else 1
        seconds = self._n_fits * sampler.chains * (sampler.draws + sampler.tune) * steps * each
        seconds = seconds / threads + self._n_fits
        about = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        plural = "posteriors" if self._n_fits > 1 else "posterior"
        self._progress(f"{self._reason}; {self._n_fits} {plural}, about {about}", 0.0)

    def advance(self, share: float) -> None:
        """A share of the present posterior's draws is done."""
        if self._progress is not None:
            which = f"posterior {self._finished + 1} of {self._n_fits}"
            self._progress(which, (self._finished + share) / self._n_fits)

    def done(self, message: str = "") -> None:
        """The present fit (with a message: everything) is done."""
        self._finished = self._n_fits if message else self._finished + 1
        if self._progress is not None and message:
            self._progress(message, 1.0)


def _fit_part(
    problem: _Problem,
    train: IntArray,
    test: IntArray,
    card: Card,
    seeds: np.random.SeedSequence,
    *,
    cores: int,
    reporter: _Reporter,
) -> tuple[TrainedFits, Standardiser]:
    standardiser = Standardiser.fit(problem.X[train], standardize=card.standardize)
    X, y = standardiser.transform(problem.X[train]), problem.y[train]
    reporter.expect(problem.density.bind(X, y), problem.density.n_params, card, cores)
    fits = fit_all(
        problem.density,
        X,
        y,
        card.sampler,
        seeds,
        X_trust=standardiser.transform(problem.X[test]),
        cores=cores,
        advance=reporter.advance,
    )
    reporter.done()
    return fits, standardiser


def _baselines(dataset: Dataset, split: Split) -> dict[str, Any]:
    """Scores of knowing nothing, and of knowing the training rows' class frequencies."""
    y = dataset.y[split.test_rows]
    uniform = np.full((len(y), dataset.n_classes), -np.log(dataset.n_classes))
    frequencies = []
    for train, test in split.parts:
        share = np.bincount(dataset.y[train], minlength=dataset.n_classes) / len(train)
        frequencies.append(np.tile(np.log(share), (len(test), 1)))
    return {
        "uniform": scores_of(uniform, y),
        "class frequencies": scores_of(np.concatenate(frequencies), y),
    }


def _data_record(dataset: Dataset, notes: list[str]) -> Data:
    digest = sha256()
    for part in (dataset.X.tobytes(), dataset.y.tobytes(), repr(dataset.feature_names).encode()):
        digest.update(part)
    return Data(
        name=dataset.name,
        source=dataset.source,
        n_obs=dataset.n_obs,
        n_features=dataset.n_features,
        n_classes=dataset.n_classes,
        feature_names=list(dataset.feature_names),
        class_names=list(dataset.class_names),
        class_counts=np.bincount(dataset.y, minlength=dataset.n_classes).tolist(),
        fingerprint=digest.hexdigest(),
        notes=notes,
    )


def _python_command(dataset: Dataset, card: Card, seed: int) -> str:
    return f"trifit.compare({dataset.name!r}, model={card.name!r}, seed={seed})"
