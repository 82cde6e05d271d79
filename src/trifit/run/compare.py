"""One comparison, end to end: card x data x fits x splits."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.cards import Card, load_card
from trifit.crossfit.fitted import Fitted, Trained
from trifit.crossfit.problem import Part, Problem
from trifit.data import as_dataset, check_split, choose_split
from trifit.data.new_rows import unlabelled_rows
from trifit.devices import chosen_device
from trifit.errors import InputError
from trifit.fit import Training, check_fits, fits_of, predict_all
from trifit.fit.device import on_device
from trifit.functions import Builder, is_own
from trifit.progress import Clock, Progress
from trifit.questions import Questions
from trifit.results import Comparison
from trifit.results.provenance import evaluation_of
from trifit.rivals import read_rivals, rival_forecasts
from trifit.run.describe import describe
from trifit.run.progress import Reporter
from trifit.run.settings import Settings, methods_of, questions_of_rows
from trifit.run.tree import posterior_named, tree_of
from trifit.seeds import child, generator
from trifit.threads import obeys_cores
from trifit.types import Dataset, FloatArray, IntArray, Split
from trifit.words import split_text

if TYPE_CHECKING:
    from xarray import DataTree

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Run:
    """A comparison with the arrays behind its numbers.

    Attributes
    ----------
    comparison : Comparison
    fitted : Fitted
        Model, data, fits and predictions.
    failed_rivals : mapping of str to str
        Why a rival failed, by name.
    """

    comparison: Comparison
    fitted: Fitted
    failed_rivals: Mapping[str, str] = field(default_factory=dict)

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
        """Log predictive probabilities of the scored rows by contestant, (n_test, n_classes)."""
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


def compare(  # noqa: PLR0913 - settings are keyword arguments
    data: Any,
    target: Any = None,
    *,
    model: str | Path | Card | Builder = "softmax",
    seed: int = 1,
    cv: Any = None,
    test_size: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    methods: Sequence[str] = (),
    against: Mapping[str, Any] | None = None,
    nuts: bool = True,
    cores: int | None = None,
    device: str = "cpu",
    costs: Any = None,
    thresholds: Any = None,
    prevalence: Any = None,
    prevalence_from: Any = None,
    undo_sampling: bool = False,
    sets: float | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> Comparison:
    """Fit one classifier three ways and compare the fits on held-out rows.

    Parameters
    ----------
    data : Dataset, or what :func:`trifit.load_dataset` takes
        The name of a set, a file, a dataframe, or features (n_obs, n_features).
    target : str, or array-like of shape (n_obs,), optional
        The column of the labels, or the labels: ``compare(X, y)``.
    model : str, path, Card or function
        A shipped card's name, a card file, a card, or a builder: a function
        ``build(X, y, *, n_classes, coords, ...)`` that returns a ``pm.Model``,
        or ``"my_model.py:build"``.
    seed : int
        The same seed gives the same numbers on one machine.
    cv : int, splitter or iterable, optional
        Number of stratified folds; or a splitter of scikit-learn's; or pairs of training and
        test row numbers. No row may be tested twice.
    test_size : float, optional
        Stratified hold-out share. By default the size of the problem chooses
        between 5 folds and a 20 % hold-out.
    overrides : mapping, optional
        Card settings to change, e.g. ``{"prior_scale": 1.0, "draws": 500}``.
    methods : sequence of str
        Further fits beside the standard ones: ``laplace`` (the posterior's normal
        approximation with importance weights), ``map-cv`` (the prior's width
        chosen by cross-validation), ``squared-error`` (the least Brier score).
    against : mapping of str, optional
        Rivals by name: anything with ``fit`` and ``predict_proba``, a function that returns
        such an estimator, ``"rivals.py:forest"``, or a file of forecasts (docs/rivals.md).
        A clone is fitted to the same training rows (a dataframe of the encoded columns,
        not standardised). One that fails is left out with a warning.
    nuts : bool
        Without NUTS, ``bayes`` and ``mean`` are left out, and the posterior is
        that of ``laplace`` where it was asked for.
    cores : int, optional
        Cores to use, for chains and for chunks of large data; default: all.
    device : {"cpu", "gpu", "auto", "jax"}
        Device for the fits: ``gpu`` takes a GPU that JAX sees (``trifit[gpu]``), ``auto`` the same
        where there is one and the problem is large (docs/gpu.md).
    costs : path or mapping, optional
        Cost of every action in every class: a TOML file, or a mapping of action to class to cost.
        Adds the cost per case that probabilities promise, and the one that came true.
    thresholds : str or (float, float), optional
        ``"0.05:0.5"`` or ``"CLASS=0.05:0.5"``: the probabilities from which that class (of two the
        second) is treated. Adds net benefit curves (docs/decisions-and-costs.md).
    prevalence : str or mapping, optional
        Other class shares, ``"yes=0.02"`` or ``{"yes": 0.02}``: probabilities are corrected for
        them, and scored there by importance weights (docs/prevalence.md).
    prevalence_from : path, dataframe or array, optional
        Rows without labels, whose class shares are estimated and taken instead.
    undo_sampling : bool
        The training rows were sampled by class: probabilities are corrected for the shares of the
        given test set, or for ``prevalence``.
    sets : float, optional
        Coverage, e.g. 0.9, of sets of classes that should contain the label: adds conformal ones,
        and those that the probabilities promise (docs/sets.md; ``trifit[conformal]``).
    progress : callable, optional
        Called with a message and the share of the work done.
    **reading
        Further arguments of :func:`trifit.load_dataset`, such as ``missing="impute"``, or
        ``by=["region", "age:4"]``, which judges subgroups too (docs/subgroups.md).
        Simulated data are drawn with ``seed``.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        One line naming the argument, the value and the remedy.
    """
    if isinstance(data, str) and data.startswith("sim:"):
        reading["seed"] = seed
    dataset = as_dataset(data, target, **reading)
    questions = Questions(
        costs=costs,
        thresholds=thresholds,
        prevalence=prevalence,
        unlabelled=unlabelled_rows(prevalence_from, dataset),
        undo_sampling=undo_sampling,
        sets=sets,
    )
    run = run_comparison(
        dataset,
        model,
        overrides=overrides,
        progress=progress,
        seed=seed,
        cv=cv,
        test_size=test_size,
        methods=methods,
        against=against or {},
        nuts=nuts,
        cores=cores,
        device=device,
        questions=questions,
    )
    for name, why in run.failed_rivals.items():
        warnings.warn(f"rival {name!r} failed and was left out: {why}", stacklevel=2)
    return run.comparison


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
    dataset : Dataset
    model : str, path, Card or builder
    overrides : mapping, optional
    progress : callable, optional
        As in :func:`compare`.
    command : str, optional
        What made the run, as it is recorded.
    **settings
        Of :class:`trifit.run.settings.Settings`: ``seed``, ``cv``, ``test_size``, ``methods``,
        ``against``, ``nuts``, ``cores``, ``device``, ``questions``.
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
    asked.questions.check(dataset.class_names, dataset.labels, own_test_rows=bool(dataset.n_test))
    asked = replace(asked, against=read_rivals(asked.rivals, dataset))
    clock, reporter = Clock(), Reporter(progress)
    streams = np.random.SeedSequence(asked.seed)

    own = "" if is_own(card.builder) else f" with {card.builder}"
    reporter.say(f"building the model{own}")
    problem, split = prepare(dataset, card, asked, streams)
    asked = replace(asked, questions=questions_of_rows(asked.questions, dataset, split.test_rows))
    clock.lap("model")
    rivals = rival_forecasts(asked.rivals, dataset, split, child(streams, "rivals"), reporter.say)
    if asked.rivals:
        clock.lap("rivals")
    fitted = cross_fit(problem, split, asked, streams, reporter)
    fitted = replace(fitted, rivals=rivals.log_probs)
    clock.lap("fits")
    comparison = describe(fitted, rivals, split, asked, streams, command, clock, reporter)
    return Run(comparison, fitted, rivals.failed)


def prepare(
    dataset: Dataset, card: Card, settings: Settings, streams: np.random.SeedSequence
) -> tuple[Problem, Split]:
    """The model on the columns that vary in the training rows, and which rows train and test.

    Parameters
    ----------
    dataset : Dataset
    card : Card
    settings : Settings
    streams : numpy SeedSequence
        Parent of all named generators.
    """

    @cache
    def of_all_rows() -> Problem:
        return Problem.build(dataset, card, np.arange(dataset.n_obs - dataset.n_test))

    split = choose_split(
        dataset,
        n_coefficients=lambda: of_all_rows().n_coefficients,
        rng=generator(streams, "split"),
        cv=settings.cv,
        test_size=settings.test_size,
    )
    LOG.info("%s: %s", dataset.name, split_text(evaluation_of(dataset, split), dataset.n_obs))
    of_some = split.kind == "holdout"
    problem = Problem.build(dataset, card, split.parts[0][0]) if of_some else of_all_rows()
    check_fits(problem.density, card, settings.methods, nuts=settings.nuts)
    return problem, split


def cross_fit(
    problem: Problem,
    split: Split,
    settings: Settings,
    streams: np.random.SeedSequence,
    reporter: Reporter,
) -> Fitted:
    """All fits to every training set, and their predictions for its held-out rows.

    With folds, one further fit on all rows gives parameters, posterior and diagnostics.

    Parameters
    ----------
    problem : Problem
    split : Split
    settings : Settings
    streams : numpy SeedSequence
        Parent of all named generators.
    reporter : Reporter
    """
    rows = list(split.parts)
    if split.kind == "cv":
        everything = np.arange(problem.dataset.n_obs - problem.dataset.n_test)
        rows.append((everything, everything))
    problem.check_memory(len(rows))
    parts = [problem.part(train, test) for train, test in rows]
    device = chosen_device(
        settings.device,
        n_rows=max(len(train) for train, _ in rows),
        n_params=problem.density.n_params,
    )
    names = fits_of(problem.card, methods_of(problem.card, settings), nuts=settings.nuts)
    reporter.expect(
        len(parts),
        on_device(problem.density, device),
        parts[0].train,
        problem.card,
        names,
        n_test=len(split.test_rows),
    )

    def trained(part: Part, test: IntArray, stream: np.random.SeedSequence) -> Trained:
        training = Training(
            problem.density, part.train, part.test, problem.card, stream, reporter.fitting, device
        )
        fits = training.fit_all(names)
        reporter.finish_fit()
        held_out = split.kind != "cv" or part is not parts[-1]
        density = training.model
        predictions = predict_all(density, fits, part.test.X) if held_out else {}
        return Trained(part, test, fits, predictions, density, training.prior_scale)

    each = child(streams, "fits").spawn(len(parts))
    sets = [trained(p, test, s) for p, (_, test), s in zip(parts, rows, each, strict=True)]
    return Fitted(problem, folds=sets[: len(split.parts)], final=sets[-1], device=device)
