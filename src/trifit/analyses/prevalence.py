"""Another prevalence: every fit corrected draw by draw, and what rows without labels say."""

from functools import partial

import numpy as np

from trifit.crossfit.fitted import Fitted, Trained
from trifit.fit import predict
from trifit.inputs import label_probs
from trifit.judge.prevalence import prevalence, shares_asked
from trifit.prevalence import reweighted
from trifit.questions import Questions
from trifit.results import PrevalenceRecord
from trifit.types import FloatArray


def prevalence_record(fitted: Fitted, asked: Questions) -> PrevalenceRecord | None:
    """Scores for other class shares; None where none were asked for."""
    unlabelled = None
    if isinstance(asked.unlabelled, np.ndarray):
        predicted = fitted.classifier.predict(asked.unlabelled)
        unlabelled = {name: found.log_probs for name, found in predicted.items()}
    forecasts, before = fitted.forecasts, _shares(fitted, fitted.final)
    shares = shares_asked(asked, forecasts, before, unlabelled, fitted.fullest)
    if shares is None:
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
