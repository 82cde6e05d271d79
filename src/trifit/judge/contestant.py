"""One contestant's record: scores, calibration, verdict, reliability curves, code."""

import numpy as np

from trifit.calibration import Band, Corp, confidence_band, consistency, corp, top_label
from trifit.elpd import elpd
from trifit.forecasts import Forecasts
from trifit.information import code_length
from trifit.inputs import Labels, label_probs
from trifit.judge.calibration import calibration
from trifit.judge.verdict import verdict_on
from trifit.results import (
    Code,
    Encoding,
    Judged,
    Reliability,
    Scores,
    TopLabel,
)
from trifit.rounding import rounded
from trifit.types import FloatArray, IntArray

HISTOGRAM_BINS = 20

MAX_CURVES = 50
"""Most classes with a reliability curve of their own."""


def judged(forecasts: Forecasts, name: str, scores: Scores, rng: np.random.Generator) -> Judged:
    """Everything that held-out rows say of one contestant.

    Parameters
    ----------
    forecasts : Forecasts
    name : str
        Whose forecasts.
    scores : Scores
        Of the same, see :func:`trifit.judge.scores`.
    rng : numpy Generator
        For the consistency band, the folds and the test's resamples.
    """
    y = forecasts.labels
    top = _top_label(forecasts.probs(name), y, forecasts.groups, rng)
    found = calibration(forecasts, name, rng)  # with probabilities of its own: 400 MB of 50 million
    outputs, probs = verdict_on(found), forecasts.probs(name)
    truth = label_probs(y, probs.shape[1])
    return Judged(
        scores=scores,
        elpd=elpd(forecasts.log_probs[name], y, forecasts.groups),
        calibration=found,
        verdict=outputs,
        outputs=outputs,
        code=encoded(probs, y),
        top_label=top,
        classes=[
            _reliability(corp(probs[:, k], truth[:, k]))
            for k in range(min(probs.shape[1], MAX_CURVES))
        ],
    )


def encoded(probs: FloatArray, y: Labels) -> Code:
    """The labels encoded, or why they were not."""
    if y.ndim == 2:
        return Code(outcome=Encoding.SOFT_LABELS)
    codes = y.astype(np.int64)
    impossible = int(np.sum(probs[np.arange(len(codes)), codes] == 0))
    if impossible:
        return Code(outcome=Encoding.IMPOSSIBLE, n_impossible=impossible)
    try:
        length = code_length(probs, codes)
    except ImportError:
        return Code(outcome=Encoding.NO_CODER)
    return Code(
        outcome=Encoding.WRITTEN,
        bits=length.bits,
        ideal_bits=length.ideal_bits,
        n_floored=length.n_floored,
    )


def _top_label(
    probs: FloatArray, y: Labels, groups: IntArray | None, rng: np.random.Generator
) -> TopLabel:
    confidence, right = top_label(probs, y)
    chance = consistency(confidence, outcome=right, groups=groups, seed=rng)
    independent = y.ndim == 1 and groups is None  # observed labels, row by row
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    base = _reliability(corp(confidence, right))
    return TopLabel(
        **{name: getattr(base, name) for name in Reliability.__struct_fields__},
        confidence=float(confidence.mean()),
        mcb_mean=chance.mcb_mean,
        mcb_limit=chance.mcb_limit,
        band_grid=chance.grid.tolist(),
        band_lower=chance.lower.tolist(),
        band_upper=chance.upper.tolist(),
        band_lower_all=rounded(chance.lower_all),
        band_upper_all=rounded(chance.upper_all),
        confidence_band=_confidence_band(confidence, right) if independent else None,
        histogram=np.histogram(confidence, edges)[0].tolist(),
    )


def _confidence_band(forecast: FloatArray, outcome: FloatArray) -> Band:
    band = confidence_band(forecast, outcome)
    return Band(grid=rounded(band.grid, 8), lower=rounded(band.lower), upper=rounded(band.upper))


def _reliability(c: Corp) -> Reliability:
    return Reliability(
        score=c.score.value, mcb=c.mcb.value, dsc=c.dsc.value, unc=c.unc, curve=c.curve
    )
