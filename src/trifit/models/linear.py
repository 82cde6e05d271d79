"""Softmax (multinomial logistic) and logistic regression."""

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from trifit.errors import InputError
from trifit.models.arguments import Coords, checked
from trifit.models.outputs import (
    BINARY_OUTPUTS,
    OUTPUTS,
    check_output,
    observe,
    observe_binary,
)
from trifit.models.priors import Prior, check_positive, coefficients

if TYPE_CHECKING:
    import pymc as pm


def softmax_regression(
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_classes: int | None = None,
    coords: Coords | None = None,
    prior: str = "normal",
    prior_scale: float = 2.5,
    prior_df: float = 3.0,
    slab_scale: float = 2.5,
    intercept_scale: float = 5.0,
    output: str = "softmax",
) -> "pm.Model":
    """Softmax regression with sum-to-zero coefficients.

    ``p(y = k | x) = softmax_k(intercept_k + x @ beta_k)``. Adding a constant to
    all classes changes nothing, so coefficients sum to zero over classes and
    are identified. With Normal priors the MAP is ridge-penalised softmax
    regression with ``C = prior_scale**2`` in scikit-learn's terms.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
        Features, best standardised: one prior scale serves all of them.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes in ``0 .. n_classes - 1``, or whole counts of each class.
    n_classes : int, optional
        Default: ``max(y) + 1``.
    coords : mapping, optional
        Names for the dimensions ``"feature"`` and ``"class_"``.
    prior : str
        ``normal``, ``student-t``, ``cauchy``, ``laplace``, ``horseshoe``,
        ``hierarchical``, ``gamma`` or ``ard``; see :mod:`trifit.models.priors`.
    prior_scale : float
        Scale of the prior on coefficients, before the sum-to-zero constraint;
        in log-odds per unit of the feature.
    prior_df : float
        Degrees of freedom of ``student-t`` and of the horseshoe's slab.
    slab_scale : float
        How large a coefficient the horseshoe lets through.
    intercept_scale : float
        Scale of the prior on intercepts: Normal, or heavy-tailed like the
        coefficients'.
    output : {"softmax", "tanh"}
        ``tanh`` normalises ``(1 + tanh z_k) / 2`` over classes instead. There a
        common shift of all activations does matter, so nothing sums to zero.

    Returns
    -------
    pm.Model
        Free variables ``intercept (class,)`` and ``beta (feature, class)``, or
        what they are made of; data ``X``, ``y``; observed ``label``.
        ``pm.set_data`` takes new rows.

    Raises
    ------
    InputError
        On an unknown prior or output, a scale that is not positive, or shapes
        that do not fit.
    """
    family = check_softmax(prior, prior_scale, prior_df, slab_scale, intercept_scale, output)
    X, y, coords = checked(X, y, n_classes, coords)
    import pymc as pm

    zero_sum = output == "softmax"
    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        intercept = coefficients(
            "intercept", family.intercept(intercept_scale), ("class_",), zero_sum=zero_sum
        )
        beta = coefficients("beta", family, ("feature", "class_"), zero_sum=zero_sum)
        observe(intercept + features @ beta, y, output=output)
    return model


def logistic_regression(
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_classes: int | None = None,
    coords: Coords | None = None,
    prior: str = "normal",
    prior_scale: float = 2.5,
    prior_df: float = 3.0,
    slab_scale: float = 2.5,
    intercept_scale: float = 5.0,
    output: str = "logistic",
) -> "pm.Model":
    """Logistic (or probit) regression for two classes.

    ``p(y = 1 | x) = sigmoid(intercept + x @ beta)``: the log-odds of the second
    class. With Normal priors the MAP is ridge-penalised logistic regression
    with ``C = prior_scale**2`` in scikit-learn's terms. It equals
    :func:`softmax_regression` with a prior scale smaller by ``sqrt(2)``, whose
    two coefficients per feature share the log-odds between them.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
        Features, best standardised: one prior scale serves all of them.
    y : array of shape (n_obs,)
        Class codes, 0 or 1.
    n_classes : int, optional
        Must be 2 if given.
    coords : mapping, optional
        Names for the dimensions ``"feature"`` and ``"class_"``.
    prior : str
    prior_scale, prior_df, slab_scale : float
        As in :func:`softmax_regression`; log-odds (probit: standard normal
        quantiles) per unit of the feature.
    intercept_scale : float
        The same for the intercept.
    output : {"logistic", "probit"}
        ``probit`` replaces the logistic by the normal distribution function.

    Returns
    -------
    pm.Model
        Free variables ``intercept ()`` and ``beta (feature,)``, or what they are
        made of; data ``X``, ``y``; observed ``label``.

    Raises
    ------
    InputError
        On more than two classes, an unknown prior or output, a scale that is
        not positive, or shapes that do not fit.
    """
    X, y, coords = checked(X, y, n_classes, coords)
    family = check_logistic(
        prior, prior_scale, prior_df, slab_scale, intercept_scale, output, len(coords["class_"])
    )
    import pymc as pm

    with pm.Model(coords=coords) as model:
        features = pm.Data("X", X, dims=("obs", "feature"))
        intercept = coefficients("intercept", family.intercept(intercept_scale), (), zero_sum=False)
        beta = coefficients("beta", family, ("feature",), zero_sum=False)
        observe_binary(intercept + features @ beta, y, output=output)
    return model


def check_softmax(
    prior: str,
    prior_scale: float,
    prior_df: float,
    slab_scale: float,
    intercept_scale: float,
    output: str,
    n_classes: int | None = None,
    *,
    outputs: tuple[str, ...] = OUTPUTS,
) -> Prior:
    """The prior of the coefficients; refuses settings that are none, without PyMC.

    Parameters
    ----------
    prior : str
    prior_scale, prior_df, slab_scale, intercept_scale : float
    output : str
        As in :func:`softmax_regression`.
    n_classes : int, optional
        Any number.
    outputs : tuple of str
        Those to choose from.

    Raises
    ------
    InputError
    """
    family = Prior(prior, prior_scale, prior_df, slab_scale)
    check_positive("intercept_scale", intercept_scale)
    check_output(output, outputs)
    return family


def check_logistic(
    prior: str,
    prior_scale: float,
    prior_df: float,
    slab_scale: float,
    intercept_scale: float,
    output: str,
    n_classes: int,
) -> Prior:
    """The same for :func:`logistic_regression`, which is for two classes.

    Parameters
    ----------
    prior : str
    prior_scale, prior_df, slab_scale, intercept_scale : float
    output : str
        As in :func:`logistic_regression`.
    n_classes : int

    Raises
    ------
    InputError
    """
    if n_classes != 2:
        raise InputError(
            f"logistic_regression is for two classes, the data have {n_classes}; "
            "use softmax_regression (--model softmax)"
        )
    return check_softmax(
        prior,
        prior_scale,
        prior_df,
        slab_scale,
        intercept_scale,
        output,
        outputs=BINARY_OUTPUTS,
    )
