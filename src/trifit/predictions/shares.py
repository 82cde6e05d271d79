"""Other class shares for forecasts that are at hand."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from trifit.errors import InputError
from trifit.forecasts import Forecasts, log_of
from trifit.inputs import checked_probs, label_probs
from trifit.judge.prevalence import Shares, check_scored, prevalence, shares_asked
from trifit.prevalence import Change, reweighted
from trifit.questions import Questions
from trifit.results import PrevalenceRecord
from trifit.text import listing
from trifit.types import FloatArray


def unlabelled_logs(given: Any, contestants: tuple[str, ...]) -> dict[str, FloatArray] | None:
    """Log probabilities of rows without labels, by contestant.

    Raises
    ------
    InputError
        On a name that is no contestant's, or probabilities that are none.
    """
    if given is None:
        return None
    each = given if isinstance(given, Mapping) else {contestants[0]: given}
    for name in each:
        if name not in contestants:
            raise InputError(
                f"prevalence_from: {name!r} is no contestant; there are {listing(contestants)}"
            )
    try:
        return {n: log_of(checked_probs(p, name=f"prevalence_from of {n}"))
                for n, p in each.items()}  # fmt: skip
    except ValueError as error:
        raise InputError(str(error)) from error


def shares_of(asked: Questions, forecasts: Forecasts) -> Shares | None:
    """The shares in question; None where none were asked for.

    Probabilities hold under the training rows' shares; where these are not given, under those of
    the scored rows.

    Raises
    ------
    InputError
        If they do not fit the classes or the scored rows.
    """
    names = forecasts.class_names
    before = label_probs(forecasts.labels, len(names)).mean(axis=0)
    if asked.training_shares is not None:
        before = asked.training_shares.of_classes(names, before)
    unlabelled = asked.unlabelled if isinstance(asked.unlabelled, Mapping) else None
    for name, log_probs in (unlabelled or {}).items():
        if log_probs.shape[1] != len(names):
            raise InputError(
                f"prevalence_from of {name}: {log_probs.shape[1]} columns for {len(names)} classes"
            )
    shares = shares_asked(asked, forecasts, before, unlabelled, next(iter(unlabelled or [""])))
    if shares is not None:
        check_scored(forecasts.labels, names, shares.after, forecasts.groups)
    return shares


def record(
    forecasts: Forecasts,
    shares: Shares | None,
    corrected: Callable[[Change], Mapping[str, FloatArray]] | None = None,
) -> PrevalenceRecord | None:
    """Scores for other class shares.

    Parameters
    ----------
    forecasts : Forecasts
    shares : Shares or None
    corrected : callable, optional
        Log probabilities of every contestant after a change; by default that of its own. Averages
        of members change member by member.
    """
    if shares is None:
        return None
    change = partial(reweighted, before=shares.before, after=shares.after)
    if corrected is not None:
        return prevalence(forecasts, corrected(change), shares)
    every = {name: change(log_probs) for name, log_probs in forecasts.log_probs.items()}
    return prevalence(forecasts, every, shares)
