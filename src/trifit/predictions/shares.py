"""Other class shares for forecasts that are at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from trifit.checks import checked_probs, label_probs
from trifit.errors import InputError
from trifit.forecasts import Forecasts, log_of
from trifit.judge.prevalence import SCORED, Shares, check_scored, prevalence, shares_estimated
from trifit.prevalence import Change, Prevalence, reweighted
from trifit.results import PrevalenceRecord
from trifit.text import listing
from trifit.types import FloatArray


@dataclass(frozen=True, eq=False)
class OtherShares:
    """What is asked of other class shares.

    Attributes
    ----------
    prevalence : Prevalence, optional
        Shares that probabilities are corrected for.
    unlabelled : mapping of str to array of shape (n_rows, n_classes), optional
        Log probabilities of rows without labels by contestant: their shares are estimated.
    undo_sampling : Prevalence, optional
        Shares that the training rows had; default: those of the scored rows.

    Raises
    ------
    InputError
        If shares are both given and to be estimated.
    """

    prevalence: Prevalence | None = None
    unlabelled: Mapping[str, FloatArray] | None = None
    undo_sampling: Prevalence | None = None

    def __post_init__(self) -> None:
        if self.prevalence is not None and self.unlabelled is not None:
            raise InputError("prevalence and prevalence_from exclude each other; give one")

    @classmethod
    def of(
        cls, given: Any, unlabelled: Any, undo_sampling: Any, contestants: tuple[str, ...]
    ) -> "OtherShares":
        """From what :func:`trifit.evaluate` takes.

        Parameters
        ----------
        given, unlabelled, undo_sampling : optional
        contestants : tuple of str
        """
        logs = None
        if unlabelled is not None:
            each = unlabelled if isinstance(unlabelled, Mapping) else {contestants[0]: unlabelled}
            for name in each:
                if name not in contestants:
                    raise InputError(
                        f"prevalence_from: {name!r} is no contestant; there are "
                        f"{listing(contestants)}"
                    )
            try:
                logs = {n: log_of(checked_probs(p, name=f"prevalence_from of {n}"))
                        for n, p in each.items()}  # fmt: skip
            except ValueError as error:
                raise InputError(str(error)) from error
        return cls(Prevalence.of(given), logs, Prevalence.of(undo_sampling))

    def check(self, forecasts: Forecasts) -> Shares | None:
        """The shares in question; None where none were asked for.

        Raises
        ------
        InputError
            If they do not fit the classes or the scored rows.
        """
        names = forecasts.class_names
        scored = label_probs(forecasts.labels, len(names)).mean(axis=0)
        before = scored
        if self.undo_sampling is not None:
            before = self.undo_sampling.of_classes(names, scored)
        if self.unlabelled is not None:
            for name, log_probs in self.unlabelled.items():
                if log_probs.shape[1] != len(names):
                    raise InputError(
                        f"prevalence_from of {name}: {log_probs.shape[1]} columns for "
                        f"{len(names)} classes"
                    )
            best = next(iter(self.unlabelled))
            shares = shares_estimated(forecasts, self.unlabelled, before, best)
        elif self.prevalence is not None:
            shares = Shares(before, self.prevalence.of_classes(names, before))
        elif self.undo_sampling is not None:
            shares = Shares(before, scored, SCORED)
        else:
            return None
        check_scored(forecasts.labels, names, shares.after)
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
