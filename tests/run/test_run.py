"""One comparison end to end: what it promises about numbers, files and seeds."""

import dataclasses
import json
import re
import sys

import msgspec
import numpy as np
import pandas as pd
import pytest

import trifit
from fitting import FAST
from trifit.analyses.fits import fit_records
from trifit.cards import load_card
from trifit.contestants import PAIRS
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fit.diagnostics import diagnose_draws, mixing
from trifit.fits import Fit, Status
from trifit.forecasts import Forecasts
from trifit.judge import verdict_on
from trifit.judge.calibration import calibration
from trifit.judge.contestant import encoded
from trifit.notes import Note, NoteKind
from trifit.results import Code, Comparison, Encoding, Verdict
from trifit.run import run_comparison
from trifit.run.provenance import python_command
from trifit.run.settings import Settings
from trifit.scores import BITS, log_loss
from trifit.types import Dataset
from trifit.words import status_text, why_not_encoded

STANDARD = ("mle", "map", "mean", "bayes", "mle+T", "map+T")


def without_seconds(value):
    """A comparison's JSON without its timings."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if k != "seconds"}
    return [without_seconds(v) for v in value] if isinstance(value, list) else value


def as_json(comparison, tmp_path):
    comparison.to_json(tmp_path / "c.json")
    return json.loads((tmp_path / "c.json").read_text())


def test_scores_can_be_recomputed_from_the_predictions(saved, iris_run):
    table = pd.read_parquet(saved / "predictions.parquet")
    classes = list(iris_run.dataset.class_names)
    y = np.array([classes.index(c) for c in table["y"]])
    for fit in ("map", "mean", "bayes"):
        log_probs = np.log(table[[f"{fit}:{c}" for c in classes]].to_numpy())
        loss = iris_run.comparison.contestants[fit].scores.log_loss
        assert log_loss(log_probs, y).value == pytest.approx(loss.value)
        assert log_loss(log_probs, y).se == pytest.approx(loss.se)


def test_the_gap_is_the_sum_of_its_steps(iris_run):
    change = {(d.a, d.b): d.log_loss.value for d in iris_run.comparison.differences}
    steps = change["map", "mle"] + change["mean", "map"] + change["bayes", "mean"]
    assert steps == pytest.approx(change["bayes", "mle"])
    loss = {n: row["log_loss"].value for n, row in iris_run.comparison.scoreboard.items()}
    for (a, b), difference in change.items():
        assert difference == pytest.approx(loss[a] - loss[b])


def test_numbers_of_one_comparison_agree_with_each_other(iris_run):
    c = iris_run.comparison
    for judged in c.contestants.values():
        loss, code = judged.scores.log_loss, judged.code
        assert judged.elpd.value == pytest.approx(-150 * loss.value)
        assert (code.bits is None) == (code.outcome is not Encoding.WRITTEN)
        assert code.bits is None or code.ideal_bits == pytest.approx(150 * loss.value * BITS)
        assert code.bits is None or code.n_floored or code.bits >= code.ideal_bits
        assert (code.bits is None) == bool(why_not_encoded(code, 150))
    for d in c.differences:
        assert d.elpd.value == pytest.approx(-150 * d.log_loss.value)
        assert d.elpd.se == pytest.approx(150 * d.log_loss.se)
    assert c.contestants["bayes"].code.outcome is Encoding.WRITTEN


def test_the_posteriors_record(iris_run):
    c = iris_run.comparison
    posterior = c.posterior
    assert posterior.entropy == pytest.approx(posterior.aleatoric + posterior.epistemic)
    assert posterior.epistemic_wrong > posterior.epistemic_right > 0
    for name, numbers in posterior.draws.items():
        assert numbers.low < numbers.median < numbers.high, name
    bayes = c.contestants["bayes"]
    assert posterior.draws["log_loss"].averaged == pytest.approx(bayes.scores.log_loss.value)
    assert posterior.draws["slope"].averaged == pytest.approx(bayes.calibration.slope.value)
    assert posterior.draws["confidence"].averaged == pytest.approx(bayes.top_label.confidence)
    # Averaging softens: the mixture is less confident than its median draw.
    assert posterior.draws["confidence"].averaged < posterior.draws["confidence"].median
    assert posterior.loo.n_obs == 150
    assert abs(posterior.loo.elpd.value - bayes.elpd.value) < 2 * bayes.elpd.se


def test_labels_that_cannot_be_encoded_say_why(monkeypatch):
    code = encoded(np.array([[0.0, 1.0]] * 2), np.array([0, 1]))
    assert code == Code(outcome=Encoding.IMPOSSIBLE, n_impossible=1)
    assert "1 of 2 labels have a probability below" in why_not_encoded(code, 2)
    monkeypatch.setitem(sys.modules, "constriction", None)
    code = encoded(np.array([[0.5, 0.5]]), np.array([0]))
    assert code == Code(outcome=Encoding.NO_CODER)
    assert "pip install 'trifit[code]'" in why_not_encoded(code, 1)


def test_parameters_in_both_units(saved, iris_run):
    """Coefficients in the data's units predict from raw features what was fitted."""
    table = pd.read_csv(saved / "parameters.csv", keep_default_na=False)
    assert {"mle", "map", "mean", "sd", "low", "high", "rhat", "ess_bulk"} <= set(table)
    data = table[table["units"] == "data"]
    iris = iris_run.dataset
    beta = np.array(
        [
            [
                data[(data["feature"] == f) & (data["class"] == c)]["map"].item()
                for c in iris.class_names
            ]
            for f in iris.feature_names
        ]
    )
    intercept = data[data["parameter"] == "intercept"]["map"].to_numpy()
    log_odds = intercept + iris.X @ beta
    model = table[table["units"] == "model"]
    Z = (iris.X - iris.X.mean(axis=0)) / iris.X.std(axis=0)
    z_beta = model[model["parameter"] == "beta"]["map"].to_numpy().reshape(4, 3)
    z_intercept = model[model["parameter"] == "intercept"]["map"].to_numpy()
    assert log_odds == pytest.approx(z_intercept + Z @ z_beta)


def test_same_seed_same_numbers_other_seed_not(overlapping, tmp_path):
    def run(seed, **options):
        options |= {"model": "logistic", "test_size": 0.3, "overrides": FAST}
        return without_seconds(as_json(trifit.compare(overlapping, seed=seed, **options), tmp_path))

    def scores(run):
        return run["contestants"]["map"]["scores"]

    first = run(7)
    assert run(7) == first
    assert scores(run(8, nuts=False)) != scores(first) == scores(run(7, nuts=False))


def test_summary_is_a_table(iris_run):
    table = iris_run.comparison.summary()
    assert list(table.index) == [*STANDARD, "uniform", "class frequencies"]
    assert table.loc["uniform", "log_loss"] == pytest.approx(np.log(3))
    assert table.loc["class frequencies", "log_loss"] == pytest.approx(np.log(3), abs=0.01)
    assert table.loc["bayes", "log_loss"] < 0.5


def test_iris_has_no_mle_and_says_so(iris_run):
    assert iris_run.comparison.fits["mle"].status is Status.SEPARATED
    assert iris_run.comparison.contestants["mle"].verdict is Verdict.NO_MLE
    assert iris_run.comparison.failed == []


def test_bayes_status_counts_predictions(iris_run):
    diagnostics = iris_run.comparison.fits["bayes"].diagnostics
    assert diagnostics.predictions.rhat_max <= 1.01
    assert diagnostics.predictions.ess_tail_min >= 400
    assert diagnostics.bfmi_min >= 0.3


def test_a_given_test_set_is_the_one_scored(rng):
    X = rng.normal(size=(120, 2))
    y = (rng.random(120) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    data = Dataset("toy", X, y, ("a", "b"), ("p", "q"), n_test=40)
    run = run_comparison(data, "logistic", nuts=False)
    assert run.comparison.evaluation.kind == "given"
    assert run.test_rows.tolist() == list(range(80, 120))


def test_columns_constant_in_a_fold_or_everywhere(rng):
    X = rng.normal(size=(60, 3))
    X[:, 1] = 4.0
    X[:, 2] = 0.0
    X[17, 2] = 1.0  # constant wherever row 17 is held out
    data = Dataset("toy", X, np.arange(60) % 2, ("a", "b", "c"), ("p", "q"))
    comparison = trifit.compare(data, model="logistic", cv=3, nuts=False)
    assert comparison.data.notes == [Note(NoteKind.CONSTANT, names=("b",))]
    assert comparison.noticed.n_unseen == 1
    assert {p.feature for p in comparison.parameters} == {"", "a", "c"}


@pytest.mark.parametrize("n_test", [0, 20])
def test_unseen_categories_are_counted(tmp_path, rng, n_test):
    """Given test sets and hold-out shares alike."""
    rows = [f"{i % 10},{'uv'[i % 2]},{'pq'[i % 3 == 0]}" for i in range(60)]
    rows[-6:] = [r.replace("u", "w").replace("v", "w") for r in rows[-6:]]
    header = "a,c,y"
    train, test = rows[: 60 - n_test], rows[60 - n_test :]
    (tmp_path / "train.csv").write_text("\n".join([header, *train]))
    (tmp_path / "test.csv").write_text("\n".join([header, *test]))
    if n_test:
        data = trifit.load_dataset(tmp_path / "train.csv", target="y", test=tmp_path / "test.csv")
        comparison = trifit.compare(data, model="logistic", nuts=False)
        unseen = Note(NoteKind.UNSEEN, values={"c": ("w",)}, n_rows=6)
        assert unseen in comparison.data.notes
    else:
        data = trifit.load_dataset(tmp_path / "train.csv", target="y")
        comparison = trifit.compare(data, model="logistic", test_size=0.3, nuts=False)
        assert NoteKind.UNSEEN not in {note.kind for note in comparison.data.notes}


def test_commands_from_python_tell_runs_apart(iris_run):
    def command(overrides=FAST, **options):
        card = load_card("logistic").with_overrides(overrides)
        return python_command(iris_run.comparison.data, card, Settings(test_size=0.3, **options))

    plain = command()
    assert command() == plain
    assert plain.startswith("trifit.compare('iris' [")
    assert command(seed=2) != plain
    assert command(overrides={"prior_scale": 0.1}) != plain


def test_outputs_with_a_good_slope_and_a_shift_are_found_out(rng):
    from scipy.special import expit, log_expit

    z = rng.normal(size=4000) * 2
    y = (rng.random(4000) < expit(z)).astype(int)
    log_probs = {
        shift: np.column_stack([log_expit(-z - shift), log_expit(z + shift)]) for shift in (0, 1)
    }
    found = {
        shift: verdict_on(calibration(Forecasts({"map": lp}, y, "pq"), "map", rng))
        for shift, lp in log_probs.items()
    }
    assert found == {0: Verdict.BEHAVES, 1: Verdict.MISCALIBRATED}


def test_stuck_chains_still_make_a_readable_run(iris_run, tmp_path):
    """R-hat of chains that do not move is no number; the run can be read all the same."""
    stuck = np.repeat(np.arange(4.0)[:, None, None], 50, axis=1)
    diagnostics = msgspec.structs.replace(
        iris_run.fitted.final.fits["bayes"].diagnostics, parameters=mixing(diagnose_draws(stuck))
    )
    assert diagnostics.parameters.rhat_max is None
    fit = Fit("bayes", stuck, Status.UNMIXED, 0.0, diagnostics)
    final = dataclasses.replace(
        iris_run.fitted.final, fits=iris_run.fitted.final.fits | {"bayes": fit}
    )
    fits = fit_records(dataclasses.replace(iris_run.fitted, final=final))
    comparison = msgspec.structs.replace(iris_run.comparison, fits=fits)
    comparison.to_json(tmp_path / "c.json")
    again = Comparison.from_json(tmp_path / "c.json")
    assert again.failed == ["bayes"]
    assert "disagree about the posterior (1 of 4 training sets)" in status_text(again.fits["bayes"])


@pytest.fixture(scope="module")
def too_few_draws(overlapping):
    return trifit.compare(
        overlapping, model="logistic", test_size=0.3, overrides={"draws": 20, "tune": 50}
    )


def test_a_sampler_that_fails_is_marked(too_few_draws):
    comparison = too_few_draws
    assert comparison.failed == ["mean", "bayes"]
    assert comparison.fits["bayes"].status.failed
    assert comparison.contestants["bayes"].verdict is Verdict.FAILED
    assert comparison.contestants["bayes"].outputs is not Verdict.FAILED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed -1"),
        ({"seed": "a"}, "seed 'a'"),
        ({"model": "nope"}, "no such card"),
        ({"model": "logistic"}, "logistic_regression is for two classes"),
        ({"overrides": {"prior_scale": 0}}, "prior_scale = 0"),
        ({"cv": 3, "test_size": 0.5}, "exclude each other"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        trifit.compare(load_dataset("iris"), **options)


def test_what_compare_refuses(overlapping):
    for arguments, options, message in (
        ((pd.DataFrame({"a": [1]}),), {}, "which column holds the class"),
        ((overlapping, "logistic"), {}, "target 'logistic': .* give a model by keyword, model="),
        ((overlapping,), {"missing": "drop"}, "missing: does not apply to a Dataset"),
        (("iris",), {"mising": "drop"}, "mising: only simulated data"),
    ):
        with pytest.raises(InputError, match=message):
            trifit.compare(*arguments, **options)
    with pytest.raises(InputError, match=r"got DataFrame.*trifit.load_dataset"):
        run_comparison(pd.DataFrame({"a": [1]}))


def test_features_and_labels_are_compared_as_their_dataset_is(overlapping):
    X, y = overlapping.X, np.array(overlapping.class_names)[overlapping.y]
    frame = pd.DataFrame(X, columns=list(overlapping.feature_names)).assign(species=y)
    options = {"model": "logistic", "test_size": 0.3, "nuts": False}
    expected = trifit.compare(overlapping, **options).contestants
    for given in ((X.tolist(), y), (frame, "species")):
        assert trifit.compare(*given, **options).contestants == expected


def test_copies_of_rows_are_noted(overlapping):
    twice = Dataset(
        "twice",
        np.vstack([overlapping.X] * 2),
        np.tile(overlapping.y, 2),
        overlapping.feature_names,
        overlapping.class_names,
    )
    comparison = trifit.compare(twice, model="logistic", test_size=0.3, nuts=False)
    n_distinct = len(np.unique(np.c_[overlapping.X, overlapping.y], axis=0))
    assert comparison.noticed.n_copies == twice.n_obs - n_distinct


def test_a_failed_check_names_its_number(too_few_draws):
    assert re.search(r"required.*--set draws", status_text(too_few_draws.fits["bayes"]))


def test_the_best_two_are_held_against_each_other_whoever_they_are():
    """Else a best one that is clearly better than all others would not be called so."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(120, 15))
    y = (rng.random(120) < 1 / (1 + np.exp(-X[:, :4].sum(axis=1)))).astype(int)
    narrow = {"prior_scale": 0.05}  # the MAP is far off, and its temperature mends it
    c = trifit.compare(X, y, model="logistic", overrides=narrow, test_size=0.3, nuts=False)
    first, second, *_ = sorted(
        c.contestants, key=lambda name: c.contestants[name].scores.log_loss.value
    )
    assert {first, second} not in [{pair.a, pair.b} for pair in PAIRS]
    assert {first, second} in [{d.a, d.b} for d in c.differences]
