"""The same data written otherwise: whole comparisons give the same numbers.

Point fits agree to 1e-8 (of compiled graphs to 1e-6), posteriors within five Monte Carlo errors.
Where no MLE exists, both comparisons say so, and what the optimiser returned on its way to
infinity is not compared.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from selection import by_default
from trifit.contestants import posteriors_of
from trifit.fit.prediction import draws_of_rows
from trifit.fits import FAILED, Status
from trifit.results.metrics import metrics_of
from trifit.run import run_comparison
from written_otherwise import CHANGES, N_TEST, all_at_once, problem_of

EXACT, BY_GRADIENT = 1e-8, 1e-6
"""Of log probabilities and scores of point fits: linear models end with Newton's steps, compiled
graphs where L-BFGS finds the gradient small enough."""

SCORES = ("log_loss", "brier", "accuracy", "slope")

NO_MAXIMUM = {Status.SEPARATED, Status.PLATEAU, Status.DERIVED_SEPARATED}

NOT_COMPARED = NO_MAXIMUM | FAILED
"""Also fits that failed a check: whether draws pass one is a matter of the draws."""

FAST = {"nuts": False, "methods": ["laplace"]}

FEW = settings(max_examples=3, deadline=None, phases=[Phase.generate], database=None)
"""A comparison takes two CPU seconds, and a smaller counterexample says no more: no shrinking."""


def problems(n_classes=(2, 3)):
    return st.builds(
        problem_of,
        st.integers(0, 2**32 - 1),
        st.sampled_from(n_classes),
        st.integers(1, 3),
        tied=st.booleans(),
        strength=st.sampled_from([0.0, 1.0, 20.0]),
    )


def monte_carlo_error(run, name):
    """Of a posterior's log-loss: the spread of one draw's part in it, over the effective draws."""
    trained = run.fitted.final
    fit = trained.fits[name]
    draws = draws_of_rows(trained.density, fit, trained.part.test.X)
    draws = draws.reshape(-1, *draws.shape[2:])[:, np.arange(N_TEST), trained.part.test.labels]
    parts = np.exp(draws - np.logaddexp.reduce(draws, axis=0)) * len(draws)
    numbers = fit.diagnostics
    effective = numbers.effective_min if name == "laplace" else numbers.predictions.ess_bulk
    return float(parts.mean(axis=1).std() / np.sqrt(effective))


def assert_alike(one, other, problem, exact=EXACT):
    """Two comparisons' statuses, log probabilities and scores, rows and classes put in order.

    Temperatures come from folds that are dealt to the rows in their order, and the MLE's from
    training sets that may have no MLE.
    """
    a, b = one.comparison, other.comparison
    posteriors = posteriors_of(list(a.fits))
    statuses = [{n: f.status for n, f in c.fits.items() if n not in posteriors} for c in (a, b)]
    assert statuses[0] == statuses[1]
    as_before = (problem.rows == np.arange(N_TEST)).all()
    for name, fit in a.fits.items():
        if (
            {fit.status, b.fits[name].status} & NOT_COMPARED
            or name == "mle+T"
            or (name == "map+T" and not as_before)
        ):
            continue
        if name in posteriors:
            log_loss = [c.contestants[name].scores.log_loss.value for c in (a, b)]
            error = np.hypot(monte_carlo_error(one, name), monte_carlo_error(other, name))
            assert log_loss[1] == pytest.approx(log_loss[0], abs=5 * error), name
            continue
        moved = one.log_probs[name][problem.rows][:, problem.order]
        np.testing.assert_allclose(
            other.log_probs[name], moved, atol=exact, rtol=exact, err_msg=name
        )
        assert scores_of(b, name) == pytest.approx(scores_of(a, name), abs=exact, rel=exact)


def scores_of(comparison, name):
    """What uses no random numbers: folds and resamples are dealt to the rows in their order."""
    wanted = tuple(f"{name.replace('+', '_')}.{score}" for score in SCORES)
    return {key: x for key, x in metrics_of(comparison).items() if key.startswith(wanted)}


CARDS = {"softmax": (2, 3), "logistic": (2,), "probit": (2,), "softmax-cauchy": (2, 3)}
"""Models whose priors know neither columns nor classes by name, and their numbers of classes."""

QUICK = ("softmax", all_at_once)


@pytest.mark.parametrize(
    ("model", "change"),
    by_default(
        QUICK,
        of=[(model, change) for model in CARDS for change in [all_at_once, *CHANGES]],
        several=True,
    ),
)
def test_written_otherwise(model, change):
    @settings(FEW, max_examples=2 if (model, change) == QUICK else 3)
    @given(problems(CARDS[model]), st.integers(0, 2**32 - 1))
    def check(problem, seed):
        changed = change(np.random.default_rng(seed), problem)
        one, other = (run_comparison(p.dataset(), model, **FAST) for p in (problem, changed))
        linear = one.fitted.density.linear
        assert_alike(one, other, changed, EXACT if linear else BY_GRADIENT)

    check()


@pytest.mark.broad
@FEW
@given(problems(), st.integers(0, 2**32 - 1))
def test_weights_are_repeated_rows(problem, seed):
    """The very same rows, so also draws, folds and resamples are the same."""
    rng = np.random.default_rng(seed)

    def weighted(table):
        return table.assign(w=rng.integers(1, 4, len(table)))

    def repeated(table):
        return table.loc[table.index.repeat(table["w"])].drop(columns="w").reset_index(drop=True)

    heavy = problem.both(weighted)
    weights, rows = heavy.dataset(weights="w"), heavy.both(repeated).dataset()
    one, other = (run_comparison(dataset, "softmax", **FAST) for dataset in (weights, rows))
    assert metrics_of(one.comparison) == metrics_of(other.comparison)


@pytest.mark.broad
@FEW
@given(problems())
def test_doubled_training_rows_double_the_likelihood(problem):
    """The MLE stays where it is; a test set twice has the same scores, with smaller errors."""
    twice = problem.both(lambda table: pd.concat([table, table], ignore_index=True))
    one, other = (run_comparison(p.dataset(), "softmax", **FAST) for p in (problem, twice))
    fits = one.comparison.fits, other.comparison.fits
    assert fits[0]["mle"].status == fits[1]["mle"].status
    if fits[0]["mle"].status in NO_MAXIMUM:
        return
    expected = np.tile(one.log_probs["mle"], (2, 1))
    np.testing.assert_allclose(other.log_probs["mle"], expected, atol=EXACT, rtol=EXACT)
    losses = [run.comparison.contestants["mle"].scores.log_loss for run in (one, other)]
    assert losses[1].value == pytest.approx(losses[0].value, abs=EXACT)
    assert losses[1].se < losses[0].se


def test_scores_of_two_halves_of_a_test_set_combine():
    """The fits do not see the test rows: a forecast and its score stay what they are."""
    problem = problem_of(7, 3, 2)
    half = N_TEST // 2
    halves = [
        replace(problem, test=rows.reset_index(drop=True))
        for rows in (problem.test[:half], problem.test[half:])
    ]
    whole, *parts = (run_comparison(p.dataset(), "softmax", **FAST) for p in (problem, *halves))
    for name in whole.comparison.fits:
        together = np.vstack([part.log_probs[name] for part in parts])
        np.testing.assert_array_equal(together, whole.log_probs[name], err_msg=name)
        for score in ("log_loss", "brier", "accuracy"):
            of_parts = [
                getattr(part.comparison.contestants[name].scores, score).value for part in parts
            ]
            of_whole = getattr(whole.comparison.contestants[name].scores, score).value
            assert np.mean(of_parts) == pytest.approx(of_whole, abs=1e-12), (name, score)
