"""Another prevalence: from arrays to records."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trifit.clusters import n_groups
from trifit.errors import InputError
from trifit.forecasts import Forecasts, n_ruled_out
from trifit.inputs import Labels, label_probs
from trifit.prevalence import effective_rows, estimate, label_shift_test, target_mean
from trifit.questions import Questions
from trifit.results import CorrectedScores, Interval, PrevalenceRecord, ShareEstimate
from trifit.scores import Estimate
from trifit.types import FloatArray, IntArray

MIN_SCORED = 5
"""Scored rows of a class below which no score is given where it has another share."""

GIVEN, SCORED = "given", "scored rows"


@dataclass(frozen=True, eq=False)
class Shares:
    """The class shares in question, (n_classes,) each.

    Attributes
    ----------
    before : array
        Under which the probabilities hold.
    after : array
        For which they are corrected.
    source : str
        Where ``after`` is from.
    n_unlabelled : int
        Rows without labels.
    estimates : mapping of str to ShareEstimate
        What contestants say of those.
    """

    before: FloatArray
    after: FloatArray
    source: str = GIVEN
    n_unlabelled: int = 0
    estimates: Mapping[str, ShareEstimate] = field(default_factory=dict)


def shares_asked(
    asked: Questions,
    forecasts: Forecasts,
    before: FloatArray,
    unlabelled: Mapping[str, FloatArray] | None,
    best: str,
) -> Shares | None:
    """The shares in question; None where none were asked for.

    Parameters
    ----------
    asked : Questions
    forecasts : Forecasts
        Of the scored rows.
    before : array of shape (n_classes,)
        Shares under which the probabilities hold: the training rows'.
    unlabelled : mapping of str to array of shape (n_rows, n_classes), optional
        Log probabilities of rows without labels, by contestant.
    best : str
        Whose estimate is taken of those.
    """
    names = forecasts.class_names
    if unlabelled is not None:
        return shares_estimated(forecasts, unlabelled, before, best)
    if asked.prevalence is not None:
        return Shares(before, asked.prevalence.of_classes(names, before))
    if asked.undo_sampling or asked.training_shares is not None:
        return Shares(before, label_probs(forecasts.labels, len(names)).mean(axis=0), SCORED)
    return None


def shares_estimated(
    forecasts: Forecasts, unlabelled: Mapping[str, FloatArray], before: FloatArray, best: str
) -> Shares:
    """Class shares of rows without labels, by every contestant that has forecasts of them.

    Parameters
    ----------
    forecasts : Forecasts
        Of rows with labels.
    unlabelled : mapping of str to array of shape (n_rows, n_classes)
        Log probabilities of the rows without.
    before : array of shape (n_classes,)
    best : str
        Whose estimate is taken.

    Raises
    ------
    InputError
        If a class has no share before.
    """
    for name, share in zip(forecasts.class_names, before.tolist(), strict=True):
        if share == 0:
            raise InputError(
                f"prevalence_from: no row before has the class {name!r}, so its share cannot be "
                "estimated; give the shares (prevalence), or those of the training rows "
                "(training_shares of trifit.evaluate)"
            )
    truth = label_probs(forecasts.labels, len(before))
    found = {name: estimate(log_probs, before) for name, log_probs in unlabelled.items()}
    estimates = {}
    for name, e in found.items():
        p = label_shift_test(forecasts.log_probs[name], truth, unlabelled[name], forecasts.groups)
        ends = zip(e.shares.tolist(), e.low.tolist(), e.high.tolist(), strict=True)
        estimates[name] = ShareEstimate(
            shares=[Interval(value=v, low=low, high=high) for v, low, high in ends],
            p_value=p if math.isfinite(p) else None,
        )
    n = len(unlabelled[best])
    return Shares(before, found[best].shares, best, n, estimates)


def check_scored(
    labels: Labels, class_names: Sequence[str], after: FloatArray, groups: IntArray | None
) -> None:
    """Refuse shares of classes that hardly a scored row has, or whose rows are of one group.

    Parameters
    ----------
    labels : array of shape (n_obs,) or (n_obs, n_classes)
        Of the scored rows.
    class_names : sequence of str
    after : array of shape (n_classes,)
        Shares that classes are to have.
    groups : array of shape (n_obs,) or None
        Rows that belong together.

    Raises
    ------
    InputError
    """
    truth = label_probs(labels, len(after))
    n_rows = truth.sum(axis=0)
    for k in np.flatnonzero((n_rows < MIN_SCORED) & (after > 0)).tolist():
        few = f"only {n_rows[k]:.3g} scored rows have it" if n_rows[k] else "no scored row has it"
        raise InputError(
            f"prevalence: class {class_names[k]!r} is to have the share {after[k]:.3g}, but {few}, "
            f"too few for its scores and their error (at least {MIN_SCORED}); score more rows of it"
        )
    for k in np.flatnonzero(after > 0).tolist():
        if groups is not None and n_groups(groups[truth[:, k] > 0]) < 2:
            raise InputError(
                f"prevalence: class {class_names[k]!r} is to have the share {after[k]:.3g}, but "
                "its scored rows are all of one group, so its scores have no error; score more "
                "groups of it"
            )


def prevalence(
    forecasts: Forecasts, corrected: Mapping[str, FloatArray], shares: Shares
) -> PrevalenceRecord:
    """Scores of corrected probabilities where classes have other shares.

    Parameters
    ----------
    forecasts : Forecasts
        As they were.
    corrected : mapping of str to array of shape (n_obs, n_classes)
        Log probabilities corrected for the shares after, by contestant.
    shares : Shares

    Raises
    ------
    InputError
        If hardly a row has a class that is to have a share.
    """
    check_scored(forecasts.labels, forecasts.class_names, shares.after, forecasts.groups)
    truth = label_probs(forecasts.labels, len(shares.after))
    return PrevalenceRecord(
        source=shares.source,
        before=shares.before.tolist(),
        scored=truth.mean(axis=0).tolist(),
        after=shares.after.tolist(),
        effective_rows=effective_rows(truth, shares.after),
        n_unlabelled=shares.n_unlabelled,
        estimates=dict(shares.estimates),
        contestants={
            name: _scores(forecasts.log_probs[name], log_probs, truth, shares, forecasts.groups)
            for name, log_probs in corrected.items()
        },
    )


def _scores(
    before: FloatArray,
    after: FloatArray,
    truth: FloatArray,
    shares: Shares,
    groups: IntArray | None,
) -> CorrectedScores:
    probs = np.exp(after)
    square = (probs**2).sum(axis=1, keepdims=True) - 2 * probs + 1
    right = np.eye(probs.shape[1])[probs.argmax(axis=1)]

    def mean(values: FloatArray) -> Estimate:
        return target_mean(values, truth, shares.after, groups)

    return CorrectedScores(
        log_loss=mean(-after),
        brier=mean(square),
        accuracy=mean(right),
        uncorrected=mean(-before),
        gain=mean(after - before),
        n_impossible=n_ruled_out(after, truth),
    )
