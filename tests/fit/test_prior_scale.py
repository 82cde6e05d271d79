"""``prior_scale = "auto"``: the scale with the largest evidence, a fixed number ever after."""

import numpy as np
import pymc as pm
import pytest
from scipy.integrate import dblquad
from scipy.special import expit

import trifit
from fitting import FAST
from selection import by_default
from trifit.cards import load_card
from trifit.cli.main import main
from trifit.crossfit.rotation import Rotation, into_span
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.estimators import BayesClassifier, MAPClassifier
from trifit.fit import build_density
from trifit.fit.evidence import Evidence
from trifit.fit.prior_scale import choose_scale
from trifit.fit.rescaled import RescaledGraph, RescaledLinear
from trifit.run import load_run
from trifit.types import Rows
from trifit.words import notes


def auto(model, X, n_classes, **overrides):
    card = load_card(model).with_overrides({"prior_scale": "auto", **overrides})
    return card, density_of(card, X, n_classes)


def density_of(card, X, n_classes):
    return build_density(
        card,
        X,
        np.arange(len(X)) % n_classes,
        feature_names=tuple(f"x{j}" for j in range(X.shape[1])),
        class_names=tuple("abcdef"[:n_classes]),
        open_scale=True,
    )


def test_a_scale_that_nobody_chooses_is_refused():
    X = np.random.default_rng(0).standard_normal((20, 2))
    names = {"feature_names": ("u", "v"), "class_names": ("a", "b")}
    card = load_card("logistic")
    with pytest.raises(InputError, match=r"prior_scale = 'auto' is chosen by Training; .*number"):
        build_density(card, X, np.arange(20) % 2, **names)
    assert build_density(card.with_scale(0.5), X, np.arange(20) % 2, **names).rescaled is None


def world(rng, n, p, scale):
    X = rng.standard_normal((n, p))
    y = (rng.random(n) < expit(rng.normal() + X @ rng.normal(0, scale, p))).astype(int)
    return Rows(X, y)


@pytest.fixture(scope="module")
def one_feature():
    rows = world(np.random.default_rng(3), 60, 1, 1.0)
    return rows, auto("logistic", rows.X, 2)[1].rescaled


@pytest.mark.parametrize("scale", [0.1, 0.7, 3.0])
def test_evidence_is_that_of_quadrature(one_feature, scale):
    rows, model = one_feature
    x, sign = rows.X[:, 0], 2.0 * rows.labels - 1

    def joint(slope, intercept):
        likelihood = expit(sign * (intercept + slope * x)).prod()
        prior = np.exp(-0.5 * ((slope / scale) ** 2 + (intercept / 5) ** 2))
        return likelihood * prior / (2 * np.pi * scale * 5) * 1e15

    exact = np.log(dblquad(joint, -6, 6, -6, 6)[0] / 1e15)
    assert Evidence(model, rows)(np.log(scale)) == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize(("model", "n_classes"), [("logistic", 2), ("softmax", 3)])
def test_rescaled_is_the_model_built_with_that_scale(rng, model, n_classes):
    X = rng.standard_normal((30, 4))
    card, density = auto(model, X, n_classes)
    assert isinstance(density.rescaled, RescaledLinear)
    built = density_of(card.with_scale(0.37), X, n_classes)
    thetas = rng.standard_normal((5, density.n_params))
    ours = density.rescaled.at(0.37)
    np.testing.assert_allclose(ours.log_priors(thetas), built.log_priors(thetas), rtol=1e-10)
    np.testing.assert_allclose(ours.prior[0](thetas[0]), built.prior[0](thetas[0]), rtol=1e-10)
    np.testing.assert_array_equal(ours.constrain(thetas), built.constrain(thetas))


def power(exponent):
    """A user's builder: the prior's standard deviation is a power of its scale."""

    def build(X, y, *, n_classes, coords, prior_scale=1.0):
        with pm.Model(coords=coords) as model:
            data = pm.Data("X", X, dims=("obs", "feature"))
            intercept = pm.Normal("intercept", 0.0, 5.0)
            beta = pm.Normal("beta", 0.0, prior_scale**exponent, dims="feature")
            pm.Bernoulli("label", logit_p=intercept + data @ beta, observed=y, dims="obs")
        return model

    return build


@pytest.mark.parametrize(("exponent", "kind"), [(1, RescaledLinear), (2, RescaledGraph)])
def test_a_users_prior_is_rescaled_by_rule_only_where_the_rule_holds(rng, exponent, kind):
    X = rng.standard_normal((30, 2))
    card = load_card(power(exponent)).with_overrides({"prior_scale": "auto"})
    assert isinstance(density_of(card, X, 2).rescaled, kind)


@pytest.mark.broad
def test_other_priors_are_chosen_by_inner_folds(rng):
    rows = world(rng, 80, 3, 0.5)
    card, density = auto("logistic", rows.X, 2, prior="student-t")
    assert isinstance(density.rescaled, RescaledGraph)
    chosen = choose_scale(density.rescaled, card, rows, rng)
    assert (chosen.by, chosen.low, chosen.high) == ("inner folds", None, None)
    assert 2.0**-5 <= chosen.value <= 2.0**3


@pytest.mark.broad
def test_rotated_features_choose_the_same_scale(rng):
    """More columns than rows: the evidence is that of the columns themselves."""
    rows = world(rng, 60, 300, 0.1)
    card, density = auto("softmax", rows.X, 3, intercept_scale=2.0)
    assert density.alike is not None
    spanned = into_span(density, 300, 60)
    Z = Rotation.spanning(rows.X, 60).coordinates(rows.X)
    direct = choose_scale(density.rescaled, card, rows, rng)
    rotated = choose_scale(spanned.rescaled, card, Rows(Z, rows.labels), rng)
    assert (rotated.value, rotated.low, rotated.high) == pytest.approx(
        (direct.value, direct.low, direct.high), rel=0.02
    )
    built = density_of(card.with_scale(0.37), rows.X, 3)
    np.testing.assert_allclose(density.rescaled.at(0.37).alike.root, built.alike.root, rtol=1e-8)
    assert spanned.rescaled.at(0.37).n_params == 60 * 2 + 2


def test_features_that_say_nothing_get_a_narrow_prior(rng):
    rows = Rows(rng.standard_normal((400, 10)), rng.integers(2, size=400))
    card, density = auto("logistic", rows.X, 2)
    chosen = choose_scale(density.rescaled, card, rows, rng)
    assert chosen.low == 0.0
    assert chosen.value < 0.1


def test_rows_of_a_group_are_not_counted_as_rows_of_their_own(rng):
    """Labels of 24 sites are random: features tell the sites apart, and nothing of a new one."""
    site = np.repeat(np.arange(24), 10)
    X = rng.standard_normal((24, 20))[site] + 0.01 * rng.standard_normal((240, 20))
    y = rng.permutation(24)[site] % 2
    card, density = auto("logistic", X, 2)
    alone = choose_scale(density.rescaled, card, Rows(X, y), rng)
    together = choose_scale(density.rescaled, card, Rows(X, y, site), rng)
    assert (together.by, together.low) == ("inner folds", None)
    assert together.value < 0.3 < 1.0 < alone.value, (alone, together)


def test_separable_classes_do_not_let_the_scale_grow_for_ever(rng):
    """Beyond some scale the evidence is the same for all: the half-Cauchy prior decides."""
    y = np.repeat([0, 1], 15)
    X = 2.0 * y[:, None] - 1
    card, density = auto("logistic", X, 2)
    chosen = choose_scale(density.rescaled, card, Rows(X, y), rng)
    assert chosen.high is None
    assert chosen.value < 25


@pytest.mark.parametrize("seed", by_default(14, of=[5, 14]))
def test_separable_classes_have_an_interval_too(seed):
    """Wide priors have flat objectives there: a mode found loosely gave evidences that jumped."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 9))
    X[:, :3] += 3 * np.eye(3)[np.arange(60) % 3]
    rows = Rows(X, np.arange(60) % 3)
    card, density = auto("softmax", X, 3)
    chosen = choose_scale(density.rescaled, card, rows, rng)
    assert chosen.low < chosen.value < chosen.high


def test_learned_scales_are_not_chosen_too(rng):
    rows = world(rng, 40, 2, 1.0)
    card, density = auto("logistic", rows.X, 2, prior="hierarchical")
    with pytest.raises(InputError, match="learns the scale of its prior itself"):
        choose_scale(density.rescaled, card, rows, rng)


@pytest.fixture(scope="module")
def chosen_run():
    return trifit.compare(
        load_dataset("iris"), nuts=False, cv=2, overrides={**FAST, "prior_scale": "auto"}
    )


def test_every_training_set_chooses_its_own(chosen_run):
    scales = chosen_run.prior.scales
    assert len(scales) == 3
    assert all(scale.low < scale.value < scale.high for scale in scales)
    note = next(note for note in notes(chosen_run) if note.startswith("the training rows chose"))
    assert f"{scales[-1].value:.3g}" in note


def test_fits_are_those_of_a_card_with_that_number():
    data = load_dataset("wine")

    def run(scale):
        return trifit.compare(data, nuts=False, test_size=0.3, overrides={"prior_scale": scale})

    chosen = run("auto")
    (scale,) = chosen.prior.scales
    given = run(scale.value)
    for a, b in zip(chosen.parameters, given.parameters, strict=True):
        assert a.map == pytest.approx(b.map, abs=1e-7)
    assert chosen.contestants["map"].scores.log_loss.value == pytest.approx(
        given.contestants["map"].scores.log_loss.value, abs=1e-8
    )


def test_estimators_say_which_scale_was_chosen(rng):
    rows = world(rng, 200, 5, 0.5)
    chosen = MAPClassifier("logistic", prior_scale="auto").fit(rows.X, rows.labels)
    again = MAPClassifier("logistic", prior_scale=chosen.prior_scale_).fit(rows.X, rows.labels)
    np.testing.assert_allclose(chosen.predict_proba(rows.X), again.predict_proba(rows.X), atol=1e-7)
    assert BayesClassifier("logistic", prior_scale=2.0)._card().hyperparameters["prior_scale"] == 2


def test_the_command_line_takes_auto(tmp_path):
    command = ["compare", "iris", "--prior-scale", "auto", "--no-nuts", "--test-size", "0.3"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--out", str(tmp_path / "run"), "--quiet"])
    assert ended.value.code == 0
    saved = load_run(tmp_path / "run")
    (scale,) = saved.comparison.prior.scales
    assert saved.classifier.card.hyperparameters["prior_scale"] == scale.value


def test_a_word_that_is_no_scale_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", "iris", "--prior-scale", "wide"])
    assert ended.value.code == 2
    assert "'wide': expected a positive number, or auto" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("model", "n_classes", "p"), [("logistic", 2, 40), ("softmax", 3, 30)])
def test_known_scales_are_found(model, n_classes, p):
    """100 worlds of 1,000 rows: within a factor of 1.5 in 90, and the interval holds it in 90."""
    rng = np.random.default_rng(1)
    card, density = auto(model, rng.standard_normal((50, p)), n_classes)
    near = held = 0
    for _ in range(100):
        scale = float(np.exp(rng.uniform(np.log(0.2), np.log(1.5))))
        X = rng.standard_normal((1000, p))
        if n_classes == 2:
            odds = np.column_stack([np.zeros(1000), rng.normal() + X @ rng.normal(0, scale, p)])
        else:
            beta = rng.normal(0, scale, (p, n_classes))
            odds = X @ (beta - beta.mean(axis=1, keepdims=True))
        y = (odds + rng.gumbel(size=odds.shape)).argmax(axis=1)
        chosen = choose_scale(density.rescaled, card, Rows(X, y), rng)
        near += abs(np.log(chosen.value / scale)) < np.log(1.5)
        held += chosen.low <= scale <= chosen.high
    print(f"{model}: within a factor of 1.5 in {near}, interval holds it in {held} of 100")
    assert near >= 90
    assert held >= 90
