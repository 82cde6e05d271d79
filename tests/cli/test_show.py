"""``trifit show``: a model before any data; and the options that choose what is fitted."""

import tomllib

import numpy as np
import pytest
from click.testing import CliRunner

from selection import by_default
from trifit.cards import card_names, load_card
from trifit.cli import main
from trifit.data import load_dataset
from trifit.run.show import preview_card
from trifit.words import prior_sentence


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize("name", by_default("softmax-horseshoe", "network", of=card_names()))
def test_every_card_has_a_graph_and_a_prior(name):
    seen = preview_card(load_card(name))
    names = [node.name for node in seen.nodes]
    assert {"X", "label"} <= set(names)
    for node in seen.nodes:
        assert set(node.parents) <= set(names[: names.index(node.name)])  # parents come first
    assert seen.probs.sum(axis=2) == pytest.approx(1.0)
    assert seen.histogram().sum() == pytest.approx(1.0)


def test_the_output_is_a_card_again(tmp_path):
    result = invoke("show", "network", "--set", "hidden=[3]")
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout)["hyperparameters"]["hidden"] == [3]
    path = tmp_path / "mine.toml"
    path.write_text(result.stdout, encoding="utf-8")
    assert load_card(path).hyperparameters["hidden"] == [3]
    assert "weights1 ~ Deterministic" in result.stdout
    assert "Before any data" in result.stdout


def test_the_remedies_of_a_table_can_be_typed(tmp_path):
    """What the refusal of missing values says is an option of this command too."""
    path = tmp_path / "mine.csv"
    rows = [f"{'' if i == 3 else i % 7},{i % 5},{'uv'[i % 2]}" for i in range(40)]
    path.write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    refused = invoke("show", "logistic", path, "--target", "y")
    assert "--missing drop" in refused.stderr
    done = invoke("show", "logistic", path, "--target", "y", "--missing", "drop", "--drop", "b")
    assert done.exit_code == 0, done.stderr


def test_a_prior_that_is_sure_of_itself_shows():
    vague, modest = (
        preview_card(load_card("softmax").with_overrides(
            {"prior_scale": scale, "intercept_scale": scale}
        ))
        for scale in (50.0, 0.3)
    )  # fmt: skip
    assert vague.extreme_share > 0.9
    assert "confident before it sees data" in prior_sentence(vague)
    assert modest.extreme_share < 0.01
    assert "confident before" not in prior_sentence(modest)


def test_prior_probabilities_are_those_of_the_prior():
    """Two classes at x = 0: the logistic function of the intercept's prior."""
    card = load_card("logistic").with_overrides({"intercept_scale": 1.0, "prior_scale": 1e-6})
    from scipy.stats import norm

    probs = preview_card(card).probs[:, 0, 1]  # one row: draws are independent
    expected = norm.cdf(np.log(0.25 / 0.75)), norm.cdf(np.log(0.75 / 0.25))
    shares = (probs < 0.25).mean(), (probs < 0.75).mean()
    assert shares == pytest.approx(expected, abs=4 * np.sqrt(0.25 / len(probs)))


def test_a_data_sets_features_are_used():
    iris = load_dataset("iris")
    seen = preview_card(load_card("softmax"), iris)
    assert seen.probs.shape[1:] == (100, 3)


def test_the_page(tmp_path):
    page = tmp_path / "show.html"
    result = invoke("show", "softmax-horseshoe", "--html", page)
    assert result.exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "beta_local_scale" in html
    assert html.count("<svg") == 2
    assert html.count("<script") == 1
    assert "script-src 'sha256-" in html.replace("&#39;", "'")
    again = tmp_path / "again.html"
    invoke("show", "softmax-horseshoe", "--html", again)
    assert again.read_bytes() == page.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "nothing"), "no such card"),
        (("show", "softmax", "--set", "prior=ridge"), "prior = 'ridge': expected one of normal"),
        (("show", "softmax", "--set", "output=probit"), "for two classes: use --model logistic"),
        (("show", "softmax", "--html", "/no/such/folder/x.html"), "cannot be written"),
        (("show", "logistic", "iris"), "is for two classes, the data have 3"),
        (
            ("compare", "iris", "--methods", "bayes2"),
            "expected one or more of map+T, map+V, mle-early, laplace, map-cv, squared-error",
        ),
        (("compare", "iris", "--prior", "hierarchical", "--methods", "map-cv"), "learns the scale"),
        (("show", "network", "--set", "hidden=8"), "hidden = 8: expected a list of widths"),
        (("compare", "iris", "--prior", "flat"), "prior = 'flat': expected one of normal"),
        (("compare", "iris", "--label-cols", "a,b"), "bundled and complete"),
        (("compare", "iris", "--model", "no.py:build"), "no such file 'no.py'"),
    ],
)
def test_bad_input_is_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("trifit: ")
    assert message in last


@pytest.mark.broad
def test_further_methods_and_priors_on_the_command_line(tmp_path):
    out = tmp_path / "run"
    result = invoke(
        "compare", "iris", "--prior-scale", "1", "--methods", "map-cv,squared-error",
        "--test-size", "0.3", "--set", "draws=900", "--set", "tune=400", "--out", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    from trifit.results import Comparison

    comparison = Comparison.from_json(out / "comparison.json")
    assert list(comparison.fits) == [
        "mle", "map", "mean", "bayes", "mle+T", "map+T", "map-cv", "squared-error",
    ]  # fmt: skip
    assert ("map-cv", "map") in [(d.a, d.b) for d in comparison.differences]
    html = (out / "index.html").read_text(encoding="utf-8")
    assert "the coefficients diverge" in html
    assert "times as wide as the card" in html
    assert "Optimiser paths" in html
    separated = [p for p in comparison.parameters if p.mle_runs_to]
    assert separated
    for p in separated:
        assert p.mle_runs_to == np.sign(p.mle) or p.parameter == "intercept"
