"""Every number of the page from what was fitted."""

from collections.abc import Mapping, Sequence

import numpy as np

from trifit.analyses.chains import chain_diagnostics
from trifit.analyses.disagreement import disagreement
from trifit.analyses.fits import fit_records
from trifit.analyses.laplace import laplace_error
from trifit.analyses.notes import notes
from trifit.analyses.parameters import parameter_rows
from trifit.analyses.posterior import posterior_record
from trifit.analyses.prevalence import prevalence_record
from trifit.analyses.prior import prior_record
from trifit.analyses.truth import truth
from trifit.checks import label_probs
from trifit.contestants import PAIRS, pairs_of_rivals
from trifit.crossfit.fitted import Fitted
from trifit.crossfit.progress import Reporter
from trifit.forecasts import Forecasts, baselines
from trifit.judge import (
    advised,
    consequences,
    differences,
    divisions,
    judged,
    scores,
    sets,
    with_status,
)
from trifit.progress import Clock
from trifit.results import Comparison, Evaluation, FitRecord, Scores
from trifit.results.provenance import data_record
from trifit.rivals import RivalForecasts
from trifit.run.provenance import provenance
from trifit.run.settings import Settings
from trifit.seeds import child, generator
from trifit.types import Dataset, FloatArray, Split


def describe(
    fitted: Fitted,
    rivals: RivalForecasts,
    split: Split,
    settings: Settings,
    unlabelled: FloatArray | None,
    streams: np.random.SeedSequence,
    command: str | None,
    clock: Clock,
    reporter: Reporter,
) -> Comparison:
    """Every number of the page from what was fitted.

    Parameters
    ----------
    fitted : Fitted
    rivals : RivalForecasts
        The rivals and what is to be said of them.
    split : Split
    settings : Settings
    unlabelled : array of shape (n_rows, n_features) or None
        Rows without labels, whose class shares are estimated.
    streams : numpy SeedSequence
        Parent of all named generators.
    command : str or None
        What made the run, as it is recorded.
    clock : Clock
    reporter : Reporter
    """
    dataset, card = fitted.problem.dataset, fitted.problem.card
    data = data_record(
        dataset.name,
        dataset.labels,
        dataset.class_names,
        source=dataset.source,
        feature_names=dataset.feature_names,
        made_of=[dataset.X, dataset.labels, repr(dataset.feature_names).encode()],
        notes=[*notes(fitted), *rivals.notes],
        leaks=dataset.leaks,
    )
    featureless = baselines(_frequencies(dataset, split))
    fits = fit_records(fitted)
    own = {name: fitted.log_probs[name] for name in fits}
    # Rivals come last: they move no random number of the others.
    log_probs = own | featureless | rivals.log_probs
    forecasts = Forecasts(log_probs, fitted.y, dataset.class_names, fitted.groups)
    reporter.say("scores and calibration")
    board = scores(forecasts, generator(streams, "intervals"))
    found = {
        name: judged(forecasts, name, board[name], generator(streams, "bands"))
        for name in (*fits, *rivals.log_probs)
    }
    contestants = {
        name: with_status(each, fits[name].status) if name in fits else each
        for name, each in found.items()
    }
    clock.lap("scores")
    reporter.say("chains")
    chains = chain_diagnostics(fitted)
    clock.lap("chains")
    reporter.say("where fits disagree")
    disagreed = disagreement(fitted, generator(streams, "rows"))
    clock.lap("disagreement")
    reporter.say("prior sensitivity")
    prior = prior_record(fitted, child(streams, "prior"))
    clock.lap("prior")
    reporter.say("differences and posterior")
    comparison = Comparison(
        data=data,
        card=card,
        evaluation=Evaluation(
            kind=split.kind,
            reason=split.reason,
            n_parts=len(split.parts),
            n_test=len(fitted.test_rows),
            n_train=len(split.parts[0][0]),
            grouped_by=dataset.roles.get("groups", ""),
            n_groups=forecasts.n_groups,
        ),
        contestants=contestants,
        sources=rivals.sources,
        fits=fits,
        baselines={name: board[name] for name in featureless},
        differences=differences(
            forecasts,
            _pairs(fits, [*rivals.log_probs], board),
            generator(streams, "weights"),
        ),
        temperatures=[found.value for found in fitted.temperatures],
        posterior=posterior_record(fitted),
        laplace_error=laplace_error(fitted),
        chain_diagnostics=chains,
        prior=prior,
        disagreement=disagreed,
        parameters=parameter_rows(fitted),
        truth=truth(fitted),
        consequences=consequences(forecasts, [*contestants], settings.costs, settings.thresholds),
        divisions=divisions(
            forecasts,
            [name for name in contestants if name not in fits or not fits[name].status.failed],
            {by: values[fitted.test_rows] for by, values in dataset.by.items()},
            child(streams, "subgroups"),
        ),
        prevalence_shift=prevalence_record(
            fitted, settings.prevalence, unlabelled, undo_sampling=settings.undo_sampling
        ),
        prediction_sets=sets(forecasts, [*contestants], settings.sets, generator(streams, "sets")),
        provenance=provenance(
            data, card, settings, fitted.device, command=command, seconds=clock.seconds()
        ),
    )
    return advised(comparison, forecasts)


def _pairs(
    fits: Mapping[str, FitRecord], rivals: Sequence[str], board: Mapping[str, Scores]
) -> list[tuple[str, str]]:
    """Who is held against whom; with rivals also the best two, whoever they are.

    Only so can be said whether one predicts clearly better than all others.
    """
    pairs = [*((p.a, p.b) for p in PAIRS), *pairs_of_rivals(rivals, fits)]
    if not rivals:
        return pairs
    left = [
        name
        for name in (*fits, *rivals)
        if not board[name].n_impossible and not (name in fits and fits[name].status.failed)
    ]
    best = tuple(sorted(left, key=lambda name: board[name].log_loss.value)[:2])
    known = {frozenset(pair) for pair in pairs}
    return [*pairs, best] if len(best) == 2 and frozenset(best) not in known else pairs


def _frequencies(dataset: Dataset, split: Split) -> list[tuple[FloatArray, int]]:
    """Class frequencies of every part's training rows, and the number of its test rows."""
    totals = [label_probs(dataset.labels[t], dataset.n_classes).sum(axis=0) for t, _ in split.parts]
    tests = [len(test) for _, test in split.parts]
    return [(total / total.sum(), n) for total, n in zip(totals, tests, strict=True)]
