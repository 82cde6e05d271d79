"""The scikit-learn estimators: scikit-learn's own checks, weights, pickles, pipelines."""

import pickle
import subprocess
import sys
import textwrap
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import trifit
from trifit.cards import load_card
from trifit.crossfit.classifier import density_on
from trifit.errors import InputError
from trifit.estimators import BayesClassifier, MAPClassifier, MLEClassifier
from trifit.fits import Status

QUICK = {"draws": 200, "tune": 200, "chains": 2}
MANY = {"draws": 1000, "tune": 500, "chains": 2}


@pytest.mark.broad
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        MLEClassifier(),
        MAPClassifier(),
        BayesClassifier(overrides={"draws": 20, "tune": 50, "chains": 2}),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def overlapping_rows():
    """Three classes that overlap, so that an MLE exists, with units of very different size."""
    rng = np.random.default_rng(3)
    y = rng.integers(3, size=120)
    X = rng.normal(size=(120, 3)) + 0.7 * np.eye(3)[y]
    return pd.DataFrame(X * [1.0, 50.0, 0.02] + [0.0, 7.0, 1.0], columns=list("abc")), y


@pytest.fixture(scope="module")
def bayes(overlapping_rows):
    return BayesClassifier(overrides=MANY, random_state=1).fit(*overlapping_rows)


@pytest.mark.broad
def test_fits_are_those_of_a_comparison(overlapping_rows, bayes):
    """On a given test set: the same rows train, so the same optima are found."""
    frame, y = overlapping_rows
    table = frame.assign(y=y)
    dataset = trifit.load_dataset(table[:90], "y", test=table[90:])
    run = trifit.run_comparison(dataset, overrides=MANY)
    for estimator in (MLEClassifier(), MAPClassifier()):
        estimator.fit(frame[:90], y[:90])
        name = "mle" if isinstance(estimator, MLEClassifier) else "map"
        found = estimator.predict_log_proba(frame[90:])
        assert found == pytest.approx(run.log_probs[name], abs=1e-6)
    own = BayesClassifier(overrides=MANY, random_state=2).fit(frame[:90], y[:90])
    # 0.02 is some eight Monte Carlo errors of 2,000 draws.
    assert own.predict_proba(frame[90:]) == pytest.approx(np.exp(run.log_probs["bayes"]), abs=0.02)


def test_mle_is_unpenalised_logistic_regression(overlapping_rows):
    frame, y = overlapping_rows
    ours = MLEClassifier().fit(frame, y)
    scaled = StandardScaler().fit_transform(frame)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(scaled, y)
    assert ours.predict_proba(frame) == pytest.approx(theirs.predict_proba(scaled), abs=1e-6)
    assert ours.fit_.status is Status.CONVERGED


@pytest.mark.parametrize("classes", [2, 3])
def test_coefficients_give_the_probabilities(overlapping_rows, classes):
    frame, y = overlapping_rows
    y = np.minimum(y, classes - 1)
    frame = frame.assign(constant=5.0)
    for model in ("softmax", "logistic") if classes == 2 else ("softmax",):
        fitted = MAPClassifier(model).fit(frame, y)
        scores = fitted.intercept_ + frame.to_numpy() @ fitted.coef_.T
        log_odds = np.diff(fitted.predict_log_proba(frame), axis=1)
        assert (scores if classes == 2 else np.diff(scores, axis=1)) == pytest.approx(log_odds)
        assert fitted.coef_.shape == ((1, 4) if classes == 2 else (3, 4))
        assert (fitted.coef_[:, 3] == 0).all()


@pytest.mark.parametrize("kind", [MLEClassifier, MAPClassifier, BayesClassifier])
def test_integer_weights_are_repeated_rows(overlapping_rows, kind):
    frame, y = overlapping_rows
    weight = np.random.default_rng(4).integers(0, 4, size=len(y))
    overrides = QUICK if kind is BayesClassifier else None
    with pytest.warns(ConvergenceWarning) if overrides else nullcontext():
        weighted = kind(overrides=overrides, random_state=5).fit(frame, y, sample_weight=weight)
        repeated = kind(overrides=overrides, random_state=5).fit(
            frame.loc[frame.index.repeat(weight)], np.repeat(y, weight)
        )
    assert (weighted.fit_.draws == repeated.fit_.draws).all()
    assert (weighted.predict_proba(frame) == repeated.predict_proba(frame)).all()


def test_a_scale_chosen_by_inner_folds_counts_weights():
    """Rows that agree are merged before the fit; a prior that is not normal has inner folds."""
    rng = np.random.default_rng(1)
    X, y, weight = rng.integers(0, 9, size=(80, 2)), rng.integers(0, 3, 80), rng.integers(0, 3, 80)
    fit = MAPClassifier(prior_scale="auto", overrides={"prior": "student-t"}).fit
    weighted = fit(X, y, sample_weight=weight)
    repeated = fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert weighted.prior_scale_ == repeated.prior_scale_
    np.testing.assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


def test_weights_move_a_map_as_they_should(overlapping_rows):
    """Against scikit-learn, which penalises no intercepts: so ours hardly are."""
    frame, y = overlapping_rows
    weight = np.random.default_rng(4).uniform(0.1, 3.0, size=len(y))
    ours = MAPClassifier(
        prior_scale=0.5, overrides={"intercept_scale": 1e4, "standardize": False}
    ).fit(frame, y, weight)
    theirs = LogisticRegression(C=0.25, tol=1e-12, max_iter=100_000, solver="newton-cg").fit(
        frame, y, weight
    )
    assert ours.predict_proba(frame) == pytest.approx(theirs.predict_proba(frame), abs=1e-5)


def test_draws_average_to_the_probabilities(overlapping_rows, bayes):
    frame, _ = overlapping_rows
    draws = bayes.sample_proba(frame)
    assert draws.shape == (2000, 120, 3)
    assert draws.mean(axis=0) == pytest.approx(bayes.predict_proba(frame), abs=1e-12)
    assert bayes.sample_proba(frame, n_draws=7).shape == (7, 120, 3)
    assert bayes.fit_.status is Status.TRUSTED
    with pytest.raises(InputError, match="n_draws=2001: expected between 1 and 2000"):
        bayes.sample_proba(frame, n_draws=2001)


def test_names_of_classes_and_features(overlapping_rows, bayes):
    frame, y = overlapping_rows
    named = MAPClassifier().fit(frame, np.array(["z", "x", "w"])[y])
    assert named.classes_.tolist() == ["w", "x", "z"]
    assert set(named.predict(frame)) <= {"w", "x", "z"}
    assert named.n_features_in_ == 3
    assert bayes.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        named.predict(frame[["b", "a", "c"]])


@pytest.mark.filterwarnings("error")
@pytest.mark.broad
def test_what_scikit_learn_does_with_estimators(overlapping_rows):
    frame, y = overlapping_rows
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MAPClassifier()),
        {"mapclassifier__prior_scale": [0.01, 0.1, 1.0]},
        scoring="neg_log_loss",
        cv=3,
    ).fit(frame, y)
    assert search.best_params_["mapclassifier__prior_scale"] in (0.1, 1.0)
    held_out = cross_val_predict(MAPClassifier(), frame, y, method="predict_proba", cv=3)
    assert held_out.sum(axis=1) == pytest.approx(1.0)
    calibrated = CalibratedClassifierCV(MLEClassifier(), method="sigmoid", cv=3).fit(frame, y)
    assert calibrated.predict_proba(frame).shape == (120, 3)


def test_a_clone_has_the_settings_and_no_fit(overlapping_rows):
    fitted = MAPClassifier("logistic", prior_scale=0.3, overrides={"starts": 2}, random_state=7)
    again = clone(fitted.fit(overlapping_rows[0], overlapping_rows[1] > 0))
    assert again.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        again.predict(overlapping_rows[0])


def test_a_pickle_predicts_in_a_new_process(overlapping_rows, bayes, tmp_path):
    frame, _ = overlapping_rows
    path = tmp_path / "bayes.pickle"
    path.write_bytes(pickle.dumps((bayes, frame)))
    code = f"""
        import pickle
        bayes, frame = pickle.load(open({str(path)!r}, "rb"))
        print(bayes.predict_proba(frame).tobytes().hex())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    there = np.frombuffer(bytes.fromhex(ran.stdout)).reshape(-1, 3)
    assert there == pytest.approx(bayes.predict_proba(frame), abs=1e-14)


def test_a_separated_mle_says_so():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="MLEClassifier: no MLE exists"):
        fitted = MLEClassifier().fit(X, y)
    assert fitted.fit_.status is Status.SEPARATED


def test_a_posterior_that_is_not_trusted_says_so(overlapping_rows):
    with pytest.warns(ConvergenceWarning, match="BayesClassifier: (R-hat is too high|too few)"):
        fitted = BayesClassifier(overrides={"draws": 20, "tune": 50, "chains": 2}).fit(
            *overlapping_rows
        )
    assert fitted.fit_.status.failed


def kinked(X, y, *, n_classes, coords, knot=100.0):
    """Linear up to the knot, which lies beyond standard normal features."""
    with pm.Model(coords=coords) as model:
        features = pm.math.clip(pm.Data("X", X, dims=("obs", "feature")), -knot, knot)
        beta = pm.ZeroSumNormal("beta", sigma=1.0, shape=(X.shape[1], n_classes))
        pm.Categorical("label", logit_p=features @ beta, observed=y, dims="obs")
    return model


def test_a_bend_beyond_the_usual_rows_is_seen(rng):
    """A cached model was found to be linear on standard normal rows; others may show a bend."""
    card, rows = load_card(kinked), rng.normal(size=(30, 2))
    names = {"feature_names": ("a", "b"), "class_names": ("p", "q")}
    assert density_on(rows, card, **names).linear
    assert not density_on(rows + 1000.0, card, **names).linear


def test_a_builder_that_has_changed_is_refused(overlapping_rows):
    frame, y = overlapping_rows
    fitted = MAPClassifier(_scaled_by(1.0)).fit(frame, y)
    load_card(_scaled_by(2.0))
    with pytest.raises(InputError, match="now builds a different model"):
        fitted.predict(frame)


def _scaled_by(factor):
    def build(X, y, *, n_classes, coords):
        with pm.Model(coords=coords) as model:
            features = factor * pm.Data("X", X, dims=("obs", "feature"))
            beta = pm.ZeroSumNormal("beta", sigma=1.0, shape=(X.shape[1], n_classes))
            pm.Categorical("label", logit_p=features @ beta, observed=y, dims="obs")
        return model

    return build


@pytest.mark.broad
def test_learned_scales_and_networks(overlapping_rows):
    """A MAP whose prior scale is learned needs the posterior; a network has no coefficients."""
    frame, y = overlapping_rows
    learned = MAPClassifier(overrides={"prior": "hierarchical", **QUICK}, random_state=1)
    assert learned.fit(frame, y).fit_.status is Status.DEGENERATE
    network = MAPClassifier("network", random_state=1).fit(frame, y)
    with pytest.raises(AttributeError, match="not linear in the features"):
        network.coef_  # noqa: B018
    assert not hasattr(network, "intercept_")


@pytest.mark.parametrize(
    ("arguments", "change", "match"),
    [
        ({}, {"y": 0}, "y holds one class, '0'; a classifier needs at least two"),
        ({"model": "logistic"}, {}, "logistic_regression is for two classes"),
        ({"model": "sofmax"}, {}, "model 'sofmax': no such card; shipped cards are"),
        ({"prior_scale": -1.0}, {}, "prior_scale = -1.0: expected a positive number"),
        ({"overrides": {"prior_sacle": 1}}, {}, "has no such setting"),
        ({}, {"X": 1.0}, "every feature is constant"),
        ({}, {"weight": -1.0}, "Negative values in data passed to `sample_weight`"),
        ({}, {"weight": [0.0, 1.0]}, "sample_weight is 0 for all rows of class '0'"),
    ],
)
def test_bad_input_is_one_line(overlapping_rows, arguments, change, match):
    frame, y = overlapping_rows
    X = frame * 0 + change["X"] if "X" in change else frame
    labels = np.zeros_like(y) if "y" in change else y
    weight = change.get("weight")
    if isinstance(weight, list):
        weight = np.where(y == 0, *weight)
    elif weight is not None:
        weight = np.full(len(y), weight)
    with pytest.raises(ValueError, match=match) as caught:
        MAPClassifier(**arguments).fit(X, labels, weight)
    assert "\n" not in str(caught.value)
