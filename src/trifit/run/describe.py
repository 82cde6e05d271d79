"""Every number of the page from what was fitted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trifit.analyses.chains import chain_diagnostics
from trifit.analyses.disagreement import disagreement
from trifit.analyses.fits import fit_records
from trifit.analyses.laplace import laplace_error
from trifit.analyses.noticed import noticed
from trifit.analyses.parameters import parameter_rows
from trifit.analyses.posterior import posterior_record
from trifit.analyses.prevalence import prevalence_record
from trifit.analyses.prior import prior_record
from trifit.analyses.truth import truth
from trifit.contestants import PAIRS, pairs_of_rivals
from trifit.crossfit.fitted import Fitted
from trifit.forecasts import Forecasts, baselines
from trifit.inputs import label_probs
from trifit.judge import advised, answers, differences, judged, scores, with_status
from trifit.progress import Clock
from trifit.results import Comparison, Data, FitRecord, Judged, Scores
from trifit.results.provenance import data_record, evaluation_of
from trifit.rivals import RivalForecasts
from trifit.run.progress import Reporter
from trifit.run.provenance import provenance
from trifit.run.settings import Settings
from trifit.seeds import child, generator
from trifit.threads import side_by_side
from trifit.types import Dataset, FloatArray, Split


def describe(
    fitted: Fitted,
    rivals: RivalForecasts,
    split: Split,
    settings: Settings,
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
    streams : numpy SeedSequence
        Parent of all named generators.
    command : str or None
        What made the run, as it is recorded.
    clock : Clock
    reporter : Reporter
    """
    dataset, card, questions = fitted.problem.dataset, fitted.problem.card, settings.questions
    data, fits = _data(fitted, rivals), fit_records(fitted)
    featureless = baselines(_frequencies(dataset, split))
    own = {name: fitted.log_probs[name] for name in fits}
    # Rivals come last: they move no random number of the others.
    log_probs = own | featureless | rivals.log_probs
    forecasts = Forecasts(log_probs, fitted.y, dataset.class_names, fitted.groups)
    reporter.say("scores and calibration")
    board = scores(forecasts, generator(streams, "intervals"))
    contestants = _judged(forecasts, fits, [*rivals.log_probs], board, streams)
    clock.lap("scores")
    of_fits = _of_fits(fitted, streams, clock, reporter)
    reporter.say("differences and posterior")
    pairs = _pairs(fits, [*rivals.log_probs], board)
    failed = {name for name, fit in fits.items() if fit.status.failed}
    comparison = Comparison(
        data=data,
        noticed=noticed(fitted),
        card=card,
        evaluation=evaluation_of(dataset, split),
        contestants=contestants,
        sources=rivals.sources,
        fits=fits,
        baselines={name: board[name] for name in featureless},
        differences=differences(forecasts, pairs, generator(streams, "weights")),
        **of_fits,
        **answers(forecasts, [*contestants], questions, streams, failed=failed),
        prevalence_shift=prevalence_record(fitted, questions),
        provenance=provenance(
            data, card, settings, fitted.device, command=command, seconds=clock.seconds()
        ),
    )
    return advised(comparison, forecasts)


def _data(fitted: Fitted, rivals: RivalForecasts) -> Data:
    """What was classified."""
    dataset = fitted.problem.dataset
    return data_record(
        dataset.name,
        dataset.labels,
        dataset.class_names,
        source=dataset.source,
        feature_names=dataset.feature_names,
        made_of=[dataset.X, dataset.labels, repr(dataset.feature_names).encode()],
        notes=[*dataset.notes, *fitted.problem.notes, *rivals.notes],
        leaks=dataset.leaks,
    )


def _judged(
    forecasts: Forecasts,
    fits: Mapping[str, FitRecord],
    rivals: Sequence[str],
    board: Mapping[str, Scores],
    streams: np.random.SeedSequence,
) -> dict[str, Judged]:
    """Every fit with its status, then every rival."""

    def of(name: str) -> Judged:
        found = judged(forecasts, name, board[name], generator(streams, "bands"))
        return with_status(found, fits[name].status) if name in fits else found

    names = [*fits, *rivals]
    return dict(zip(names, side_by_side(of, names), strict=True))


def _of_fits(
    fitted: Fitted, streams: np.random.SeedSequence, clock: Clock, reporter: Reporter
) -> dict[str, Any]:
    """What only fits have, by the fields of a comparison."""
    reporter.say("chains")
    chains = chain_diagnostics(fitted)
    clock.lap("chains")
    reporter.say("where fits disagree")
    disagreed = disagreement(fitted, generator(streams, "rows"))
    clock.lap("disagreement")
    reporter.say("prior sensitivity")
    prior = prior_record(fitted, child(streams, "prior"))
    clock.lap("prior")
    return {
        "temperatures": [found.value for found in fitted.temperatures],
        "posterior": posterior_record(fitted),
        "laplace_error": laplace_error(fitted),
        "chain_diagnostics": chains,
        "prior": prior,
        "disagreement": disagreed,
        "parameters": parameter_rows(fitted),
        "truth": truth(fitted),
    }


def _pairs(
    fits: Mapping[str, FitRecord], rivals: Sequence[str], board: Mapping[str, Scores]
) -> list[tuple[str, str]]:
    """Who is held against whom; the best two always are, whoever they are.

    Only so can be said whether one predicts clearly better than all others.
    """
    pairs = [*((p.a, p.b) for p in PAIRS), *pairs_of_rivals(rivals, fits)]
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
