"""Sets behind the seam: from forecasts to records, dataframe, JSON and words."""

import numpy as np
import pytest

import trifit
from trifit.errors import InputError
from trifit.forecasts import Forecasts
from trifit.judge.sets import sets
from trifit.results import Comparison
from trifit.words import set_sentences
from trifit.words.sets import verdict

pytest.importorskip("mapie")

N = 600


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    true = rng.dirichlet([3, 1, 1], size=N)
    y = (rng.random(N)[:, None] > true.cumsum(axis=1)[:, :-1]).sum(axis=1)
    sharp = true**4 / (true**4).sum(axis=1, keepdims=True)
    return {"true": true, "sharp": sharp}, y


@pytest.fixture(scope="module")
def comparison(rows):
    return trifit.evaluate(*rows, class_names="abc", sets=0.9)


def test_promised_sets_of_sharp_probabilities_fall_short(comparison):
    frame = comparison.sets()
    assert len(frame) == 2 * 2 * 4
    whole = frame[frame["class"].isna()].set_index(["fit", "kind"])
    assert whole.loc[("sharp", "own"), "coverage_high"] < 0.85
    assert whole.loc[("true", "own"), "coverage"] > 0.9
    for name in ("true", "sharp"):
        found = whole.loc[(name, "conformal")]
        assert found["coverage_low"] < 0.9 < found["coverage_high"]
    assert whole.loc[("true", "conformal"), "size"] < whole.loc[("true", "own"), "size"]


def test_classes_add_up(comparison):
    for contestants in comparison.prediction_sets.kinds.values():
        for found in contestants.values():
            for number in ("coverage", "size"):
                parts = [
                    record.n_obs * getattr(record, number).value
                    for record in found.classes.values()
                ]
                assert sum(parts) == pytest.approx(N * getattr(found.all_rows, number).value)


def test_words_are_plain(comparison):
    said = list(set_sentences(comparison.prediction_sets))
    assert said[0] == "Sets that should contain the label in 0.9 of the rows:"
    assert said[2].startswith("sharp, as promised: coverage 0.7")
    assert "; conformal: coverage 0." in said[2]
    assert said[2].endswith(" classes per set.")


def test_what_is_clearly_short_is_named(comparison):
    said = verdict(comparison.prediction_sets)
    assert said.startswith("The sets as promised of sharp clearly cover too little.")
    assert said.endswith("No model's conformal sets clearly miss their coverage.")


def test_json_holds_it(comparison, tmp_path):
    comparison.to_json(tmp_path / "c.json")
    assert Comparison.from_json(tmp_path / "c.json") == comparison


def test_groups_stay_together_and_are_what_errors_count(rows):
    probs, y = rows
    names, four = list(probs), np.repeat(np.arange(N), 4)
    log_probs = {n: np.log(np.repeat(p, 4, axis=0)) for n, p in probs.items()}
    once = Forecasts({n: np.log(p) for n, p in probs.items()}, y, "abc")
    copies = Forecasts(log_probs, np.repeat(y, 4), "abc", four)
    a, b = (sets(f, names, 0.9, np.random.default_rng(1)) for f in (once, copies))
    for name in names:
        one, many = a.own[name].all_rows, b.own[name].all_rows
        assert many.coverage.value == pytest.approx(one.coverage.value)
        assert many.size.se == pytest.approx(one.size.se, rel=0.01)


def test_too_few_rows_have_no_conformal_sets(rows):
    probs, y = rows
    few = trifit.evaluate(probs["true"][:12], y[:12], class_names="abc", sets=0.95)
    assert few.prediction_sets.conformal == {}
    assert "too few for a coverage of 0.95" in list(set_sentences(few.prediction_sets))[-1]


def test_nothing_is_said_unasked(rows):
    probs, y = rows
    c = trifit.evaluate(probs["true"][:60], y[:60])
    assert c.prediction_sets is None
    with pytest.raises(InputError, match="no sets: give their coverage"):
        c.sets()
    with pytest.raises(InputError, match=r"sets 1.5: expected a coverage"):
        trifit.evaluate(probs["true"][:60], y[:60], sets=1.5)
    draws = trifit.evaluate_draws(np.stack(list(probs.values())), y, sets=0.8)
    assert set(draws.prediction_sets.own) == set(draws.contestants)
