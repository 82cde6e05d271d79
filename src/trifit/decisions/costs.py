"""The cost per case that probabilities promise, and the cost that came true."""

from dataclasses import dataclass

import numpy as np

from trifit.inputs import Labels, checked_labels, checked_probs, label_probs
from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Decided:
    """The best action of every row by its own probabilities, and its cost.

    Attributes
    ----------
    action : array of shape (n_obs,)
        The action with the lowest expected cost; of equal ones the first.
    promised : array of shape (n_obs,)
        Its expected cost under the probabilities.
    came_true : array of shape (n_obs,)
        Its cost in the class that occurred; with soft labels the expected one.
    """

    action: IntArray
    promised: FloatArray
    came_true: FloatArray


def decide(probs: FloatArray, y: Labels, costs: FloatArray) -> Decided:
    """Take the action with the lowest expected cost, row by row.

    ``a_i = argmin_a sum_k p_ik C_ak``; promised is that minimum, and ``C[a_i, y_i]`` came true.
    If probabilities are calibrated, both have the same mean (Bayes's decision rule).

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or soft labels.
    costs : array of shape (n_actions, n_classes)
        Lower is better.

    Raises
    ------
    ValueError
        On probabilities, labels or costs that do not fit each other.

    References
    ----------
    Elkan (2001), IJCAI 17, "The foundations of cost-sensitive learning";
    Berger (1985), Statistical Decision Theory and Bayesian Analysis, section 1.3

    Examples
    --------
    >>> treat, wait = [10.0, 4.0], [100.0, 0.0]  # if ill, if healthy
    >>> d = decide([[0.5, 0.5], [0.01, 0.99]], [1, 0], np.array([treat, wait]))
    >>> d.action, d.promised, d.came_true
    (array([0, 1]), array([7., 1.]), array([  4., 100.]))
    """
    probs = checked_probs(probs)
    truth = label_probs(checked_labels(y, *probs.shape), probs.shape[1])
    if costs.ndim != 2 or costs.shape[1] != probs.shape[1]:
        raise ValueError(
            f"costs have shape {costs.shape}; expected (n_actions, n_classes = {probs.shape[1]})"
        )
    expected = probs @ costs.T
    action = expected.argmin(axis=1)
    rows = np.arange(len(probs))
    return Decided(action, expected[rows, action], (truth * costs[action]).sum(axis=1))
