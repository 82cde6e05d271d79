"""Subgroups judged: against the parts by themselves, in simulated worlds, with groups."""

import numpy as np
import pytest

from trifit.calibration import class_bias, slope_intercept
from trifit.forecasts import Forecasts
from trifit.judge import divisions
from trifit.results import Verdict
from trifit.subgroups import By
from trifit.words import subgroup_sentences

SEEDS = np.random.SeedSequence(1)
FAULTS = {Verdict.OVER_CONFIDENT, Verdict.UNDER_CONFIDENT, Verdict.MISCALIBRATED}


def world(rng, factors, n=400, sd=2.0, copies=1):
    """Log-odds in subgroups of n rows, too large by a factor; rows of a group are copies."""
    codes = np.repeat(np.arange(len(factors)), n // copies)
    eta = sd * rng.normal(size=len(codes))
    y = (rng.logistic(size=len(codes)) < eta).astype(int)
    stated = np.asarray(factors)[codes] * eta
    rows = np.repeat(np.arange(len(codes)), copies)
    log_probs = -np.logaddexp(0, np.c_[stated, -stated])
    groups = None if copies == 1 else rows
    values = np.array([f"g{k}" for k in codes], dtype=object)
    return Forecasts({"m": log_probs[rows]}, y[rows], ["no", "yes"], groups), values[rows]


def test_each_subgroup_is_its_own_rows(rng):
    forecasts, values = world(rng, [1.0, 1.5])
    forecasts = forecasts.with_more({"other": forecasts.log_probs["m"][:, ::-1]})
    (found,) = divisions(forecasts, ["m"], {By("region"): values}, SEEDS)
    assert (found.by, found.names, found.n_obs) == ("region", ["g0", "g1"], [400, 400])
    assert list(found.contestants) == ["m"]
    for g, record in enumerate(found.contestants["m"].subgroups):
        part = forecasts.take(np.flatnonzero(values == f"g{g}"))
        slope = slope_intercept(part.probs("m"), part.labels)
        assert record.slope.value == pytest.approx(slope.slope)
        assert record.slope.se == pytest.approx(slope.se)
        bias = class_bias(part.probs("m"), part.labels)
        assert [b.value for b in record.bias] == pytest.approx(bias.bias)
        low, high = sorted([record.slope.value, found.contestants["m"].slope.value])
        assert low < record.slope_pooled.value < high
        assert record.slope_pooled.se < record.slope.se


def test_small_and_one_sided_subgroups_are_kept(rng):
    """One row, one class, a label that was ruled out: records, no slope, no crash."""
    forecasts, values = world(rng, [1.0, 1.0], n=200)
    values[0], values[1:40] = "one row", "one class"
    forecasts.labels[1:40] = 1
    forecasts.log_probs["m"][0] = [0.0, -1e6]
    forecasts.labels[0] = 1
    (found,) = divisions(forecasts, ["m"], {By("x"): values}, SEEDS)
    records = dict(zip(found.names, found.contestants["m"].subgroups, strict=True))
    assert records["one row"].slope is None
    assert records["one row"].n_impossible == 1
    assert records["one class"].slope is None
    assert records["g1"].slope is not None


def test_soft_labels_and_three_classes(rng):
    probs = rng.dirichlet([1, 1, 1], size=300)
    values = np.array(["a", "b", None] * 100, dtype=object)
    forecasts = Forecasts({"m": np.log(probs)}, probs, ["x", "y", "z"])
    (found,) = divisions(forecasts, ["m"], {By("k"): values}, SEEDS)
    assert found.names == ["a", "b", "(missing)"]
    for record in found.contestants["m"].subgroups:
        assert record.slope.value == pytest.approx(1.0)
        assert [b.value for b in record.bias] == pytest.approx(np.zeros(3), abs=1e-12)
        assert (record.p_slope, record.p_bias) == (None, None)
    assert found.contestants["m"].p_value is None
    assert list(subgroup_sentences(found)) == [
        "m by k: no subgroup has a clear fault. Whether they differ is not tested: too few rows, "
        "or soft labels."
    ]


def named(rng, factors, copies=1):
    """Which subgroups differ, and which have a fault."""
    forecasts, values = world(rng, factors, copies=copies)
    (found,) = divisions(forecasts, ["m"], {By("x"): values}, SEEDS)
    records = found.contestants["m"].subgroups
    return [bool(r.differs) for r in records], [r.verdict in FAULTS for r in records]


@pytest.mark.slow
@pytest.mark.parametrize("copies", [1, 4], ids=["rows", "groups"])
def test_homogeneous_worlds_name_a_subgroup_in_at_most_5_per_cent(copies):
    """500 worlds of five subgroups, up to two errors of that share."""
    rng = np.random.default_rng(8)
    found = np.array([named(rng, [1.0] * 5, copies) for _ in range(500)]).any(axis=2).mean(axis=0)
    print(f"copies={copies}: differs {found[0]:.3f}, fault {found[1]:.3f}")
    assert (found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 500)).all()


@pytest.mark.slow
def test_one_subgroup_that_is_over_confident_is_named():
    """One of five groups of 400 rows, log-odds 1.5 times too large, in 500 worlds."""
    rng = np.random.default_rng(9)
    found = np.array([named(rng, [1.5, 1, 1, 1, 1]) for _ in range(500)])
    first, others = found[:, :, 0].mean(axis=0), found[:, :, 1:].any(axis=2).mean(axis=0)
    either = found[:, :, 0].any(axis=1).mean()
    print(f"differs {first[0]:.3f} (others {others[0]:.3f})")
    print(f"fault {first[1]:.3f} (others {others[1]:.3f}); either {either:.3f}")
    assert either >= 0.9
    assert (others < 0.1).all()
