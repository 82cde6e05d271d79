"""The suite's own posterior, made wrong on purpose, is caught on the suite's own path."""

import numpy as np
import pymc as pm
import pytest

from trifit.cards import load_card
from trifit.sbc import SAMPLER
from trifit.sbc.outcome import checked_fit
from trifit.sbc.replication import LEFT_OUT, N_DRAWS, Checked, Replication, checked, replicate
from trifit.sbc.setup import setup_of

REPLICATIONS = 500


class Delegating:
    """Everything as in another object, but what a subclass changes."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)


class DroppedRow(Delegating):
    """A density that loses the last row."""

    def bind(self, X, labels):
        return self.inner.bind(X[:-1], labels[:-1])


class NoJacobian(Delegating):
    """A density whose objective forgets the Jacobian of its transforms."""

    def bind(self, X, labels):
        return WithoutJacobian(self.inner.bind(X, labels))


class WithoutJacobian(Delegating):
    def __call__(self, theta, *, prior, jacobian):
        return self.inner(theta, prior=prior, jacobian=0.0)


def setup(rows=40, **overrides):
    card = load_card("logistic").with_overrides(SAMPLER | {"tune": 300} | overrides)
    return setup_of(card, None, rows=rows)


def right():
    return setup(), checked(setup())


def wider_prior():
    model, wide = setup(prior_scale=1.0), setup(prior_scale=1.25)
    return model, with_density(checked(model), checked(wide).density)


def dropped_row():
    model = setup(rows=10, prior_scale=1.0, intercept_scale=1.0)
    return model, with_density(checked(model), DroppedRow(checked(model).density))


def rising(X, y, *, n_classes, coords):
    """Log-odds that rise with every feature: slopes with a Gamma prior, sampled as logarithms."""
    with pm.Model(coords=coords) as model:
        data = pm.Data("X", X, dims=("obs", "feature"))
        beta = pm.Gamma("beta", 3.0, 2.0, dims="feature")
        pm.Bernoulli("label", logit_p=data @ beta, observed=y)
    return model


def no_jacobian():
    model = setup_of(load_card(rising).with_overrides(SAMPLER | {"tune": 300}), None, rows=40)
    return model, with_density(checked(model), NoJacobian(checked(model).density))


def with_density(model, density):
    return Checked(model.card, density, model.joint, model.X)


def found(made, replications=REPLICATIONS):
    model, wrong = made()
    ranks, left_out = {}, {}
    for i in range(replications):
        for row in replicate(wrong, Replication(model, i).seeds, ("bayes",)):
            if row.quantity.startswith(LEFT_OUT):
                status = row.quantity.removeprefix(LEFT_OUT)
                left_out[status] = left_out.get(status, 0) + 1
            else:
                ranks.setdefault(row.quantity, []).append(int(row.value))
    return checked_fit(
        "bayes",
        {k: np.array(v) for k, v in ranks.items()},
        left_out,
        N_DRAWS,
        replications=replications,
    )


@pytest.mark.slow
def test_the_right_posterior_passes():
    assert found(right).outcome == "no error found"


@pytest.mark.slow
@pytest.mark.parametrize("made", [wider_prior, dropped_row, no_jacobian])
def test_a_wrong_posterior_is_caught(made):
    fit = found(made)
    assert fit.outcome == "wrong", [(q.name, q.p_value) for q in fit.quantities]
