"""Calibration by subgroup: from arrays to records."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from trifit.calibration import class_bias, homogeneity
from trifit.clusters import degrees_of_freedom, n_groups, shares
from trifit.forecasts import Forecasts, n_ruled_out
from trifit.judge.calibration import calibration
from trifit.judge.verdict import verdict_on
from trifit.results import ContestantBySubgroup, Division, Estimate, SubgroupRecord, Verdict
from trifit.results.subgroups import NAMED
from trifit.rounding import finite
from trifit.scores import log_predictive_density, mean_with_se
from trifit.seeds import generator
from trifit.subgroups import By, Pooled, Subgroups, divide, pooled, step_down
from trifit.subgroups.multiplicity import Tests
from trifit.types import BoolArray, FloatArray, IntArray

SLOPE_SCALE, BIAS_SCALE = 0.5, 0.1
"""Scales of the half-normal priors of the spread between subgroups."""

MIN_ROWS = 10
"""Rows (or groups) below which a subgroup gets no slope."""


def divisions(
    forecasts: Forecasts,
    names: Sequence[str],
    by: Mapping[By, NDArray[Any]],
    seeds: np.random.SeedSequence,
) -> list[Division]:
    """Some contestants judged in every subgroup, for each column.

    p-values are corrected over all subgroups of all columns, for each contestant.

    Parameters
    ----------
    forecasts : Forecasts
    names : sequence of str
        The contestants.
    by : mapping of By to array of shape (n_obs,)
        Columns as :func:`trifit.subgroups.divide` takes them.
    seeds : numpy SeedSequence
        Deals folds.

    Raises
    ------
    InputError
        If a column cannot divide the rows.
    """
    parts = {asked: divide(asked, values) for asked, values in by.items()}
    if not parts:
        return []
    found = {name: _contestant(forecasts, name, [*parts.values()], seeds) for name in names}
    return [
        Division(
            by=str(asked),
            names=list(part.names),
            n_obs=[len(rows) for rows in _rows(part)],
            n_groups=None
            if forecasts.groups is None
            else [n_groups(forecasts.groups[rows]) for rows in _rows(part)],
            cuts=list(part.cuts),
            contestants={name: each[k] for name, each in found.items()},
        )
        for k, (asked, part) in enumerate(parts.items())
    ]


def _rows(part: Subgroups) -> list[IntArray]:
    return [np.flatnonzero(part.codes == g) for g in range(len(part.names))]


def _contestant(
    forecasts: Forecasts, name: str, parts: Sequence[Subgroups], seeds: np.random.SeedSequence
) -> list[ContestantBySubgroup]:
    log_probs, y, groups = forecasts.log_probs[name], forecasts.labels, forecasts.groups
    forecasts = Forecasts({name: log_probs}, y, forecasts.class_names, groups)
    tests = [homogeneity(log_probs, y, part.codes, groups) for part in parts]
    tested = [(len(part.names), _tests(forecasts, name, part)) for part in parts]
    corrected = step_down(tested, NAMED)
    rng = generator(seeds, name)
    records = []
    for part, test, p in zip(parts, tests, corrected, strict=True):
        own = [_own(forecasts.take(rows), name, len(part.names), rng) for rows in _rows(part)]
        slopes = _pooled([record.slope for record in own], SLOPE_SCALE)
        biases = [_pooled(list(b), BIAS_SCALE) for b in zip(*(r.bias for r in own), strict=True)]
        records.append(
            ContestantBySubgroup(
                p_value=finite(test.p_value),
                df=test.df,
                slope=None
                if math.isnan(slopes.mean)
                else Estimate.normal(slopes.mean, slopes.mean_se),
                spread=finite(slopes.spread),
                subgroups=[
                    _with_others(record, g, slopes, biases, *p[:, g])
                    for g, record in enumerate(own)
                ],
            )
        )
    return records


def _tests(forecasts: Forecasts, name: str, part: Subgroups) -> Tests:
    """What tests the subgroups that are left: p-values of slope and bias, (2, n_subgroups)."""

    def tests(left: BoolArray) -> FloatArray:
        rows = np.flatnonzero(left[part.codes])
        some = forecasts.take(rows)
        codes = (left.cumsum() - 1)[part.codes[rows]]
        found = homogeneity(some.log_probs[name], some.labels, codes, some.groups)
        p = np.full((2, len(left)), np.nan)
        p[:, left] = found.slope, found.bias
        return p

    return tests


def _own(
    forecasts: Forecasts, name: str, n_subgroups: int, rng: np.random.Generator
) -> SubgroupRecord:
    """What the rows of one subgroup say by themselves."""
    log_probs, y, groups = forecasts.log_probs[name], forecasts.labels, forecasts.groups
    loss = -log_predictive_density(log_probs, y)
    df = None if groups is None else degrees_of_freedom(shares(groups))
    bias = class_bias(forecasts.probs(name), y, groups=groups)
    slope, verdict = None, Verdict.UNCERTAIN
    if (len(y) if groups is None else n_groups(groups)) >= MIN_ROWS:
        found = calibration(forecasts, name, rng, in_part=True)
        slope, verdict = found.slope, verdict_on(found, n_subgroups)
    return SubgroupRecord(
        log_loss=mean_with_se(loss, groups),
        n_impossible=n_ruled_out(log_probs, y),
        slope=slope,
        slope_pooled=slope,
        bias=[
            Estimate.normal(b, s, df)
            for b, s in zip(bias.bias.tolist(), bias.se.tolist(), strict=True)
        ],
        bias_pooled=[],
        p_slope=None,
        p_bias=None,
        verdict=verdict,
    )


def _pooled(own: Sequence[Estimate | None], scale: float) -> Pooled:
    values = np.array([np.nan if e is None else e.value for e in own])
    return pooled(values, np.array([np.nan if e is None else e.se for e in own]), scale=scale)


def _with_others(
    record: SubgroupRecord,
    g: int,
    slopes: Pooled,
    biases: Sequence[Pooled],
    p_slope: float,
    p_bias: float,
) -> SubgroupRecord:
    """The record of subgroup g with what the other subgroups add to it."""
    return msgspec.structs.replace(
        record,
        slope_pooled=_estimate(slopes.value, slopes.se, g) if record.slope is not None else None,
        bias_pooled=[
            _estimate(b.value, b.se, g) or own for b, own in zip(biases, record.bias, strict=True)
        ],
        p_slope=finite(float(p_slope)),
        p_bias=finite(float(p_bias)),
    )


def _estimate(value: FloatArray, se: FloatArray, g: int) -> Estimate | None:
    return None if np.isnan(value[g]) else Estimate.normal(float(value[g]), float(se[g]))
