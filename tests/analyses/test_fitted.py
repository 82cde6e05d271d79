"""Records made from fits at hand: without a posterior, with one that failed, with many rows."""

import dataclasses

import numpy as np
import pytest

from fitting import FAST
from trifit.analyses.chains import chain_diagnostics
from trifit.analyses.disagreement import disagreement
from trifit.analyses.parameters import parameter_rows
from trifit.analyses.prior import prior_record
from trifit.analyses.sensitivity import sensitivity
from trifit.cards import load_card
from trifit.crossfit.fitted import Fitted, Trained
from trifit.crossfit.problem import Problem
from trifit.fit import Training, fits_of, predict_all
from trifit.fits import Status
from trifit.judge.rows import n_shown
from trifit.notes import NoteKind


@pytest.fixture(scope="module")
def fitted(overlapping):
    """Two training sets: even rows and odd rows."""
    card = load_card("logistic").with_overrides(FAST)
    rows = np.arange(overlapping.n_obs)
    problem = Problem.build(overlapping, card, rows)
    folds = []
    for k, (train, test) in enumerate([(rows[::2], rows[1::2]), (rows[1::2], rows[::2])]):
        part, seeds = problem.part(train, test), np.random.SeedSequence(k)
        fits = Training(problem.density, part.train, part.test, card, seeds).fit_all(fits_of(card))
        predictions = predict_all(problem.density, fits, part.test.X)
        folds.append(Trained(part, test, fits, predictions, problem.density))
    return Fitted(problem, folds, folds[-1])


def with_fits(fitted, change):
    folds = []
    for k, fold in enumerate(fitted.folds):
        fits = change(k, fold.fits)
        predictions = {name: fold.predictions[name] for name in fits}
        folds.append(dataclasses.replace(fold, fits=fits, predictions=predictions))
    return Fitted(fitted.problem, folds, folds[-1])


def test_without_a_posterior_its_records_are_left_out(fitted):
    points = with_fits(fitted, lambda _, fits: {k: v for k, v in fits.items() if k != "bayes"})
    found = disagreement(points, np.random.default_rng(1))
    assert (found.rows.aleatoric, found.rows.epistemic) == (None, None)
    assert found.between == ("mle", "map")
    assert "bayes" not in found.map.fits
    assert chain_diagnostics(points) is None
    prior = prior_record(points, np.random.SeedSequence(1))
    assert prior.posterior is None
    assert prior.sensitivity.bayes is None
    assert prior.sensitivity.map == prior_record(fitted, np.random.SeedSequence(1)).sensitivity.map


def test_a_posterior_that_failed_is_the_one_shown(fitted):
    def fail_first(k, fits):
        bayes = fits["bayes"]
        return (
            fits | {"bayes": dataclasses.replace(bayes, status=Status.UNMIXED)} if k == 0 else fits
        )

    assert chain_diagnostics(fitted).training_set == 2
    found = chain_diagnostics(with_fits(fitted, fail_first))
    assert (found.training_set, found.n_training_sets) == (1, 2)
    # Its predictions are for the rows the first training set left out: the odd ones.
    assert int(found.ranks[-1].name) % 2 == 1


def test_the_table_holds_some_of_many_rows(fitted, monkeypatch):
    monkeypatch.setattr("trifit.judge.rows.MAX_ROWS", 30)
    whole = disagreement(fitted, np.random.default_rng(1))
    assert whole.rows.row == sorted(set(whole.rows.row))
    assert (len(whole.rows.row), whole.rows.n_held_out) == (30, 100)
    assert disagreement(fitted, np.random.default_rng(1)) == whole
    assert disagreement(fitted, np.random.default_rng(2)).rows.row != whole.rows.row
    at = [fitted.test_rows.tolist().index(row) for row in whole.rows.row]
    probs = np.exp(fitted.log_probs["map"])[at]
    assert np.array(whole.rows.probs["map"]) == pytest.approx(probs, rel=1e-4)
    assert whole.rows.label == fitted.problem.dataset.y[whole.rows.row].tolist()


def test_the_table_holds_fewer_rows_of_many_classes():
    assert [n_shown(5_000, n_classes) for n_classes in (2, 100, 1_000, 10**6)] == [
        1_000, 1_000, 100, 1,
    ]  # fmt: skip
    assert n_shown(7, 1_000) == 7


def test_of_very_many_coefficients_the_largest_are_shown(fitted, monkeypatch):
    every = parameter_rows(fitted)
    assert not fitted.problem.has_many_params
    monkeypatch.setattr("trifit.crossfit.problem.MANY_PARAMS", 1)
    monkeypatch.setattr("trifit.analyses.parameters.SHOWN_PARAMS", 2)
    some = parameter_rows(fitted)
    largest = sorted((p for p in every if p.units == "model"), key=lambda p: -abs(p.map))[:2]
    chosen = {(p.parameter, p.feature) for p in largest}
    assert some == [p for p in every if (p.parameter, p.feature) in chosen]
    assert len(some) == 4  # in two kinds of units
    assert [n.n for n in fitted.problem.notes if n.kind is NoteKind.MANY_PARAMS] == [
        fitted.density.n_params
    ]
    assert sensitivity(fitted, np.random.default_rng(1)) is None


def test_where_all_refits_would_take_long_the_last_training_set_stands_for_all(fitted, monkeypatch):
    every = sensitivity(fitted, np.random.default_rng(1))
    monkeypatch.setattr("trifit.analyses.sensitivity.MAX_WORK", 0)
    last = sensitivity(fitted, np.random.default_rng(1))
    assert (every.n_training_sets, every.n_obs) == (2, 100)
    assert (last.n_training_sets, last.n_obs) == (1, 50)
    assert last.map[0].log_loss != every.map[0].log_loss


def test_held_out_rows_of_a_refit_are_at_most_so_many(fitted, monkeypatch):
    monkeypatch.setattr("trifit.analyses.sensitivity.MAX_ROWS", 20)
    found = sensitivity(fitted, np.random.default_rng(1))
    assert found.n_obs == 40
    (own,) = [step for step in found.bayes if step.factor == 1]
    assert own.difference.value == 0.0
