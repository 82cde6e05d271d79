"""Kernel calibration error: the one estimate that reaches canonical calibration."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist

from trifit.calibration.notions import Notion, checked_prediction, events
from trifit.inputs import measure
from trifit.threads import limited
from trifit.types import FloatArray

Estimator = Literal["unbiased", "biased", "linear"]

MAX_PAIRS = 400_000_000
"""Most pairs of rows looked at: all pairs up to 20,000 rows (canonical), then
only pairs within equal blocks of consecutive rows (fewer rows than blocks may
be left over)."""

LANDMARKS = 64
"""Forecasts on which :func:`features` projects the kernel."""

MAX_ROWS = 20_000
"""Rows that landmarks are chosen from."""

CHUNK = 1_000_000
"""Pairs held in memory at a time."""


@dataclass(frozen=True, eq=False)
class KernelError:
    """A squared kernel calibration error.

    Attributes
    ----------
    value : float
        Mean over events. Below 0 at times for the unbiased estimators: then
        there is no sign of miscalibration.
    se : float
        Standard error of the unbiased estimate; up to a third too large for
        calibrated forecasts, whose variance term of first order is 0.
    per_event, bandwidth : array of shape (n_events,)
        One of each; for ``"class-wise"`` one per class.
    n_blocks : int
        Blocks the rows were cut into; 1 means that all pairs were used, half the
        number of rows that each row met one other (``"linear"``).
    notion, estimator
        As asked for.
    """

    value: float
    se: float
    per_event: FloatArray
    bandwidth: FloatArray
    n_blocks: int
    notion: Notion
    estimator: Estimator


@measure
def kernel_error(
    probs: Any,
    y: Any,
    *,
    notion: Notion = "canonical",
    estimator: Estimator = "unbiased",
    bandwidth: float | None = None,
) -> KernelError:
    """Squared kernel calibration error (SKCE); lower is better, 0 if calibrated.

    ``SKCE = E[(e_Y - p)' k(p, p') (e_Y' - p')]`` over two independent rows, with
    the matrix-valued kernel ``k(p, p') = exp(-|p - p'|**2 / (2 s**2)) I``. It is
    0 exactly for calibrated forecasts. ``"canonical"`` compares whole vectors,
    ``"top-label"`` and ``"class-wise"`` the scalars of their events. With h the
    term of a pair:

    - ``"unbiased"``: mean over pairs ``i != j``;
    - ``"biased"``: mean over all (i, j), at least 0, too high by about
      ``E[h_ii] / n``;
    - ``"linear"``: mean over the pairs (1, 2), (3, 4), ... only: linear time,
      unbiased, noisier, and the one that depends on the order of the rows.

    Above 20,000 rows (fewer for class-wise, which costs one kernel per class)
    the first two average over blocks of consecutive rows, so the rows should
    come in no particular order; ``"biased"`` then carries the bias of a block.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes or soft labels.
    notion : {"canonical", "class-wise", "top-label"}
    estimator : {"unbiased", "biased", "linear"}
    bandwidth : float, optional
        s. By default half the root mean squared distance between two forecasts
        (1 if they are all equal).

    Raises
    ------
    ValueError
        On bad probabilities, labels or options, or fewer than two rows.

    References
    ----------
    Widmann, Lindsten & Zachariah (2019), NeurIPS 32, doi:10.48550/arXiv.1910.11385

    Examples
    --------
    >>> p = [[0.5, 0.5]] * 4
    >>> kernel_error(p, [0, 1, 0, 1], estimator="biased").value
    0.0
    >>> round(kernel_error(p, [0, 0, 0, 0]).value, 3)
    0.5
    """
    if estimator not in ("unbiased", "biased", "linear"):
        raise ValueError(f"estimator={estimator!r}: expected 'unbiased', 'biased' or 'linear'")
    if bandwidth is not None and not 0 < bandwidth < math.inf:
        raise ValueError(f"bandwidth={bandwidth}: expected a positive number")
    views = list(_views(probs, y, notion))
    n_obs = len(views[0][0])
    if n_obs < 2:
        raise ValueError("probs has 1 row; a kernel calibration error compares two")
    widths = np.array([bandwidth or default_bandwidth(points) for points, _ in views])
    n_blocks = min(math.ceil(n_obs**2 * len(views) / MAX_PAIRS), n_obs // 2)
    with limited():
        estimates = [
            _linear(points, residual, width)
            if estimator == "linear"
            else _blockwise(points, residual, width, n_blocks, biased=estimator == "biased")
            for (points, residual), width in zip(views, widths, strict=True)
        ]
    value, se = np.array(estimates).T
    return KernelError(
        float(value.mean()),
        float(se.mean()),
        value,
        widths,
        n_obs // 2 if estimator == "linear" else n_blocks,
        notion,
        estimator,
    )


def default_bandwidth(points: FloatArray) -> float:
    """Half the root mean squared distance between two rows; 1 if all are equal.

    From the forecasts alone, whatever their order. Over-confidence pushes
    probabilities apart, so a kernel as wide as all of them averages it away:
    half the width finds slopes of 0.78 where the full width needs 0.73 (two to
    ten classes, 1,000 rows), and smaller ones gain little.
    """
    return float(np.sqrt(points.var(axis=0).sum() / 2)) or 1.0


def gaussian(a: FloatArray, b: FloatArray, bandwidth: float) -> FloatArray:
    """``exp(-|a - b|**2 / (2 s**2))`` of rows, shape (len(a), len(b)).

    Parameters
    ----------
    a, b : array of shape (n_rows, n_values)
    bandwidth : float
        ``s``, in the units of the rows.
    """
    return np.asarray(np.exp(cdist(a, b, "sqeuclidean") / (-2 * bandwidth**2)))


def thinned(n: int) -> tuple[slice, float]:
    """Evenly spaced rows, at most MAX_ROWS, and how many rows each stands for."""
    step = -(-n // MAX_ROWS)
    return slice(None, None, step), n / len(range(0, n, step))


def features(p: FloatArray, bandwidth: float) -> FloatArray:
    """Coordinates whose dot products are the kernel projected on LANDMARKS forecasts (Nyström)."""
    points = _landmarks(p[thinned(len(p))[0]])
    values, vectors = eigh(gaussian(points, points, bandwidth))
    kept = values > 1e-10 * values[-1]
    to_features = vectors[:, kept] / np.sqrt(values[kept])
    features = np.empty((len(p), int(kept.sum())))
    for start in range(0, len(p), MAX_ROWS):
        rows = slice(start, start + MAX_ROWS)
        features[rows] = gaussian(p[rows], points, bandwidth) @ to_features
    return features


def _landmarks(points: FloatArray) -> FloatArray:
    """Up to LANDMARKS points, each the farthest from those before it.

    The first is the farthest from the mean; the order of rows or classes does
    not matter.
    """
    distance = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    chosen = [int(distance.argmax())]
    distance = np.full(len(points), math.inf)
    while len(chosen) < LANDMARKS:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
        if distance[chosen[-1]] <= 1e-20:
            chosen.pop()
            break
    return points[chosen]


def _views(probs: Any, y: Any, notion: Notion) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Points the kernel compares and residuals, (n_obs, dim) each, per event."""
    if notion == "canonical":
        p, truth = checked_prediction(probs, y)
        yield p, truth - p
    else:
        forecast, outcome = events(probs, y, notion)
        for f, o in zip(forecast.T, outcome.T, strict=True):
            yield f[:, None], (o - f)[:, None]


def _linear(points: FloatArray, residual: FloatArray, width: float) -> tuple[float, float]:
    m = len(points) // 2
    a, b = slice(0, 2 * m, 2), slice(1, 2 * m, 2)
    distance = ((points[a] - points[b]) ** 2).sum(axis=1)
    h = np.exp(-distance / (2 * width**2)) * (residual[a] * residual[b]).sum(axis=1)
    return float(h.mean()), float(h.std(ddof=1) / np.sqrt(m)) if m > 1 else math.nan


def _blockwise(
    points: FloatArray, residual: FloatArray, width: float, n_blocks: int, *, biased: bool
) -> tuple[float, float]:
    """Mean over blocks of U- or V-statistics, and its standard error.

    The variance of a U-statistic is Hoeffding's, from the variances of a pair's
    term and of its mean given one row.
    """
    n = len(points) // n_blocks
    x = (points - points.mean(axis=0))[: n * n_blocks].reshape(n_blocks, n, -1)
    r = residual[: n * n_blocks].reshape(n_blocks, n, -1)
    row_sum, squares = _row_sums(x, r, width)
    diagonal = (r**2).sum(axis=2)
    row_sum -= diagonal
    pairs = n * (n - 1)
    unbiased = row_sum.sum(axis=1) / pairs
    of_pair = np.maximum((squares - (diagonal**2).sum(axis=1)) / pairs - unbiased**2, 0)
    noise = of_pair / (n - 1)  # of a row's mean
    of_row = np.maximum(row_sum.var(axis=1) / (n - 1) ** 2 - noise, 0)
    variance = 2 / pairs * (2 * (n - 2) * of_row + of_pair)
    value = (row_sum + diagonal).sum(axis=1) / n**2 if biased else unbiased
    return float(value.mean()), float(np.sqrt(variance.sum()) / n_blocks)


def _row_sums(x: FloatArray, r: FloatArray, width: float) -> tuple[FloatArray, FloatArray]:
    """Sums of h over each row and of its square over each block, CHUNK pairs at a time.

    ``x`` and ``r`` are centred points and residuals, (n_blocks, n, dim).
    """
    n_blocks, n, _ = x.shape
    square = (x**2).sum(axis=2)
    row_sum, squares = np.empty((n_blocks, n)), np.zeros(n_blocks)
    for block in range(0, n_blocks, max(1, CHUNK // n**2)):
        blocks = slice(block, block + max(1, CHUNK // n**2))
        for row in range(0, n, max(1, CHUNK // n)):
            here = (blocks, slice(row, row + max(1, CHUNK // n)))
            h = x[here] @ x[blocks].transpose(0, 2, 1)
            h *= 2
            h -= square[here][:, :, None]
            h -= square[blocks][:, None, :]
            np.exp(np.minimum(h, 0, out=h) / (2 * width**2), out=h)
            h *= r[here] @ r[blocks].transpose(0, 2, 1)
            row_sum[here] = h.sum(axis=2)
            squares[blocks] += np.einsum("bij,bij->b", h, h)
    return row_sum, squares
