"""Recommendations by their numbers, what is said of them, and the maps that are saved."""

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from test_verdict import P_IS_OFF, bias, evidence

import trifit
from made_up import made_up
from trifit import recalibration
from trifit.forecasts import Forecasts
from trifit.judge import verdict_on
from trifit.judge.advice import SUCCESS, Remedy, advice, recommend, round_up, times_as_many
from trifit.results import Advice, Comparison, Estimate, Step, Success, Verdict
from trifit.words import STEPS, advice_text, step_text, success_sentences, verdict_text

NAN = float("nan")
BASELINE = 0.67


def remedy(step, gain, se=0.01, **rest):
    return Remedy(step, Estimate.normal(gain, se), **rest)


def temperature(gain):
    return remedy(Step.RECALIBRATE, gain, method="temperature")


def vector(gain):
    return remedy(Step.RECALIBRATE, gain, method="vector")


def judged(calibration, verdict=None, log_loss=0.5):
    """A contestant with these numbers; the entropy of its labels is 0.67 nats."""
    whole = made_up().contestants["map"]
    scores = msgspec.structs.replace(whole.scores, log_loss=Estimate.normal(log_loss, 0.02))
    return msgspec.structs.replace(
        whole, calibration=calibration, scores=scores, verdict=verdict or verdict_on(calibration)
    )


OVER = evidence(0.5)


@pytest.mark.parametrize(
    ("given", "remedies", "step", "method"),
    [
        (judged(OVER, Verdict.FAILED), [temperature(0.1)], Step.NONE, None),
        (judged(OVER, Verdict.NO_MLE), [temperature(0.1)], Step.NONE, None),
        (judged(evidence()), [temperature(0.1)], Step.USE, None),
        (judged(evidence(1.0, 0.4)), [temperature(0.1)], Step.COLLECT, None),
        (judged(OVER), [temperature(0.05), vector(0.056)], Step.RECALIBRATE, "temperature"),
        (judged(OVER), [temperature(0.05), vector(0.058)], Step.RECALIBRATE, "vector"),
        (judged(OVER), [temperature(0.05), remedy(Step.EARLY, 0.06)], Step.EARLY, ""),
        (
            judged(OVER),
            [temperature(0.05), remedy(Step.PRIOR, 0.06, factor=0.5), vector(0.061)],
            Step.PRIOR,
            "",
        ),
        (
            judged(evidence(classes=P_IS_OFF)),
            [temperature(-0.001), vector(0.004)],
            Step.RECALIBRATE,
            "vector",
        ),
        (judged(evidence(classes=P_IS_OFF)), [temperature(-0.1), vector(-0.1)], Step.ORDER, None),
        (judged(OVER, log_loss=0.9), [temperature(0.22)], Step.ORDER, None),
        (judged(OVER, log_loss=0.9), [temperature(0.24)], Step.RECALIBRATE, "temperature"),
        (judged(evidence(-0.1, 0.1), log_loss=0.9), [temperature(0.22)], Step.DISCARD, None),
        (judged(OVER), [], Step.ORDER, None),
    ],
)
def test_rules(given, remedies, step, method):
    """The margin is 1 % of 0.67 nats: a simpler remedy may gain 0.0067 less."""
    found, chosen = recommend(given, remedies, BASELINE)
    assert found is step
    assert (None if chosen is None else chosen.method) == method


@pytest.mark.parametrize(
    ("slope", "se", "then"),
    [
        (1.0, 0.4, Verdict.BEHAVES),
        (0.85, 0.09, Verdict.OVER_CONFIDENT),
        (1.2, 0.11, Verdict.UNDER_CONFIDENT),
        (1.6, 0.5, Verdict.UNDER_CONFIDENT),
        (1.08, 0.2, Verdict.BEHAVES),
    ],
)
def test_the_rows_it_asks_for_would_do(slope, se, then):
    """With the number of rows it names, and the slope as it is, there is an answer."""
    given = evidence(slope, se)
    assert verdict_on(given) is Verdict.UNCERTAIN
    needed = round_up(500 * times_as_many(given))
    assert needed > 500
    again = evidence(slope, se * (500 / needed) ** 0.5, needed)
    assert verdict_on(again) == then


def test_how_many_times_as_many():
    """Each case by hand: (3.417 / 2.170)**2 for a fault at 3 %, (0.4 * 2.802 / 0.2)**2 at 1."""
    assert times_as_many(evidence(p_value=0.03)) == pytest.approx(2.480, abs=0.001)
    assert times_as_many(evidence(1.0, 0.4)) == pytest.approx(31.4, abs=0.1)
    far = evidence(-100.0, 60.0)
    assert times_as_many(far) == pytest.approx((60 * 2.8016 / 0.2) ** 2, rel=1e-3)
    assert times_as_many(evidence(0.7, 0.1, gain=-0.001)) == 2.0
    assert times_as_many(evidence(NAN, NAN)) is None
    assert times_as_many(evidence(NAN, NAN, n_events=2)) == 5.0
    assert times_as_many(evidence(1.0, 0.07, n_events=2)) == 5.0
    assert [round_up(x) for x in (1234.0, 1200.0, 7.2, 61_000.1)] == [1300, 1200, 8, 62_000]


RNG = np.random.default_rng(3)
TRUE = RNG.dirichlet([1, 1], size=600)
Y = (RNG.random(600) < TRUE[:, 1]).astype(int)
SHARP = TRUE**3 / (TRUE**3).sum(axis=1, keepdims=True)
BIASED = TRUE * [1, 4] / (TRUE * [1, 4]).sum(axis=1, keepdims=True)
SWAPPED = TRUE[:, ::-1]


@pytest.fixture(scope="module")
def comparison():
    impossible = np.column_stack([Y == 0, Y == 1]).astype(float)
    impossible[:30] = impossible[:30, ::-1]
    given = {"sharp": SHARP, "biased": BIASED, "swapped": SWAPPED, "sure": impossible}
    return trifit.evaluate(given, Y, class_names=["well", "ill"])


def test_each_fault_has_its_remedy(comparison):
    found = comparison.advice
    sharp, biased = found["sharp"], found["biased"]
    assert (sharp.step, sharp.method) == (Step.RECALIBRATE, "temperature")
    fitted = recalibration.fit(np.log(SHARP), Y)
    assert sharp.temperature == fitted.map.value == pytest.approx(3, rel=0.15)
    gains = comparison.contestants["sharp"].calibration.gains
    assert sharp.gain == gains["temperature"]
    assert (biased.step, biased.method, biased.temperature) == (Step.RECALIBRATE, "vector", None)
    assert found["swapped"].step is Step.DISCARD


def test_no_map_mends_a_probability_of_zero(comparison):
    assert comparison.contestants["sure"].scores.n_impossible == 30
    assert comparison.advice["sure"].step is Step.RAISE_ZEROS
    assert "probabilities of 0: 30 rows have a label" in advice_text(comparison, "sure")


def test_a_class_that_was_never_forecast_and_occurred_survives_the_file(comparison, tmp_path):
    """Its odds are infinite, both ends of the interval."""
    probs = np.column_stack([np.eye(2)[Y], np.zeros(len(Y))])
    labels = np.where(np.arange(len(Y)) < 5, 2, Y)
    found = trifit.evaluate(probs, labels)
    found.to_json(tmp_path / "c.json")
    again = type(found).from_json(tmp_path / "c.json")
    never = again.contestants["model"].calibration.classes[2]
    assert (never.odds_low, never.odds_high) == (None, None)
    assert not never.good


def test_what_is_said(comparison):
    said = {name: advice_text(comparison, name) for name in comparison.contestants}
    divided = comparison.advice["sharp"].temperature
    assert said["sharp"].startswith(
        f"Divide its log-odds by {divided:.2f}. The map is recommended.sharp.map.json in the run's"
    )
    assert "Recalibrate it with the map 'vector' (gain 0." in said["biased"]
    assert "the wrong sign (are classes swapped?)" in said["swapped"]
    assert comparison.explain("sharp").endswith(said["sharp"])
    flat = TRUE**0.5 / (TRUE**0.5).sum(axis=1, keepdims=True)
    text = trifit.evaluate(flat, Y).explain("model")
    assert re.search(r"Multiply its log-odds by (1.\d|2.\d)", text)


def test_how_often_it_is_right_is_said_once_for_all_that_share_it():
    c = made_up()
    success = Success(right=90, worlds=100)
    use, collect = (Advice(step=s, success=success, n_rows=99) for s in (Step.USE, Step.COLLECT))
    none = Advice(step=Step.NONE)
    advised = {"mle": none, "map": use, "mean": collect, "bayes": use, "mle+T": use}
    c = msgspec.structs.replace(c, advice=advised)
    assert [*success_sentences(c)] == [
        "How often this is right (map, bayes, mle+T): in 90 of 100 simulated worlds no "
        "recalibration gained 1% of the labels' entropy on fresh rows (95% interval 83 to 94%).",
        "How often this is right (mean): in 90 of 100 simulated worlds that many rows were enough "
        "for a verdict (95% interval 83 to 94%).",
    ]
    assert step_text(c, "map") == "Use its probabilities as they are."
    assert advice_text(c, "map").startswith("Use its probabilities as they are. In 90 of 100")


def of(step, name="map", calibration=None, **fields):
    """The sentence of a made-up recommendation."""
    c = made_up()
    contestants = dict(c.contestants)
    if calibration is not None:
        contestants[name] = judged(calibration)
    found = {name: Advice(step=step, **fields)}
    return advice_text(msgspec.structs.replace(c, advice=found, contestants=contestants), name)


GAIN = Estimate.normal(0.1, 0.02)


def test_sentences():
    assert of(Step.USE) == "Use its probabilities as they are."
    assert of(Step.EARLY, gain=GAIN).startswith(
        "Stop training early, as mle-early does (gain 0.100"
    )
    narrow = of(Step.PRIOR, gain=GAIN, factor=0.25, prior_scale=0.625)
    assert narrow.startswith(
        "Narrow the prior to 0.25 times its width, --prior-scale 0.625: the best"
    )
    assert "its gain, 0.100 nats per row, is optimistic" in narrow
    assert of(Step.PRIOR, gain=GAIN, factor=2.0).startswith(
        "Widen the prior: divide its log density by 2², which makes a Normal prior 2 times as wide"
    )
    assert of(Step.ORDER).startswith("Do not use its probabilities, only their order: no remedy")
    one = msgspec.structs.replace(OVER, gains={"temperature": GAIN})
    assert "temperature scaling alone does not make" in of(Step.ORDER, calibration=one)
    assert "may carry no information" in of(Step.DISCARD, calibration=evidence(-0.1, 0.2))
    enough = of(Step.COLLECT, calibration=evidence(1.0, 0.4), n_rows=16_000)
    assert enough == "Collect about 16,000 test rows (15,500 more)."
    assert "cannot be told" in of(Step.COLLECT)
    right = of(Step.USE, success=Success(right=97, worlds=100))
    assert "In 97 of 100 simulated worlds no recalibration gained 1%" in right
    assert "(95% interval 92 to 99%)" in right
    assert of(Step.NONE, "mle").startswith("Use a fit with a prior, because no MLE exists")


def test_rare_classes_and_groups_are_what_is_counted():
    rare = (bias("yes", 0.005, 0.005, 0.9, (0.8, 1.3)), bias("no", 0.995, 0.995, 0.9, (0.8, 1.3)))
    given = evidence(1.0, 0.2, 8000, n_events=39, classes=rare)
    rows = round_up(8000 * times_as_many(given))
    text = of(Step.COLLECT, calibration=given, n_rows=rows)
    assert text.startswith("Collect about 63,000 test rows (55,000 more), with about 310 outside")
    grouped = msgspec.structs.replace(evidence(1.0, 0.4), n_groups=50)
    assert "in about 160 groups" in of(Step.COLLECT, calibration=grouped, n_rows=1600)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (0.5, 1.25)),
        ({"prior": "laplace"}, (0.25, 0.625)),  # exp(-4 |b| / s): a quarter of the scale
        ({"prior": "student-t"}, (0.5, None)),  # no longer a Student t
        ({"builder": "mine.py:build"}, (0.5, None)),  # a prior that is not known
    ],
)
def test_a_prior_too_wide_is_narrowed(settings, expected):
    """Of made-up numbers: the MAP with four times the prior's weight gains most."""
    c = made_up()
    given = {**c.card.hyperparameters, **{k: v for k, v in settings.items() if k == "prior"}}
    builder = settings.get("builder", c.card.builder)
    card = msgspec.structs.replace(c.card, hyperparameters=given, builder=builder)
    c = msgspec.structs.replace(c, card=card)
    probs = np.full((6, 3), 1 / 3)
    steps = [
        msgspec.structs.replace(s, difference=Estimate.normal(d, 0.01), log_loss=0.5 + d)
        for s, d in zip(c.prior.sensitivity.map, (-0.2, 0.0, 0.1), strict=True)
    ]
    sensitivity = msgspec.structs.replace(c.prior.sensitivity, map=steps)
    c = msgspec.structs.replace(
        c,
        prior=msgspec.structs.replace(c.prior, sensitivity=sensitivity),
        contestants={**c.contestants, "map": judged(OVER, log_loss=0.9)},
    )
    found = advice(c, "map", Forecasts({"map": np.log(probs)}, np.arange(6) % 3, "abc"))
    assert (found.step, found.factor, found.prior_scale) == (Step.PRIOR, *expected)
    assert found.gain == Estimate.normal(0.2, 0.01)


def test_json_holds_it(tmp_path):
    comparison = trifit.evaluate({"sharp": SHARP, "true": TRUE}, Y)
    comparison.to_json(tmp_path / "c.json")
    assert Comparison.from_json(tmp_path / "c.json") == comparison
    frame = comparison.summary()
    assert frame.loc["sharp", "advice"] == "recalibrate"


def test_the_figures_are_those_of_the_table():
    """Each step's count of the simulated worlds, from the page that the command writes."""
    page = Path(__file__).parents[2] / "docs" / "recommendations.md"
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.read_text(encoding="utf-8").split("<!-- table -->")[1].splitlines()
        if line.startswith("| ")
    ][1:]
    written = {row[0]: (int(row[4]), int(row[3])) for row in rows}
    assert written == {STEPS[s]: (found.right, found.worlds) for s, found in SUCCESS.items()}


def test_equal_probabilities_are_no_case_for_more_rows():
    """A temperature at its upper bound: rows without end would say the same."""
    equal = judged(evidence(NAN, NAN), log_loss=np.log(len(evidence().classes)))
    scores = msgspec.structs.replace(
        equal.scores, log_loss=Estimate.normal(equal.scores.log_loss.value, 0.0)
    )
    uniform = msgspec.structs.replace(equal, scores=scores, outputs=Verdict.UNCERTAIN)
    assert uniform.uniform
    assert not equal.uniform
    assert recommend(equal, [], BASELINE) == (Step.COLLECT, None)
    assert recommend(uniform, [], BASELINE) == (Step.DISCARD, None)
    assert verdict_text(uniform) == "It gives all classes the same probability in every test row."
