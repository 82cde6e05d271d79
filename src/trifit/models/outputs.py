"""Output functions: from activations to the observed class variable.

Each is written as the logits of a Categorical, so that log probabilities are
computed without rounding and every score treats all outputs alike.
"""

from typing import Any

import numpy as np

from trifit.errors import InputError

OUTPUTS = ("softmax", "tanh")
BINARY_OUTPUTS = ("logistic", "probit")


def observe(activations: Any, y: np.ndarray, *, output: str) -> None:
    """Observe labels with class probabilities made of activations; in a model context.

    ``softmax``: ``p_k = exp(z_k) / sum_j exp(z_j)``. ``tanh``: ``p_k = a_k / sum_j a_j``
    with ``a_k = (1 + tanh z_k) / 2``, the normalised tanh activations.

    Parameters
    ----------
    activations : tensor of shape (n_obs, n_classes)
        ``z``.
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or label counts.
    output : {"softmax", "tanh"}
    """
    import pymc as pm
    import pytensor.tensor as pt

    # (1 + tanh z) / 2 is the logistic function of 2 z.
    logits = activations if output == "softmax" else -pt.softplus(-2 * activations)
    if y.ndim == 2:
        p = pm.math.softmax(logits, axis=-1)
        pm.Multinomial("label", n=y.sum(axis=1), p=p, observed=y, dims=("obs", "class_"))
    else:
        labels = pm.Data("y", y, dims="obs")
        pm.Categorical("label", logit_p=logits, observed=labels, dims="obs")


def observe_binary(activation: Any, y: np.ndarray, *, output: str) -> None:
    """Observe labels by the logistic or normal distribution function of an activation.

    Probit's log-odds are ``log Phi(z) - log Phi(-z)``.

    Parameters
    ----------
    activation : tensor of shape (n_obs,)
        ``z``.
    y : array of shape (n_obs,)
        Class codes, 0 or 1.
    output : {"logistic", "probit"}
    """
    import pymc as pm

    if output == "probit":
        activation = _log_normal_cdf(activation) - _log_normal_cdf(-activation)
    labels = pm.Data("y", y, dims="obs")
    pm.Bernoulli("label", logit_p=activation, observed=labels, dims="obs")


def _log_normal_cdf(z: Any) -> Any:
    """``log Phi(z)`` to full precision in both tails (PyMC's own is good to 1e-8)."""
    import pytensor.tensor as pt

    x = z / np.sqrt(2.0)
    below = pt.log(pt.erfcx(pt.maximum(-x, 0.5)) / 2) - x**2
    return pt.switch(z < -1.0, below, pt.log1p(-pt.erfc(pt.maximum(x, -1.0)) / 2))


def check_output(output: str, known: tuple[str, ...]) -> None:
    """Refuse an output function a builder does not have."""
    if output not in known:
        other = {*OUTPUTS, *BINARY_OUTPUTS} - set(known)
        where = ""
        if output in other:
            where = (
                "; it is for two classes: use --model logistic"
                if output in BINARY_OUTPUTS
                else "; it is for the softmax and network models"
            )
        raise InputError(f"output = {output!r}: expected one of {', '.join(known)}{where}")
