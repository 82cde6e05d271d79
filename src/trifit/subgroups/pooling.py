"""Partial pooling: estimates of subgroups drawn towards their common mean."""

from dataclasses import dataclass

import numpy as np

from trifit.types import FloatArray

N_GRID = 400
"""Values of the spread over which the posterior is summed."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """Estimates that borrow strength from each other.

    Attributes
    ----------
    value, se : array of shape (n_subgroups,)
        Posterior mean and standard deviation of each subgroup's own value; NaN where it has no
        estimate.
    mean, mean_se : float
        Of the common mean.
    spread : float
        Posterior mean of the standard deviation between subgroups.
    """

    value: FloatArray
    se: FloatArray
    mean: float
    mean_se: float
    spread: float


def pooled(values: FloatArray, ses: FloatArray, *, scale: float) -> Pooled:
    """Random effects: ``values_g ~ N(theta_g, ses_g)``, ``theta_g ~ N(mu, tau)``.

    mu has a flat prior and tau a half-normal one; given tau all is normal and closed-form, and tau
    is summed over a grid. So the uncertainty of tau is part of the result, and no subgroup is
    pulled all the way to the mean, as it is where tau is estimated to be 0.

    Parameters
    ----------
    values, ses : array of shape (n_subgroups,)
        Estimates and their standard errors; those that are not finite take no part.
    scale : float
        Of the half-normal prior of tau.

    References
    ----------
    Rubin (1981), J. Educ. Stat. 6(4), doi:10.3102/10769986006004377 (the model and its sum);
    Röver et al. (2021), Res. Synth. Methods 12(4), doi:10.1002/jrsm.1475 (the prior)

    Examples
    --------
    >>> found = pooled(np.array([1.0, 1.1, 0.5]), np.array([0.1, 0.1, 0.3]), scale=0.5)
    >>> found.value.round(2), round(found.mean, 2)
    (array([1.  , 1.07, 0.81]), 0.96)
    """
    there = np.isfinite(values) & np.isfinite(ses) & (ses > 0)
    value, se = np.full(len(values), np.nan), np.full(len(values), np.nan)
    b, v = values[there], ses[there] ** 2
    if not len(b):
        return Pooled(value, se, np.nan, np.nan, np.nan)
    tau = np.linspace(0.0, 4 * scale, N_GRID)
    precision = 1 / (v + tau[:, None] ** 2)
    mu_var = 1 / precision.sum(axis=1)
    mu = (precision * b).sum(axis=1) * mu_var
    log_weight = (
        0.5 * (np.log(precision).sum(axis=1) + np.log(mu_var))
        - 0.5 * (precision * (b - mu[:, None]) ** 2).sum(axis=1)
        - 0.5 * (tau / scale) ** 2
    )
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    own = tau[:, None] ** 2 * precision  # the share of a subgroup's own estimate
    mean = own * b + (1 - own) * mu[:, None]
    var = own * v + (1 - own) ** 2 * mu_var[:, None]
    value[there], se[there] = _mixture(mean, var, weight)
    common = _mixture(mu[:, None], mu_var[:, None], weight)
    return Pooled(value, se, float(common[0][0]), float(common[1][0]), float(weight @ tau))


def _mixture(
    mean: FloatArray, var: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of mixtures over the first axis."""
    centre = weight @ mean
    return centre, np.sqrt(weight @ (var + (mean - centre) ** 2))
