"""Bambi models as trifit's: formulas and automatic priors, fitted three ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.cards import Card, load_card
from trifit.errors import InputError
from trifit.notes import Note, NoteKind
from trifit.text import listing
from trifit.types import Dataset, FloatArray, IntArray

if TYPE_CHECKING:
    import pymc as pm

FAMILIES = ("bernoulli", "categorical")


def from_bambi(model: Any, *, whole_groups: bool = False) -> tuple[Dataset, Card]:
    """A Bambi classifier's data and card, ready for :func:`trifit.compare`.

    The formula's design matrix becomes the features (not standardised again),
    and the priors are those of the Bambi model, its automatic ones included. A
    group-specific term ``(x|site)`` gives a column per group (its indicator
    times ``x``), whose effects have a common prior scale ``x|site_scale`` that is
    learned; the MAP holds it at its posterior median.

    Parameters
    ----------
    model : bambi.Model
        Of family ``bernoulli`` or ``categorical`` with its default link.
    whole_groups : bool
        Whether splits keep the groups of the model's only grouping factor whole and
        errors count groups. By default they do not: test rows are further rows of
        groups that trained. If True, they are rows of new groups.

    Returns
    -------
    dataset : Dataset
    card : Card

    Raises
    ------
    InputError
        On another family or link, on terms that are not columns of a design
        matrix (Gaussian processes, offsets), on priors of group-specific terms that are
        not Normal with mean 0 and a learned scale, or if ``whole_groups`` is asked of a
        model that has not exactly one grouping factor.

    Notes
    -----
    ``data, card = from_bambi(bambi.Model("y ~ x + (1|site)", frame, family="bernoulli"))``, then
    ``trifit.compare(data, model=card)``. The effect of a group without training rows is zero in
    the point fits; in the posterior it is a draw from its prior, or zero where no row that may
    train is of that group.
    """
    family = model.family.name
    links = [link.name for link in model.family.link.values()]
    if family not in FAMILIES or links[0] not in ("logit", "softmax"):
        raise InputError(
            f"bambi model of family {family!r} and link {links[0]!r}: expected bernoulli (logit) "
            "or categorical (softmax)"
        )
    component = model.parameters["p"]
    for name, term in component.group_specific_terms.items():
        if family == "categorical" and np.ndim(term.predictor) > 1:
            raise InputError(
                f"bambi model: term {name!r} has {term.predictor.shape[1]} columns per group, of "
                "which Bambi (0.21) adds the wrong ones for a categorical family; give each column "
                "a term of its own"
            )
    model.build()
    for kind in ("hsgp_terms", "offset_terms"):
        refused = getattr(component, kind)
        if refused:
            raise InputError(
                f"bambi model: term {next(iter(refused))!r} is not a column of a design matrix; "
                "write a builder for it (models/README.md shows one)"
            )
    terms = [
        *(_common(name, term) for name, term in component.common_terms.items()),
        *(_group_specific(name, term) for name, term in component.group_specific_terms.items()),
    ]
    if not terms:
        raise InputError("bambi model: the formula has no term besides the intercept")
    y, class_names = _classes(model)
    factors = {t.name.split("|")[1]: t for t in component.group_specific_terms.values()}
    notes = [Note(NoteKind.DESIGN_MATRIX, text=str(model.formula.main))]
    if factors:
        notes.append(Note(NoteKind.NEW_GROUPS, names=tuple(factors)))
    dataset = Dataset(
        name=str(model.response_term.name),
        X=np.column_stack([term.values for term in terms]),
        y=y,
        feature_names=tuple(column for term in terms for column in term.columns),
        class_names=class_names,
        source="bambi",
        notes=tuple(notes),
        **(_whole(factors) if whole_groups else {}),
    )
    intercept = None if component.intercept_term is None else component.intercept_term.prior
    builder = _builder(
        terms, intercept, binary=family == "bernoulli", centred=model.center_predictors
    )
    return dataset, Card(name="bambi", builder=load_card(builder).builder, standardize=False)


@dataclass(frozen=True, eq=False)
class _Term:
    """Columns of the design matrix whose coefficients share a prior.

    Attributes
    ----------
    name : str
    prior : bambi.Prior
        Of the coefficients; of their common scale, if the term is group-specific.
    columns : tuple of str
        Names of its features.
    values : array of shape (n_obs, n_columns)
    groups : tuple of str
        The group of every column; none for a common term.
    n_scales : int
        Columns per group, each with a scale of its own.
    """

    name: str
    prior: Any
    columns: tuple[str, ...]
    values: FloatArray
    groups: tuple[str, ...] = ()
    n_scales: int = 1


def _common(name: str, term: Any) -> _Term:
    values = np.asarray(term.data, dtype=np.float64).reshape(len(term.data), -1)
    levels = term.levels if values.shape[1] > 1 else []
    columns = tuple(f"{name}[{level}]" for level in levels) or (name,)
    return _Term(name, term.prior, columns, values)


def _group_specific(name: str, term: Any) -> _Term:
    """Indicators of the groups times the columns of the expression, group by group."""
    scale = term.prior.args.get("sigma")
    if (
        term.prior.name != "Normal"
        or not hasattr(scale, "args")
        or np.any(term.prior.args.get("mu", 0.0) != np.array(0.0))
    ):
        raise InputError(
            f"bambi model: the prior of {name!r} is {term.prior}; expected Normal with mean 0 and "
            "a prior of its own for sigma"
        )
    x = np.asarray(term.predictor, dtype=np.float64).reshape(len(term.predictor), -1)
    indicators = np.asarray(term.grouper, dtype=np.float64)
    values = (indicators[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    groups = tuple(str(group) for group in term.groups for _ in range(x.shape[1]))
    return _Term(name, scale, tuple(map(str, term.levels)), values, groups, x.shape[1])


def _whole(factors: dict[str, Any]) -> dict[str, Any]:
    """What a data set says of its groups, if splits are to keep them whole."""
    if len(factors) != 1:
        raise InputError(
            f"whole_groups=True: the bambi model has {len(factors)} grouping factors"
            f"{': ' * bool(factors)}{listing(list(factors))}; expected one"
        )
    ((name, term),) = factors.items()
    return {"groups": np.asarray(term.grouper).argmax(axis=1), "roles": {"groups": name}}


def _builder(terms: Sequence[_Term], intercept: Any, *, binary: bool, centred: bool) -> Any:
    """The builder of a Bambi model's terms and priors over ``pm.Data("X")``."""
    means = {
        column: float(mean) if centred and intercept is not None and not term.groups else 0.0
        for term in terms
        for column, mean in zip(term.columns, term.values.mean(axis=0), strict=True)
    }

    def bambi_model(
        X: FloatArray, y: IntArray, *, n_classes: int, coords: dict[str, list[str]]
    ) -> "pm.Model":
        """The terms of which ``coords["feature"]`` has columns: others are constant."""
        import pymc as pm
        import pytensor.tensor as pt

        at = {name: j for j, name in enumerate(coords["feature"])}
        centre = np.array([means[name] for name in at])
        shape = () if binary else (n_classes - 1,)
        with pm.Model(coords=coords | {"other_class": coords["class_"][1:]}) as built:
            features = pm.Data("X", X, dims=("obs", "feature"))
            odds = 0.0 if intercept is None else _variable("Intercept", intercept, shape)
            for term in terms:
                kept = [j for j, name in enumerate(term.columns) if name in at]
                if kept:
                    here = [at[term.columns[j]] for j in kept]
                    coefficients = (_effects if term.groups else _coefficients)(term, kept, shape)
                    odds = odds + (features[:, here] - centre[here]) @ coefficients
            if binary:
                pm.Bernoulli("label", logit_p=odds, observed=y, dims="obs")
            else:  # the first class is the reference
                zero = pt.zeros((features.shape[0], 1))
                logits = pt.concatenate([zero, odds], axis=1)
                pm.Categorical("label", logit_p=logits, observed=y, dims="obs")
        return built

    return bambi_model


def _coefficients(term: _Term, kept: list[int], shape: tuple[int, ...]) -> Any:
    """Coefficients of a common term's columns, (n_kept, *shape)."""
    return _variable(term.name, term.prior, (len(term.columns), *shape), kept)


def _effects(term: _Term, kept: list[int], shape: tuple[int, ...]) -> Any:
    """Effects of groups, (n_kept, *shape): Normal about zero, with learned scales."""
    import pymc as pm

    several = term.n_scales > 1
    scales = (term.n_scales, *shape) if several else shape
    scale = _variable(f"{term.name}_scale", term.prior, scales)
    names = [term.columns[j] if several else term.groups[j] for j in kept]
    group = f"{term.name}_group"
    pm.modelcontext(None).add_coord(group, names)
    dims = (group, "other_class")[: 1 + len(shape)]
    z = pm.Normal(f"{term.name}_z", dims=dims)
    effects = z * (scale[np.array(kept) % term.n_scales] if several else scale)
    return pm.Deterministic(term.name, effects, dims=dims)


def _variable(
    name: str, prior: Any, shape: tuple[int, ...], kept: Sequence[int] | None = None
) -> Any:
    """A variable with a Bambi prior, of some of its rows."""
    import pymc as pm

    arguments = {}
    for key, value in prior.args.items():
        if not isinstance(value, int | float | np.ndarray | np.number):
            raise InputError(f"bambi model: the prior of {name!r} has a prior of its own for {key}")
        array = np.asarray(value, dtype=np.float64)
        column = array.reshape((*array.shape, *(1,) * (len(shape) - array.ndim)))
        whole = np.broadcast_to(column, shape)
        arguments[key] = whole if kept is None else whole[list(kept)]
    rows = shape if kept is None else (len(kept), *shape[1:])
    return getattr(pm, prior.name)(name, **arguments, shape=rows)


def _classes(model: Any) -> tuple[IntArray, tuple[str, ...]]:
    """Class codes and names of a Bambi response; for two classes, success is the second."""
    response = model.response_term
    y = np.asarray(response.data).astype(np.int64).ravel()
    if response.levels is not None and not response.binary:
        return y, tuple(map(str, response.levels))
    others = sorted({str(v) for v in model.data[response.name]} - {str(response.success)})
    return y, (others[0] if len(others) == 1 else f"not {response.success}", str(response.success))
