"""What the maps share: the door, and the penalised fit of a linear map of log-odds."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import minimize

from trifit.forecasts import log_softmax
from trifit.inputs import Labels, checked_labels, label_probs
from trifit.remembered import Remembered
from trifit.threads import limited
from trifit.types import FloatArray

MAX_ITERATIONS = 2000


class Map(msgspec.Struct, frozen=True, eq=False, tag_field="method", forbid_unknown_fields=True):
    """A fitted map; its fields are its parameters, its tag the name of its method."""

    @property
    def n_classes(self) -> int | None:
        """Number of classes that its parameters are of; None where any number will do."""
        return None

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        raise NotImplementedError


def expect(condition: bool, what: str) -> None:  # noqa: FBT001
    """Refuse parameters that no map can have: they come from a damaged file.

    Raises
    ------
    ValueError
    """
    if not condition:
        raise ValueError(f"parameters of a recalibration map: expected {what}")


def checked_log_probs(values: Any) -> FloatArray:
    """Log probabilities or logits as normalised log probabilities (n_obs, n_classes).

    Raises
    ------
    ValueError
        On a shape that does not fit, or a value that is not finite.

    Examples
    --------
    >>> checked_log_probs([[0.0, -np.inf]])
    Traceback (most recent call last):
    ...
    ValueError: log_probs[0] holds -inf; probability 0 cannot be recalibrated: give a small one
    """
    log_probs: FloatArray = np.asarray(values, dtype=np.float64)
    if log_probs.ndim != 2 or log_probs.shape[1] < 2 or not len(log_probs):
        raise ValueError(
            f"log_probs has shape {log_probs.shape}; expected (n_obs, n_classes) with at least "
            "one row and two classes"
        )
    bad = ~np.isfinite(log_probs)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        why = "probability 0 cannot be recalibrated: give a small one"
        raise ValueError(
            f"log_probs[{row}] holds {log_probs[row, column]}; "
            + (why if np.isneginf(log_probs[row, column]) else "expected finite numbers")
        )
    return np.asarray(log_softmax(log_probs))


def checked_rows(log_probs: Any, y: Labels) -> tuple[FloatArray, FloatArray]:
    """Normalised log probabilities and label distributions, (n_obs, n_classes) each."""
    rows = checked_log_probs(log_probs)
    return rows, label_probs(checked_labels(y, *rows.shape), rows.shape[1])


def log_complements(log_probs: FloatArray) -> FloatArray:
    """``log(1 - p_k)`` of every class, exact also where ``p_k`` is all but one.

    The other classes are those before and those after: two running sums serve all.

    Examples
    --------
    >>> np.exp(log_complements(np.log([[0.5, 0.3, 0.2]]))).round(3)
    array([[0.5, 0.7, 0.8]])
    """
    none = np.full((len(log_probs), 1), -np.inf)
    before = np.hstack([none, np.logaddexp.accumulate(log_probs[:, :-1], axis=1)])
    after = np.hstack([none, np.logaddexp.accumulate(log_probs[:, :0:-1], axis=1)])[:, ::-1]
    return np.asarray(np.logaddexp(before, after))


def fit_linear(
    logits: Callable[[FloatArray], FloatArray],
    adjoint: Callable[[FloatArray], FloatArray],
    target: FloatArray,
    neutral: FloatArray,
    *,
    ridge: float,
    scale: FloatArray | float = 1.0,
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> FloatArray:
    """Parameters of least summed log-loss plus ``ridge / 2 |theta - neutral|**2``.

    The logits are linear in the parameters, so the sum is convex; with a ridge
    above zero it has exactly one minimum, whatever the rows.

    Parameters
    ----------
    logits : callable
        Parameters (n_params,) to logits (n_obs, n_classes).
    adjoint : callable
        Its transpose: residuals (n_obs, n_classes) to (n_params,).
    target : array of shape (n_obs, n_classes)
    neutral : array of shape (n_params,)
        Parameters of the map that changes nothing: start and centre.
    ridge : float
    scale : array of shape (n_params,)
        Size of each parameter's feature, which the optimiser divides out.
    bounds : sequence of (low, high), optional

    Raises
    ------
    ValueError
        If ``ridge`` is negative or not finite.
    """
    if not 0 <= ridge < np.inf:
        raise ValueError(f"ridge={ridge}: expected a finite number of at least 0")
    n_obs = len(target)

    def objective(scaled: FloatArray) -> tuple[float, FloatArray]:
        theta = scaled / scale
        log_q = log_softmax(logits(theta))
        away = theta - neutral
        value = -(target * log_q).sum() + ridge / 2 * (away @ away)
        gradient = adjoint(np.exp(log_q) - target) + ridge * away
        return float(value) / n_obs, gradient / scale / n_obs

    loss = Remembered(objective)
    with limited():  # L-BFGS's own algebra is tiny
        result = minimize(
            loss,
            neutral * scale,
            jac=loss.gradient,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": MAX_ITERATIONS, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30},
        )
    return np.asarray(result.x / scale)
