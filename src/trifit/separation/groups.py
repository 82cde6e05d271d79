"""Many classes: pairs decide which classes must share their coefficients.

Let ``b_k`` be the coefficients of class k along a direction in which the likelihood
only grows: ``(b_y - b_k)'a >= 0`` for every row a of class y and every other class k. For
two classes j and k this says that ``w = b_j - b_k`` separates their rows, weakly. If no
``w`` but zero does, the two classes overlap and ``b_j = b_k``; then rows of either must
not be hurt by moving both against a third, so the two may be looked at as one class.
Classes are put together so until one is left, which proves that the MLE exists, or
until any two of those left can be separated. Each question is a linear programme in
the coefficients of one class, where the whole problem's has those of all.

Then the programme of the groups decides, if it is small. If not: where a ``w`` separates
one group weakly from all other rows, moving its coefficients along ``w`` hurts no row,
and there is no MLE; else the answer is unknown.
"""

import numpy as np
import scipy.sparse as sp
from scipy.spatial.distance import cdist

from trifit.separation.overlap import none_gains
from trifit.separation.programmes import TOLERANCE, Separation, best_direction, programme
from trifit.separation.softmax import constants
from trifit.types import FloatArray, IntArray

MAX_PAIRS = 10_000
"""Most pairs of classes, or groups, that are looked at."""

MAX_PROGRAMMES = 1_500
"""Most programmes of two groups that are solved, and again of one against the rest."""

MAX_ENTRIES = 15_000_000
"""Most entries (rows x terms) of these programmes together."""

FEW_TERMS = 30
"""Terms beyond which an entry costs more, and counts for more."""

PROOF = 20
"""A programme takes as long as so many proofs that no direction gains."""

FEW_ROWS = 300
"""Rows of a group that are looked at first: if they overlap, all do."""

MAX_GROUP_WORK = 300_000
"""Largest programme of all groups: entries of its margins times its parameters, over 1,000."""


class _Exhausted(Exception):
    """A question stays open: beyond the limits of this module, or the solver failed."""


class _Programmes:
    """Programmes of two sets of rows, up to a limit: counted, not timed, so that runs repeat."""

    def __init__(self) -> None:
        self.left, self.entries = MAX_PROGRAMMES, MAX_ENTRIES

    def weak_separator(self, margins: FloatArray) -> FloatArray | None:
        """A direction with margins of at least 0, some above it; None if there is none."""
        scaled = margins / np.maximum(abs(margins).max(axis=1, keepdims=True), 1e-300)
        proved = none_gains(scaled)
        self.left -= not proved
        work = margins.size * max(1, margins.shape[1] // FEW_TERMS)
        self.entries -= work // (PROOF if proved else 1)
        if self.left < 0 or self.entries < 0:
            raise _Exhausted
        if proved:
            return None
        M = sp.csr_array(scaled)
        d = best_direction(M)
        if d is None:  # the solver failed, which proves nothing
            raise _Exhausted
        return d if (M @ d).max() > TOLERANCE else None


def by_groups(
    design: FloatArray, y: IntArray, n_classes: int
) -> tuple[Separation, FloatArray | None]:
    """Whether the rows of many classes overlap, by pairs of classes.

    Parameters
    ----------
    design : array of shape (n_obs, n_terms)
    y : array of shape (n_obs,)
    n_classes : int

    Returns
    -------
    separation : Separation
        ``UNKNOWN`` where that would cost more than the limits of this module.
    direction : array of shape (n_terms * (n_classes - 1),) or None
        Raveled coefficients, of classes 1, 2, ... against class 0.
    """
    units = np.maximum(abs(design).max(axis=0), 1e-300)
    design = design / units
    absent = np.setdiff1d(np.arange(n_classes), y)
    try:
        w = _one_side(design) if len(absent) else None
    except _Exhausted:
        return Separation.UNKNOWN, None
    if w is not None:
        away = np.zeros((design.shape[1], n_classes))
        away[:, absent] = -w[:, None]
        every = np.arange(n_classes)
        return Separation.QUASI_COMPLETE, _direction(away / units[:, None], every, every)
    labels, exhausted = _merged(design, y, n_classes)
    names, group = np.unique(labels[y], return_inverse=True)
    if len(names) == 1:
        return Separation.OVERLAP, None
    found, coefficients = Separation.UNKNOWN, None
    if _small(design, len(names)) and not exhausted:
        identity = sp.csr_array(sp.eye_array(design.shape[1] * (len(names) - 1)))
        found, direction = programme(design, group, identity, len(names) - 1)
        if direction is not None:
            against_first = direction.reshape(design.shape[1], -1)
            coefficients = np.insert(against_first, 0, 0.0, axis=1)
    else:
        coefficients = _one_against_the_rest(design, group, len(names))
        found = Separation.UNKNOWN if coefficients is None else Separation.QUASI_COMPLETE
    if coefficients is None:
        return found, None
    if len(names) < len(np.unique(y)):  # rows of classes put together gain nothing
        found = Separation.QUASI_COMPLETE
    return found, _direction(coefficients / units[:, None], labels, names)


def _merged(design: FloatArray, y: IntArray, n_classes: int) -> tuple[IntArray, bool]:
    """A group for every class, and whether pairs were left that could not be looked at.

    The nearest pairs first: near classes overlap, and what is merged becomes near to many.
    """
    rank, programmes, n_pairs = int(np.linalg.matrix_rank(design)), _Programmes(), 0
    present = np.unique(y)
    rows = {int(k): np.flatnonzero(y == k) for k in present}
    labels = np.arange(n_classes)
    labels[~np.isin(labels, present)] = present[0]  # without a row, and nothing to gain by it
    spread = np.maximum(design.std(axis=0), 1e-12)
    centres = np.array([design[rows[int(k)]].mean(axis=0) for k in present]) / spread
    distance = cdist(centres, centres)
    np.fill_diagonal(distance, np.inf)
    n_rows = np.array([len(rows[int(k)]) for k in present])
    distance[n_rows[:, None] + n_rows < rank] = np.inf  # too few to overlap
    place = {int(k): i for i, k in enumerate(present)}
    while len(rows) > 1 and np.isfinite(distance).any():
        i, j = np.unravel_index(int(distance.argmin()), distance.shape)
        a, b = int(present[i]), int(present[j])
        n_pairs += 1
        try:
            merge = _overlap(design, rows[a], rows[b], rank, programmes)
        except _Exhausted:
            return labels, True
        if n_pairs == MAX_PAIRS:
            return labels, True
        if not merge:
            distance[i, j] = distance[j, i] = np.inf
            continue
        labels[labels == b] = a
        rows[a] = np.concatenate([rows[a], rows[b]])
        del rows[b]
        # The merged group is as near as its nearest class, and is looked at anew.
        nearest = _between(centres, labels, present, rows, a)
        distance[j, :] = distance[:, j] = np.inf
        for other, gap in nearest.items():
            k = place[other]
            distance[i, k] = distance[k, i] = gap
    return labels, False


def _between(
    centres: FloatArray,
    labels: IntArray,
    present: IntArray,
    rows: dict[int, IntArray],
    group: int,
) -> dict[int, float]:
    """Distance of one group to every other, by their nearest classes."""
    member = labels[present]
    own = centres[member == group]
    gaps = cdist(own, centres).min(axis=0)
    return {k: float(gaps[member == k].min()) for k in rows if k != group}


def _overlap(
    design: FloatArray, a: IntArray, b: IntArray, rank: int, programmes: _Programmes
) -> bool:
    """Whether no direction but one that moves no row at all separates two sets of rows.

    If that is so of some of the rows, it is so of all.
    """
    if len(a) + len(b) < rank:
        return False
    some = [rows[:: -(-len(rows) // FEW_ROWS)] for rows in (a, b)]
    attempts = [some] if sum(map(len, some)) == len(a) + len(b) else [some, [a, b]]
    for one, other in attempts:
        if _split_by_their_means(design[one], design[other]):
            continue
        margins = np.vstack([design[one], -design[other]])
        if np.linalg.matrix_rank(margins) == rank and programmes.weak_separator(margins) is None:
            return True
    return False


def _split_by_their_means(a: FloatArray, b: FloatArray) -> bool:
    """Whether Fisher's discriminant separates them without an error, which is cheap to tell."""
    both = np.vstack([a - a.mean(axis=0), b - b.mean(axis=0)])
    covariance = both.T @ both / len(both)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    if not np.isfinite(covariance).all() or np.trace(covariance) <= 0:
        return False
    w = np.linalg.solve(covariance, a.mean(axis=0) - b.mean(axis=0))
    apart = float((a @ w).min()) > float((b @ w).max()) + 1e-9 * float(abs(w).sum())
    return apart and len(constants(np.vstack([a, b]))) > 0  # thresholds are free


def _one_side(design: FloatArray) -> FloatArray | None:
    """A direction that has all rows weakly on one side; None if there is none.

    The coefficients of a class without a row can run along its negative.
    """
    constant = constants(design)
    if len(constant):
        w = np.zeros(design.shape[1])
        w[constant[0]] = np.sign(design[0, constant[0]])
        return w
    return _Programmes().weak_separator(design)


def _one_against_the_rest(design: FloatArray, group: IntArray, n_groups: int) -> FloatArray | None:
    """Coefficients (n_terms, n_groups) of all groups that can be separated from all other rows."""
    found, programmes = np.zeros((design.shape[1], n_groups)), _Programmes()
    for k in range(n_groups):
        inside = group == k
        try:
            d = programmes.weak_separator(np.where(inside[:, None], design, -design))
        except _Exhausted:
            break
        if d is not None:
            found[:, k] = d
    return found if found.any() else None


def _small(design: FloatArray, n_groups: int) -> bool:
    """Whether the programme of all groups can be solved in seconds."""
    n_params = design.shape[1] * (n_groups - 1)
    return bool(design.size * (n_groups - 1) * n_params / 1_000 <= MAX_GROUP_WORK)


def _direction(coefficients: FloatArray, labels: IntArray, names: IntArray) -> FloatArray:
    """Raveled coefficients against class 0 of every class, from those of its group."""
    of_class = coefficients[:, np.searchsorted(names, labels)]
    return np.asarray((of_class[:, 1:] - of_class[:, :1]).ravel())
