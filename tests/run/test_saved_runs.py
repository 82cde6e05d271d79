"""Runs that one can use again: predictions for further rows, and ArviZ's own object."""

import subprocess
import sys

import arviz as az
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import trifit
from fitting import FAST
from trifit.cli import main
from trifit.errors import InputError
from trifit.run.tree import tree_of

FITS = ("mle", "map", "mean", "bayes", "mle+T", "map+T", "laplace")


@pytest.fixture(scope="module")
def tables():
    """Training and test rows with numbers, a category, a boolean and a missing value."""
    rng = np.random.default_rng(0)
    n = 260
    frame = pd.DataFrame(
        {
            "size": 3 * rng.normal(size=n) + 1,
            "weight": rng.normal(size=n),
            "colour": rng.choice(["red", "green", "blue"], size=n),
            "new": rng.choice([True, False], size=n),
        }
    )
    score = frame["size"] / 3 + frame["weight"] - (frame["colour"] == "red")
    frame["y"] = np.where(score + rng.logistic(size=n) > 0, "yes", "no")
    frame.loc[5, "weight"] = np.nan
    frame.loc[250, "size"] = np.nan
    frame.loc[251, "colour"] = "violet"
    return frame[:200], frame[200:].reset_index(drop=True)


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    """A run on files, through the command line's own functions."""
    here = tmp_path_factory.mktemp("saved")
    for name, table in zip(("train", "test"), tables, strict=True):
        table.to_csv(here / f"{name}.csv", index=False)
    dataset = trifit.load_dataset(here / "train.csv", "y", test=here / "test.csv", missing="impute")
    run = trifit.run_comparison(dataset, overrides=FAST, methods=["laplace"])
    trifit.save_run(run, here / "run")
    return here


@pytest.fixture(scope="module")
def loaded(folder):
    return trifit.load_run(folder / "run")


@pytest.fixture(scope="module")
def predicted(loaded, tables):
    return loaded.predictions(tables[1])[0]


def test_a_new_process_predicts_the_test_rows_as_the_run_did(folder):
    out = folder / "again.parquet"
    command = "from trifit.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", command, "predict", str(folder / "run"), str(folder / "test.csv"),
         "--out", str(out)], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "note: ignored columns that the model does not use: 'y'" in ran.stdout
    assert "1 row with a category that no training row has ('colour': 'violet')" in ran.stdout
    assert "frequencies): 'size' (1)" in ran.stdout
    again, first = pd.read_parquet(out), pd.read_parquet(folder / "run" / "predictions.parquet")
    names = [f"{fit}:{c}" for fit in FITS for c in ("no", "yes")]
    assert list(first.columns[2:]) == names
    assert again[names].to_numpy() == pytest.approx(first[names].to_numpy(), abs=1e-12)


def test_intervals_and_entropies(predicted):
    assert (predicted["low:bayes:yes"] < predicted["bayes:yes"]).all()
    assert (predicted["bayes:yes"] < predicted["high:bayes:yes"]).all()
    # Two classes: the interval of one is that of the other from above.
    mirrored = 1 - predicted["high:bayes:no"].to_numpy()
    assert predicted["low:bayes:yes"].to_numpy() == pytest.approx(mirrored, abs=1e-12)
    p = predicted[["bayes:no", "bayes:yes"]].to_numpy()
    entropy = -(p * np.log(p)).sum(axis=1)
    parts = predicted[["aleatoric:bayes", "epistemic:bayes"]].to_numpy()
    assert parts.sum(axis=1) == pytest.approx(entropy, abs=1e-12)
    assert (predicted["epistemic:bayes"] > 0).all()
    assert (predicted["high:laplace:yes"] - predicted["low:laplace:yes"]).mean() == pytest.approx(
        (predicted["high:bayes:yes"] - predicted["low:bayes:yes"]).mean(), rel=0.1
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_columns_are_found_by_their_names(loaded, tables, predicted):
    permuted = tables[1].drop(columns="y")[["new", "colour", "weight", "size"]]
    pd.testing.assert_frame_equal(loaded.predict(permuted), predicted)
    one = loaded.predict(permuted[3:4])
    assert one.iloc[0].to_numpy() == pytest.approx(predicted.iloc[3].to_numpy(), abs=1e-14)


def test_what_is_said_of_rows_is_a_warning(loaded, tables):
    row = tables[1][:1].drop(columns="y")
    with pytest.warns(UserWarning, match="does not use: 'more'"):
        loaded.predict(row.assign(more=1))
    with pytest.warns(UserWarning, match="'colour': 'violet'"):
        loaded.predict(row.assign(colour="violet"))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.drop(columns="size"), "missing columns that the run needs: 'size'"),
        (lambda t: t.assign(size="big"), "column 'size' holds the text 'big' in data row 1"),
        (lambda t: t[:0], "the table has no rows"),
        (lambda t: np.zeros((2, 3)), r"array of shape \(2, 3\): expected \(n_obs, 4\)"),
        (lambda t: "nowhere.csv", "data 'nowhere.csv': no such file"),
    ],
)
def test_rows_that_do_not_fit(loaded, tables, change, match):
    with pytest.raises(InputError, match=match) as caught:
        loaded.predict(change(tables[1]))
    assert "\n" not in str(caught.value)


@pytest.mark.broad
def test_bundled_data_take_arrays_and_dataframes(saved, iris_run):
    run, X = trifit.load_run(saved), iris_run.dataset.X[:7]
    as_array = run.predict(X)
    frame = pd.DataFrame(X, columns=iris_run.dataset.feature_names).iloc[:, ::-1]
    pd.testing.assert_frame_equal(run.predict(frame), as_array)
    final = iris_run.fitted.final.fits["map"]
    seen = iris_run.fitted.final.part.train.X[:7]
    expected = np.exp(iris_run.fitted.density.log_probs(final.flat_draws, seen)[0])
    found = as_array[[f"map:{c}" for c in iris_run.dataset.class_names]].to_numpy()
    assert found == pytest.approx(expected, abs=1e-12)


def test_without_imputation_a_missing_value_is_named(saved):
    frame = pd.DataFrame(np.ones((3, 4)), columns=trifit.load_dataset("iris").feature_names)
    frame.iloc[1, 2] = np.nan
    with pytest.raises(InputError, match=r"data row 2, column 'petal length \(cm\)'; fill it in"):
        trifit.load_run(saved).predict(frame)


@pytest.mark.broad
def test_a_posterior_that_was_refused_is_neither_written_nor_predicted_from(overlapping, tmp_path):
    run = trifit.run_comparison(overlapping, overrides={"draws": 20, "tune": 50}, test_size=0.3)
    trifit.save_run(run, tmp_path / "run")
    assert not (tmp_path / "run" / "posterior.nc").exists()
    saved = trifit.load_run(tmp_path / "run")
    with pytest.warns(UserWarning, match="failed their checks: .*'bayes'"):
        frame = saved.predict(overlapping.X[:3])
    assert {name.split(":")[0] for name in frame} == {"mle", "map", "mle+T", "map+T"}
    for each in (run, saved):
        with pytest.raises(InputError, match="posterior 'bayes' failed its checks"):
            each.to_arviz()


def test_folders_that_are_no_runs(tmp_path, saved):
    with pytest.raises(InputError, match="no such folder"):
        trifit.load_run(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"comparison\.json'?: no such file"):
        trifit.load_run(tmp_path)
    (tmp_path / "comparison.json").write_bytes((saved / "comparison.json").read_bytes())
    with pytest.raises(InputError, match=r"has no classifier\.json"):
        trifit.load_run(tmp_path)
    (tmp_path / "classifier.json").write_text("{")
    with pytest.raises(InputError, match=r"classifier\.json' cannot be read"):
        trifit.load_run(tmp_path)
    text = (saved / "classifier.json").read_text().replace("trifit.classifier/1", "x/9")
    (tmp_path / "classifier.json").write_text(text)
    with pytest.raises(InputError, match="has schema 'x/9'; this trifit reads"):
        trifit.load_run(tmp_path)


@pytest.mark.parametrize(
    ("out", "match"),
    [
        ("p.txt", "expected a file that ends with .parquet or .csv"),
        ("nowhere/p.csv", "there is no folder"),
        ("there.csv", "exists; give another file, or --force"),
    ],
)
def test_where_predictions_go(folder, tmp_path, out, match):
    (tmp_path / "there.csv").write_text("mine")
    command = ["predict", str(folder / "run"), str(folder / "test.csv"), "--out"]
    result = CliRunner().invoke(main, [*command, str(tmp_path / out)])
    assert result.exit_code == 2
    assert match in result.output
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_predictions_do_not_replace_what_they_are_made_from(folder, tmp_path):
    rows = (folder / "test.csv").read_bytes()
    (tmp_path / "rows.csv").write_bytes(rows)
    own = str(tmp_path / "rows.csv")
    command = ["predict", str(folder / "run"), own, "--out", own, "--force"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert "is the input" in result.output
    assert (tmp_path / "rows.csv").read_bytes() == rows


# ArviZ


@pytest.fixture(scope="module")
def tree(loaded):
    return loaded.to_arviz()


def test_the_file_is_what_the_run_holds(iris_run, saved):
    ours, read = iris_run.to_arviz(), trifit.load_run(saved).to_arviz()
    groups = {"posterior", "sample_stats", "log_likelihood", "posterior_predictive",
              "observed_data", "constant_data"}  # fmt: skip
    assert set(ours.children) == set(read.children) == groups
    assert (*ours.attrs,) == (*read.attrs,)
    for group in groups:
        assert (*ours[group].variables,) == (*read[group].variables,)
        for name, values in ours[group].data_vars.items():
            assert np.allclose(values, read[group][name], rtol=1e-6, atol=1e-12)
            assert values.dims == read[group][name].dims
        for name, along in ours[group].coords.items():
            assert along.values.tolist() == read[group].coords[name].values.tolist()
    assert read["sample_stats"]["diverging"].dtype == bool
    assert ours["posterior"]["beta"].sel(class_="setosa").sizes["feature"] == 4
    assert list(ours["posterior"]["beta"].coords["class_"].values) == [
        "setosa", "versicolor", "virginica",
    ]  # fmt: skip


def test_attributes_say_how_it_was_made(tree, loaded):
    assert tree.attrs["inference_library"] == "trifit"
    assert tree.attrs["version_pymc"] == loaded.comparison.provenance.versions["pymc"]
    assert (tree.attrs["method"], tree.attrs["seed"]) == ("bayes", 1)
    assert tree.attrs["status"] == "trusted"
    assert 1 <= tree.attrs["status_parameters_rhat_max"] <= 1.01
    assert tree.attrs["standardiser_mean"] == pytest.approx(loaded.classifier.standardiser.mean)


def test_log_likelihood_and_labels_are_those_of_the_probabilities(tree, loaded, tables):
    train = tables[0].drop(columns="y")
    p = loaded.predictions(train)[0][["bayes:no", "bayes:yes"]].to_numpy()
    y = (tables[0]["y"] == "yes").to_numpy().astype(int)
    assert (tree["observed_data"]["label"].values == y).all()
    likelihood = np.exp(tree["log_likelihood"]["label"].values.astype(float))
    assert likelihood.mean(axis=(0, 1)) == pytest.approx(p[np.arange(200), y], abs=1e-6)
    labels = tree["posterior_predictive"]["label"].values
    # Five standard errors of 2,800 draws.
    assert labels.mean(axis=(0, 1)) == pytest.approx(p[:, 1], abs=5 * 0.5 / np.sqrt(2800))


def test_arviz_functions_work_as_they_are(tree, loaded):
    assert {"beta[size, no]", "intercept[yes]"} <= set(az.summary(tree).index)
    loo = az.loo(tree)
    assert loo.elpd == pytest.approx(loaded.comparison.posterior.loo.elpd.value, abs=1e-3)
    table = az.compare({"bayes": tree, "laplace": loaded.to_arviz("laplace")})
    assert set(table.index) == {"bayes", "laplace"}
    mpl.use("Agg")
    az.plot_trace_dist(tree, var_names=["intercept"])
    az.plot_ppc_pava(tree)
    plt.close("all")


def test_large_runs_leave_the_rows_out(iris_run, monkeypatch):
    monkeypatch.setattr("trifit.run.tree.MAX_VALUES", 150 * 2800 - 1)
    tree = tree_of(iris_run.fitted, "bayes", iris_run.comparison)
    assert {"posterior", "observed_data"} <= set(tree.children)
    assert not {"log_likelihood", "posterior_predictive"} & set(tree.children)


@pytest.mark.broad
def test_a_run_without_a_posterior_has_none_to_give(iris_run, overlapping):
    with pytest.raises(InputError, match="fit 'map': expected a posterior of this run, bayes"):
        iris_run.to_arviz("map")
    run = trifit.run_comparison(overlapping, nuts=False, test_size=0.3)
    with pytest.raises(InputError, match="this run has no posterior"):
        run.to_arviz()
