"""One comparison, end to end: card x data x five columns x splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import msgspec
import numpy as np

from trifit.cards import Builder, Card, load_card
from trifit.checks import label_probs
from trifit.data import check_split, choose_split
from trifit.duplicates import n_copies
from trifit.errors import InputError
from trifit.fit import Density, fused
from trifit.fit.density import LOG_ZERO
from trifit.results import Comparison, Data, Evaluation, Provenance
from trifit.run.disagreement import disagreement
from trifit.run.expected import expected_of_mle
from trifit.run.fits import TrainedFits, check_methods, fit_all, temperature_notes
from trifit.run.fitted import Fitted
from trifit.run.laplace import laplace_error
from trifit.run.parameters import parameter_rows, whose_log_odds
from trifit.run.posterior import posterior_record
from trifit.run.prior import prior_record
from trifit.run.problem import Problem
from trifit.run.progress import Clock, Progress, Reporter
from trifit.run.records import differences, fit_record, scores_of
from trifit.run.scoreboard import scoreboard
from trifit.run.trust import trust
from trifit.run.truth import truth
from trifit.threads import obeys_cores
from trifit.types import Dataset, FloatArray, IntArray, Split

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
    density : Density
        The model that was fitted; its layout names the posterior's columns.
    """

    comparison: Comparison
    card: Card
    dataset: Dataset
    test_rows: IntArray
    log_probs: Mapping[str, FloatArray]
    trained: TrainedFits
    density: Density


def compare(
    dataset: Dataset,
    model: str | Path | Card | Builder = "softmax",
    *,
    seed: int = 1,
    cv: int | None = None,
    test_size: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    methods: Sequence[str] = (),
    nuts: bool = True,
    cores: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Fit one classifier three ways and compare the fits on held-out rows.

    Parameters
    ----------
    dataset : Dataset
        See :func:`trifit.load_dataset`.
    model : str, path, Card or function
        A shipped card's name, a card file, a card, or a builder: a function
        ``build(X, y, *, n_classes, coords, ...)`` that returns a ``pm.Model``,
        or ``"my_model.py:build"``.
    seed : int
        The same seed gives the same numbers on one machine.
    cv : int, optional
        Number of stratified folds.
    test_size : float, optional
        Stratified hold-out share. By default the size of the problem chooses
        between 5 folds and a 20 % hold-out.
    overrides : mapping, optional
        Card settings to change, e.g. ``{"prior_scale": 1.0, "draws": 500}``.
    methods : sequence of str
        Further fits beside the standard ones: ``laplace`` (the posterior's normal
        approximation with importance weights), ``map-cv`` (the prior's width
        chosen by cross-validation), ``squared-error`` (the least Brier score).
    nuts : bool
        Without NUTS, ``bayes`` and ``mean`` are left out, and the posterior is
        that of ``laplace`` where it was asked for.
    cores : int, optional
        Cores to use, for chains and for chunks of large data; default: all.
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
        methods=methods,
        nuts=nuts,
        cores=cores,
        progress=progress,
    ).comparison


@obeys_cores
def run_comparison(
    dataset: Dataset,
    model: str | Path | Card | Builder = "softmax",
    *,
    seed: int = 1,
    cv: int | None = None,
    test_size: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    methods: Sequence[str] = (),
    nuts: bool = True,
    cores: int | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Run:
    """:func:`compare`, keeping predictions and posterior; ``command`` is recorded."""
    if not isinstance(dataset, Dataset):
        raise InputError(
            f"dataset: got {type(dataset).__name__}, expected a Dataset; make one with "
            "trifit.load_dataset(data, target=...)"
        )
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed {seed!r}: expected a whole number of at least 0")
    methods = tuple(dict.fromkeys(methods))
    card = model if isinstance(model, Card) else load_card(model)
    card = card.with_overrides(overrides or {})
    check_split(dataset, cv, test_size)
    clock, reporter = Clock(), Reporter(progress)
    reporter.say("building the model")
    seeds = np.random.SeedSequence(seed).spawn(7)
    for_split, for_bands, for_fits, for_weights, for_intervals, for_rows, for_prior = seeds

    fitting_rows = np.arange(dataset.n_obs - dataset.n_test)
    problem = Problem.build(dataset, card, fitting_rows)
    check_methods(problem.density, card, methods, nuts=nuts)
    split = choose_split(
        dataset,
        n_coefficients=problem.density.n_params,
        rng=np.random.default_rng(for_split),
        cv=cv,
        test_size=test_size,
    )
    if split.kind == "holdout":
        problem = Problem.build(dataset, card, split.parts[0][0])
    parts = [problem.part(train, test) for train, test in split.parts]
    # With folds, one further fit on all rows gives parameters, posterior and diagnostics.
    final = [problem.part(fitting_rows, fitting_rows)] if split.kind == "cv" else []

    clock.lap("model")
    reporter.expect(
        split.reason,
        len(parts) + len(final),
        problem.density,
        parts[0].train,
        card,
        nuts=nuts,
        laplace="laplace" in methods,
        n_probs=len(split.test_rows) * dataset.n_classes,
    )
    trained: list[TrainedFits] = []
    for part, part_seed in zip(parts + final, for_fits.spawn(len(parts + final)), strict=True):
        trained.append(
            fit_all(
                problem.density,
                part.train,
                part.test,
                card,
                part_seed,
                extra=methods,
                nuts=nuts,
                report=reporter.fitting,
            )
        )
        reporter.finish_fit()
    clock.lap("fits")
    reporter.say("predictions")
    predictions = [
        fits.predict(problem.density, part.test.X)
        for fits, part in zip(trained, parts, strict=False)
    ]

    fitted = Fitted(
        problem=problem,
        test_rows=split.test_rows,
        parts=parts,
        trained=trained[: len(parts)],
        predictions=predictions,
        last=(trained[-1], (parts + final)[-1]),
    )
    log_probs, y = fitted.log_probs, fitted.y
    posterior = fitted.posterior
    notes = [*dataset.notes, *problem.notes]
    copies = n_copies(dataset.X, dataset.labels)
    if copies > 0.01 * dataset.n_obs:
        notes.append(
            f"{copies} rows are copies of others; a copy on the other side of a split makes "
            "prediction look easier than it is"
        )
    if unseen := sum(part.unseen for part in parts):
        notes.append(
            f"{unseen} test rows hold a category or value not seen in training; "
            "its coefficient counts as zero"
        )
    notes += whose_log_odds(problem.density.layout, dataset.class_names)
    notes += expected_of_mle(problem.density, trained[0].fits["mle"], parts[0])
    notes += temperature_notes([fits.temperature for fits in fitted.trained])
    data = _data_record(dataset, notes)
    baselines = _baselines(dataset, split)
    reporter.say("scores and calibration")
    records = {
        name: fit_record(
            [fits.fits[name] for fits in trained],
            log_probs[name],
            y,
            class_names=dataset.class_names,
            rng=np.random.default_rng(for_bands),
        )
        for name in log_probs
    }
    board = scoreboard(log_probs | baselines, y, records, np.random.default_rng(for_intervals))
    clock.lap("scores")
    reporter.say("chains")
    chains = trust(fitted)
    clock.lap("chains")
    reporter.say("where fits disagree")
    disagreed = disagreement(fitted, np.random.default_rng(for_rows))
    clock.lap("disagreement")
    reporter.say("prior sensitivity")
    prior = prior_record(fitted, for_prior)
    clock.lap("prior")
    reporter.say("differences and posterior")
    comparison = Comparison(
        data=data,
        card=msgspec.to_builtins(card),
        evaluation=Evaluation(
            kind=split.kind,
            reason=split.reason,
            n_parts=len(split.parts),
            n_test=len(y),
            n_train=len(split.parts[0][0]),
        ),
        fits=records,
        baselines={name: scores_of(lp, y) for name, lp in baselines.items()},
        scoreboard=board,
        differences=differences(
            log_probs | {"class frequencies": baselines["class frequencies"]},
            y,
            np.random.default_rng(for_weights),
        ),
        temperatures=[fits.temperature.value for fits in trained[: len(parts)]],
        posterior=posterior_record(
            problem.density,
            [fits.fits[posterior] for fits in trained[: len(parts)]],
            [p[posterior] for p in predictions],
            parts,
            y,
            last=(trained[-1].fits[posterior], (parts + final)[-1]),
        )
        if posterior
        else None,
        laplace_error=laplace_error(
            problem.density, trained, predictions, parts, identified=card.identified
        )
        if {"bayes", "laplace"} <= set(log_probs)
        else None,
        trust=chains,
        prior=prior,
        disagreement=disagreed,
        parameters=parameter_rows(
            trained[-1],
            problem.density,
            (parts + final)[-1].standardiser,
            class_names=dataset.class_names,
        ),
        provenance=Provenance(
            command=command
            or _python_command(
                data,
                card,
                seed=seed,
                cv=cv,
                test_size=test_size,
                methods=methods or None,
                nuts=None if nuts else nuts,
            ),
            seed=seed,
            versions={"python": python_version()} | {p: version(p) for p in VERSIONED},
            settings={
                "interval": "95% equal-tailed",
                "numba_fastmath": False,
                "fused_likelihood": fused(),
            },
            seconds=clock.seconds(),
        ),
        truth=truth(fitted),
    )
    return Run(
        comparison=comparison,
        card=card,
        dataset=dataset,
        test_rows=split.test_rows,
        log_probs=log_probs,
        trained=trained[-1],
        density=problem.density,
    )


def _baselines(dataset: Dataset, split: Split) -> dict[str, FloatArray]:
    """Log probabilities of knowing nothing, and of the training rows' class frequencies."""
    uniform = np.full((len(split.test_rows), dataset.n_classes), -np.log(dataset.n_classes))
    frequencies = []
    for train, test in split.parts:
        total = label_probs(dataset.labels[train], dataset.n_classes).sum(axis=0)
        with np.errstate(divide="ignore"):
            share = np.maximum(np.log(total / total.sum()), LOG_ZERO)
        frequencies.append(np.tile(share, (len(test), 1)))
    return {"uniform": uniform, "class frequencies": np.concatenate(frequencies)}


def _data_record(dataset: Dataset, notes: list[str]) -> Data:
    digest = sha256()
    for part in (
        np.ascontiguousarray(dataset.X).data,
        np.ascontiguousarray(dataset.labels).data,
        repr(dataset.feature_names).encode(),
    ):
        digest.update(part)
    return Data(
        name=dataset.name,
        source=dataset.source,
        n_obs=dataset.n_obs,
        n_features=dataset.n_features,
        n_classes=dataset.n_classes,
        feature_names=list(dataset.feature_names),
        class_names=list(dataset.class_names),
        class_counts=label_probs(dataset.labels, dataset.n_classes).sum(axis=0).tolist(),
        fingerprint=digest.hexdigest(),
        notes=notes,
        leaks=list(dataset.leaks),
    )


def _python_command(data: Data, card: Card, **arguments: object) -> str:
    """The call that made a run from Python, exact enough to tell two runs apart."""
    settings = ", ".join(f"{k}={v!r}" for k, v in sorted(card.hyperparameters.items()))
    given = "".join(f", {k}={v}" for k, v in arguments.items() if v is not None)
    sampler = card.sampler
    return (
        f"trifit.compare({data.name!r} [{data.fingerprint[:12]}], model={card.name!r} [{settings}, "
        f"draws={sampler.draws}, tune={sampler.tune}, chains={sampler.chains}, "
        f"target_accept={sampler.target_accept}, standardize={card.standardize}]{given})"
    )
