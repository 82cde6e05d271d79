"""Models of one's own: a file, a function, a Bambi formula, and the example in models/README.md."""

import re

import bambi
import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
from arviz_stats.base import array_stats
from click.testing import CliRunner
from pytensor.compile.mode import Mode
from sklearn.linear_model import LogisticRegression

import trifit
from fitting import density_of, probs_of
from trifit.cards import Sampler, load_card
from trifit.cli import main
from trifit.errors import InputError
from trifit.fit.build import build_density, build_model
from trifit.fit.linear import LinearDensity
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.mle import fit_mle
from trifit.fits import Status
from trifit.models import from_bambi, softmax_regression
from trifit.report import render
from trifit.types import Rows

QUICK = {"draws": 200, "tune": 300, "chains": 2}


@pytest.fixture
def groups(tmp_path):
    """Four groups that differ in their base rates."""
    rng = np.random.default_rng(1)
    group = rng.choice(["north", "south", "east", "west"], size=200)
    x = rng.normal(size=200)
    base = {"north": 1.5, "south": -1.5, "east": 0.0, "west": 0.5}
    odds = x + np.array([base[g] for g in group])
    y = np.where(rng.random(200) < 1 / (1 + np.exp(-odds)), "yes", "no")
    path = tmp_path / "groups.csv"
    pd.DataFrame({"group": group, "x": x, "y": y}).to_csv(path, index=False)
    return path


def readme_code(root, language):
    text = (root / "models" / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@pytest.mark.broad
def test_the_readmes_model_runs(root, groups, tmp_path):
    """Varying intercepts by group, from the README, through the command line."""
    code = readme_code(root, "python")[0]
    assert len(code.strip().splitlines()) <= 22
    model = tmp_path / "varying.py"
    model.write_text(code, encoding="utf-8")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main,
        ["compare", str(groups), "--target", "y", "--model", f"{model}:build", "--out", str(out),
         "--test-size", "0.3", "--set", "standardize=false",
         *[x for k, v in QUICK.items() for x in ("--set", f"{k}={v}")]],
    )  # fmt: skip
    assert result.exit_code in (0, 3), result.output
    comparison = trifit.Comparison.from_json(out / "comparison.json")
    assert comparison.fits["map"].status == "degenerate"
    offsets = {p.parameter: p for p in comparison.parameters if p.parameter.startswith("offset")}
    assert len(offsets) >= 4
    board = comparison.scoreboard
    assert board["bayes"]["log_loss"].value < board["class frequencies"]["log_loss"].value


def own(X, y, *, n_classes, coords, scale=1.0):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.ZeroSumNormal("beta", sigma=scale, dims=("feature", "class_"))
        pm.Categorical("label", logit_p=features @ beta, observed=y, dims="obs")
    return model


def test_a_function_is_a_model(overlapping):
    comparison = trifit.compare(
        overlapping, model=own, test_size=0.3, overrides=QUICK | {"scale": 0.5}
    )
    assert comparison.card.name == "own"
    assert comparison.card.hyperparameters == {"scale": 0.5}
    page = render(comparison)
    assert "own" in page


def test_any_keyword_reaches_a_builder_that_takes_any():
    def build(X, y, *, n_classes, coords, **hyperparameters):
        return own(X, y, n_classes=n_classes, coords=coords, **hyperparameters)

    card = load_card(build).with_overrides({"scale": 3.0})
    assert card.hyperparameters == {"scale": 3.0}


def multinomial(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.ZeroSumNormal("beta", sigma=2.5, dims=("feature", "class_"))
        intercept = pm.ZeroSumNormal("intercept", sigma=5.0, dims="class_")
        p = pm.math.softmax(intercept + features @ beta, axis=-1)
        pm.Multinomial("label", n=1, p=p, observed=np.eye(n_classes)[y], dims=("obs", "class_"))
    return model


def test_an_observed_multinomial_is_a_classifier(rng):
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    names = {"feature_names": ("x0", "x1"), "class_names": ("a", "b", "c")}
    ours = build_density(load_card(multinomial), X, y, **names)
    softmax = density_of(X, y)
    assert isinstance(ours, LinearDensity)
    theta = rng.normal(size=ours.n_params)
    named = ours.layout.unravel(ours.constrain(theta[None]))
    same = np.concatenate([named[n].reshape(1, -1) for n in softmax.layout.names], axis=1)
    assert ours.log_probs(ours.constrain(theta[None]), X) == pytest.approx(
        softmax.log_probs(same, X), abs=1e-10
    )


@pytest.mark.broad
def test_counts_make_a_multinomial_model(rng):
    """A shipped builder given counts is the model whose likelihood trifit maximises."""
    X = rng.normal(size=(20, 2))
    counts = rng.multinomial(4, [0.2, 0.3, 0.5], size=20)
    model = softmax_regression(X, counts)
    density = density_of(X, counts.argmax(axis=1) * 0 + np.arange(20) % 3)
    theta = 0.3 * rng.normal(size=density.n_params)
    ours = density.bind(X, counts.astype(float))
    point = dict(zip([v.name for v in model.value_vars], (theta[:2], theta[2:].reshape(2, 2)),
                     strict=True))  # fmt: skip
    likelihood = model.compile_logp(vars=model.observed_RVs, mode="FAST_COMPILE")
    zero = {k: np.zeros_like(v) for k, v in point.items()}
    differences = (
        likelihood(point) - likelihood(zero),
        ours(theta, prior=0.0, jacobian=0.0)[0]
        - ours(np.zeros_like(theta), prior=0.0, jacobian=0.0)[0],
    )
    assert differences[0] == pytest.approx(differences[1])


def test_fractions_have_no_pymc_model():
    with pytest.raises(InputError, match="label fractions, which no PyMC distribution observes"):
        softmax_regression(np.zeros((2, 1)), np.array([[0.5, 0.5], [1.0, 0.0]]))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nowhere.py:build", "no such file"),
        ("trifit.models:nothing", "has no function 'nothing'"),
        ("no.such.module:build", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_builders_that_are_not_there(reference, message):
    with pytest.raises(InputError, match=message):
        load_card(reference)


def wrong_shape(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X)
        beta = pm.Normal("beta", 0, 1, shape=(X.shape[1], n_classes + 1))
        pm.Categorical("label", logit_p=features @ beta, observed=y)
    return model


def test_a_model_of_other_classes_is_refused(overlapping):
    with pytest.raises(InputError, match=r"probabilities of shape \(7, 3\) for 7 rows and 2"):
        trifit.compare(overlapping, model=wrong_shape, test_size=0.3)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"x": rng.normal(size=90), "g": rng.choice(list("uvw"), 90), "s": np.arange(90) % 7,
         "y": rng.choice(["a", "b", "c"], 90), "b": rng.choice(["no", "yes"], 90)}
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("y ~ x + g + x:g", "categorical"),
        ("b[yes] ~ x + g", "bernoulli"),
        ("b ~ 0 + x", "bernoulli"),
        ("b ~ x + (1|g) + (x|s)", "bernoulli"),
        ("b ~ (x*g|s)", "bernoulli"),
        ("y ~ x + (x|s)", "categorical"),
    ],
)
@pytensor.config.change_flags(cxx="")
def test_bambis_density_is_met(table, formula, family, rng):
    """The same log density as Bambi's own model, at a random point; no C compiler is started."""
    model = bambi.Model(formula, table, family=family)
    dataset, card = from_bambi(model)
    assert not card.standardize
    assert (np.array(dataset.class_names)[dataset.y] == table[formula[0]]).all()
    ours = build_model(
        card, dataset.X, dataset.y,
        feature_names=dataset.feature_names, class_names=dataset.class_names,
    )  # fmt: skip
    theirs = model.backend.model
    point = {k: rng.normal(size=np.shape(v)) for k, v in theirs.initial_point().items()}
    house = {k: k.replace("_scale_log__", "_sigma_log__").replace("_z", "_offset")
             for k in ours.initial_point()}  # fmt: skip
    same = {k: point[house[k]].reshape(np.shape(v)) for k, v in ours.initial_point().items()}
    logp = [
        m.compile_logp(mode=Mode("py", "fast_compile"))(p)
        for m, p in ((theirs, point), (ours, same))
    ]
    assert logp[0] == pytest.approx(logp[1], rel=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_bambi_models_that_cannot_be_compared(table):
    with pytest.raises(InputError, match="family 'gaussian'"):
        from_bambi(bambi.Model("x ~ g", table))
    with pytest.raises(InputError, match=r"term 'offset\(x\)' is not a column of a design matrix"):
        from_bambi(bambi.Model("b ~ g + offset(x)", table, family="bernoulli"))
    prior = bambi.Prior("StudentT", nu=4, mu=0, sigma=bambi.Prior("HalfNormal", sigma=1))
    settings = {"family": "bernoulli", "priors": {"1|g": prior}, "noncentered": False}
    heavy = bambi.Model("b ~ x + (1|g)", table, **settings)
    with pytest.raises(InputError, match=r"prior of '1\|g' is .*; expected Normal with mean 0"):
        from_bambi(heavy)
    with pytest.raises(InputError, match=r"'g\|s' has 2 columns per group, of which Bambi"):
        from_bambi(bambi.Model("y ~ x + (g|s)", table, family="categorical"))
    two = bambi.Model("b ~ x + (1|g) + (1|s)", table, family="bernoulli")
    with pytest.raises(InputError, match="has 2 grouping factors: 'g', 's'; expected one"):
        from_bambi(two, whole_groups=True)


@pytest.mark.filterwarnings("ignore")
def test_whole_groups_are_asked_for(table):
    model = bambi.Model("b ~ x + (x|s)", table, family="bernoulli")
    assert from_bambi(model)[0].groups is None
    dataset, _ = from_bambi(model, whole_groups=True)
    assert (dataset.groups == table["s"]).all()
    assert dataset.roles == {"groups": "s"}


@pytest.fixture
def sites():
    """Eight sites of 40 rows that differ in their base rates and slopes."""
    rng = np.random.default_rng(2)
    site, x = np.repeat(np.arange(8), 40), rng.normal(size=320)
    odds = 0.5 + rng.normal(size=8)[site] + (1 + 0.7 * rng.normal(size=8)[site]) * x
    y = np.where(rng.random(320) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return pd.DataFrame({"site": site, "x": x, "y": y})


@pytest.mark.broad
@pytest.mark.filterwarnings("ignore")
def test_the_mle_of_group_specific_terms_is_that_of_their_design(sites, rng):
    """scikit-learn without a penalty on the same columns; a site without rows has effect zero."""
    dataset, card = from_bambi(bambi.Model("y[yes] ~ x + (x|site)", sites, family="bernoulli"))
    names = {"feature_names": dataset.feature_names, "class_names": dataset.class_names}
    density = build_density(card, dataset.X, dataset.y, **names)
    assert sorted({n for n, s in zip(density.free_names, density.scales, strict=True) if s}) == [
        "1|site_scale", "x|site_scale",
    ]  # fmt: skip
    rows = np.flatnonzero(sites["site"] > 0)
    fit = fit_mle(density, Rows(dataset.X[rows], dataset.y[rows]), card.optimiser, rng)
    assert fit.status is Status.CONVERGED
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
    reference.fit(dataset.X[rows], dataset.y[rows])
    assert probs_of(density, fit, dataset.X[rows]) == pytest.approx(
        reference.predict_proba(dataset.X[rows]), abs=1e-5
    )
    named = density.layout.unravel(fit.flat_draws[0])
    assert named["1|site"][0] == named["x|site"][0] == 0.0
    assert abs(named["1|site"][1:]).min() > 0


@pytest.mark.broad
@pytest.mark.filterwarnings("ignore")
def test_group_specific_terms_have_bambis_posterior(sites):
    """Means and standard deviations within four Monte Carlo errors of two runs."""
    model = bambi.Model("y[yes] ~ x + (x|site)", sites, family="bernoulli")
    dataset, card = from_bambi(model)
    names = {"feature_names": dataset.feature_names, "class_names": dataset.class_names}
    density = build_density(card, dataset.X, dataset.y, **names)
    objective = density.bind(dataset.X, dataset.y)
    fit = fit_bayes(density, objective, None, Sampler(draws=2000, tune=1000), seed=1)
    ours = density.layout.unravel(fit.draws)
    theirs = model.fit(
        draws=2000, tune=1000, chains=4, target_accept=0.9, random_seed=2, progressbar=False
    ).posterior
    for name in ("Intercept", "x", "1|site", "x|site", "1|site_scale", "x|site_scale"):
        both = [ours[name], theirs[name.replace("_scale", "_sigma")].values]
        both = [draws.reshape(4, 2000, -1) for draws in both]
        for method, of in (("mean", np.mean), ("sd", np.std)):
            values = [of(draws, axis=(0, 1)) for draws in both]
            errors = [
                [array_stats.mcse(d, chain_axis=0, draw_axis=1, method=method)
                 for d in np.moveaxis(draws, 2, 0)]
                for draws in both
            ]  # fmt: skip
            assert (abs(values[0] - values[1]) < 4 * np.hypot(*errors)).all(), (name, method)


def unnormalised(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X)
        beta = pm.Normal("beta", 0, 1, shape=(X.shape[1], n_classes))
        pm.Categorical("label", p=pm.math.sigmoid(features @ beta), observed=y)
    return model


def nothing_free(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X)
        pm.Bernoulli("label", logit_p=features[:, 0], observed=y)
    return model


@pytest.mark.parametrize(
    ("builder", "message"),
    [
        (unnormalised, "class probabilities that sum to .* normalise them, or give logits"),
        (nothing_free, "no free variable: there is nothing to fit"),
    ],
)
def test_models_that_are_no_classifiers(overlapping, builder, message):
    with pytest.raises(InputError, match=message):
        trifit.compare(overlapping, model=builder, test_size=0.3)


def flat(X, y, *, n_classes, coords):
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X)
        beta = pm.Flat("beta", shape=X.shape[1])
        pm.Bernoulli("label", logit_p=features @ beta, observed=y)
    return model


def test_flat_priors_are_fitted_and_cannot_be_previewed(overlapping):
    from trifit.run.show import preview_card

    comparison = trifit.compare(overlapping, model=flat, test_size=0.3, overrides=QUICK)
    loss = {name: row["log_loss"].value for name, row in comparison.scoreboard.items()}
    assert loss["map"] == pytest.approx(loss["mle"], abs=1e-6)
    with pytest.raises(InputError, match="cannot be drawn from"):
        preview_card(load_card(flat), overlapping)


def bernoulli(X, y, prior="beta = pm.Normal('beta', shape=2)", rows="x", labels="y", more="pass"):
    """A model whose parts are lines of code, as a user would write them."""
    names = {"pm": pm, "np": np, "X": X, "y": y}
    with pm.Model() as model:
        names["x"] = pm.Data("X", X)
        exec(prior, names)
        names["odds"] = eval(rows, names) @ names["beta"]
        exec(more, names)
        pm.Bernoulli("label", logit_p=names["odds"], observed=eval(labels, names))
    return model


PER_ROW = "of which one model serves all sets: write it with parameters and fixed numbers only"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"labels": "1 - y"}, r"observes label 1 where it was given 0 \(row 0\)"),
        ({"labels": "y[:30]"}, "observes labels of 30 rows of 40"),
        ({"rows": "(x - x.mean(axis=0))"}, "predicts a row otherwise if other rows are left out"),
        ({"prior": "beta = pm.Normal('beta', 0, x.std(axis=0))"}, f"prior of 'beta' .* {PER_ROW}"),
        ({"more": "pm.Potential('p', -(odds**2).sum())"}, f"potential 'p' .* {PER_ROW}"),
        ({"prior": "beta = pm.Normal('beta', 0, X.std(axis=0))"}, "gives half of the rows another"),
        (
            {"prior": "beta = pm.Normal('beta', shape=2); e = pm.Normal('e', shape=len(y))"},
            "gives half of the rows 22 parameters, not 42",
        ),
        ({"prior": "beta = pm.Normal('beta', shape=x.shape[1])"}, None),
        ({"labels": "y.astype(bool)"}, None),
        ({"labels": "pm.Data('labels', y.astype(float))"}, None),
        ({"more": "pm.Potential('p', -abs(beta).sum())"}, None),
    ],
)
def test_one_model_serves_all_sets(rng, parts, message):
    """Other labels, rows that depend on others, priors that follow the rows: no silent answer."""
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    card = load_card(lambda X, y, *, n_classes, coords: bernoulli(X, y, **parts))
    names = {"feature_names": ("a", "b"), "class_names": ("p", "q")}
    if message is None:
        build_density(card, X, y, **names)
    else:
        with pytest.raises(InputError, match=message):
            build_density(card, X, y, **names)
