"""Scores against the true class probabilities, which only simulations know.

Pure array mathematics on ``true_probs (n_obs, n_classes)`` and a fit's ``probs`` of
the same rows. No label is looked at, so no label noise enters: what scatters is
only which rows were held out.
"""

from typing import Any

import numpy as np

from trifit.calibration import top_label
from trifit.calibration.notions import Notion, events
from trifit.information import kl_divergence
from trifit.inputs import checked_probs
from trifit.scores import Estimate, mean_with_se
from trifit.types import Coverage, FloatArray


def excess_log_loss(true_probs: Any, probs: Any) -> Estimate:
    """Mean ``KL(truth || prediction)`` in nats; lower is better, 0 for the truth.

    ``KL = sum_k p_k log(p_k / q_k)`` is what the prediction ``q`` loses per row, in
    expectation over labels, against a forecaster who knows ``p``: the expected
    excess log-loss. Infinite where ``q`` rules out what can happen.

    Parameters
    ----------
    true_probs, probs : array of shape (n_obs, n_classes)

    Raises
    ------
    ValueError
        On shapes that differ, or rows that are no probabilities.

    References
    ----------
    Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102(477), doi:10.1198/016214506000001437

    Examples
    --------
    >>> round(excess_log_loss([[0.8, 0.2]] * 2, [[0.5, 0.5]] * 2).value, 4)
    0.1927
    """
    return mean_with_se(kl_divergence(true_probs, probs))


def calibration_error(
    true_probs: Any, probs: Any, *, notion: Notion = "top-label", bins: int | None = None
) -> Estimate:
    """True calibration error ``E|E[p_true | p_hat] - p_hat|``; lower is better, 0 to 1.

    The conditional expectation is a mean over bins of neighbouring forecasts,
    equally many rows each, of the difference ``d = p_true - p_hat``: no label noise
    enters, and the width of a bin only hides what changes sign inside it. Scatter of
    ``d`` would make ``sum_b w_b |mean_b d|`` positive even for calibrated forecasts, so
    every bin is halved (every other row by forecast): one half says the sign,
    the other the size, and the other way round. What is left is centred at 0 under
    calibration, cut off below 0, and a little too small where a bin's sign is in doubt.

    Parameters
    ----------
    true_probs, probs : array of shape (n_obs, n_classes)
    notion : {"top-label", "class-wise"}
        Of the most probable class; or of every class, averaged over classes.
    bins : int, optional
        Default ``2 n_obs**(1/3)``, with at least two rows each.

    Returns
    -------
    Estimate
        Its standard error takes the signs of the bins' means as given.

    Raises
    ------
    ValueError
        On shapes that differ, rows that are no probabilities, or another notion.

    Examples
    --------
    >>> round(calibration_error([[0.7, 0.3]] * 8, [[0.9, 0.1]] * 8).value, 4)
    0.2
    """
    forecast, truth = events(*_same_rows(probs, true_probs), notion)
    n_obs = len(forecast)
    if n_obs < 2:
        raise ValueError("probs holds one row; a calibration error needs at least two")
    n_bins = min(bins or round(2 * n_obs ** (1 / 3)), n_obs // 2)
    found = [_halved(p, q - p, n_bins) for p, q in zip(forecast.T, truth.T, strict=True)]
    # Errors of the classes may be one and the same, so their standard errors are averaged.
    value, se = np.mean(found, axis=0)
    return Estimate.normal(float(value), float(se))


def _halved(forecast: FloatArray, excess: FloatArray, n_bins: int) -> tuple[float, float]:
    """``sum_b w_b sign(mean of one half) mean(other half)``, and its standard error."""
    ordered = excess[np.lexsort((excess, forecast))]
    value = square = 0.0
    for rows in np.array_split(ordered, n_bins):
        weight = len(rows) / len(ordered)
        a, b = rows[::2].mean(), rows[1::2].mean()
        value += weight * (np.sign(a) * b + np.sign(b) * a) / 2
        square += weight**2 * rows.var(ddof=1) / len(rows)
    return max(0.0, float(value)), float(np.sqrt(square))


def confidence_bias(true_probs: Any, probs: Any) -> Estimate:
    """Mean confidence minus mean true probability of the class it is in; 0 is best.

    Above 0: over-confident on average. Shapes (n_obs, n_classes) each.

    Examples
    --------
    >>> round(confidence_bias([[0.7, 0.3], [0.5, 0.5]], [[0.9, 0.1], [0.4, 0.6]]).value, 4)
    0.15
    """
    confidence, truth = top_label(*_same_rows(probs, true_probs))
    return mean_with_se(confidence - truth)


def coverage(true_probs: Any, draws: Any, *, level: float = 0.95) -> Coverage:
    """Coverage and width of equal-tailed credible intervals for the true probabilities.

    Parameters
    ----------
    true_probs : array of shape (n_obs, n_classes)
    draws : array of shape (n_draws, n_obs, n_classes)
        Class probabilities of single draws of the posterior.
    level : float

    Raises
    ------
    ValueError
        On shapes that do not fit, rows that are no probabilities, or a level
        outside (0, 1).

    Examples
    --------
    >>> p = np.linspace(0, 1, 101)[:, None]
    >>> coverage([[0.2, 0.8]], np.stack([p, 1 - p], axis=2), level=0.5)
    Coverage(level=0.5, coverage=0.0, width=0.5)
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level}: expected between 0 and 1")
    truth, each = checked_probs(true_probs, name="true_probs"), checked_probs(draws, name="draws")
    if each.ndim != 3 or each.shape[1:] != truth.shape:
        raise ValueError(
            f"draws has shape {each.shape} for true_probs of shape {truth.shape}; "
            "expected (n_draws, n_obs, n_classes)"
        )
    low, high = np.quantile(each, [(1 - level) / 2, (1 + level) / 2], axis=0)
    inside = (low <= truth) & (truth <= high)
    return Coverage(level, float(inside.mean()), float((high - low).mean()))


def _same_rows(probs: Any, true_probs: Any) -> tuple[FloatArray, FloatArray]:
    p = checked_probs(probs)
    q = checked_probs(true_probs, name="true_probs")
    if p.shape != q.shape:
        raise ValueError(
            f"true_probs has shape {q.shape} and probs {p.shape}; expected the same rows"
        )
    return p, q
