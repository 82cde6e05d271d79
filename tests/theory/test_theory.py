"""The limit theory against published values, independent solutions and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import t as student

from fitting import card, density_of
from trifit import theory
from trifit.cards import Sampler
from trifit.errors import InputError
from trifit.fit.methods.bayes import fit_bayes
from trifit.fit.methods.map import fit_map
from trifit.separation import separation
from trifit.types import Rows

GAMMA = 5**0.5
FITS = {"map": theory.map, "bayes": theory.bayes}

z0, w0 = hermegauss(100)
w0 = w0 / w0.sum()
INNER = abs(z0) < 9


def logistic_mean(m, v):
    return expit(np.asarray(m)[..., None] + np.sqrt(v) * z0) @ w0


def test_published_values():
    """Zhao, Sur & Candès (2022) print 1.50, 4.75 and 3.03; sigma* comes out as 4.7436."""
    fit = theory.mle(kappa=0.2, gamma=GAMMA)
    assert fit.alpha == pytest.approx(1.50, abs=0.005)
    assert fit.sigma == pytest.approx(4.75, abs=0.01)
    assert fit.lambda_ == pytest.approx(3.03, abs=0.005)


def test_the_mle_solves_the_equations_as_sur_and_candes_write_them():
    kappa, fit = 0.2, theory.mle(kappa=0.2, gamma=GAMMA)
    a, lam = fit.alpha, fit.lambda_
    q1 = GAMMA * z0[:, None]
    q2 = -a * q1 + np.sqrt(kappa) * fit.sigma * z0
    low, high = q2 - lam - 1, q2 + 1.0
    for _ in range(80):  # the proximal operator by bisection
        t = (low + high) / 2
        above = t + lam * expit(t) > q2
        low, high = np.where(above, low, t), np.where(above, t, high)
    w, r = w0[:, None] * w0, expit(t)
    assert (w * 2 * expit(q1) * (lam * r) ** 2).sum() / kappa**2 == pytest.approx(
        fit.sigma**2, rel=1e-6
    )
    assert (w * expit(q1) * q1 * lam * r).sum() == pytest.approx(0, abs=1e-6)
    assert (w * 2 * expit(q1) / (1 + lam * r * (1 - r))).sum() == pytest.approx(0.8, rel=1e-6)


@pytest.mark.parametrize(("kappa", "gamma"), [(0.05, 1.0), (0.2, GAMMA), (1.0, 3.0)])
def test_bayes_is_the_fixed_point_of_barbier_et_al(kappa, gamma):
    """Overlap Q: 1 / V = 1 / gamma^2 + r(Q) / kappa, r the Fisher information of the channel."""

    def excess(Q):
        V = gamma**2 - Q
        omega = np.sqrt(Q) * z0[INNER]
        c, h = logistic_mean(omega, V), 1e-4
        slope = (logistic_mean(omega + h, V) - logistic_mean(omega - h, V)) / (2 * h)
        return 1 / V - 1 / gamma**2 - (w0[INNER] @ (slope**2 / (c * (1 - c)))) / kappa

    Q = brentq(excess, 1e-9, gamma**2 * (1 - 1e-9))
    fit = theory.bayes(kappa=kappa, gamma=gamma)
    assert fit.alpha * gamma**2 == pytest.approx(Q, rel=1e-5)
    assert fit.sd**2 == pytest.approx(Q, rel=1e-5)
    assert fit.lambda_ == pytest.approx(gamma**2 - Q, rel=1e-5)


def test_bayes_with_the_right_prior_is_calibrated():
    fit = theory.bayes(kappa=0.3, gamma=2.0)
    p = np.array([0.01, 0.3, 0.5, 0.9, 0.999])
    assert fit.calibration_curve(p) == pytest.approx(p, abs=1e-8)
    assert (fit.slope, fit.ece) == (pytest.approx(1, abs=1e-8), pytest.approx(0, abs=1e-8))


@pytest.mark.broad
@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 2.0), st.floats(0.2, 5.0), st.floats(0.3, 3.0))
def test_nothing_beats_the_right_posterior(kappa, gamma, scale):
    best = theory.bayes(kappa=kappa, gamma=gamma)
    for fit in FITS.values():
        other = fit(kappa=kappa, gamma=gamma, prior_scale=scale)
        assert best.entropy <= best.log_loss <= other.log_loss + 1e-9


@pytest.mark.parametrize("kappa", [0.02, 0.1, 0.2])
def test_the_slope_solves_its_equation(kappa):
    """b nu^2 E[s'(b nu Z)] = alpha gamma^2 E[s'(gamma Z)]."""

    def curvature(sd):
        return w0 @ (expit(sd * z0) * expit(-sd * z0))

    for fit in (theory.mle(kappa=kappa, gamma=GAMMA), theory.map(kappa=kappa, gamma=GAMMA)):
        b, nu = fit.slope, fit.sd
        assert b * nu**2 * curvature(b * nu) == pytest.approx(
            fit.alpha * GAMMA**2 * curvature(GAMMA), rel=1e-6
        )


def test_classical_limits():
    """Many rows: no bias, the variance of Fisher; wide priors: MAP becomes MLE."""
    fit = theory.mle(kappa=1e-4, gamma=GAMMA)
    information = w0 @ (expit(GAMMA * z0) * expit(-GAMMA * z0))
    assert fit.alpha == pytest.approx(1, abs=1e-3)
    assert fit.sigma == pytest.approx(information**-0.5, rel=1e-3)
    assert fit.slope == pytest.approx(1, abs=2e-3)
    wide = theory.map(kappa=0.1, gamma=1.0, prior_scale=100)
    narrow = theory.mle(kappa=0.1, gamma=1.0)
    assert (wide.alpha, wide.sigma, wide.lambda_) == pytest.approx(
        (narrow.alpha, narrow.sigma, narrow.lambda_), rel=1e-3
    )


def test_map_and_bayes_turn_with_the_prior():
    """Under the right prior the posterior gains 0.001 nat over its mode; elsewhere not so."""

    def gain(scale):
        at = {"kappa": 0.2, "gamma": GAMMA, "prior_scale": scale}
        return theory.map(**at).log_loss - theory.bayes(**at).log_loss

    assert gain(1.0) == pytest.approx(0.00098, abs=1e-5)
    assert gain(0.5) == pytest.approx(-0.00483, abs=1e-5)  # too tight: the mode predicts better
    assert gain(3.0) == pytest.approx(0.01932, abs=1e-5)


def test_threshold_of_existence():
    assert theory.existence_threshold(gamma=0.0) == pytest.approx(0.5, abs=1e-9)  # Cover
    values = [theory.existence_threshold(gamma=g) for g in (0, 1, 2, 5, 20)]
    assert values == sorted(values, reverse=True)
    assert theory.existence_threshold(gamma=1.0, intercept=1.0) == pytest.approx(
        theory.existence_threshold(gamma=1.0, intercept=-1.0), rel=1e-6
    )
    assert theory.existence_threshold(gamma=1.0, intercept=1.0) < values[1]


def test_data_sets_are_separable_beyond_the_threshold(rng):
    n, h = 300, theory.existence_threshold(gamma=2.0)
    for kappa, wanted in ((h - 0.08, 0), (h + 0.08, 10)):
        p = round(kappa * n)
        separated = sum(separable(*simulated(rng, n, p, 2.0)[:2]) for _ in range(10))
        assert separated == wanted


@pytest.mark.broad
def test_the_signal_is_seen_from_an_mle(rng):
    found = []
    for _ in range(20):
        X, y, _ = simulated(rng, 600, 120, 2.0)
        design = np.column_stack([np.ones(600), X])
        sd = theory.leave_one_out_sd(X, y, design @ newton(design, y, 0.0))
        found.append(theory.signal(kappa=0.2, sd=sd))
    assert abs(np.mean(found) - 2.0) < 4 * np.std(found, ddof=1) / np.sqrt(20)
    assert np.std(found) < 0.5


def test_leaving_one_row_out_by_one_step_is_nearly_a_refit(rng):
    X, y, _ = simulated(rng, 150, 15, 1.5)
    design = np.column_stack([np.ones(150), X])
    b = newton(design, y, 0.0)
    refits = [
        design[i] @ newton(np.delete(design, i, axis=0), np.delete(y, i), 0.0) for i in range(150)
    ]
    sd = theory.leave_one_out_sd(X, y, design @ b)
    assert sd == pytest.approx(np.std(refits, ddof=1), rel=0.02)
    twice = np.column_stack([X, X[:, 0], 1 - X[:, 1]])  # says nothing new
    assert theory.leave_one_out_sd(twice, y, design @ b) == pytest.approx(sd, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.mle(kappa=0.4, gamma=GAMMA), r"no MLE exists .* from kappa=0.3256 on"),
        (lambda: theory.mle(kappa=0.0, gamma=1.0), "kappa=0.0: expected a number above 0"),
        (lambda: theory.map(kappa=0.1, gamma=-1.0), "gamma=-1.0: expected a number above 0"),
        (lambda: theory.bayes(kappa=0.1, gamma=1.0, prior_scale=0.0), "prior_scale=0.0"),
        (lambda: theory.map(kappa=0.1, gamma=5.0, prior_scale=50.0), "at most 100"),
        (lambda: theory.signal(kappa=0.2, sd=0.5), r"between 1.\d+ \(no signal\) and"),
        (lambda: theory.signal(kappa=0.48, sd=3.0), "no MLE exists, or hardly so"),
        (lambda: theory.signal(kappa=0.6, sd=3.0), "kappa=0.6: expected"),
        (lambda: theory.existence_threshold(gamma=-1.0), "gamma=-1.0: expected .* at least 0"),
        (lambda: theory.existence_threshold(gamma=1.0, intercept=np.nan), "intercept=nan"),
        (lambda: theory.map(kappa=0.1, gamma=1.0).calibration_curve([1.0]), "between 0 and 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


def simulated(rng, n, p, gamma):
    beta = rng.standard_normal(p)
    beta *= gamma / np.linalg.norm(beta)
    X = rng.standard_normal((n, p))
    return X, (rng.random(n) < expit(X @ beta)).astype(int), beta


def separable(X, y):
    design = np.column_stack([np.ones(len(X)), X])
    return not separation(design, y).separation.exists


def newton(X, y, penalty):
    b = np.zeros(X.shape[1])
    for _ in range(60):
        s = expit(X @ b)
        hessian = (X.T * (s * (1 - s))) @ X + penalty * np.eye(len(b))
        step = np.linalg.solve(hessian, X.T @ (y - s) - penalty * b)
        b += step
        if abs(step).max() < 1e-8:
            return b
    raise AssertionError("Newton did not converge")


def on_fresh_rows(b, beta, n):
    """alpha, sigma, slope and log-loss of coefficients, exact over Normal features."""
    alpha = b @ beta / (beta @ beta)
    noise = np.linalg.norm(b - alpha * beta)
    z = np.linalg.norm(beta) * z0[:, None]
    q, true, w = alpha * z + noise * z0, expit(z), w0[:, None] * w0
    slope = brentq(lambda c: (w * q * (true - expit(c * q))).sum(), 0, 9)
    loss = (w * (true * np.logaddexp(0, -q) + (1 - true) * np.logaddexp(0, q))).sum()
    return alpha, noise * np.sqrt(n / len(b)), slope, loss


def rare(replications):
    """What Student's t exceeds once in a thousand means of so many replications."""
    return student.isf(0.0005, replications - 1)


def check_point_fits(rng, n, p, replications):
    found = {"mle": [], "map": []}
    for _ in range(replications):
        X, y, beta = simulated(rng, n, p, GAMMA)
        for name, penalty in (("mle", 0.0), ("map", p / GAMMA**2)):
            found[name].append(on_fresh_rows(newton(X, y, penalty), beta, n))
    for name, rows in found.items():
        fit = getattr(theory, name)(kappa=p / n, gamma=GAMMA)
        expected = np.array([fit.alpha, fit.sigma, fit.slope, fit.log_loss])
        z = (np.mean(rows, axis=0) - expected) / np.std(rows, axis=0, ddof=1) * replications**0.5
        print(name, n, np.mean(rows, axis=0), expected, z)
        assert (abs(z) < rare(replications)).all(), (name, z)


@pytest.mark.broad
def test_mle_and_map_as_simulated(rng):
    check_point_fits(rng, 1000, 200, 30)


@pytest.mark.slow
def test_mle_and_map_as_simulated_at_4000_rows(rng):
    check_point_fits(rng, 4000, 800, 10)


def check_posterior(rng, n, p, replications, draws, scales):
    """Slope and excess log-loss of this package's posterior under priors of several widths."""
    for scale in scales:
        fit, rows = theory.bayes(kappa=p / n, gamma=GAMMA, prior_scale=scale), []
        for _ in range(replications):
            X, y, beta = simulated(rng, n, p, GAMMA)
            density = density_of(
                X, y, "logistic_regression",
                prior_scale=scale * GAMMA / p**0.5, intercept_scale=1e-3,
            )  # fmt: skip
            train = Rows(X, y)
            centre = fit_map(density, train, card().optimiser, rng).theta
            posterior = fit_bayes(
                density, density.bind(X, y), centre,
                Sampler(draws=draws, tune=200, chains=2), seed=int(rng.integers(2**31)),
            )  # fmt: skip
            b = posterior.flat_draws[:, -p:]
            fresh = rng.standard_normal((4000, p))
            z = fresh @ beta
            prob = expit(fresh @ b.T).mean(axis=1)
            log_odds = np.log(prob / (1 - prob))
            slope = brentq(lambda c: (log_odds * (expit(z) - expit(c * log_odds))).sum(), 0, 9)  # noqa: B023
            excess = np.log1p(np.exp(log_odds)) - expit(z) * log_odds
            least = np.log1p(np.exp(z)) - expit(z) * z
            rows.append((slope, (excess - least).mean()))
        expected = np.array([fit.slope, fit.log_loss - fit.entropy])
        score = (np.mean(rows, axis=0) - expected) / np.std(rows, axis=0, ddof=1)
        score *= replications**0.5
        print(n, scale, np.mean(rows, axis=0), expected, score)
        assert (abs(score) < rare(replications)).all(), (scale, score)


@pytest.mark.broad
def test_the_posterior_as_simulated(rng):
    check_posterior(rng, 300, 45, 10, 300, (1.0, 3.0))


@pytest.mark.slow
def test_the_posterior_as_simulated_at_4000_rows(rng):
    check_posterior(rng, 4000, 800, 8, 300, (1.0,))
