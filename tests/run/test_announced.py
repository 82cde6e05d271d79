"""How long a comparison should take: more work, more seconds; then the pace of what has ended."""

from types import SimpleNamespace

import numpy as np
import pytest

from fitting import card, density_of
from trifit.fit.proposals import MIN_ROWS
from trifit.run import cost_of_fits
from trifit.run.cost import expected_cost
from trifit.run.expected import Cost, Expected, between
from trifit.run.progress import Schedule
from trifit.threads import cores
from trifit.types import Rows


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self):
        return self.now


def made_up(**each):
    """A cost of stages that are exactly known; two seconds of scores, three of the page."""
    known = {stage.replace("_", " "): Expected(seconds, 1.0) for stage, seconds in each.items()}
    return Cost(known, {"scores": Expected(2.0, 1.0), "page": Expected(3.0, 1.0)})


def schedule(n_fits, clock, **each):
    return Schedule(made_up(**each), n_fits, clock)


def test_the_time_left_is_what_was_expected_less_what_has_ended():
    clock = Clock()
    plan = schedule(2, clock, MLE=1.0, posterior=10.0)
    assert plan.left == 2 * 11 + 5
    plan.enter("MLE", 0.0)
    clock.now = 1.0
    plan.enter("posterior", 0.0)
    assert plan.left == 10 + 11 + 5
    assert plan.share == pytest.approx(1 / 27)
    clock.now = 6.0
    plan.enter("posterior", 0.5)
    assert plan.left == 5 + 11 + 5


def test_what_has_ended_says_how_long_the_same_takes_in_the_other_training_sets():
    clock = Clock()
    plan = schedule(3, clock, MLE=1.0, posterior=10.0)
    plan.enter("posterior", 0.0)
    clock.now = 40.0
    plan.finish_fit()
    plan.enter("MLE", 0.0)
    assert plan.left == pytest.approx(2 * (1 + 40) + 5)
    clock.now = 42.0
    plan.enter("posterior", 0.0)
    assert plan.left == pytest.approx(40 + (2 + 40) + 5)
    clock.now = 72.0  # the first may have compiled: the second says more of the third
    plan.finish_fit()
    plan.enter("MLE", 0.0)
    assert plan.left == pytest.approx(2 + 30 + 5)


def test_a_stage_goes_over_from_what_was_expected_to_its_own_pace():
    clock = Clock()
    plan = schedule(1, clock, posterior=10.0)
    plan.enter("posterior", 0.0)
    left = []
    for share in (0.25, 0.5, 0.75):  # it will take 100 s, not 10
        clock.now = 100 * share
        plan.enter("posterior", share)
        left.append(plan.left - 5)
    assert left == pytest.approx([24.375, 27.5, 19.375])
    assert left[-1] == pytest.approx(25, rel=0.25)


def test_the_other_fits_of_a_kind_are_as_far_off_as_the_first():
    clock = Clock()
    each = {"MAP": 1.0, "temperature_scaling_of_MAP": 4.0, "posterior": 7.0}
    plan = schedule(1, clock, **each)
    plan.enter("MAP", 0.0)
    clock.now = 5.0
    plan.enter("temperature scaling of MAP", 0.0)
    assert plan.left == pytest.approx(4 * 5 + 7 + 5)


def test_a_stage_that_was_not_expected_counts_once_it_is_known():
    clock = Clock()
    plan = schedule(2, clock, MLE=1.0)
    plan.enter("MLE", 0.0)
    clock.now = 1.0
    plan.enter("squared-error", 0.0)
    clock.now = 5.0
    plan.finish_fit()
    plan.enter("MLE", 0.0)
    assert plan.left == pytest.approx(1 + 5)
    clock.now = 6.0
    plan.enter("squared-error", 0.0)
    assert plan.left == pytest.approx(4 + 5)


def test_after_the_fits_only_the_rest_is_left():
    clock = Clock()
    plan = schedule(1, clock, MLE=1.0)
    plan.enter("MLE", 0.0)
    clock.now = 1.0
    plan.finish_fit()
    plan.enter("scores", 0.0)
    assert plan.left == pytest.approx(5)
    clock.now = 3.0
    plan.enter("page", 0.0)
    assert plan.left == pytest.approx(3)


def test_the_range_adds_up():
    each = {"MLE": Expected(2.0, 2.0), "posterior": Expected(10.0, 1.0)}
    assert Cost(each, {"page": Expected(3.0, 1.5)}).between(3) == (3 * 11 + 2, 3 * 14 + 4.5)


@pytest.fixture
def gradients(monkeypatch):
    """A clock on which a gradient takes a second, and nothing else takes any time."""
    clock = Clock()
    monkeypatch.setattr(cost_of_fits, "time", SimpleNamespace(perf_counter=clock))
    monkeypatch.setattr(cost_of_fits, "_pace", lambda: 1e-9)
    return clock


def rows(n_obs):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n_obs, 4))
    return X, (X[:, 0] + rng.logistic(size=n_obs) > 0).astype(np.int64)


class Slow:
    """A density whose gradient of many rows takes a second of that clock, of two rows none."""

    def __init__(self, density, clock):
        self._density, self._clock = density, clock

    def __getattr__(self, name):
        return getattr(self._density, name)

    def bind(self, X, labels):
        bound, clock = self._density.bind(X, labels), self._clock

        class Objective:
            def __getattr__(self, name):
                return getattr(bound, name)

            def __call__(self, *arguments, **weights):
                clock.now += 1.0 if len(X) > 2 else 1e-3
                return bound(*arguments, **weights)

        return Objective()


def predicted(n_obs, clock, names=("mle", "map", "bayes"), n_fits=1, X=None):
    some, y = rows(n_obs)
    X = some if X is None else X
    density = Slow(density_of(X[:500], y[:500], "logistic_regression"), clock)
    return expected_cost(
        density, Rows(X, y), card("logistic_regression"), names, n_test=10, n_fits=n_fits
    )


def test_fits_cost_as_many_gradients_as_the_rules_say(gradients):
    """Four unlike columns: some 15 steps of two gradients each."""
    found = predicted(1_000, gradients)
    assert found.seconds("MAP") == pytest.approx(2 * 15.3, rel=0.03)
    assert {"MLE", "whether an MLE exists", "MAP", "posterior"} == {*found.each}
    least, most = (4 * (500 + n) * 7.3 for n in (500, 1_000))
    threads = min(cores(), 4)
    assert found.each["posterior"].least == pytest.approx(least / 1.3 / threads, rel=0.01)
    assert found.each["posterior"].most == pytest.approx(1.3 * most / threads, rel=0.01)


def test_columns_that_are_nearly_the_same_take_more_steps(gradients):
    X, _ = rows(1_000)
    X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
    unlike, alike = (predicted(1_000, gradients, X=of) for of in (None, X))
    assert alike.seconds("MAP") == pytest.approx(2 * 17.5, rel=0.01)  # 3.5 for each of five
    assert alike.seconds("MAP") > 1.1 * unlike.seconds("MAP")


def test_normal_proposals_are_expected_to_cost_an_evaluation_a_draw(gradients):
    by_nuts, by_proposals = (predicted(n, gradients) for n in (MIN_ROWS - 1, MIN_ROWS))
    ratio = by_proposals.seconds("posterior") / by_nuts.seconds("posterior")
    nuts, proposals = ((w + 500, w + 1_000) for w in (500, 50))
    expected = (np.prod(proposals) / np.prod(nuts)) ** 0.5 / 7.3
    assert ratio == pytest.approx(expected, rel=0.05)


def test_more_training_sets_refit_the_map_more_often(gradients):
    one, six = (predicted(1_000, gradients, n_fits=n) for n in (1, 6))
    assert six.seconds("prior sensitivity") == pytest.approx(5 * one.seconds("prior sensitivity"))


def test_only_what_is_fitted_counts(gradients):
    assert {"MAP"} == {*predicted(1_000, gradients, names=("map",)).each}


def test_announcing_costs_a_few_percent(gradients):
    least, _ = predicted(1_000, gradients).between(6)
    assert gradients.now < 0.02 * least


def test_somewhere_between():
    found = between(2.0, 8.0)
    assert (found.seconds, found.within, found.least, found.most) == (4.0, 2.0, 2.0, 8.0)
