"""Conjugate posteriors, drawn exactly: right ones pass, each of three errors is caught."""

import numpy as np
import pytest

from trifit.ranks import rank
from trifit.results.check import Check
from trifit.sbc.outcome import checked_fit, deviation
from trifit.words.check import check_verdict, left_out_text

N, N_DRAWS, D = 400, 99, 5


def normal_means(rng, *, posterior_sd=1.0, dropped=0):
    """Means theta ~ N(0, 1) of two observations each; the posterior may believe otherwise."""
    theta = rng.standard_normal(D)
    y = theta + rng.standard_normal((2, D))
    used = y[dropped:]
    precision = len(used) + posterior_sd**-2
    draws = used.sum(axis=0) / precision + rng.standard_normal((N_DRAWS, D)) / np.sqrt(precision)
    return (
        {"mean[1]": theta[0], "size of mean": np.sqrt(np.mean(theta**2)),
         "log-likelihood": -np.square(y - theta).sum()},
        {"mean[1]": draws[:, 0], "size of mean": np.sqrt(np.mean(draws**2, axis=1)),
         "log-likelihood": -np.square(y - draws[:, None]).sum(axis=(1, 2))},
    )  # fmt: skip


def poisson_rate(rng, *, jacobian=1):
    """A rate ~ Gamma(2, 1), sampled as its logarithm: without the Jacobian a count is lost."""
    rate = rng.gamma(2.0)
    counts = rng.poisson(rate, size=2)
    draws = rng.gamma(2.0 + counts.sum() + jacobian - 1, 1 / 3, size=N_DRAWS)
    return {"rate": rate}, {"rate": draws}


def checked(model, seed=1, n=N, left_out=2, **error):
    rng = np.random.default_rng(seed)
    ranks = {}
    for _ in range(n):
        truth, draws = model(rng, **error)
        for name, value in truth.items():
            ranks.setdefault(name, []).append(rank(value, draws[name], rng))
    found = {k: np.array(v) for k, v in ranks.items()}
    return checked_fit("bayes", found, {"unmixed": left_out}, N_DRAWS, replications=n + left_out)


def record(fit):
    return Check(
        card={"name": "made"}, data="made", n_obs=2, n_features=1, n_classes=2,
        replications=fit.n_ranked + sum(fit.left_out.values()), n_failed=0, errors=[],
        n_draws=N_DRAWS, fits=[fit], seed=1, seconds=1.0, command="trifit check made", versions={},
    )  # fmt: skip


@pytest.mark.parametrize("model", [normal_means, poisson_rate])
def test_a_right_posterior_passes(model):
    fit = checked(model)
    assert fit.outcome == "no error found"
    assert not fit.wrong
    assert "no error found. In 400 replications" in check_verdict(record(fit))


@pytest.mark.parametrize(
    ("model", "error", "name", "leans"),
    [
        (normal_means, {"posterior_sd": 1.25}, "size of mean", "too high"),
        (normal_means, {"dropped": 1}, "log-likelihood", "too low"),
        (poisson_rate, {"jacobian": 0}, "rate", "too low"),
    ],
    ids=["prior-sd", "dropped-row", "jacobian"],
)
def test_a_wrong_posterior_is_caught(model, error, name, leans):
    fit = checked(model, **error)
    assert fit.outcome == "wrong"
    assert (fit.wrong[0].name, fit.wrong[0].deviation) == (name, leans)
    assert f"the posterior is wrong: {name} is {leans} (p" in check_verdict(record(fit))


def test_few_ranks_are_not_judged_however_wrong():
    fit = checked(poisson_rate, n=49, jacobian=0)
    assert fit.outcome == "not judged"
    assert "not judged, for only 49 of 51 fits" in check_verdict(record(fit))
    assert "2 of 51 fits failed their checks" in left_out_text(record(fit), fit)


@pytest.mark.parametrize(("left_out", "outcome"), [(50, "no error found"), (51, "not judged")])
def test_many_failed_fits_are_not_judged(left_out, outcome):
    fit = checked(normal_means, n=200, left_out=left_out)
    assert fit.outcome == outcome
    assert ("only 200 of 251 fits passed" in check_verdict(record(fit))) == (left_out == 51)


def test_no_ranks_at_all():
    assert checked_fit("bayes", {}, {"unmixed": 3}, N_DRAWS, replications=3).outcome == "not judged"


@pytest.mark.parametrize(
    ("sd", "shift", "expected"),
    [(1.5, 0, "too wide"), (0.6, 0, "too narrow"), (1, 1, "too high"), (1, -1, "too low"),
     (1, 0, "off")],
)  # fmt: skip
def test_how_a_posterior_is_off(sd, shift, expected):
    rng = np.random.default_rng(5)
    ranks = [
        rank(rng.standard_normal(), shift + sd * rng.standard_normal(99), rng) for _ in range(300)
    ]
    assert deviation(np.array(ranks), 100) == expected
