"""How often each recommendation is right: the table of docs/recommendations.md.

Worlds are drawn until every step was recommended in 100 of them. A step is right if, on fresh
rows of its world, the log-loss is lower than before it was taken. "Use as is" is right if the
recalibration that would have been chosen gains less than 1 % of the labels' entropy there;
"collect rows" if so many new rows decide the verdict. Four designs:

- forecasts of random calibration: 2 to 5 classes of random frequency, 100 to 3,000 rows, the
  softmax of the true log-odds multiplied by 1/3 to 3, shifted, or both, or neither;
- forecasts whose log-odds say nothing (2 to 4 classes);
- forecasts of 120 classes that ignore how unequally frequent these are (and 2 to 4 times too
  large log-odds): their order is informative, a temperature is not enough;
- fits: softmax regressions with a prior too wide or too narrow, networks trained to the end.

An hour. Run it with: python benchmarks/advice.py
"""

import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import special

import trifit
import trifit.estimators
from trifit.forecasts import Forecasts
from trifit.judge import verdict_on
from trifit.judge.advice import Remedy, recommend, round_up, times_as_many
from trifit.judge.calibration import calibration
from trifit.recalibration import METHODS
from trifit.results import Step, Verdict
from trifit.results.calibration import MATERIAL
from trifit.scores import log_predictive_density, wilson
from trifit.simulate import simulate, world
from trifit.words import STEPS

SEED, WORLDS, FRESH = 20261128, 100, 20_000
MOST_TRIES = 3_000
MOST_ROWS = 100_000
TARGET = Path(__file__).parents[1] / "docs" / "recommendations.md"


class World:
    """Rows with a forecast, as many as one wants."""

    def __init__(self, n_obs, centre, spread, forecast):
        self.n_obs, self.centre, self.spread, self.forecast = n_obs, centre, spread, forecast

    def draw(self, n, rng):
        """Log probabilities and labels of n rows."""
        parts = self.spread * rng.normal(size=(n, len(self.centre)))
        edges = special.softmax(parts + self.centre, axis=1).cumsum(axis=1)[:, :-1]
        y = (rng.random(n)[:, None] > edges).sum(axis=1)
        return special.log_softmax(self.forecast(parts, rng), axis=1), y


def miscalibrated(rng):
    k = rng.integers(2, 6)
    centre = rng.normal(scale=0.7, size=k)
    factor = np.exp(rng.uniform(-np.log(3), np.log(3))) if rng.random() < 2 / 3 else 1.0
    shift = rng.normal(scale=0.5, size=k) if rng.random() < 1 / 2 else 0.0
    n_obs = int(np.exp(rng.uniform(np.log(100), np.log(3000))))
    return World(n_obs, centre, rng.uniform(1, 2.5), lambda z, _: factor * (z + centre + shift))


def uninformative(rng):
    k, spread = rng.integers(2, 5), rng.uniform(0.5, 3)
    n_obs = int(np.exp(rng.uniform(np.log(100), np.log(1000))))
    return World(
        n_obs, rng.normal(scale=0.7, size=k), 1.0, lambda z, r: spread * r.normal(size=z.shape)
    )


def unequal(rng):
    k, factor = 120, rng.uniform(2, 4)
    centre = -2 * np.log(np.arange(1, k + 1))
    return World(rng.integers(1000, 2000), centre, 1.0, lambda z, _: factor * z)


def judge(log_probs, y, rng):
    """Calibration, step, remedy."""
    names = [str(k) for k in range(log_probs.shape[1])]
    c = calibration(Forecasts({"fit": log_probs}, y, names), "fit", rng)
    share = np.bincount(y, minlength=len(names)) / len(y)
    judged = SimpleNamespace(
        verdict=verdict_on(c),
        calibration=c,
        scores=SimpleNamespace(log_loss=SimpleNamespace(value=loss(log_probs, y)), n_impossible=0),
    )
    found = [Remedy(Step.RECALIBRATE, gain, method=name) for name, gain in c.gains.items()]
    return judged, found, recommend(judged, found, c.entropy), share


def loss(log_probs, y):
    return float(-log_predictive_density(log_probs, y).mean())


def tried(make, rng, wanted):
    """The step recommended in one world, whether it was right, and what it changed."""
    here = make(rng)
    log_probs, y = here.draw(here.n_obs, rng)
    judged, found, (step, remedy), share = judge(log_probs, y, rng)
    if step not in wanted:
        return step, None, None
    fresh, labels = here.draw(FRESH, rng)
    before = loss(fresh, labels)
    if step is Step.COLLECT:
        times = times_as_many(judged.calibration)
        if times is None:
            return step, None, None
        again = here.draw(min(round_up(times * here.n_obs), MOST_ROWS), rng)
        return step, judge(*again, rng)[0].verdict is not Verdict.UNCERTAIN, None
    if step is Step.USE:
        blind = SimpleNamespace(**{**vars(judged), "verdict": Verdict.MISCALIBRATED})
        other = recommend(blind, found, np.inf)[1]
        after = before if other is None else mended(other, log_probs, y, fresh, labels)
        return step, before - after < MATERIAL * judged.calibration.entropy, before - after
    if step is Step.RECALIBRATE:
        after = mended(remedy, log_probs, y, fresh, labels)
    else:
        after = float(-np.log(np.maximum(share[labels], 1 / (2 * len(y)))).mean())
    return step, after < before, before - after


def mended(remedy, log_probs, y, fresh, labels):
    made = METHODS[remedy.method](log_probs, y)
    return loss(made.transform(fresh), labels)


def regression(rng):
    """A softmax regression whose prior is up to 16 times too wide or too narrow."""
    seed, features = int(rng.integers(1, 2**31)), int(rng.integers(8, 31))
    law = {"features": features, "classes": 3, "signal": 2.0, "coefficients_seed": seed}
    law["rho"] = float(rng.choice([0.0, 0.9]))
    data = simulate("softmax", n=int(rng.integers(80, 250)), n_test=500, seed=seed, **law)
    scale = 2.0 / np.sqrt(2 * features) * np.exp(rng.uniform(-1, 1) * np.log(16))
    run = trifit.run_comparison(
        data, "softmax", nuts=False, overrides={"prior_scale": float(scale)}
    )
    advice = run.comparison.advice["map"]
    if advice.step is not Step.PRIOR:
        return advice.step, None, None
    fresh, n = world("softmax", **law).sample(FRESH, rng), data.n_obs - data.n_test
    again = trifit.estimators.MAPClassifier(prior_scale=advice.prior_scale)
    again.fit(data.X[:n], data.y[:n])
    before = loss(run.fitted.classifier.predict(fresh.X)["map"].log_probs, fresh.y)
    after = loss(again.predict_log_proba(fresh.X), fresh.y)
    return advice.step, after < before, before - after


def network(rng):
    """A network trained to the end, on noisy half circles."""
    seed, noise = int(rng.integers(1, 2**31)), float(rng.uniform(0.3, 0.6))
    data = simulate("moons", n=int(rng.integers(60, 300)), n_test=500, seed=seed, noise=noise)
    run = trifit.run_comparison(data, "network", nuts=False, overrides={"hidden": [6]})
    advice = run.comparison.advice["mle"]
    if advice.step is not Step.EARLY:
        return advice.step, None, None
    fresh = world("moons", noise=noise).sample(FRESH, rng)
    found = run.fitted.classifier.predict(fresh.X)
    before, after = (loss(found[name].log_probs, fresh.y) for name in ("mle", "mle-early"))
    return advice.step, after < before, before - after


DESIGNS = {
    "random calibration": (miscalibrated, {Step.USE, Step.COLLECT, Step.RECALIBRATE}),
    "no information": (uninformative, {Step.DISCARD}),
    "unequal frequencies ignored": (unequal, {Step.ORDER}),
    "prior of another width": (regression, {Step.PRIOR}),
    "networks": (network, {Step.EARLY}),
}


def simulated(design, seed):
    """By step: whether it was right, and the log-loss saved; and how often each was given."""
    make, wanted = DESIGNS[design]
    right, saved, given = defaultdict(list), defaultdict(list), defaultdict(int)
    for stream in np.random.SeedSequence(seed).spawn(MOST_TRIES):
        rng = np.random.default_rng(stream)
        left = {step for step in wanted if len(right[step]) < WORLDS}
        if not left:
            break
        own = make in (regression, network)
        step, was_right, gain = make(rng) if own else tried(make, rng, left)
        given[step] += 1
        if was_right is not None and step in left:
            right[step].append(was_right)
            saved[step].append(gain)
            yield right, saved, given


def rows_of(design, right, saved, given):
    """Rows of the table, a step each."""
    for step in sorted(right):
        n, hits = len(right[step]), sum(right[step])
        low, high = wilson(hits / n, n)
        gains = [gain for gain in saved[step] if gain is not None]
        middle = f"{np.median(gains):.3f}" if gains else "–"
        yield (
            f"| {STEPS[step]} | {design} | {given[step]:,} of {sum(given.values()):,} | {n} "
            f"| {hits} | {100 * low:.0f} to {100 * high:.0f} | {middle} |"
        )


def write(design, rows):
    """Put the rows of a design into the table, in the place of its old ones."""
    text, _, table = TARGET.read_text(encoding="utf-8").partition("<!-- table -->")
    old = [row for row in table.splitlines() if row.startswith("| ")][1:]
    others = [row for row in old if f"| {design} |" not in row]
    place = {name: k for k, name in enumerate(DESIGNS)}
    both = sorted([*others, *rows], key=lambda row: place[row.split(" | ")[1]])
    heading = (
        "<!-- table -->\n\n| step | worlds | recommended | tried | right | 95 % interval, % "
        "| median log-loss saved, nats |\n|---|---|---:|---:|---:|---:|---:|\n"
    )
    TARGET.write_text(text + heading + "\n".join(both) + "\n", encoding="utf-8")


def main(designs):
    """Simulate all designs, or those that are named, and write the table after every world."""
    for k, design in enumerate(DESIGNS):
        if designs and design not in designs:
            continue
        for found in simulated(design, [SEED, k]):
            write(design, list(rows_of(design, *found)))


if __name__ == "__main__":
    main(sys.argv[1:])
