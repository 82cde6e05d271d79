"""Another prevalence: every fit corrected draw by draw, and what rows without labels say."""

from functools import partial

import numpy as np

from trifit.checks import label_probs
from trifit.crossfit.fitted import Fitted, Trained
from trifit.fit import predict
from trifit.judge.prevalence import SCORED, Shares, prevalence, shares_estimated
from trifit.prevalence import Prevalence, reweighted
from trifit.results import PrevalenceRecord
from trifit.types import FloatArray


def prevalence_record(
    fitted: Fitted,
    asked: Prevalence | None,
    unlabelled: FloatArray | None,
    *,
    undo_sampling: bool,
) -> PrevalenceRecord | None:
    """Scores for other class shares; None where none were asked for.

    Parameters
    ----------
    fitted : Fitted
    asked : Prevalence or None
        Shares that were given.
    unlabelled : array of shape (n_rows, n_features), optional
        Encoded rows without labels, in the data's units: their shares are estimated.
    undo_sampling : bool
        Without either: the shares of the scored rows.
    """
    forecasts, data = fitted.forecasts, fitted.problem.dataset
    before = _shares(fitted, fitted.final)
    if unlabelled is not None:
        found = {n: p.log_probs for n, p in fitted.classifier.predict(unlabelled).items()}
        shares = shares_estimated(forecasts, found, before, fitted.posterior or "map")
    elif asked is not None:
        shares = Shares(before, asked.of_classes(data.class_names, before))
    elif undo_sampling:
        after = label_probs(fitted.y, data.n_classes).mean(axis=0)
        shares = Shares(before, after, SCORED)
    else:
        return None
    return prevalence(forecasts, _corrected(fitted, shares.after), shares)


def _shares(fitted: Fitted, trained: Trained) -> FloatArray:
    """Class shares of one training set."""
    labels = label_probs(trained.part.train.labels, fitted.problem.dataset.n_classes)
    return np.asarray(labels.mean(axis=0))


def _corrected(fitted: Fitted, after: FloatArray) -> dict[str, FloatArray]:
    """Log probabilities of every fit, then rival, each from its own training shares."""
    changes = [partial(reweighted, before=_shares(fitted, f), after=after) for f in fitted.folds]
    own = {
        name: np.concatenate(
            [
                predict(fold.density, fold.fits[name], fold.part.test.X, change).log_probs
                for fold, change in zip(fitted.folds, changes, strict=True)
            ]
        )
        for name in fitted.names
    }
    ends = np.cumsum([len(fold.test_rows) for fold in fitted.folds])[:-1]
    rivals = {
        name: np.concatenate(
            [c(part) for c, part in zip(changes, np.split(log_probs, ends), strict=True)]
        )
        for name, log_probs in fitted.rivals.items()
    }
    return own | rivals
