"""What a study names is looked up before anything runs: one line each, and no folder."""

import pytest

from trifit.errors import InputError
from trifit.study import run_study
from trifit.study.spec import study_of
from trifit.study.validation import validated_cells

FITS = {
    "name": "mine",
    "question": "Does it run?",
    "expects": "Yes.",
    "replications": 2,
    "data": {"world": "softmax", "features": 3, "signal": 2.0},
    "model": {"card": "logistic", "standardize": False},
    "grid": [{"data": {"n": [40, 80]}}],
    "quick": {"grid": [{"data": {"n": [40]}}]},
}
SLOPE = {"title": "T", "quantity": "slope", "x": "n", "fits": ["mle"]}
BETTER = {"says": "S", "quantity": "slope", "fit": "bayes", "above": 0.9}
TESTS = {"measure": "calibration-tests", "model": {}, "data": {"n": 40, "classes": 2}}
EXISTENCE = {"measure": "existence", "model": {}}


def data(**changed):
    return {"data": FITS["data"] | changed}


def model(**changed):
    return {"model": FITS["model"] | changed}


def figure(**changed):
    return {"figures": [SLOPE | changed]}


def claim(**changed):
    return {"claims": [BETTER | changed]}


MISTAKES = [
    (data(world="sofmax"), "'sim:sofmax': no such world"),
    (data(signl=1.0), "takes no parameter 'signl'"),
    (data(n_test=1), "data.n_test = 1: expected a whole number of at least 2"),
    ({"grid": [{"data": {"n": [40, "80"]}}]}, "data.n = '80': expected a whole number"),
    ({"grid": [{"data": {"n": [40, 80.0]}}]}, "data.n = 80.0: expected a whole number"),
    (
        {"grid": [{"data": {"n": [40]}}, {"data": {"signal": [2]}}]},
        "signal: 2.0 in one place and 2",
    ),
    (data(shift="covariat"), "shift 'covariat': expected one of"),
    (data(shift="label", severity=7), "severity 7: expected a whole number from 0 to 5"),
    (data(severity=2), "data.severity = 2 needs a shift"),
    (model(card="logistik"), "no such card; shipped cards are"),
    (model(prior_scal=1.0), "prior_scal: card 'logistic' has no such setting"),
    (model(methods=["laplce"]), "methods 'laplce': expected one or more of map+T"),
    (model(methods=["mle"]), "methods 'mle': expected one or more of map+T"),
    (model(methods="laplace"), "model.methods = 'laplace': expected a list"),
    (model(nuts="no"), "model.nuts = 'no': expected true or false"),
    (model(card="softmax-hierarchical", nuts=False, standardize=True), "needs NUTS to know that"),
    (data(classes=3), "is for two classes, the data have 3"),
    (
        model(prior_ratio=1.0, standardize=True),
        "prior_ratio = 1.0: the right prior is only known for",
    ),
    (figure(fits=["mle", "bays"]), "no fit 'bays' in this study; there are bayes, map"),
    (figure(fits=[]), "give fits, some of"),
    (figure(minus="mlp"), "no fit 'mlp'"),
    (figure(quantity="coverage95"), "fit 'mle' has no coverage95; only 'bayes' has"),
    (figure(quantity="rejected"), "measure 'fits' gives no rejected"),
    (figure(x="world"), "setting world = 'softmax': expected a number"),
    (figure(x="signal"), "several points have signal = 2"),
    (figure(theory=True) | model(standardize=True), "theory: standardize is True"),
    (figure(theory=True) | data(world="gaussian", classes=2) | {}, "takes no parameter 'signal'"),
    (
        figure(x="signal")
        | {
            "grid": [{"data": {"n": [40], "signal": [1.0]}}, {"data": {"n": [80], "signal": [2.0]}}]
        },
        "points of one line differ in n too",
    ),
    (figure(x="n", y="signal", threshold=True), "threshold needs the axes kappa and signal"),
    (claim(fit="bays"), "claim 'S': no fit 'bays'"),
    (claim(fit="bayes") | model(nuts=False), "no fit 'bayes' in this study; there are map, mle"),
    (claim(quantity="accuracy", above=None, equals="theory", within=0.1), "it does not cover"),
    (TESTS | {"data": {"n": 40, "classes": 2, "slop": 0.5}}, "the study gives classes, n, slop"),
    (TESTS | {"data": {"n": 40}}, "n and classes always"),
    (TESTS | {"data": {"n": 40, "classes": 2, "repeats": 0}}, "data.repeats = 0: expected"),
    (EXISTENCE | {"model": {"prior_scale": 1.0}}, "fits no model; leave out model.prior_scale"),
]


@pytest.mark.parametrize(("changed", "message"), MISTAKES)
def test_a_mistake_is_one_line_before_anything_runs(changed, message, tmp_path):
    with pytest.raises(InputError) as error:
        run_study(study_of(FITS | changed, "study"), tmp_path / "s", backend="serial")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "s").exists()


def test_what_is_right_passes():
    good = figure(theory=True) | claim(equals="theory", above=None, within=0.5)
    assert len(validated_cells(study_of(FITS | good, "study"))) == 4


def test_nothing_is_deleted_for_a_command_that_cannot_run(tmp_path):
    study = study_of(FITS | EXISTENCE, "study")
    run_study(study, tmp_path / "s", backend="serial")
    before = sorted(p.name for p in (tmp_path / "s").rglob("*"))
    for wrong in ({"backend": "dask"}, {"jobs": 0}, {"backend": "serial", "resume": True}):
        with pytest.raises(InputError):
            run_study(study, tmp_path / "s", force=True, **wrong)
    assert sorted(p.name for p in (tmp_path / "s").rglob("*")) == before


def test_a_quick_run_does_not_replace_a_full_one(tmp_path):
    study = study_of(FITS | EXISTENCE, "study")
    run_study(study, tmp_path / "s", backend="serial")
    with pytest.raises(InputError, match="made with different study"):
        run_study(study.quickly(), tmp_path / "s", backend="serial", resume=True)
