"""Labels that are distributions or counts: is MLE = cross-entropy for one-hot only?"""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

import trifit
from fitting import density_of, probs_of
from trifit.cards import Optimiser
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fit.folds import held_out_forecasts, inner_folds
from trifit.fit.methods.map import fit_map
from trifit.fit.methods.mle import fit_mle
from trifit.notes import Note, NoteKind
from trifit.recalibration import temperature
from trifit.report import render
from trifit.types import Dataset, Rows

COEFFICIENTS = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])


@pytest.fixture(scope="module")
def truth():
    """Features and the class probabilities that made (or are) their labels."""
    X = np.random.default_rng(4).normal(size=(120, 2))
    return X, softmax(X @ COEFFICIENTS, axis=1)


def table(X, labels, names):
    return pd.DataFrame({"u": X[:, 0], "v": X[:, 1]} | dict(zip(names, labels.T, strict=True)))


def test_one_hot_soft_labels_are_hard_labels(rng):
    iris = load_dataset("iris")
    y = np.where(np.arange(150) % 7 == 0, rng.integers(0, 3, 150), iris.y)  # so that an MLE exists
    soft = Dataset(
        iris.name, iris.X, y, iris.feature_names, iris.class_names, soft_labels=np.eye(3)[y]
    )
    density = density_of(iris.X, y)
    for fit in (fit_mle, fit_map):
        hard = fit(density, Rows(iris.X, y), Optimiser(), np.random.default_rng(1))
        easy = fit(density, Rows(soft.X, soft.labels), Optimiser(), np.random.default_rng(1))
        assert hard.theta == pytest.approx(easy.theta, abs=1e-8)
        assert hard.status is easy.status

    def tempered(labels):
        rng = np.random.default_rng(1)
        folds = inner_folds(Rows(iris.X, labels), rng)
        return temperature.fit(*held_out_forecasts(density, folds, Optimiser(), rng)).value

    temperatures = [tempered(labels) for labels in (y, np.eye(3)[y])]
    assert temperatures[0] == pytest.approx(temperatures[1], abs=1e-8)


def test_minimising_cross_entropy_against_distributions_finds_them(truth, rng):
    """The minimum over all linear models is the truth itself: cross-entropy = entropy + KL."""
    X, p = truth
    density = density_of(X, p.argmax(axis=1))
    fit = fit_mle(density, Rows(X, p), Optimiser(), rng)
    assert probs_of(density, fit, X) == pytest.approx(p, abs=1e-6)
    entropy = -(p * np.log(p)).sum(axis=1).mean()
    assert fit.diagnostics.objective == pytest.approx(entropy, abs=1e-9)


def test_counts_are_so_many_rows(truth, rng):
    """A row with counts is each of its annotations as a row of its own."""
    X, p = truth
    counts = rng.multinomial(3, p).astype(float)
    density = density_of(X, p.argmax(axis=1))
    rows, labels = np.nonzero(counts)
    times = counts[rows, labels].astype(int)
    long = Rows(np.repeat(X[rows], times, axis=0), np.repeat(labels, times))
    assert len(long) == 3 * len(X)
    a = fit_map(density, Rows(X, counts), Optimiser(), rng)
    b = fit_map(density, long, Optimiser(), rng)
    assert probs_of(density, a, X) == pytest.approx(probs_of(density, b, X), abs=1e-6)


def test_label_columns_are_found_by_name(truth):
    X, p = truth
    data = load_dataset(table(X, p, ["label:cat", "label:dog", "label:cow"]))
    assert data.class_names == ("cat", "dog", "cow")
    assert data.feature_names == ("u", "v")
    assert data.labels == pytest.approx(p)
    assert (data.y == p.argmax(axis=1)).all()
    assert Note(NoteKind.SOFT_LABELS) in data.notes


def test_label_columns_are_named(truth, rng):
    X, p = truth
    counts = rng.multinomial(3, p)
    frame = table(X, counts, ["cat", "dog", "cow"])
    data = load_dataset(frame, label_cols=["cat", "dog", "cow"])
    assert data.n_obs == 360
    assert np.bincount(data.y).tolist() == counts.sum(axis=0).tolist()
    assert Note(NoteKind.COUNTS, n=360, n_rows=120) in data.notes


def counted(rng):
    """Eight patterns with their counts, and the same persons one by one."""
    cells = pd.DataFrame(
        [(sex, age) for sex in "fm" for age in ("adult", "child", "old", "young")],
        columns=["sex", "age"],
    )
    counts = rng.integers(3, 40, size=(8, 2))
    grouped = cells.assign(**{"label:no": counts[:, 0], "label:yes": counts[:, 1]})
    each = [
        cells.loc[cells.index.repeat(counts[:, k])].assign(y=c) for k, c in enumerate(("no", "yes"))
    ]
    return grouped, pd.concat(each)


@pytest.mark.broad
def test_counts_are_the_table_written_out(rng):
    grouped, persons = counted(rng)
    a, b = load_dataset(grouped), load_dataset(persons, "y")
    assert (a.X == b.X).all()
    assert (a.y == b.y).all()
    assert (a.feature_names, a.class_names) == (b.feature_names, b.class_names)
    one, other = (
        trifit.compare(data, nuts=False, test_size=0.3, methods=["laplace"]) for data in (a, b)
    )
    for name in one.fits:
        assert one.contestants[name] == other.contestants[name]
    assert one.scoreboard == other.scoreboard
    assert one.evaluation.n_test == other.evaluation.n_test == round(0.3 * len(persons) + 0.49)


def test_counts_of_a_test_file_are_its_persons(rng):
    """Test rows stay test rows; a pattern that counts nobody is nobody."""
    grouped, _ = counted(rng)
    grouped.loc[2, ["label:no", "label:yes"]] = 0, 4
    grouped.loc[5, ["label:no", "label:yes"]] = 0, 0
    data = load_dataset(grouped, test=grouped)
    n = int(grouped[["label:no", "label:yes"]].to_numpy().sum())
    assert (data.n_obs, data.n_test) == (2 * n, n)
    assert (data.X[:n] == data.X[n:]).all()
    assert (data.y[:n] == data.y[n:]).all()


def test_counts_beyond_memory_are_refused(rng):
    grouped, _ = counted(rng)
    grouped["label:no"] = 10**9
    with pytest.raises(InputError, match=r"count 8,000,000,.* give a sample"):
        load_dataset(grouped)


def test_a_comparison_of_soft_labels(truth, tmp_path):
    X, p = truth
    names = ["label:a", "label:b", "label:</script><b>"]
    comparison = trifit.compare(
        load_dataset(table(X, p, names)), test_size=0.4, overrides={"draws": 600, "tune": 300}
    )
    assert comparison.fits["mle"].status == "converged"
    p_test = -(p * np.log(p)).sum(axis=1)
    mle = comparison.contestants["mle"]
    assert mle.scores.log_loss.value < p_test.max()
    assert mle.calibration.p_value is None  # no canonical test without observed labels
    assert comparison.data.class_counts == pytest.approx(p.sum(axis=0))
    page = render(comparison)
    assert "generalised" in page
    assert "</script><b>" not in page
    comparison.to_json(tmp_path / "c.json")
    assert trifit.Comparison.from_json(tmp_path / "c.json") == comparison


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[0.5, 0.5], [0.9, 0.2]], r"data row 2 are \[0.9, 0.2\] \(sum 1.1\); give distributions"),
        ([[0.5, 0.5], [-0.1, 1.1]], "data row 2 are negative"),
        ([[0, 0], [0, 0]], "label columns are all zero"),
        ([[0.5, 0.5], [0, 0]], r"data row 2 are \[0.0, 0.0\] \(sum 0\); give distributions"),
        ([[2, 1], [0.5, 0.5]], "give distributions that all sum to 1, or whole counts"),
        ([["x", "y"], ["z", "w"]], "'label:a' holds text"),
    ],
)
def test_bad_label_columns(labels, message):
    frame = pd.DataFrame(labels, columns=["label:a", "label:b"]).assign(u=[0.0, 1.0])
    with pytest.raises(InputError, match=message):
        load_dataset(frame)


def test_label_columns_and_target_exclude_each_other(truth):
    X, p = truth
    frame = table(X, p, ["label:a", "label:b", "label:c"])
    with pytest.raises(InputError, match="give one of the two"):
        load_dataset(frame, "u", label_cols=["label:a", "label:b"])
    with pytest.raises(InputError, match="label column 'x' is not a column"):
        load_dataset(frame, label_cols=["label:a", "x"])
    with pytest.raises(InputError, match="soft labels need one per class"):
        load_dataset(frame[["u", "label:a"]])


def test_missing_soft_labels_can_be_dropped(truth):
    X, p = truth
    frame = table(X, p, ["label:a", "label:b", "label:c"])
    frame.loc[3, "label:a"] = np.nan
    with pytest.raises(InputError, match="and drops rows without a class"):
        load_dataset(frame)
    assert load_dataset(frame, missing="drop").n_obs == 119


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[0.5, 0.5]], r"soft_labels has shape \(1, 2\)"),
        ([[0.5, 0.5], [np.nan, 1.0]], "labels of row 1"),
        ([[2.0, 1.0], [1.0, 1.0]], "sum to 1 .write counts out"),
        ([[1.0, 0.0], [1.0, 0.0]], "class 'q' has no weight in any training row"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(InputError, match=message):
        Dataset("d", np.eye(2), np.array([0, 1]), ("a", "b"), ("p", "q"),
                soft_labels=np.array(weights))  # fmt: skip


def test_unused_label_columns_do_not_leak(truth):
    """Beside a target, label columns would give the answer away as features."""
    X, p = truth
    frame = table(X, p, ["label:a", "label:b", "label:c"])
    frame["y"] = np.array(["a", "b", "c"])[p.argmax(axis=1)]
    data = load_dataset(frame, "y")
    assert data.feature_names == ("u", "v")
    unused = ("label:a", "label:b", "label:c")
    assert Note(NoteKind.UNUSED_LABELS, names=unused) in data.notes
    some = load_dataset(table(X, np.eye(3)[p.argmax(axis=1)][:, :2] + 0.0, ["label:a", "label:b"])
                        .assign(**{"label:c": 0.5}).query("`label:a` + `label:b` == 1"),
                        label_cols=["label:a", "label:b"])  # fmt: skip
    assert some.feature_names == ("u", "v")
