"""Neural networks: what they contain, what they learn, how they are judged."""

import numpy as np
import pymc as pm
import pytest
from pytensor.compile.mode import Mode
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import gamma, norm

from fitting import density_of, interpreted, network_of, probs_of, standardised
from made_up import mixing, sampler_diagnostics
from selection import by_default
from trifit.cards import Optimiser, load_card
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fit.diagnostics import posterior_status
from trifit.fit.existence import certify
from trifit.fit.folds import inner_folds
from trifit.fit.graph import GraphDensity
from trifit.fit.graph_objective import GraphObjective
from trifit.fit.linear import LinearDensity
from trifit.fit.methods import bayes
from trifit.fit.methods.map import fit_map
from trifit.fit.methods.mle import fit_mle
from trifit.fit.methods.squared_error import fit_squared_error
from trifit.fit.optimise import NEWTON_SHARE, maximise
from trifit.fits import Fit, Status
from trifit.models import neural_network
from trifit.results import FitRecord
from trifit.separation import Separation
from trifit.types import Rows
from trifit.words import status_text


@pytest.fixture(scope="module")
def moons():
    """Two classes in the plane, ``p(1 | x) = expit(3 sin(x_1) - 2 x_2)``: no linear model fits."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(150, 2))
    return X, (rng.random(150) < expit(3 * np.sin(2 * X[:, 0]) - 2 * X[:, 1])).astype(np.int64)


@pytest.fixture(scope="module")
def network(moons):
    return network_of(*moons)


def test_without_hidden_layers_it_is_softmax_regression(rng):
    X, y = standardised(load_dataset("wine"))
    network = density_of(X, y, "neural_network", hidden=[], prior_scale=2.0, intercept_scale=3.0)
    softmax = density_of(X, y, prior_scale=2.0 / np.sqrt(13), intercept_scale=3.0)
    assert isinstance(network, LinearDensity)
    for fit in (fit_mle, fit_map):
        a, b = (probs_of(d, fit(d, Rows(X, y), Optimiser(), rng), X) for d in (network, softmax))
        assert a == pytest.approx(b, abs=1e-6)
    theta = rng.normal(size=softmax.n_params)
    params = softmax.constrain(theta[None])
    order = [softmax.layout.names.index(n) for n in network.layout.names]
    assert order == [1, 0]  # the same variables, made in another order
    named = softmax.layout.unravel(params)
    same = np.concatenate([named[n].reshape(1, -1) for n in network.layout.names], axis=1)
    assert network.log_probs(same, X) == pytest.approx(softmax.log_probs(params, X), abs=1e-10)


@pytest.mark.parametrize("activation", by_default("tanh", of=["tanh", "relu", "softplus"]))
def test_the_forward_pass_is_the_formula(activation, rng):
    X, y = rng.normal(size=(12, 3)), np.arange(12) % 3
    density = interpreted(X, y, "neural_network", hidden=[4, 2], activation=activation)
    squash = {
        "tanh": np.tanh,
        "relu": lambda a: np.maximum(a, 0),
        "softplus": lambda a: np.log1p(np.exp(a)),
    }[activation]
    params = density.constrain(rng.normal(size=(1, density.n_params)))
    p = {name: value[0] for name, value in density.layout.unravel(params).items()}
    h = squash(X @ p["weights1"] + p["bias1"])
    h = squash(h @ p["weights2"] + p["bias2"])
    logits = p["intercept"] + h @ p["beta"]
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert density.log_probs(params, X)[0] == pytest.approx(expected, abs=1e-10)


def test_prior_scales_shrink_with_fan_in():
    X, y = np.zeros((6, 9)), np.arange(6) % 3
    model = neural_network(X, y, hidden=[16], prior_scale=3.0)
    sds = {"weights1": 3 / 3, "beta": 3 / 4}
    for name, sd in sds.items():
        assert f"{name} ~" in model.str_repr() or name in model.named_vars
        mu_sigma = model[name].owner.op.dist_params(model[name].owner)
        assert sd in [float(np.ravel(p.eval(mode=Mode("py")))[0]) for p in mu_sigma]


@pytest.mark.parametrize("prior", ["gamma", "ard"])
def test_gamma_integrates_over_precisions(prior, rng):
    """One of every layer and of its biases, or of every input: the integral by quadrature."""
    X, y = rng.normal(size=(6, 2)), np.arange(6) % 3
    settings = {"prior": prior, "prior_scale": 1.5, "prior_df": 3.0, "output_factor": 2.0}
    density = interpreted(X, y, "neural_network", hidden=[3], **settings)
    here, there = thetas = rng.normal(size=(2, density.n_params))
    names = np.array(density.free_names)
    there[names == "intercept"] = here[names == "intercept"]

    def log_density(w, scale):
        precision = gamma(1.5, scale=1 / (1.5 * scale**2))
        product = lambda t: precision.pdf(t) * norm.pdf(w, scale=t**-0.5).prod()  # noqa: E731
        return np.log(quad(product, 0, np.inf, epsabs=0, epsrel=1e-10)[0])

    expected = []
    for theta in thetas:
        first = theta[names == "weights1_z"].reshape(2, 3)
        each = [(w, 1.5 / np.sqrt(2)) for w in (first if prior == "ard" else [first.ravel()])]
        each += [(theta[names == "bias1_z"], 1.5), (theta[names == "beta_z"], 3 / np.sqrt(3))]
        expected.append(sum(log_density(w, scale) for w, scale in each))
    found = density.log_priors(thetas)
    assert found[1] - found[0] == pytest.approx(expected[1] - expected[0], rel=1e-7)
    assert not density.scales.any()  # so there is a MAP


@pytest.mark.broad
def test_zero_is_a_saddle_point_and_several_starts_leave_it(moons, network, rng):
    X, y = moons
    objective = network.bind(X, y)
    at_zero = np.zeros(network.n_params)
    _, gradient = objective(at_zero, prior=0.0, jacobian=0.0)
    weights = np.array(network.free_names) != "intercept"
    assert abs(gradient[weights]).max() < 1e-10  # the gradient sees no way out
    fit = fit_mle(network, Rows(X, y), Optimiser(starts=3, tolerance=1e-5), rng)
    assert fit.diagnostics.objective < 0.8 * np.log(2)
    assert fit.diagnostics.starts == 3
    assert 0 <= fit.diagnostics.starts_spread <= 1
    one = fit_mle(network, Rows(X, y), Optimiser(tolerance=1e-5), np.random.default_rng(1))
    assert one.diagnostics.starts_spread is None


@pytest.mark.broad
def test_the_best_start_is_kept(moons, network):
    X, y = moons
    settings = Optimiser(max_steps=15)
    each = [
        maximise("mle", network, Rows(X, y), settings, np.random.default_rng(3), prior=0.0)
        for _ in range(1)
    ]
    several = maximise(
        "mle", network, Rows(X, y), Optimiser(max_steps=15, starts=4), np.random.default_rng(3),
        prior=0.0,
    )  # fmt: skip
    assert several.diagnostics.objective <= each[0].diagnostics.objective
    assert several.diagnostics.starts_loss_range > 0


def test_a_race_of_starts_ends_at_a_minimum_with_fewer_steps(moons, network):
    rows, settings = Rows(*moons), Optimiser(starts=4, tolerance=1e-5)
    each, raced = (
        maximise("map", network, rows, settings, np.random.default_rng(3), prior=1.0, race=race)
        for race in (False, True)
    )
    assert raced.status is Status.CONVERGED
    assert raced.diagnostics.objective == pytest.approx(each.diagnostics.objective, rel=0.02)
    assert raced.diagnostics.starts == 1
    again = maximise(
        "map", network, rows, settings, np.random.default_rng(4), prior=1.0, start=raced.theta
    )
    assert again.diagnostics.steps == 0


@pytest.mark.broad
def test_a_refit_from_the_fit_to_all_rows_remembers_the_fold(rng):
    """Why inner folds have starts of their own: labels are noise, so half right is all there is."""
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 2, size=40)
    density, settings = density_of(X, y, "neural_network", hidden=[12]), Optimiser(tolerance=1e-5)
    everything = maximise("mle", density, Rows(X, y), settings, rng, prior=0.0)
    right = {}
    for name, start in (("warm", everything.theta), ("own", None)):
        hits = []
        for train, test in inner_folds(Rows(X, y), np.random.default_rng(1)):
            fit = maximise("", density, train, settings, rng, prior=0.0, start=start)
            hits += (probs_of(density, fit, test.X).argmax(axis=1) == test.labels).tolist()
        right[name] = np.mean(hits)
    assert right["warm"] > 0.75  # where nothing is remembered, one time in a thousand
    assert right["own"] < 0.7


def test_early_stopping_keeps_the_best_step(moons, network, rng):
    X, y = moons
    settings = Optimiser(validation=0.3, tolerance=1e-7)
    fit = fit_mle(network, Rows(X, y), settings, rng, held_out=Rows(X, y))
    assert fit.status is Status.STOPPED_EARLY
    whole = fit_mle(network, Rows(X, y), Optimiser(tolerance=1e-7), np.random.default_rng(1))
    assert fit.diagnostics.steps < whole.diagnostics.steps
    assert fit.diagnostics.objective > whole.diagnostics.objective  # not memorised
    at_end = network.bind(X, y)(fit.theta, prior=0.0, jacobian=0.0)[0] / len(y)
    assert fit.path[-1].__len__() == 4
    assert fit.path[-1][0] == fit.diagnostics.steps
    assert fit.path[-1][3] == pytest.approx(-at_end)


@pytest.mark.broad
def test_a_memorising_network_is_called_separated(rng):
    X, y = rng.normal(size=(10, 2)), np.arange(10) % 2
    density = density_of(X, y, "neural_network", hidden=[8])
    fit = fit_mle(density, Rows(X, y), Optimiser(starts=4, tolerance=1e-5), rng)
    assert (probs_of(density, fit, X).argmax(axis=1) == y).all()
    assert fit.status is Status.SEPARATED


def own_network(X, y, *, n_classes, coords):
    """A network whose variables have names of their own, one of them a learned scale."""
    with pm.Model(coords=coords) as model:
        first = pm.Normal("first", 0, 3.0, shape=(X.shape[1], 8))
        last = pm.Normal("last", 0, pm.HalfNormal("last_scale", 3.0), shape=(8, n_classes))
        shift = pm.Normal("shift", 0, 3.0, shape=n_classes)
        scores = pm.math.tanh(pm.Data("X", X) @ first) @ last + shift
        pm.Categorical("label", logit_p=scores, observed=y)
    return model


def test_the_output_layer_is_found_in_the_graph_whatever_its_names(rng):
    X, y = rng.normal(size=(6, 2)), np.arange(6) % 2
    coords = {"feature": ["a", "b"], "class_": ["a", "b"]}
    model = own_network(X, y, n_classes=2, coords=coords)
    density = GraphDensity(model, 2, mode="interpreted")
    theta, named = rng.normal(size=len(density.free_names)), np.array(density.free_names)
    hidden = np.tanh(X @ theta[named == "first"].reshape(2, 8))
    odds = np.linalg.lstsq(hidden, 40.0 * y - 20.0)[0]
    theta[named == "last"], theta[named == "shift"] = np.outer(odds, [0, 1]).ravel(), 0.0
    assert certify(density, density.bind(X, y), theta).separation is Separation.COMPLETE
    unknown = certify(density, density.bind(X, 1 - y), theta).separation
    assert unknown is Separation.UNKNOWN


def test_parameters_do_not_count_against_a_network():
    bad_weights = {"rhat_max": 1.7, "ess_bulk_min": 5.0, "ess_tail_min": 5.0}
    fine = sampler_diagnostics(**bad_weights, predictions=mixing())
    assert posterior_status(fine, 4, parameters=False) is Status.TRUSTED
    assert posterior_status(fine, 4) is Status.UNMIXED
    worse = sampler_diagnostics(**bad_weights, predictions=mixing(rhat_max=1.1))
    assert posterior_status(worse, 4, parameters=False) is Status.UNMIXED


def test_a_network_that_does_not_say_so_gets_the_advice():
    """R-hat of permuted weights with R-hat of predictions in order: what to do is said."""
    bad = sampler_diagnostics(rhat_max=1.7, predictions=mixing(rhat_max=1.003))
    fit = Fit(
        "bayes", np.zeros((2, 2, 1)), Status.UNMIXED, 0.0,
        diagnostics=bad,
    )  # fmt: skip
    record = FitRecord(
        status=fit.status, n_with_status=1, n_training_sets=1, seconds=0.0,
        diagnostics=fit.diagnostics, path=[],
    )  # fmt: skip
    assert "--set identified=false" in status_text(record)
    assert load_card("softmax").with_overrides({"identified": False}).identified is False


def test_too_large_a_network_is_refused_with_advice(rng):
    X, y = rng.normal(size=(10, 50)), np.arange(10) % 2
    density = interpreted(X, y, "neural_network", hidden=[200])
    with pytest.raises(InputError, match=r"10,401 parameters, too many for NUTS.*hidden units"):
        bayes.check(density, load_card("network"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": [0]}, r"hidden = \[0\]: expected a list of widths"),
        ({"hidden": [2.5]}, "expected a list of widths"),
        ({"activation": "sigmoid"}, "expected one of tanh, relu, softplus"),
        ({"prior": "ridge"}, "prior = 'ridge': expected one of normal"),
        ({"output_factor": 0.0}, "output_factor = 0.0: expected a positive number"),
        ({"output": "logit"}, "output = 'logit': expected one of softmax, tanh"),
        ({"output": "probit"}, "for two classes: use --model logistic"),
        ({"prior_scale": -1}, "prior_scale = -1: expected a positive number"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(InputError, match=message):
        neural_network(np.zeros((4, 2)), np.arange(4) % 2, **settings)


def gaussians(n, rng):
    """Two overlapping Gaussians on a line: the log-odds of the truth are quadratic."""
    y = rng.integers(2, size=n)
    x = np.where(y == 0, rng.normal(0.0, 1.0, size=n), rng.normal(1.5, 1.5, size=n))
    odds = norm.logpdf(x, 1.5, 1.5) - norm.logpdf(x, 0.0, 1.0)
    return x[:, None], y, np.column_stack([expit(-odds), expit(odds)])


def mean_divergence(n, seeds):
    """Mean KL(truth || network) on fresh rows, for both losses."""
    X_test, _, p = gaussians(4_000, np.random.default_rng(99))
    settings = Optimiser(starts=2, tolerance=1e-5, max_steps=1_000)
    found = {"cross-entropy": [], "squared-error": []}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        X, y, _ = gaussians(n, rng)
        density = density_of(X, y, "neural_network", hidden=[4])
        fits = {
            "cross-entropy": fit_mle(density, Rows(X, y), settings, rng),
            "squared-error": fit_squared_error(density, Rows(X, y), settings, rng),
        }
        for name, fit in fits.items():
            log_q = density.log_probs(fit.flat_draws, X_test)[0]
            found[name].append((p * (np.log(p) - log_q)).sum(axis=1).mean())
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.broad
def test_both_losses_approach_the_posterior_class_probabilities():
    """Richard & Lippmann (1991): KL to the truth falls with the rows, for both losses."""
    few, many = mean_divergence(200, range(3)), mean_divergence(4_000, range(3))
    for loss in few:
        assert np.median(many[loss]) < 0.01 < np.median(few[loss])


@pytest.mark.slow
def test_both_losses_approach_the_truth_up_to_20_000_rows():
    by_size = [mean_divergence(n, range(5)) for n in (200, 2_000, 20_000)]
    for loss in ("cross-entropy", "squared-error"):
        # Medians: one seed's divergence may be huge at any size. A network may step to certainty
        # (log-odds of 440 with the fourth seed) beyond a point where its rows have one class only.
        medians = [np.median(found[loss]) for found in by_size]
        print(loss, medians, [found[loss].round(5) for found in by_size])
        assert medians[0] > medians[1] > medians[2]
        assert medians[2] < 0.002


@pytest.mark.slow
@pytest.mark.parametrize(("name", "data"), [("network", "iris"), ("network-wide", "wine")])
def test_posteriors_of_networks_pass_the_gate(name, data):
    import trifit

    comparison = trifit.compare(load_dataset(data), model=load_card(name), test_size=0.3)
    assert comparison.fits["bayes"].status == "trusted"


def test_a_map_without_kinks_takes_no_more_gradients_than_its_steps_allow(monkeypatch):
    """It once began L-BFGS again twenty times, with the card's number of steps each time."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 4))
    y = (X[:, 0] * X[:, 1] + 0.5 * rng.logistic(size=200) > 0).astype(int)
    density = density_of(X, y, "neural_network", hidden=[6], prior="gamma", prior_df=8.0)
    calls = []
    asked = GraphObjective.__call__
    monkeypatch.setattr(
        GraphObjective, "__call__", lambda *a, **k: (calls.append(1), asked(*a, **k))[1]
    )
    settings = Optimiser(max_steps=60, tolerance=1e-9, starts=1)
    fit = fit_map(density, Rows(X, y), settings, np.random.default_rng(0))
    few = 1.5 * (1 + NEWTON_SHARE) * settings.max_steps  # line searches take some too
    assert len(calls) < few
    assert fit.diagnostics.steps > 60  # Newton steps came after
