"""Bambi models as trifit's: formulas and automatic priors, fitted three ways."""

from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.cards import Card, load_card
from trifit.errors import InputError
from trifit.types import Dataset, FloatArray, IntArray

if TYPE_CHECKING:
    import pymc as pm

FAMILIES = ("bernoulli", "categorical")


def from_bambi(model: Any) -> tuple[Dataset, Card]:
    """A Bambi classifier's data and card, ready for :func:`trifit.compare`.

    The formula's design matrix becomes the features (not standardised again),
    and the priors are those of the Bambi model, its automatic ones included.

    Parameters
    ----------
    model : bambi.Model
        Of family ``bernoulli`` or ``categorical`` with its default link, common
        terms only.

    Returns
    -------
    dataset : Dataset
    card : Card

    Raises
    ------
    InputError
        On another family or link, or on terms that are not columns of a design
        matrix (group-specific effects, splines' Gaussian processes, offsets).

    Notes
    -----
    ``data, card = from_bambi(bambi.Model("y ~ x1 + x2", frame, family="bernoulli"))``, then
    ``trifit.compare(data, model=card)``.
    """
    family = model.family.name
    links = [link.name for link in model.family.link.values()]
    if family not in FAMILIES or links[0] not in ("logit", "softmax"):
        raise InputError(
            f"bambi model of family {family!r} and link {links[0]!r}: expected bernoulli (logit) "
            "or categorical (softmax)"
        )
    model.build()
    component = model.components["p"]
    for kind in ("group_specific_terms", "hsgp_terms", "offset_terms"):
        terms = getattr(component, kind)
        if terms:
            raise InputError(
                f"bambi model: term {next(iter(terms))!r} is not a column of a design matrix; "
                "write a builder for it (models/README.md shows varying intercepts)"
            )
    if not component.common_terms:
        raise InputError("bambi model: the formula has no term besides the intercept")
    columns: list[tuple[str, FloatArray]] = []
    for name, term in component.common_terms.items():
        block = np.asarray(term.data, dtype=np.float64).reshape(len(model.data), -1)
        levels = term.levels if block.shape[1] > 1 else [None]
        columns += [
            (name if level is None else f"{name}[{level}]", block[:, j])
            for j, level in enumerate(levels)
        ]
    X = np.column_stack([values for _, values in columns])
    y, class_names = _classes(model)
    dataset = Dataset(
        name=str(model.response_component.term.name),
        X=X,
        y=y,
        feature_names=tuple(name for name, _ in columns),
        class_names=class_names,
        source="bambi",
        notes=(f"features are the design matrix of {model.formula.main}",),
    )
    terms = [(n, t.prior, _width(t.data)) for n, t in component.common_terms.items()]
    intercept = None if component.intercept_term is None else component.intercept_term.prior
    centre = X.mean(axis=0) if intercept is not None and model.center_predictors else 0.0 * X[0]

    def bambi_model(
        X: FloatArray, y: IntArray, *, n_classes: int, coords: dict[str, list[str]]
    ) -> "pm.Model":
        """The Bambi model's terms and priors over ``pm.Data("X")``."""
        import pymc as pm
        import pytensor.tensor as pt

        shape = () if family == "bernoulli" else (n_classes - 1,)
        with pm.Model(coords=coords) as built:
            features = pm.Data("X", X, dims=("obs", "feature"))
            odds = 0.0 if intercept is None else _variable("Intercept", intercept, shape)
            start = 0
            for name, prior, width in terms:
                beta = _variable(name, prior, (width, *shape))
                here = slice(start, start + width)
                odds = odds + (features[:, here] - centre[here]) @ beta
                start += width
            if family == "bernoulli":
                pm.Bernoulli("label", logit_p=odds, observed=y, dims="obs")
            else:  # the first class is the reference
                zero = pt.zeros((features.shape[0], 1))
                logits = pt.concatenate([zero, odds], axis=1)
                pm.Categorical("label", logit_p=logits, observed=y, dims="obs")
        return built

    card = load_card(bambi_model)
    return dataset, Card(name="bambi", builder=card.builder, standardize=False)


def _variable(name: str, prior: Any, shape: tuple[int, ...]) -> Any:
    import pymc as pm

    arguments = {}
    for key, value in prior.args.items():
        if not isinstance(value, int | float | np.ndarray | np.number):
            raise InputError(f"bambi model: the prior of {name!r} has a prior of its own for {key}")
        array = np.asarray(value, dtype=np.float64)
        arguments[key] = np.broadcast_to(array.reshape(array.shape or (1,) * len(shape)), shape)
    return getattr(pm, prior.name)(name, **arguments, shape=shape)


def _width(data: Any) -> int:
    return 1 if np.ndim(data) == 1 else int(np.shape(data)[1])


def _classes(model: Any) -> tuple[IntArray, tuple[str, ...]]:
    """Class codes and names of a Bambi response; for two classes, success is the second."""
    response = model.response_component.term
    y = np.asarray(response.data).astype(np.int64).ravel()
    if response.levels is not None and not response.binary:
        return y, tuple(map(str, response.levels))
    others = sorted({str(v) for v in model.data[response.name]} - {str(response.success)})
    return y, (others[0] if len(others) == 1 else f"not {response.success}", str(response.success))
