"""Forecasts of any origin, judged: the same records and page as a comparison's."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec
import numpy as np

from trifit.clusters import group_codes
from trifit.contestants import BASELINES, FREQUENCIES
from trifit.data.arrays import check_order
from trifit.data.by import given_by
from trifit.data.roles import checked_weights
from trifit.errors import InputError
from trifit.forecasts import Forecasts, baselines, log_of
from trifit.inputs import checked_labels, checked_probs, label_probs, measure
from trifit.judge import advised, answers, differences, judged, scores
from trifit.judge.ensemble import ensemble
from trifit.judge.rows import disagreement
from trifit.memory import check_memory
from trifit.notes import Note
from trifit.predictions.join import Predictions, copies
from trifit.predictions.shares import record, shares_of, unlabelled_logs
from trifit.prevalence import Change
from trifit.progress import Clock, Progress
from trifit.questions import Questions
from trifit.results import Comparison, Evaluation, Judged, Scores
from trifit.results.provenance import data_record, provenance_of
from trifit.seeds import child, generator
from trifit.text import first_repeated, listed
from trifit.threads import limited
from trifit.types import FloatArray

MAX_PAIRED = 6
"""Contestants up to which each is held against each other one; more only against the first."""


@measure
def evaluate(  # noqa: PLR0913 - settings are keyword arguments
    probs: Any,
    y: Any,
    *,
    class_names: Sequence[str] | None = None,
    groups: Any = None,
    weights: Any = None,
    costs: Any = None,
    thresholds: Any = None,
    by: Mapping[str, Any] | None = None,
    prevalence: Any = None,
    prevalence_from: Any = None,
    training_shares: Any = None,
    sets: float | None = None,
    name: str = "predictions",
    seed: int = 1,
) -> Comparison:
    """Judge class probabilities that anything made.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes), or mapping of contestant to such arrays
        Of the same rows; classes in one order.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    class_names : sequence of str, optional
        Default: "0", "1", ...
    groups : array of shape (n_obs,), optional
        Rows with equal values belong together: standard errors and intervals count groups.
    weights : array of shape (n_obs,), optional
        How many identical rows each row stands for; whole numbers.
    costs : path or mapping, optional
        Cost of every action in every class: a TOML file, or a mapping of action to class to cost.
    thresholds : str or (float, float), optional
        ``"0.05:0.5"`` or ``"CLASS=0.05:0.5"``: the probabilities from which that class (of two the
        second) is treated.
    by : mapping of str to array of shape (n_obs,), optional
        Judges subgroups too: ``{"region": regions, "age:4": ages}``; None and NaN are missing
        (docs/subgroups.md).
    prevalence : str or mapping, optional
        Other class shares, ``"yes=0.02"`` or ``{"yes": 0.02}``: probabilities are corrected for
        them, and scored there by importance weights (docs/prevalence.md).
    prevalence_from : array of shape (n_rows, n_classes), or mapping of contestant to such, optional
        Probabilities of rows without labels, whose class shares are estimated and taken instead.
    training_shares : str or mapping, optional
        Class shares that the training rows had; default: those of the scored rows.
    sets : float, optional
        Coverage, e.g. 0.9, of sets of classes that should contain the label (docs/sets.md).
    name : str
        Of the data, on the page.
    seed : int

    Returns
    -------
    Comparison
        Without what only fits have.

    Raises
    ------
    InputError
        On probabilities or labels that are none, naming the row.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> true = rng.dirichlet([1, 1], size=400)
    >>> y = (rng.random(400) < true[:, 1]).astype(int)
    >>> sharp = true**3 / (true**3).sum(axis=1, keepdims=True)  # log-odds three times too large
    >>> evaluate(sharp, y).contestants["model"].verdict.value
    'over-confident'
    """
    given = probs if isinstance(probs, Mapping) else {"model": probs}
    try:
        checked = {key: checked_probs(p, name=f"probs of {key}") for key, p in given.items()}
        first = next(iter(checked.values()))
        labels = checked_labels(np.asarray(y), *first.shape)
    except ValueError as error:
        raise InputError(str(error)) from error
    log_probs = {key: log_of(p) for key, p in checked.items()}
    names = names_of_classes(class_names, first.shape[1])
    _check_frames(given, y, names)
    together = None if groups is None else group_codes(groups)
    try:
        forecasts = Forecasts(log_probs, labels, names, together)
    except ValueError as error:
        raise InputError(str(error)) from error
    divided = given_by(by or {}, len(first))
    if weights is not None:
        counts = checked_weights(weights, "weights")
        rows = copies(counts, *first.shape)
        forecasts = forecasts.take(rows)
        divided = {each: values[rows] for each, values in divided.items()}
    questions = Questions(
        costs=costs,
        thresholds=thresholds,
        by=divided,
        prevalence=prevalence,
        unlabelled=unlabelled_logs(prevalence_from, tuple(given)),
        training_shares=training_shares,
        sets=sets,
    )
    return evaluate_forecasts(forecasts, name=name, seed=seed, questions=questions)


def names_of_classes(class_names: Sequence[str] | None, n_classes: int) -> tuple[str, ...]:
    """Those given, or "0", "1", ...

    Raises
    ------
    InputError
        If two classes have one name.
    """
    names = tuple(map(str, range(n_classes) if class_names is None else class_names))
    if (twice := first_repeated(names)) is not None:
        raise InputError(f"class_names: {twice!r} appears twice; give every class its own name")
    return names


def _check_frames(given: Mapping[str, Any], y: Any, names: Sequence[str]) -> None:
    """Refuse dataframes whose rows or columns say that they stand in another order."""
    for key, probs in given.items():
        if hasattr(probs, "columns"):
            what = "probs" if len(given) == 1 else f"probs[{key!r}]"
            check_order(probs, y, (what, "y"))
            columns = list(map(str, probs.columns))
            if columns != list(names) and set(columns) == set(names):
                raise InputError(
                    f"{what} has the columns {listed(columns)}, and class_names are "
                    f"{listed(names)}: another order; give {what}[class_names]"
                )


def evaluate_predictions(found: Predictions, *, seed: int, **described: Any) -> Comparison:
    """Judge what files hold: forecasts, or averages of members and what these gain.

    Parameters
    ----------
    found : Predictions
    seed : int
    **described
        Further arguments of :func:`evaluate_forecasts`.
    """
    comparison = evaluate_forecasts(
        found.forecasts,
        seed=seed,
        sources=found.sources,
        notes=found.notes,
        corrected=found.corrected,
        **described,
    )
    if found.averages is None:
        return comparison
    rng = generator(np.random.SeedSequence(seed), "ensemble")
    gained = ensemble(found.averages, found.forecasts, rng)
    return msgspec.structs.replace(comparison, ensemble=gained)


@limited()  # what is large runs on all cores in blocks of its own
def evaluate_forecasts(
    forecasts: Forecasts,
    *,
    name: str,
    seed: int = 1,
    source: str = "",
    sources: Mapping[str, str] | None = None,
    notes: Sequence[Note] = (),
    grouped_by: str = "",
    questions: Questions | None = None,
    corrected: Callable[[Change], Mapping[str, FloatArray]] | None = None,
    command: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """The comparison of forecasts that are at hand; see :func:`evaluate`.

    Parameters
    ----------
    forecasts : Forecasts
    name : str
        Of the data, on the page.
    seed : int
        For intervals and resampling.
    source : str, optional
        Where the data are from.
    sources : mapping of str to str, optional
        Contestant to the file it is from.
    notes : sequence of Note, optional
        What was made of the files.
    grouped_by : str, optional
        What makes the groups of the forecasts, for the page.
    questions : Questions, optional
        What is asked beyond scores and calibration.
    corrected : callable, optional
        Contestants after a change of log probabilities, if they are averages.
    command : str, optional
        What made the comparison, as it is recorded.
    progress : callable, optional
        Called with what is done and the share of it.
    """
    _check(forecasts)
    n_probs = len(forecasts.labels) * len(forecasts.class_names)
    check_memory(
        f"data {name!r}",
        3 * n_probs * (len(forecasts.log_probs) + 2),  # log probabilities, their exp, baselines
        "take fewer rows",
    )
    asked = questions or Questions()
    asked.check(forecasts.class_names, forecasts.labels)
    shares = shares_of(asked, forecasts)
    clock, streams = Clock(), np.random.SeedSequence(seed)
    tell = progress or (lambda stage, share: None)
    y, names = forecasts.labels, list(forecasts.log_probs)
    frequencies = label_probs(y, len(forecasts.class_names)).mean(axis=0)  # of the judged rows
    everyone = forecasts.with_more(baselines([(frequencies, len(y))]))
    tell("scores", 0.05)
    board = scores(everyone, generator(streams, "intervals"))
    found = _judged(everyone, names, board, seed, tell)
    clock.lap("scores")
    tell("differences", 0.85)
    paired = differences(everyone, _pairs(names), generator(streams, "weights"))
    rows = disagreement(forecasts, generator(streams, "rows")) if len(names) > 1 else None
    clock.lap("differences")
    made_of = [*forecasts.log_probs.values(), y]
    data = data_record(name, y, forecasts.class_names, source=source, made_of=made_of, notes=notes)
    comparison = Comparison(
        data=data,
        evaluation=Evaluation(
            kind="predictions",
            n_parts=1,
            n_test=len(y),
            n_train=0,
            grouped_by=grouped_by,
            n_groups=forecasts.n_groups,
        ),
        contestants=found,
        sources=dict(sources or {}),
        baselines={key: board[key] for key in BASELINES},
        differences=paired,
        disagreement=rows,
        **answers(forecasts, names, asked, streams),
        prevalence_shift=record(forecasts, shares, corrected),
        provenance=provenance_of(
            command or f"trifit.evaluate({name!r} [{data.fingerprint[:12]}], seed={seed})",
            seed,
            clock.seconds(),
            settings={},
        ),
    )
    return advised(comparison, forecasts)


def _check(forecasts: Forecasts) -> None:
    """Refuse names of baselines, and rows too few for any error."""
    for key in forecasts.log_probs:
        if key in BASELINES:
            raise InputError(f"contestant {key!r}: this is the name of a baseline; choose another")
    if (forecasts.n_groups or len(forecasts.labels)) < 2:
        one = "row" if forecasts.n_groups is None else "group"
        raise InputError(f"predictions: there is 1 {one}; at least 2 are needed for any error")


def _judged(
    forecasts: Forecasts,
    names: Sequence[str],
    board: Mapping[str, Scores],
    seed: int,
    tell: Progress,
) -> dict[str, Judged]:
    """Every contestant, by random numbers of its own."""
    found = {}
    for k, key in enumerate(names):
        tell(f"calibration of {key}", 0.1 + 0.7 * k / len(names))
        found[key] = judged(forecasts, key, board[key], own_generator(seed, key))
    return found


def own_generator(seed: int, name: str) -> np.random.Generator:
    """A contestant's own random numbers, whoever else is judged."""
    return generator(child(np.random.SeedSequence(seed), "bands"), name)


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    first = names[0]
    if len(names) <= MAX_PAIRED:
        among = [(b, a) for a, b in combinations(names, 2)]
    else:
        among = [(name, first) for name in names[1:]]
    return [*among, *((name, FREQUENCIES) for name in names)]
