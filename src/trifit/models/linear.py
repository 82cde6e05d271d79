"""Softmax (multinomial logistic) and logistic regression."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from trifit.errors import InputError

if TYPE_CHECKING:
    import pymc as pm

Coords = Mapping[str, Sequence[str]]


def softmax_regression(
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_classes: int | None = None,
    coords: Coords | None = None,
    prior_scale: float = 2.5,
    intercept_scale: float = 5.0,
) -> "pm.Model":
    """Softmax regression with sum-to-zero coefficients.

    ``p(y = k | x) = softmax_k(intercept_k + x @ beta_k)``. Adding a constant to
    all classes changes nothing, so coefficients sum to zero over classes
    (``ZeroSumNormal``) and are identified. The MAP is ridge-penalised softmax
    regression with ``C = prior_scale**2`` in scikit-learn's terms.

    Parameters
    ----------
    X : shape (n_obs, n_features)
        Features, best standardised: one prior scale serves all of them.
    y : shape (n_obs,)
        Class codes in ``0 .. n_classes - 1``.
    n_classes : int, optional
        Default: ``max(y) + 1``.
    coords : mapping, optional
        Names for the dimensions ``"feature"`` and ``"class"``.
    prior_scale : float
        Standard deviation of the Normal prior on coefficients, before the
        sum-to-zero constraint; in log-odds per unit of the feature.
    intercept_scale : float
        The same for intercepts.

    Returns
    -------
    pm.Model
        Free variables ``intercept (class,)`` and ``beta (feature, class)``;
        data ``X``, ``y``; observed ``label``. ``pm.set_data`` takes new rows.

    Raises
    ------
    InputError
        On a scale that is not positive, or shapes that do not fit.
    """
    import pymc as pm

    X, y, coords = _checked(X, y, n_classes, coords, prior_scale, intercept_scale)
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        labels = pm.Data("y", y, dims="obs")
        intercept = pm.ZeroSumNormal("intercept", sigma=intercept_scale, dims="class")
        beta = pm.ZeroSumNormal("beta", sigma=prior_scale, dims=("feature", "class"))
        pm.Categorical("label", logit_p=intercept + features @ beta, observed=labels, dims="obs")
    return model


def logistic_regression(
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_classes: int | None = None,
    coords: Coords | None = None,
    prior_scale: float = 2.5,
    intercept_scale: float = 5.0,
) -> "pm.Model":
    """Logistic regression for two classes.

    ``p(y = 1 | x) = sigmoid(intercept + x @ beta)``: the log-odds of the second
    class. The MAP is ridge-penalised logistic regression with
    ``C = prior_scale**2`` in scikit-learn's terms. It equals
    :func:`softmax_regression` with a prior scale smaller by ``sqrt(2)``, whose
    two coefficients per feature share the log-odds between them.

    Parameters
    ----------
    X : shape (n_obs, n_features)
        Features, best standardised: one prior scale serves all of them.
    y : shape (n_obs,)
        Class codes, 0 or 1.
    n_classes : int, optional
        Must be 2 if given.
    coords : mapping, optional
        Names for the dimensions ``"feature"`` and ``"class"``.
    prior_scale : float
        Standard deviation of the Normal prior on coefficients, in log-odds
        per unit of the feature.
    intercept_scale : float
        The same for the intercept.

    Returns
    -------
    pm.Model
        Free variables ``intercept ()`` and ``beta (feature,)``; data ``X``,
        ``y``; observed ``label``. ``pm.set_data`` takes new rows.

    Raises
    ------
    InputError
        On more than two classes, a scale that is not positive, or shapes that
        do not fit.
    """
    import pymc as pm

    X, y, coords = _checked(X, y, n_classes, coords, prior_scale, intercept_scale)
    if len(coords["class"]) != 2:
        raise InputError(
            f"logistic_regression is for two classes, the data have {len(coords['class'])}; "
            "use softmax_regression (--model softmax)"
        )
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        labels = pm.Data("y", y, dims="obs")
        intercept = pm.Normal("intercept", sigma=intercept_scale)
        beta = pm.Normal("beta", sigma=prior_scale, dims="feature")
        pm.Bernoulli("label", logit_p=intercept + features @ beta, observed=labels, dims="obs")
    return model


def _checked(
    X: ArrayLike,
    y: ArrayLike,
    n_classes: int | None,
    coords: Coords | None,
    prior_scale: float,
    intercept_scale: float,
) -> tuple[np.ndarray, np.ndarray, dict[str, Sequence[str]]]:
    """Arrays and coords of a builder, or one line that says what does not fit."""
    for name, scale in (("prior_scale", prior_scale), ("intercept_scale", intercept_scale)):
        if not (isinstance(scale, int | float) and 0 < scale < np.inf):
            raise InputError(f"{name} = {scale!r}: expected a positive number")
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.int64)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise InputError(
            f"X has shape {X.shape} and y {y.shape}; expected (n_obs, n_features) and (n_obs,)"
        )
    n_classes = n_classes or max(2, int(y.max()) + 1)
    names = dict(coords or {})
    names.setdefault("feature", [f"x{j}" for j in range(X.shape[1])])
    names.setdefault("class", [str(k) for k in range(n_classes)])
    for dim, length in (("feature", X.shape[1]), ("class", n_classes)):
        if len(names[dim]) != length:
            raise InputError(f"coords[{dim!r}] has {len(names[dim])} names; expected {length}")
    if len(y) and not 0 <= y.min() <= y.max() < n_classes:
        raise InputError(f"y holds {y.min()} .. {y.max()}; expected class codes below {n_classes}")
    return X, y, names
