"""The limit theory at a point of a grid."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

from trifit import theory
from trifit.cards import AUTO, load_card
from trifit.errors import InputError
from trifit.simulate import WORLDS
from trifit.study.cells import RATIOS, SIZE, number
from trifit.study.quantities import QUANTITIES
from trifit.study.spec import Setting

FITS: Mapping[str, Callable[..., theory.Limit]] = {
    "mle": theory.mle,
    "map": theory.map,
    "bayes": theory.bayes,
}
"""The fits that the theory covers."""

ASSUMED: Mapping[str, tuple[Setting | None, ...]] = {
    "world": ("softmax",),
    "classes": (None, 2),
    "rho": (None, 0.0),
    "df": (None, 0.0),
    "label_noise": (None, 0.0),
    "shift": (None, "none"),
    "card": ("logistic",),
    "standardize": (False,),
    "prior": (None, "normal"),
    "output": (None, "softmax"),
    "validation": (None, 0.0),
}
"""The settings that it covers; None where a setting is not given."""


OF_THE_WORLD = ("world", "classes", "rho", "df", "label_noise", "shift")
"""Those of them that are about the data alone."""


def check_assumed(
    settings: Mapping[str, Setting], what: str, names: Iterable[str] = ASSUMED
) -> None:
    """Refuse settings that are not those of logistic regression on independent Normal features.

    Parameters
    ----------
    settings : mapping of str to setting
    what : str
        What asks for it, for the message.
    names : iterable of str, optional
        Settings to check; default: all.

    Raises
    ------
    InputError
        Naming the setting and what it would have to be.
    """
    for name in names:
        allowed = ASSUMED[name]
        if settings.get(name) not in allowed:
            found = settings.get(name, "not given")
            raise InputError(
                f"{what}: {name} is {found!r}; theory covers only {name} = {allowed[-1]!r}"
            )


def limit(settings: Mapping[str, Setting], fit: str) -> theory.Limit | None:
    """The limit of a fit under some settings; None where it has none (no MLE, another fit).

    Raises
    ------
    InputError
        If the theory does not cover the settings, or its equations cannot
        be solved.
    """
    check_assumed(settings, "theory")
    if fit not in FITS:
        return None
    given = {**WORLDS["softmax"].parameters, "n": SIZE, **settings}
    n, features, gamma = (number(name, given[name]) for name in ("n", "features", "signal"))
    kappa = features / n
    if fit == "mle":
        return _limit(fit, kappa, gamma, None)
    ratio = settings.get("prior_ratio")
    if ratio is None:
        scale = settings.get("prior_scale", _scale_of_the_card())
        if scale == AUTO:
            return None
        scale = number("prior_scale", scale)
        ratio = scale / (gamma / features**0.5)
    return _limit(fit, kappa, gamma, number("prior_ratio", ratio))


@cache
def _scale_of_the_card() -> Setting:
    """The prior's scale where a study gives none."""
    return load_card("logistic").hyperparameters["prior_scale"]  # type: ignore[return-value]


@lru_cache(maxsize=10_000)
def _limit(fit: str, kappa: float, gamma: float, ratio: float | None) -> theory.Limit | None:
    if ratio is not None:
        return FITS[fit](kappa=kappa, gamma=gamma, prior_scale=ratio)
    exists = kappa < theory.existence_threshold(gamma=gamma)
    return theory.mle(kappa=kappa, gamma=gamma) if exists else None


def moved(settings: Mapping[str, Setting], name: str, value: float) -> dict[str, Setting]:
    """A point with one setting changed, and what follows from it; sizes need not be whole.

    Parameters
    ----------
    settings : mapping of str to setting
    name : str
        The setting to change.
    value : float
    """
    there = {**settings, name: value}
    for ratio, of, wanted in RATIOS:
        if wanted in follows(settings, name) and wanted != name:
            there[wanted] = number(ratio, there[ratio]) * number(of, there[of])
    return there


def follows(settings: Mapping[str, Setting], name: str) -> set[str]:
    """What changes with a setting: itself, and what is worked out from it."""
    changed = {name}
    for ratio, of, wanted in RATIOS:
        if ratio in settings and {ratio, of} & changed:
            changed.add(wanted)
    if "prior_ratio" in settings and {"prior_ratio", "signal", "features"} & changed:
        changed.add("prior_scale")
    return changed


def limiting_value(settings: Mapping[str, Setting], fit: str, quantity: str) -> float | None:
    """The limit of one quantity; None where it has none.

    Parameters
    ----------
    settings : mapping of str to setting
    fit, quantity : str
    """
    attribute = QUANTITIES[quantity].theory
    if not attribute:
        raise InputError(f"theory: it does not cover the quantity {quantity!r}")
    found = limit(settings, fit)
    if found is None or (fit == "bayes" and attribute == "sigma"):
        return None
    return float(getattr(found, attribute))
