"""The theory's curve of a real table: its signal estimated, its slopes along the rows."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from trifit.cards import Card
from trifit.errors import InputError
from trifit.results.study import Picture, Replicated, StudyRecord, TheoryCurve
from trifit.study.cells import number
from trifit.study.limits import FITS
from trifit.study.needed import correlation, of_one_table
from trifit.study.points import Point
from trifit.study.quantities import QUANTITIES
from trifit.study.tables import OpenTable
from trifit.types import FloatArray

CURVE_POINTS = 15

LOGISTIC = "trifit.models:logistic_regression"
LINEAR = {LOGISTIC: "logistic", "trifit.models:softmax_regression": "softmax"}
"""Builders of linear models, with the output for which they are that."""


def with_theory(
    record: StudyRecord, points: Sequence[Point], tables: OpenTable, card: Card
) -> StudyRecord:
    """A record of a learning curve with the signal, and theory's curves in its slopes.

    It says too whether the model is one for which the law of the slopes was checked. There are no
    curves where the rows are simulated, or the theory does not apply.

    Parameters
    ----------
    record : StudyRecord
    points : sequence of Point
    tables : callable
        The rows of a table by their fingerprint.
    card : Card
    """
    table, classes = points[0].settings.get("table"), points[0].settings.get("classes", 2)
    if table is not None:
        classes = tables(str(table)).n_classes
    chosen = card.chooses_scale and any(  # a prior that follows the rows
        r.outcome == "extrapolated" and r.fit != "mle" for r in record.rows_needed
    )
    record = replace(record, unchecked=classes != 2 or not is_linear(card) or chosen)
    found = signal(points, tables) if table is not None else None
    if found is None:
        return record
    X = tables(str(table)).X
    pictures = [with_curves(picture, found, X, card) for picture in record.pictures]
    return replace(record, signal=found, pictures=pictures)


def signal(points: Sequence[Point], tables: OpenTable) -> Replicated | None:
    """Standard deviation of the true log-odds, at the largest size where half the MLEs tell.

    None where there is no such size: more than two classes, unequal ones, or no MLE.

    Parameters
    ----------
    points : sequence of Point
    tables : callable
        The rows of a table by their fingerprint.
    """
    for point in sorted(points, key=lambda p: -number("n", p.settings["n"])):
        rho, found = correlation(point.settings, tables), point.replicated("mle", "signal")
        if len(found) >= max(2, point.n_cells / 2):
            mean, half = of_one_table(found, rho, "mean")
            return Replicated(value=mean, low=max(mean - half, 0.0), high=mean + half, n=len(found))
    return None


def with_curves(picture: Picture, found: Replicated, X: FloatArray, card: Card) -> Picture:
    """A picture of slopes over rows with the theory's curves of the fits that it covers.

    An MLE's slope is the same for all features with the same span. A prior's effect is not, so fits
    with one have a curve where features are nearly uncorrelated, as the theory's are.

    Parameters
    ----------
    picture : Picture
    found : Replicated
        The signal.
    X : array of shape (n_obs, n_features)
    card : Card
    """
    if picture.quantity != QUANTITIES["slope"].label:
        return picture
    n_directions, curves = directions(X), []
    with_priors = nearly_uncorrelated(X)
    for line in picture.lines:
        ratio = _ratio(line.name, float(found.value or 0.0), n_directions, card)
        if ratio == 0 or (ratio is not None and with_priors):
            curves.append(_curve(line.name, line.x, float(found.value or 0.0), n_directions, ratio))
    return replace(picture, curves=[c for c in curves if c.x])


def _ratio(fit: str, gamma: float, n_directions: int, card: Card) -> float | None:
    """The prior's standard deviation over the right one; 0 for the MLE, None: not covered."""
    if fit == "mle":
        return 0.0
    given = card.hyperparameters
    scale = given.get("prior_scale")
    normal = (
        card.builder == LOGISTIC and is_linear(card) and given.get("prior", "normal") == "normal"
    )
    if fit not in FITS or not normal or not isinstance(scale, int | float) or gamma <= 0:
        return None
    return float(scale / (gamma / np.sqrt(n_directions)))


def _curve(
    fit: str, sizes: Sequence[float], gamma: float, n_directions: int, ratio: float
) -> TheoryCurve:
    drawn: dict[float, float] = {}
    for n in np.geomspace(min(sizes), max(sizes), CURVE_POINTS).tolist():
        given = {"kappa": n_directions / n, "gamma": gamma}
        try:
            limit = FITS[fit](**given, **({"prior_scale": ratio} if ratio else {}))
        except InputError:  # no MLE, or too near to where none exists
            continue
        if np.isfinite(limit.slope):
            drawn[n] = float(limit.slope)
    return TheoryCurve(name=fit, panel="", x=[*drawn], y=[*drawn.values()])


def is_linear(card: Card) -> bool:
    """Whether log-odds are linear in the features, with one coefficient for each."""
    given = card.hyperparameters
    return given.get("output", LINEAR.get(card.builder)) == LINEAR.get(card.builder, "")


def directions(X: FloatArray) -> int:
    """Rank of the centred features (n_obs, n_features), missing values at their means."""
    return int(np.linalg.matrix_rank(_centred(X)))


def nearly_uncorrelated(X: FloatArray) -> bool:
    """Whether the effective number of directions is at least 0.8 of that of the features.

    It is ``(sum l)**2 / sum l**2`` of the eigenvalues ``l`` of their correlations, without what
    chance adds to the squares of these.

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((400, 8))
    >>> nearly_uncorrelated(x), nearly_uncorrelated(x + x[:, :1])
    (True, False)
    """
    centred = _centred(X)
    size = np.sqrt((centred**2).sum(axis=0))
    scaled = centred[:, size > 0] / size[size > 0]
    p = scaled.shape[1]
    squares = ((scaled.T @ scaled) ** 2).sum() - p * (p - 1) / len(X)
    return bool(p >= 0.8 * squares)


def _centred(X: FloatArray) -> FloatArray:
    centred = X - np.nanmean(X, axis=0)
    return np.where(np.isnan(centred), 0.0, centred)
