"""One comparison, end to end: card x data x fits x splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.analyses.chains import trust
from trifit.analyses.disagreement import disagreement
from trifit.analyses.fits import fit_records
from trifit.analyses.laplace import laplace_error
from trifit.analyses.notes import notes
from trifit.analyses.parameters import parameter_rows
from trifit.analyses.posterior import posterior_record
from trifit.analyses.prior import prior_record
from trifit.analyses.truth import truth
from trifit.cards import Builder, Card, load_card
from trifit.checks import label_probs
from trifit.contestants import FREQUENCIES, PAIRS, UNIFORM
from trifit.crossfit.fitted import Fitted, Trained
from trifit.crossfit.problem import Part, Problem
from trifit.crossfit.progress import Reporter
from trifit.data import check_split, choose_split
from trifit.errors import InputError
from trifit.fit import Training, check_fits, fits_of, predict_all
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.judge import differences, judged, scores, with_status
from trifit.progress import Clock, Progress
from trifit.results import Comparison, Evaluation
from trifit.run.provenance import data_record, provenance
from trifit.run.settings import Settings
from trifit.run.tree import posterior_named, tree_of
from trifit.seeds import child, generator
from trifit.threads import obeys_cores
from trifit.types import Dataset, FloatArray, IntArray, Split

if TYPE_CHECKING:
    from xarray import DataTree


@dataclass(frozen=True, eq=False)
class Run:
    """A comparison with the arrays behind its numbers.

    Attributes
    ----------
    comparison : Comparison
    fitted : Fitted
        Model, data, fits and predictions.
    """

    comparison: Comparison
    fitted: Fitted

    @property
    def card(self) -> Card:
        """The classifier that was fitted."""
        return self.fitted.problem.card

    @property
    def dataset(self) -> Dataset:
        """The data."""
        return self.fitted.problem.dataset

    @property
    def test_rows(self) -> IntArray:
        """Row numbers of the scored rows, (n_test,)."""
        return self.fitted.test_rows

    @property
    def log_probs(self) -> Mapping[str, FloatArray]:
        """Log predictive probabilities of the scored rows by fit, (n_test, n_classes)."""
        return self.fitted.log_probs

    def to_arviz(self, name: str | None = None) -> "DataTree":
        """A posterior as ArviZ's functions take it; see :mod:`trifit.run.tree`.

        Parameters
        ----------
        name : str, optional
            ``bayes`` or ``laplace``; default: the one that is called the posterior.

        Raises
        ------
        InputError
            If there is none, or it failed a check.
        """
        return tree_of(self.fitted, posterior_named(self.comparison, name), self.comparison)


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
        overrides=overrides,
        progress=progress,
        seed=seed,
        cv=cv,
        test_size=test_size,
        methods=methods,
        nuts=nuts,
        cores=cores,
    ).comparison


@obeys_cores
def run_comparison(
    dataset: Dataset,
    model: str | Path | Card | Builder = "softmax",
    *,
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    **settings: Any,
) -> Run:
    """:func:`compare`, keeping fits and predictions.

    Parameters
    ----------
    dataset, model, overrides, progress
        As in :func:`compare`.
    command : str, optional
        What made the run, as it is recorded.
    **settings
        Of :class:`trifit.run.settings.Settings`: ``seed``, ``cv``, ``test_size``, ``methods``,
        ``nuts``, ``cores``.
    """
    if not isinstance(dataset, Dataset):
        raise InputError(
            f"dataset: got {type(dataset).__name__}, expected a Dataset; make one with "
            "trifit.load_dataset(data, target=...)"
        )
    asked = Settings(**settings)
    card = model if isinstance(model, Card) else load_card(model)
    card = card.with_overrides(overrides or {})
    check_split(dataset, asked.cv, asked.test_size)
    clock, reporter = Clock(), Reporter(progress)
    streams = np.random.SeedSequence(asked.seed)

    reporter.say("building the model")
    problem, split = prepare(dataset, card, asked, streams)
    clock.lap("model")
    fitted = cross_fit(problem, split, asked, streams, reporter)
    clock.lap("fits")
    comparison = describe(fitted, split, asked, streams, command, clock, reporter)
    return Run(comparison, fitted)


def prepare(
    dataset: Dataset, card: Card, settings: Settings, streams: np.random.SeedSequence
) -> tuple[Problem, Split]:
    """The model on the columns that vary in the training rows, and which rows train and test."""
    training_rows = np.arange(dataset.n_obs - dataset.n_test)
    problem = Problem.build(dataset, card, training_rows)
    check_fits(problem.density, card, settings.methods, nuts=settings.nuts)
    split = choose_split(
        dataset,
        n_coefficients=problem.density.n_params,
        rng=generator(streams, "split"),
        cv=settings.cv,
        test_size=settings.test_size,
    )
    if split.kind == "holdout":
        problem = Problem.build(dataset, card, split.parts[0][0])
    return problem, split


def methods_of(card: Card, settings: Settings) -> list[str]:
    """What is fitted beside the standard fits: the yardsticks, then what was asked for.

    Where no MLE exists there is none to temper, so the MAP is tempered too; and networks
    are stopped early by most who train them.
    """
    yardsticks = ["map+T"] if card.identified else ["map+T", "mle-early"]
    return list(dict.fromkeys([*yardsticks, *settings.methods]))


def cross_fit(
    problem: Problem,
    split: Split,
    settings: Settings,
    streams: np.random.SeedSequence,
    reporter: Reporter,
) -> Fitted:
    """All fits to every training set, and their predictions for its held-out rows.

    With folds, one further fit on all rows gives parameters, posterior and diagnostics.
    """
    rows = list(split.parts)
    if split.kind == "cv":
        everything = np.arange(problem.dataset.n_obs - problem.dataset.n_test)
        rows.append((everything, everything))
    parts = [problem.part(train, test) for train, test in rows]
    names = fits_of(problem.card, methods_of(problem.card, settings), nuts=settings.nuts)
    reporter.expect(
        split.reason,
        len(parts),
        problem.density,
        parts[0].train,
        problem.card,
        nuts=settings.nuts,
        laplace="laplace" in names,
        n_probs=len(split.test_rows) * problem.dataset.n_classes,
    )

    def trained(part: Part, test: IntArray, stream: np.random.SeedSequence) -> Trained:
        training = Training(
            problem.density, part.train, part.test, problem.card, stream, reporter.fitting
        )
        fits = training.fit_all(names)
        reporter.finish_fit()
        held_out = split.kind != "cv" or part is not parts[-1]
        predictions = predict_all(problem.density, fits, part.test.X) if held_out else {}
        return Trained(part, test, fits, predictions)

    each = child(streams, "fits").spawn(len(parts))
    sets = [trained(p, test, s) for p, (_, test), s in zip(parts, rows, each, strict=True)]
    return Fitted(problem, folds=sets[: len(split.parts)], final=sets[-1])


def describe(
    fitted: Fitted,
    split: Split,
    settings: Settings,
    streams: np.random.SeedSequence,
    command: str | None,
    clock: Clock,
    reporter: Reporter,
) -> Comparison:
    """Every number of the page from what was fitted."""
    dataset, card = fitted.problem.dataset, fitted.problem.card
    data = data_record(dataset, notes(fitted))
    baselines = _baselines(dataset, split)
    forecasts = Forecasts(fitted.log_probs | baselines, fitted.y, dataset.class_names)
    fits = fit_records(fitted)
    reporter.say("scores and calibration")
    board = scores(forecasts, generator(streams, "intervals"))
    contestants = {
        name: with_status(
            judged(forecasts, name, board[name], generator(streams, "bands")), fit.status
        )
        for name, fit in fits.items()
    }
    clock.lap("scores")
    reporter.say("chains")
    chains = trust(fitted)
    clock.lap("chains")
    reporter.say("where fits disagree")
    disagreed = disagreement(fitted, generator(streams, "rows"))
    clock.lap("disagreement")
    reporter.say("prior sensitivity")
    prior = prior_record(fitted, child(streams, "prior"))
    clock.lap("prior")
    reporter.say("differences and posterior")
    return Comparison(
        data=data,
        card=card,
        evaluation=Evaluation(
            kind=split.kind,
            reason=split.reason,
            n_parts=len(split.parts),
            n_test=len(fitted.test_rows),
            n_train=len(split.parts[0][0]),
        ),
        contestants=contestants,
        fits=fits,
        baselines={name: board[name] for name in baselines},
        differences=differences(
            forecasts, [(p.a, p.b) for p in PAIRS], generator(streams, "weights")
        ),
        temperatures=[fold.fits["mle+T"].diagnostics["temperature"] for fold in fitted.folds],
        posterior=posterior_record(fitted),
        laplace_error=laplace_error(fitted),
        trust=chains,
        prior=prior,
        disagreement=disagreed,
        parameters=parameter_rows(fitted),
        truth=truth(fitted),
        provenance=provenance(data, card, settings, command=command, seconds=clock.seconds()),
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
    return {UNIFORM: uniform, FREQUENCIES: np.concatenate(frequencies)}
