"""Priors of coefficients by name: the same few lines serve every builder.

Where coefficients sum to zero over classes, the prior is that of draws minus
their mean over classes. For Normal ones that is ``ZeroSumNormal``. The heavy
tails of ``student-t`` and ``cauchy`` are those of a feature, shared by its
coefficients: a multivariate t over classes, spherical and so without a
preferred class. With ``laplace`` the shift between a feature's coefficients and
their zero sum is free, so that the MAP is the symmetric multinomial lasso.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trifit.errors import InputError

PRIORS = (
    "normal", "student-t", "cauchy", "laplace", "horseshoe", "hierarchical", "gamma", "ard",
)  # fmt: skip


@dataclass(frozen=True)
class Prior:
    """A family of priors and its settings.

    Attributes
    ----------
    family : str
        One of :data:`PRIORS`.
    scale : float
        Scale of a coefficient; for ``hierarchical`` that of the HalfNormal over
        the coefficients' common scale, for ``horseshoe`` that of the global
        scale's half-Cauchy, for ``gamma`` and ``ard`` ``1 / sqrt`` of a precision's prior mean.
    df : float
        Degrees of freedom: of ``student-t``, of the horseshoe's slab, and twice
        the shape of the precisions of ``gamma`` (one of all coefficients) and ``ard`` (automatic
        relevance determination: one of every feature's, which can switch it off).
    slab_scale : float
        How large a coefficient the horseshoe lets through.
    """

    family: str = "normal"
    scale: float = 2.5
    df: float = 3.0
    slab_scale: float = 2.5

    def __post_init__(self) -> None:
        if self.family not in PRIORS:
            raise InputError(f"prior = {self.family!r}: expected one of {', '.join(PRIORS)}")
        for name, value in (
            ("prior_scale", self.scale),
            ("prior_df", self.df),
            ("slab_scale", self.slab_scale),
        ):
            check_positive(name, value)

    def times(self, factor: float) -> "Prior":
        """The same family at another scale."""
        return replace(self, scale=self.scale * factor)

    def intercept(self, scale: float) -> "Prior":
        """What intercepts get: heavy tails where coefficients have them, else Normal."""
        heavy = self.family in ("student-t", "cauchy")
        return Prior(self.family if heavy else "normal", scale, self.df)


def coefficients(name: str, prior: Prior, dims: tuple[str, ...], *, zero_sum: bool) -> Any:
    """A free variable (or a Deterministic made of some) with a prior; in a model context.

    Learned scales are named ``{name}_..._scale``, so that no joint mode is
    taken over them.

    Parameters
    ----------
    name : str
        Of the variable.
    prior : Prior
    dims : tuple of str
        Names of its dimensions, the classes' last.
    zero_sum : bool
        Whether the coefficients of the classes sum to zero.

    References
    ----------
    Gelman et al. (2008), Ann. Appl. Stat. 2(4), doi:10.1214/08-AOAS191 (cauchy);
    Piironen & Vehtari (2017), Electron. J. Stat. 11(2), doi:10.1214/17-EJS1337SI
    (regularised horseshoe); Neal (1996), Bayesian Learning for Neural Networks,
    doi:10.1007/978-1-4612-0745-0 (gamma, ard)
    """
    import pymc as pm

    def normal(name: str, sigma: Any) -> Any:
        make = pm.ZeroSumNormal if zero_sum else pm.Normal
        return make(name, sigma=sigma, dims=dims)

    match prior.family:
        case "normal":
            return normal(name, prior.scale)
        case "student-t" | "cauchy":
            df = prior.df if prior.family == "student-t" else 1.0
            return _student_t(name, df, prior.scale, dims, zero_sum=zero_sum)
        case "laplace":
            return _laplace(name, prior.scale, dims, zero_sum=zero_sum)
        case "hierarchical":
            return normal(name, pm.HalfNormal(f"{name}_scale", prior.scale))
        case "gamma" | "ard":
            return _gamma(name, prior, dims, zero_sum=zero_sum)
        case _:
            z, scale = normal(f"{name}_z", 1.0), _horseshoe(name, prior, dims)
            scaled = z * (scale[:, None] if len(dims) == 2 else scale)
            return pm.Deterministic(name, scaled, dims=dims)


def _student_t(name: str, df: float, scale: float, dims: tuple[str, ...], *, zero_sum: bool) -> Any:
    """Independent Student t, or a multivariate one over what is left of classes that sum to 0."""
    import pymc as pm

    if not zero_sum:
        return pm.StudentT(name, nu=df, sigma=scale, dims=dims)
    return _t_of_groups(name, df, scale, dims, by_input=True, zero_sum=True)


def _gamma(name: str, prior: Prior, dims: tuple[str, ...], *, zero_sum: bool) -> Any:
    """Normal with a Gamma prior on the precision of all, or of every feature's.

    The precision is integrated out: what is left is a multivariate t. It has a mode, and
    no funnel for NUTS to enter.
    """
    each = prior.family == "ard" and dims[0] == "feature"
    if each and len(dims) == 1:
        return _student_t(name, prior.df, prior.scale, dims, zero_sum=False)
    return _t_of_groups(name, prior.df, prior.scale, dims, by_input=each, zero_sum=zero_sum)


def _t_of_groups(
    name: str, df: float, scale: float, dims: tuple[str, ...], *, by_input: bool, zero_sum: bool
) -> Any:
    """One multivariate t over all entries, or one over those of every input."""
    import pymc as pm
    from scipy.linalg import helmert

    coords = pm.modelcontext(None).coords
    *inputs, last = (len(coords[d]) for d in dims)
    shape = (*inputs, last - zero_sum)
    if by_input:
        z = _multivariate_t(f"{name}_z", df, scale, shape)
    else:
        z = _multivariate_t(f"{name}_z", df, scale, (math.prod(shape),)).reshape(shape)
    return pm.Deterministic(name, z @ helmert(last) if zero_sum else z, dims=dims)


def _laplace(name: str, scale: float, dims: tuple[str, ...], *, zero_sum: bool) -> Any:
    """Independent Laplace; centred over the classes if they are to sum to zero."""
    import pymc as pm

    if not zero_sum:
        return pm.Laplace(name, mu=0.0, b=scale, dims=dims)
    raw = pm.Laplace(f"{name}_raw", mu=0.0, b=scale, dims=dims)
    return pm.Deterministic(name, raw - raw.mean(axis=-1, keepdims=True), dims=dims)


def _horseshoe(name: str, prior: Prior, dims: tuple[str, ...]) -> Any:
    """Scale of every row of coefficients under the regularised horseshoe."""
    import pymc as pm
    import pytensor.tensor as pt

    overall = pm.HalfCauchy(f"{name}_global_scale", prior.scale)
    local = pm.HalfCauchy(f"{name}_local_scale", 1.0, dims=dims[:1])
    slab = pm.InverseGamma(
        f"{name}_slab_squared_scale", prior.df / 2, prior.df / 2 * prior.slab_scale**2
    )
    return overall * local * pt.sqrt(slab / (slab + (overall * local) ** 2))


def _multivariate_t(name: str, df: float, scale: float, shape: tuple[int, ...]) -> Any:
    """Spherical multivariate t over the last axis; quick to compile, unlike ``pm.MvStudentT``."""
    import pymc as pm
    import pytensor.tensor as pt

    k = shape[-1]
    constant = math.lgamma((df + k) / 2) - math.lgamma(df / 2) - k / 2 * math.log(df * math.pi)

    def logp(value: Any, centre: Any, scale: Any) -> Any:
        square = (((value - centre) / scale[..., None]) ** 2).sum(axis=-1)
        return constant - k * pt.log(scale) - (df + k) / 2 * pt.log1p(square / df)

    def random(centre: Any, scale: Any, rng: Any = None, size: Any = None) -> Any:
        normal = rng.normal(size=(*(size or shape[:-1]), k))
        return centre + np.asarray(scale)[..., None] * normal / np.sqrt(
            rng.chisquare(df, normal.shape[:-1])[..., None] / df
        )

    # The scale is an argument, so that models of other scales are compiled once.
    variable = pm.CustomDist(
        name,
        np.zeros(k),
        np.float64(scale),
        logp=logp,
        random=random,
        signature="(k),()->(k)",
        shape=shape,
    )
    variable.tag.spherical_t = df, scale  # NUTS may move in coordinates that suit its radius
    return variable


def check_positive(name: str, value: object) -> None:
    """Refuse a scale that is not a positive number."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e300
    if not good:
        raise InputError(f"{name} = {value!r}: expected a positive number")
