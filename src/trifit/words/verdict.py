"""Verdicts as sentences."""

import math
from collections.abc import Callable, Mapping

from trifit.diagnostics import OptimiserDiagnostics
from trifit.fits import Status
from trifit.forecasts import RULED_OUT
from trifit.normal import Z95
from trifit.results import Calibration, ClassBias, FitRecord, Judged, Verdict
from trifit.results.calibration import MIN_EVENTS, SUSPECT
from trifit.text import (
    decimals_for,
    p_equals,
    signed_with_se,
    significant,
    with_minus,
    with_se,
)
from trifit.words.advice import RARE
from trifit.words.status import STATUSES

VERDICTS: Mapping[Verdict, str] = {
    Verdict.BEHAVES: "behaves like probabilities",
    Verdict.OVER_CONFIDENT: "over-confident",
    Verdict.UNDER_CONFIDENT: "under-confident",
    Verdict.MISCALIBRATED: "otherwise miscalibrated",
    Verdict.UNCERTAIN: "uncertain",
    Verdict.NO_MLE: "no MLE exists",
    Verdict.FAILED: "not judged",
}

UNIFORM = "It gives all classes the same probability in every test row."
"""What is said of outputs that say nothing."""


def verdict_text(judged: Judged, fit: FitRecord | None = None) -> str:
    """Why a contestant got its verdict."""
    if judged.verdict is Verdict.FAILED and fit is not None:
        return f"The fit failed its checks: {STATUSES[fit.status]}."
    if judged.uniform:
        text = UNIFORM
    else:
        text = of_outputs(judged.outputs, judged.calibration)
    if fit is not None and fit.status is Status.DERIVED_SEPARATED:
        return (
            "The temperature only reflects where the optimiser stopped in each fold. See map+T "
            "instead."
        )
    if fit is not None and fit.status is Status.PLATEAU:
        assert isinstance(fit.diagnostics, OptimiserDiagnostics)
        return (
            "No maximum was reached: the weights were still growing when training stopped, at a "
            f"training cross-entropy of {significant(fit.diagnostics.train_loss)} nats per "
            f"row. {text}"
        )
    if judged.verdict is Verdict.NO_MLE and fit is not None:
        where = (
            f"{fit.n_with_status} of {fit.n_training_sets} training sets"
            if fit.n_training_sets > 1
            else "the training rows"
        )
        return (
            f"The classes are separable, completely or in part, in {where}.{_trained(fit)} "
            f"Verdict on where the optimiser stopped: {VERDICTS[judged.outputs]}, with "
            f"{slope(judged.calibration)}."
        )
    return text


def _trained(fit: FitRecord) -> str:
    """How far training went where it left no training row wrong."""
    d = fit.diagnostics
    if not isinstance(d, OptimiserDiagnostics) or d.train_loss is None or d.train_right != 1:
        return ""
    most = "at most " if fit.n_with_status > 1 else ""
    return (
        " Every training row there is predicted right, at a training cross-entropy of "
        f"{most}{significant(d.train_loss)} nats per row."
    )


def of_outputs(verdict: Verdict, c: Calibration) -> str:
    """What the numbers say about the outputs."""
    if verdict is Verdict.UNCERTAIN and not c.enough_events:
        return few_events(c)
    return SENTENCES[verdict](c)


def behaves(c: Calibration) -> str:
    """A calibrated fit, with the direction where the slope is known to differ from 1."""
    direction = {-1: "slightly over-confident", 1: "slightly under-confident"}.get(c.side(0.95))
    if direction:
        return f"Its outputs can be read as probabilities, though they are {direction}: {slope(c)}."
    return f"Its outputs can be read as probabilities: {slope(c)}."


def over_confident(c: Calibration) -> str:
    """A slope below 1."""
    return f"Its outputs are too extreme: {slope(c)}. {_worth(c)}{_besides(c)}"


def under_confident(c: Calibration) -> str:
    """A slope above 1."""
    return f"Its outputs are too cautious: {slope(c)}. {_worth(c)}{_besides(c)}"


def miscalibrated(c: Calibration) -> str:
    """A fault other than in the slope, with the classes that have it."""
    if c.off():
        text = _classes_off(c)
        return f"{text[0].upper()}{text[1:]}."
    p_value = 1.0 if c.p_value is None else c.p_value
    if p_value < RULED_OUT:
        return f"Labels occurred that it considered practically impossible ({p_equals(p_value)})."
    return (
        "Calibrated probabilities would differ this much from the labels less than 1 time in "
        f"{math.floor(1 / max(p_value, 1e-6)):,}, though no single class is predicted too often or "
        "too rarely."
    )


def few_events(c: Calibration) -> str:
    """Too few rows for a slope."""
    what = "test rows are" if c.n_groups is None else "groups have test rows"
    return (
        f"Only {c.n_events} {what} outside the most frequent class; a verdict needs at least "
        f"{MIN_EVENTS}."
    )


def undecided(c: Calibration) -> str:
    """Why these rows leave the verdict open."""
    if c.slope is None:
        return (
            f"The {c.n_obs:,} test rows do not determine a calibration slope: the classes are "
            "predicted too well, or the outputs do not vary."
        )
    few = f"{_rows(c)} are too few: {slope(c)}"
    if c.side() and (gain := c.gain) is not None:
        return (
            f"{few}. But temperature scaling, fitted on other rows, does not lower the log-loss "
            f"(gain {signed_with_se(gain.value, gain.se)} nats per row), so a few rows decide the "
            "slope."
        )
    if c.good_slope:
        return (
            f"{few}. The slope is good, but {_doubt(c)} leaves a doubt "
            f"({p_equals(c.suspect_at)}; at least {SUSPECT} is needed)."
        )
    return f"{few}."


def _doubt(c: Calibration) -> str:
    """What may be a fault: the class that is the clearest one, or the whole vector."""
    classes = [k for k in c.classes if not k.good]
    clearest = min(classes, key=lambda k: (k.p_value, k.frequency), default=None)
    if clearest is None or c.adjusted(clearest) > c.suspect_at:
        return "the test of the whole probability vector"
    return (
        f"class {clearest.name}, of mean probability {significant(clearest.mean_prob)} and "
        f"frequency {significant(clearest.frequency)},"
    )


def slope(c: Calibration) -> str:
    """The slope with its interval."""
    if c.slope is None:
        return "no calibration slope"
    value = with_minus(f"{c.slope.value:z.{_decimals(c.slope.se)}f}")
    return f"calibration slope {value} (95% interval {bounds(*c.interval())})"


def bounds(low: float, high: float) -> str:
    """Bounds of an interval of the slope."""
    if not math.isfinite(low):
        return "no slope"
    digits = _decimals((high - low) / (2 * Z95))
    return with_minus(f"{low:z.{digits}f} to {high:z.{digits}f}")


def odds(k: ClassBias) -> str:
    """Bounds of the interval of a class's odds."""
    low, high = (
        "infinity" if end is None else significant(end, 2) for end in (k.odds_low, k.odds_high)
    )
    return f"{low} to {high}"


def nats(value: float) -> str:
    """A gain in nats, two digits."""
    return significant(value, 2)


def _worth(c: Calibration) -> str:
    if c.gain is None:
        return "A label has probability 0, which no temperature corrects."
    return f"Temperature scaling gains {with_se(c.gain.value, c.gain.se)} nats per row."


def _besides(c: Calibration) -> str:
    return f" In addition, {_classes_off(c)}." if c.off() else ""


def _classes_off(c: Calibration) -> str:
    """The clearest three; of two classes the rarer one, as the other says the same."""
    found = c.off()
    if len(c.classes) == 2:
        found = [min(found, key=lambda k: k.frequency)]
    return "; ".join(_class_off(k) for k in found[:3])


def _class_off(k: ClassBias) -> str:
    text = (
        f"class {k.name} has mean probability {significant(k.mean_prob)} but frequency "
        f"{significant(k.frequency)}"
    )
    if not (0 < k.mean_prob < 1 and 0 < k.frequency < 1):
        return text
    ratio = k.mean_prob * (1 - k.frequency) / (k.frequency * (1 - k.mean_prob))
    times, way = (ratio, "large") if ratio > 1 else (1 / ratio, "small")
    return f"{text} (odds {significant(times, 2)} times too {way})"


def _rows(c: Calibration) -> str:
    """The test rows, or those outside the most frequent class where these are few."""
    if c.n_groups is not None:
        return f"{c.n_obs:,} test rows of {c.n_groups:,} groups"
    if c.n_events >= RARE * c.n_obs:
        return f"{c.n_obs:,} test rows"
    return f"{c.n_events:,} test rows outside class {c.most_frequent.name} (of {c.n_obs:,})"


def _decimals(se: float) -> int:
    """Two decimals, more only where the error asks for them."""
    return 2 if se >= 0.005 else decimals_for(se)


SENTENCES: Mapping[Verdict, Callable[[Calibration], str]] = {
    Verdict.BEHAVES: behaves,
    Verdict.OVER_CONFIDENT: over_confident,
    Verdict.UNDER_CONFIDENT: under_confident,
    Verdict.MISCALIBRATED: miscalibrated,
    Verdict.UNCERTAIN: undecided,
}
