"""A neural network with any list of hidden widths."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from trifit.errors import InputError
from trifit.models.arguments import Coords, checked
from trifit.models.outputs import OUTPUTS, check_output, observe
from trifit.models.priors import Prior, check_positive, coefficients

if TYPE_CHECKING:
    import pymc as pm

ACTIVATIONS = ("tanh", "relu", "softplus")


def neural_network(
    X: ArrayLike,
    y: ArrayLike,
    *,
    n_classes: int | None = None,
    coords: Coords | None = None,
    hidden: Sequence[int] = (8,),
    activation: str = "tanh",
    prior: str = "normal",
    prior_scale: float = 2.5,
    prior_df: float = 3.0,
    output_factor: float = 1.0,
    intercept_scale: float = 5.0,
    output: str = "softmax",
) -> "pm.Model":
    """A feed-forward classifier: hidden layers, then softmax.

    ``h_0 = x``, ``h_l = activation(h_{l-1} @ weights_l + bias_l)`` and
    ``p(y = k | x) = softmax_k(intercept_k + h_L @ beta_k)``. Priors on weights
    have scale ``prior_scale / sqrt(fan_in)``, so that activations keep their
    size whatever the widths. With ``hidden = []`` it is exactly
    :func:`~trifit.models.softmax_regression` at
    ``prior_scale / sqrt(n_features)``. Hidden units may be permuted without any
    change, so weights are not identified: judge predictions.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
        Features, best standardised.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes in ``0 .. n_classes - 1``, or whole counts of each class.
    n_classes : int, optional
        Default: ``max(y) + 1``.
    coords : mapping, optional
        Names for the dimensions ``"feature"`` and ``"class_"``.
    hidden : sequence of int
        Widths of the hidden layers.
    activation : {"tanh", "relu", "softplus"}
    prior : str
        As in :func:`~trifit.models.softmax_regression`, of weights and hidden biases.
        ``gamma`` gives every layer, and its biases, a precision of its own to learn; ``ard``
        (automatic relevance determination) also every input.
    prior_scale : float
        Factor on ``1 / sqrt(fan_in)``.
    prior_df : float
        Degrees of freedom of ``student-t``; twice the shape of precisions to learn.
    output_factor : float
        How many times as wide the output layer's prior is. With Normal priors and tanh,
        log-odds of two classes have a prior standard deviation of at most
        ``sqrt(2) output_factor prior_scale``.
    intercept_scale : float
        Scale of the Normal prior on output intercepts. Hidden biases have
        ``prior_scale``.
    output : {"softmax", "tanh"}

    Returns
    -------
    pm.Model
        Free variables ``weights1 (feature, hidden1)``, ``bias1 (hidden1,)``, ...,
        ``beta (hidden or feature, class)`` and ``intercept (class,)``; data
        ``X``, ``y``; observed ``label``.

    Raises
    ------
    InputError
        On an unknown activation, prior or output, a width or scale that is not
        positive, or shapes that do not fit.

    References
    ----------
    Neal (1996), Bayesian Learning for Neural Networks, doi:10.1007/978-1-4612-0745-0
    """
    family = check_network(
        hidden, activation, prior, prior_scale, prior_df, output_factor, intercept_scale, output
    )
    X, y, coords = checked(X, y, n_classes, coords)
    import pymc as pm
    import pytensor.tensor as pt

    def tanh(a: Any) -> Any:
        return 2 * pt.sigmoid(2 * a) - 1  # three times faster than pt.tanh

    squash = {"tanh": tanh, "relu": lambda a: pt.maximum(a, 0.0), "softplus": pt.softplus}
    zero_sum = output == "softmax"
    with pm.Model(coords=coords) as model:
        layer = pm.Data("X", X, dims=("obs", "feature"))
        below, fan_in = "feature", X.shape[1]
        for number, width in enumerate(hidden, start=1):
            unit = f"hidden{number}"
            model.add_coord(unit, range(width))
            weights = coefficients(
                f"weights{number}",
                family.times(fan_in**-0.5),
                (below, unit),
                zero_sum=False,
            )
            bias = coefficients(f"bias{number}", family, (unit,), zero_sum=False)
            layer = squash[activation](layer @ weights + bias)
            below, fan_in = unit, width
        outer = family.times(output_factor * fan_in**-0.5)
        beta = coefficients("beta", outer, (below, "class_"), zero_sum=zero_sum)
        intercept = coefficients(
            "intercept", Prior("normal", intercept_scale), ("class_",), zero_sum=zero_sum
        )
        observe(intercept + layer @ beta, y, output=output)
    return model


def check_network(
    hidden: Sequence[int],
    activation: str,
    prior: str,
    prior_scale: float,
    prior_df: float,
    output_factor: float,
    intercept_scale: float,
    output: str,
    n_classes: int | None = None,
) -> Prior:
    """The prior of the hidden layers; refuses settings that are none, without PyMC.

    Parameters
    ----------
    hidden : sequence of int
    activation, prior : str
    prior_scale, prior_df, output_factor, intercept_scale : float
    output : str
    n_classes : int, optional
        Any number.

    Raises
    ------
    InputError
    """
    family = Prior(prior, prior_scale, prior_df)
    check_positive("output_factor", output_factor)
    check_positive("intercept_scale", intercept_scale)
    check_output(output, OUTPUTS)
    if activation not in ACTIVATIONS:
        raise InputError(f"activation = {activation!r}: expected one of {', '.join(ACTIVATIONS)}")
    if np.ndim(hidden) != 1 or not all(isinstance(w, int | np.integer) and w > 0 for w in hidden):
        raise InputError(f"hidden = {hidden!r}: expected a list of widths, e.g. [8] or [16, 8]")
    return family
