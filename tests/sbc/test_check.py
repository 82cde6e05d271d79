"""A model checked from end to end: its folder, its page, its command; what cannot be checked."""

import json
import re

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

import trifit
from markup import NASTY
from trifit.cards import Card, load_card
from trifit.cli import main
from trifit.errors import InputError
from trifit.fit.density import Layout
from trifit.report.check import render_check
from trifit.results.check import MIN_RANKS, MOST_REPLICATIONS
from trifit.results.kept import CHECK
from trifit.sbc import SAMPLER, check_model
from trifit.sbc.quantities import quantities
from trifit.sbc.setup import setup_of
from trifit.spacing import evenly_spaced

QUICK = ["--set", "tune=100", "draws=300", "--rows", "20", "--backend", "serial"]


def few(path, folder, replications, **running):
    """The same from Python, where fewer replications than can be judged are allowed."""
    card = load_card(f"{path}:build").with_overrides(SAMPLER | {"tune": 100, "draws": 300})
    return check_model(
        card, folder, rows=20, methods=["laplace", "bayes"], replications=replications,
        backend="serial", **running,
    )  # fmt: skip


OWN = """
import numpy as np
import pymc as pm

def build(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        data = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.Normal("beta", 0.0, 1.0, dims="feature")
        pm.Bernoulli("label", logit_p=data @ beta, observed=y)
    return model

def penalised(X, y, **rest):
    with build(X, y, **rest) as model:
        pm.Potential("penalty", -model["beta"][0] ** 2)
    return model

def scaled(X, y, *, n_classes, coords, prior_scale):
    return build(X, y, n_classes=n_classes, coords=coords)

def flat(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        data = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.Flat("beta", dims="feature")
        pm.Bernoulli("label", logit_p=data @ beta, observed=y)
    return model
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.py"
    path.write_text(OWN)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


@pytest.fixture(scope="module")
def checked(own, tmp_path_factory):
    """A user's model, checked with three replications and then with five."""
    folder = tmp_path_factory.mktemp("check") / "own"
    assert few(own, folder, 3).replications == 3
    cells = (folder / "cells").glob("parts/*.parquet")
    assert len([*cells]) == 1
    few(own, folder, 5, resume=True)
    return folder


def test_a_users_model_is_checked_and_goes_on(checked):
    record = CHECK.read(checked)
    assert record.replications == 5
    assert [fit.method for fit in record.fits] == ["bayes", "laplace"]
    for fit in record.fits:
        assert fit.n_ranked + sum(fit.left_out.values()) == 5
        names = [q.name for q in fit.quantities]
        assert names[:3] == ["beta[x1]", "beta[x2]", "size of beta"]
        assert names[3:5] == ["log-likelihood", "log-likelihood of row 1"]
        assert all(sum(q.counts) == fit.n_ranked for q in fit.quantities)


def test_the_page_is_whole_and_repeats(checked):
    folder = checked
    record = CHECK.read(folder)
    page = (folder / "index.html").read_text()
    assert render_check(record) == page
    (folder / "index.html").unlink()
    again = CliRunner().invoke(main, ["report", str(folder)])
    assert again.exit_code == 0, again.output
    assert "NUTS: not judged, for only" in again.stdout
    assert "Smaller errors" not in again.stdout
    assert (folder / "index.html").read_text() == page


def test_texts_of_data_and_cards_stay_texts(checked):
    record = CHECK.read(checked)
    fit = record.fits[0]
    quantities = [
        msgspec.structs.replace(q, name=NASTY[i % len(NASTY)], adjusted=1e-6, p_value=1e-7)
        for i, q in enumerate(fit.quantities)
    ]
    fit = msgspec.structs.replace(fit, outcome="wrong", quantities=quantities)
    nasty = msgspec.structs.replace(
        record,
        fits=[fit],
        data=NASTY[0],
        command=NASTY[1],
        errors=NASTY,
        n_failed=5,
        card=record.card | {"name": NASTY[0]},
    )
    page = render_check(nasty)
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "the posterior is wrong" in page


def test_replications_do_not_depend_on_how_many_there_are(checked, own, tmp_path):
    once = few(own, tmp_path / "at-once", 5)
    assert once.fits == CHECK.read(checked).fits


def test_the_command_judges_and_says_how_to_go_on(own, tmp_path):
    arguments = [f"{own}:build", *QUICK, "--methods", "laplace", "--rows", 60]
    done = run(*arguments, "--replications", 50, "--out", tmp_path / "c")
    assert done.exit_code == 0, done.output
    assert "Laplace: no error found. In 50 replications" in done.stdout
    assert "--replications 250 --resume" in done.stdout
    shown = CliRunner().invoke(main, ["report", str(tmp_path / "c"), "--json"])
    assert json.loads(shown.stdout)["replications"] == 50


class TwoWeights:
    """A density of two weights, for what is ranked."""

    n_classes = 2
    layout = Layout(("beta",), ((2,),), (("feature",),), {"feature": ("u", "v")})

    def log_probs(self, params, X):
        odds = np.stack([0 * params @ X.T, params @ X.T], axis=-1)
        return odds - np.logaddexp.reduce(odds, axis=-1, keepdims=True)


def test_what_is_ranked_by_hand():
    card = Card(name="made", builder="made:up")
    X, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 0])
    found = quantities(TwoWeights(), np.array([[0.0, np.log(3.0)]]), X, y, card)
    assert {name: float(value[0]) for name, value in found.items()} == pytest.approx(
        {
            "beta[u]": 0.0,
            "beta[v]": np.log(3),
            "size of beta": np.log(3) / np.sqrt(2),
            "log-likelihood": np.log(0.5) + np.log(0.25),
            "log-likelihood of row 1": np.log(0.5),
            "log-likelihood of row 2": np.log(0.25),
            "probability of class 2, row 1": 0.5,
            "probability of class 2, row 2": 0.75,
        }
    )


def test_networks_are_checked_by_predictions_alone():
    card = Card(name="made", builder="made:up", identified=False)
    found = quantities(TwoWeights(), np.ones((1, 2)), np.eye(2), np.array([1, 0]), card)
    assert [name.split(",")[0] for name in found] == [
        "log-likelihood",
        *["log-likelihood of row 1", "log-likelihood of row 2"],
        *["probability of class 2"] * 2,
    ]


def test_features_of_data_are_used_and_labels_are_not():
    iris = trifit.load_dataset("iris")
    setup = setup_of(load_card("softmax").with_overrides(SAMPLER), iris, rows=30)
    rows = evenly_spaced(150, 30)
    expected = (iris.X[rows] - iris.X.mean(axis=0)) / iris.X.std(axis=0)
    assert np.allclose(setup.X, expected)
    assert setup.class_names == ("setosa", "versicolor", "virginica")


def test_from_python(own, tmp_path):
    card = load_card(f"{own}:build").with_overrides({"tune": 100, "draws": 100})
    record = check_model(card, tmp_path / "x", rows=20, replications=2, backend="serial")
    assert record.replications == 2
    assert not record.wrong
    assert record.command == "trifit.check_model('build', seed=1)"


def test_a_scale_left_to_the_data_is_the_builders_default():
    assert load_card("logistic").chooses_scale
    assert setup_of(load_card("logistic"), None).card.hyperparameters["prior_scale"] == 2.5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["softmax", "--methods", "map"], "expected one or more of bayes, laplace"),
        (["{own}:scaled", "--set", "prior_scale=auto"], "leaves its prior scale to the data"),
        (["softmax-hierarchical", "--methods", "laplace"], "its mode needs NUTS to know"),
        (["{own}:penalised"], "has a potential, 'penalty'"),
        (["{own}:flat"], "cannot be drawn from the model's prior"),
        (["{own}:nothing"], "has no function 'nothing'"),
        (["softmax", "--resume", "--force"], "give one of them"),
        (["softmax", "iris.csv", "--target", "y"], "no such file"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(arguments, expected, own, tmp_path):
    given = [a.replace("{own}", str(own)) for a in arguments]
    result = run(*given, "--quiet", "--backend", "serial", "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--rows", "3"], "--rows 3: expected a whole number from 5 to 10,000"),
        (
            ["--replications", "49"],
            f"49: expected a whole number from {MIN_RANKS} to {MOST_REPLICATIONS:,}",
        ),
    ],
)
def test_ranges_are_those_that_can_be_judged(arguments, expected):
    result = run("softmax", *arguments)
    assert result.exit_code == 2
    assert expected in result.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rows": 4}, "--rows 4: expected a whole number from 5 to 10000"),
        ({"rows": 5.0}, "--rows 5.0: expected a whole number"),
        ({"rows": np.int64(5), "replications": True}, "--replications True: expected a whole"),
        ({"replications": 0}, "--replications 0: expected a whole number from 1"),
        ({"seed": -1}, "--seed -1: expected a whole number of at least 0"),
    ],
)
def test_numbers_are_whole_ones_of_python_or_numpy(given, expected, tmp_path):
    with pytest.raises(InputError, match=expected):
        check_model("softmax", tmp_path / "x", methods=["laplace"], **given)
    assert not (tmp_path / "x").exists()


def test_a_folder_is_not_taken_over(checked, own, tmp_path):
    folder = checked
    for changed, expected in [
        ([], "holds the check 'build on 20 rows"),
        (["--resume", "--seed", 2], "made with different check"),
    ]:
        result = run(f"{own}:build", *QUICK, "--quiet", "--out", folder, *changed)
        assert result.exit_code == 2
        assert re.search(expected, result.stderr), result.stderr
    (tmp_path / "a-file.txt").write_text("mine")
    result = run(f"{own}:build", *QUICK, "--quiet", "--out", tmp_path)
    assert "exists and is not a check of trifit" in result.stderr


def test_a_damaged_record_is_refused(tmp_path):
    (tmp_path / "check.json").write_text("{")
    with pytest.raises(InputError, match="is no check of this version"):
        CHECK.read(tmp_path)
