"""Where the fits disagree: the row table, examples, distances and maps."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

import trifit
from fitting import FAST
from trifit.analyses.distance import DistanceFromData
from trifit.analyses.probability_map import _principal, layers, plane_of
from trifit.data import Standardiser, load_dataset
from trifit.fit.prediction import predict
from trifit.run import run_comparison
from trifit.types import Dataset


@pytest.fixture(scope="module")
def sepals_run(overlapping):
    return run_comparison(overlapping, "logistic", seed=1, test_size=0.3, overrides=FAST)


def test_rows_are_the_predictions(saved, iris_run):
    rows = iris_run.comparison.disagreement.rows
    table = pd.read_parquet(saved / "predictions.parquet").set_index("row").loc[rows.row]
    classes = iris_run.dataset.class_names
    assert rows.row == sorted(rows.row)
    assert (rows.n_held_out, len(rows.row)) == (150, 150)
    assert [classes[k] for k in rows.label] == table["y"].tolist()
    for fit, probs in rows.probs.items():
        expected = table[[f"{fit}:{name}" for name in classes]].to_numpy()
        assert np.array(probs) == pytest.approx(expected, rel=1e-4)
    posterior = iris_run.comparison.posterior
    assert np.mean(rows.aleatoric) == pytest.approx(posterior.aleatoric, rel=1e-3)
    assert np.mean(rows.epistemic) == pytest.approx(posterior.epistemic, rel=1e-3)


def test_examples_are_the_largest_differences(iris_run):
    found = iris_run.comparison.disagreement
    rows = found.rows
    mle, bayes = (np.array(rows.probs[name]) for name in found.between)
    total_variation = 0.5 * abs(mle - bayes).sum(axis=1)
    assert found.between == ("mle", "bayes")
    assert [e.difference for e in found.examples] == pytest.approx(
        np.sort(total_variation)[::-1][:12], abs=1e-4
    )
    first = found.examples[0]
    assert rows.row[int(total_variation.argmax())] == first.row
    data = iris_run.dataset
    assert first.label == data.y[first.row]
    names = [f.name for f in first.features]
    assert sorted(names) == sorted(data.feature_names)
    for feature in first.features:
        assert feature.value == data.X[first.row, data.feature_names.index(feature.name)]
    contributions = [abs(f.contribution) for f in first.features]
    assert contributions == sorted(contributions, reverse=True)


def test_contributions_of_a_logistic_regression_are_its_terms(sepals_run):
    """``beta_j (x_j - mean_j)``, with the sign of the class that comes first."""
    run = sepals_run
    named = run.fitted.density.layout.unravel(run.fitted.final.fits["mle"].flat_draws[0])
    train = np.setdiff1d(np.arange(run.dataset.n_obs), run.test_rows)
    Z = Standardiser.fit(run.dataset.X[train])
    for example in run.comparison.disagreement.examples:
        z = Z.transform(run.dataset.X[[example.row]])[0]
        sign = 1 if np.argmax(example.probs["mle"]) == 1 else -1
        for f in example.features:
            j = run.dataset.feature_names.index(f.name)
            assert f.z == pytest.approx(z[j], rel=1e-4)
            assert f.contribution == pytest.approx(sign * named["beta"][j] * z[j], rel=1e-3)


def test_distance_against_scikit_learn(rng):
    X, new = rng.normal(size=(300, 3)), rng.normal(size=(40, 3))
    nearest = NearestNeighbors(n_neighbors=5).fit(X)
    typical = np.median(nearest.kneighbors()[0].mean(axis=1))  # without the row itself
    measure = DistanceFromData(X, rng)
    assert measure.typical == pytest.approx(typical)
    assert measure(new) == pytest.approx(nearest.kneighbors(new)[0].mean(axis=1) / typical)


def test_distance_of_a_copy_and_of_a_stranger(rng):
    X = np.vstack([rng.normal(size=(100, 2)), np.tile([3.0, 3.0], (5, 1))])
    measure = DistanceFromData(X, rng)
    near, far = measure(np.array([[3.0, 3.0], [50.0, 0.0]]))
    assert near == 0.0
    assert far > 50
    assert DistanceFromData(np.ones((20, 2)), rng).typical == 0.0
    assert DistanceFromData(np.ones((1, 2)), rng).typical == 0.0


def test_many_training_rows_are_represented_by_some(rng, monkeypatch):
    X = rng.normal(size=(400, 2))
    whole = DistanceFromData(X, rng)(X[:50] + 0.1)
    monkeypatch.setattr("trifit.analyses.distance.MAX_REFERENCE", 200)
    part = DistanceFromData(X, rng)(X[:50] + 0.1)
    assert np.median(part / whole) == pytest.approx(1.0, abs=0.25)


def test_bins_of_distance_hold_all_rows(iris_run):
    found = iris_run.comparison.disagreement
    bins, rows = found.by_distance, found.rows
    assert sum(bins.count) == len(rows.row)
    assert len(bins.edges) == len(bins.count) + 1
    assert bins.edges == sorted(bins.edges)
    assert min(bins.count) > 0
    assert np.average(bins.distance, weights=bins.count) == pytest.approx(
        np.mean(rows.distance), rel=1e-3
    )
    for name, judged in iris_run.comparison.contestants.items():
        assert np.average(bins.confidence[name], weights=bins.count) == pytest.approx(
            judged.top_label.confidence, rel=1e-3
        )
        right = np.average([a.value for a in bins.accuracy[name]], weights=bins.count)
        assert right == pytest.approx(judged.scores.accuracy.value, rel=1e-3)
        assert all(a.low <= a.value <= a.high for a in bins.accuracy[name])


def test_map_at_a_row_is_the_prediction_for_it(sepals_run):
    """With two features the plane is the whole space."""
    run = sepals_run
    train = np.setdiff1d(np.arange(run.dataset.n_obs), run.test_rows)
    Z = Standardiser.fit(run.dataset.X[train])
    plane = plane_of(Z.transform(run.dataset.X[train]), Z)
    assert plane.points == pytest.approx(run.dataset.X[train])
    points = run.dataset.X[run.test_rows]
    assert plane.features(points) == pytest.approx(Z.transform(points))
    found = layers(run.fitted.density, run.fitted.final.fits, plane, points)
    assert list(found) == list(run.log_probs)
    for name, log_probs in run.log_probs.items():
        probs = np.exp(log_probs)
        assert np.array(found[name].probability) / 1000 == pytest.approx(
            probs.max(axis=1), abs=5.1e-4
        )
        assert found[name].winner == probs.argmax(axis=1).tolist()


def test_map_of_two_features(sepals_run):
    plane = sepals_run.comparison.disagreement.map
    X = sepals_run.dataset.X
    train = np.setdiff1d(np.arange(len(X)), sepals_run.test_rows)
    assert plane.kind == "features"
    assert plane.label == sepals_run.dataset.y[train].tolist()
    assert np.array([plane.x, plane.y]).T == pytest.approx(X[train], rel=1e-4)
    for axis, name, column in zip(
        plane.axes, sepals_run.dataset.feature_names, X[train].T, strict=True
    ):
        width = np.ptp(column)
        assert (axis.name, axis.share, axis.loadings) == (name, None, [])
        assert (axis.low, axis.high) == pytest.approx(
            (column.min() - width / 2, column.max() + width / 2)
        )
    assert set(plane.fits) == set(sepals_run.comparison.fits)
    for layer in plane.fits.values():
        assert len(layer.probability) == len(layer.winner) == 48 * 48
        assert 500 <= min(layer.probability) <= max(layer.probability) <= 1000
    # Grid point (i, j) is entry j * 48 + i: sepal length, the first axis, decides here.
    grid = np.array(plane.fits["mle"].winner).reshape(48, 48)
    assert (grid[:, 0] == 0).mean() > 0.9 > 0.1 > (grid[:, -1] == 0).mean()
    # Far from the data a point fit is surer than the posterior.
    corner = [np.array(plane.fits[name].probability)[[0, -1]].mean() for name in ("mle", "bayes")]
    assert corner[0] > corner[1]


def test_components_are_those_of_scikit_learn(rng):
    X = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    components, shares = _principal(X, X.mean(axis=0))
    pca = PCA(n_components=2).fit(X)
    assert abs((components * pca.components_).sum(axis=1)) == pytest.approx(1, abs=1e-12)
    assert shares == pytest.approx(pca.explained_variance_ratio_, rel=1e-12)


def test_map_of_components_is_the_plane_of_most_variance(iris_run):
    plane = iris_run.comparison.disagreement.map
    assert plane.kind == "components"
    X = Standardiser.fit(iris_run.dataset.X).transform(iris_run.dataset.X)
    _, s, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    shares = [axis.share for axis in plane.axes]
    assert shares == pytest.approx((s**2 / (s**2).sum())[:2])
    scores = (X - X.mean(axis=0)) @ Vt[:2].T
    assert abs(np.array(plane.x)) == pytest.approx(abs(scores[:, 0]), rel=1e-3, abs=1e-4)
    assert abs(np.array(plane.y)) == pytest.approx(abs(scores[:, 1]), rel=1e-3, abs=1e-4)
    for k, axis in enumerate(plane.axes):
        assert axis.loadings[0][1] == pytest.approx(abs(Vt[k]).max(), rel=1e-3)
    origin = plane_of(X, Standardiser.fit(iris_run.dataset.X)).features(np.zeros((1, 2)))
    prediction = predict(iris_run.fitted.density, iris_run.fitted.final.fits["map"], origin).probs
    found = layers(
        iris_run.fitted.density,
        iris_run.fitted.final.fits,
        plane_of(X, Standardiser.fit(iris_run.dataset.X)),
        np.zeros((1, 2)),
    )
    assert found["map"].probability == [round(1000 * prediction.max())]


def test_no_plane_on_a_line(rng):
    x = rng.normal(size=(50, 1))
    for X in (x, x * [1.0, 2.0, -1.0]):
        Z = Standardiser.fit(X)
        assert plane_of(Z.transform(X), Z) is None


@pytest.mark.broad
def test_one_feature_with_copies_has_neither_map_nor_distance():
    iris = load_dataset("iris")
    coarse = Dataset(
        name="coarse",
        X=np.round(iris.X[:, 2:3]),
        y=iris.y,
        feature_names=("length",),
        class_names=iris.class_names,
    )
    found = trifit.compare(coarse, seed=1, test_size=0.3, overrides=FAST).disagreement
    assert found.map is None
    assert found.by_distance is None
    assert found.rows.distance is None


@pytest.mark.broad
def test_missing_values_are_shown_as_missing():
    iris = load_dataset("iris")
    X = iris.X.copy()
    X[::3, 1] = np.nan
    holes = dataclasses.replace(iris, X=X)
    found = trifit.compare(holes, seed=1, test_size=0.3, overrides=FAST).disagreement
    for example in found.examples:
        value = {f.name: f.value for f in example.features}[iris.feature_names[1]]
        assert (value is None) == (example.row % 3 == 0)
