"""What the limit theory says at a point of a grid."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from trifit import theory
from trifit.errors import InputError
from trifit.study.cells import number
from trifit.study.quantities import QUANTITIES
from trifit.study.spec import Setting

FITS: Mapping[str, Callable[..., theory.Limit]] = {
    "mle": theory.mle,
    "map": theory.map,
    "bayes": theory.bayes,
}
"""The fits that theory knows."""

ASSUMED: Mapping[str, tuple[Setting | None, ...]] = {
    "world": ("softmax",),
    "classes": (None, 2),
    "rho": (None, 0.0),
    "df": (None, 0.0),
    "label_noise": (None, 0.0),
    "card": ("logistic",),
    "standardize": (False,),
    "shift": (None, "none"),
}
"""The settings it speaks of; None where a setting is not given."""


def limit(settings: Mapping[str, Setting], fit: str) -> theory.Limit | None:
    """The limit of a fit under some settings; None where it has none (no MLE, another fit).

    Raises
    ------
    InputError
        If the settings are not those that theory speaks of.
    """
    for name, allowed in ASSUMED.items():
        if settings.get(name) not in allowed:
            raise InputError(
                f"theory: {name} = {settings.get(name)!r}; it speaks of {name} = "
                f"{allowed[-1]!r} only"
            )
    if fit not in FITS:
        return None
    n, features, gamma = (number(name, settings[name]) for name in ("n", "features", "signal"))
    kappa = features / n
    if fit == "mle":
        return _limit(fit, kappa, gamma, None)
    ratio = settings.get("prior_ratio")
    if ratio is None:
        ratio = number("prior_scale", settings.get("prior_scale", 2.5)) / (gamma / features**0.5)
    return _limit(fit, kappa, gamma, number("prior_ratio", ratio))


@lru_cache(maxsize=10_000)
def _limit(fit: str, kappa: float, gamma: float, ratio: float | None) -> theory.Limit | None:
    if ratio is not None:
        return FITS[fit](kappa=kappa, gamma=gamma, prior_scale=ratio)
    exists = kappa < theory.existence_threshold(gamma=gamma)
    return theory.mle(kappa=kappa, gamma=gamma) if exists else None


def moved(settings: Mapping[str, Setting], name: str, value: float) -> dict[str, Setting]:
    """A point with one setting changed, and what follows from it; sizes need not be whole."""
    follows: dict[str, Setting] = {}
    if name == "kappa":
        follows = {"features": value * number("n", settings["n"])}
    elif name == "rows_per_feature":
        follows = {"n": value * number("features", settings["features"])}
    return {**settings, name: value, **follows}


def expected(settings: Mapping[str, Setting], fit: str, quantity: str) -> float | None:
    """The limit of one quantity; None where it has none."""
    attribute = QUANTITIES[quantity].theory
    if not attribute:
        raise InputError(f"theory: it says nothing of {quantity!r}")
    found = limit(settings, fit)
    if found is None or (fit == "bayes" and attribute == "sigma"):
        return None
    return float(getattr(found, attribute))
