"""What a builder's model keeps to, so that one model serves all training and test sets."""

from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.fit.fast.backend import Shape, Shape_i, ancestors, compile_function, pm


def check_contract(model: Any) -> Any:
    """The observed class variable of a model that keeps the builder's contract.

    Raises
    ------
    InputError
        Naming what is missing.
    """
    if not isinstance(model, pm.Model):
        raise InputError(f"the builder returned {type(model).__name__}; expected a pm.Model")
    data = model.named_vars.get("X")
    if data is None or not hasattr(data, "get_value") or data.ndim != 2:
        raise InputError('the model has no feature matrix: name it with pm.Data("X", X)')
    if len(model.observed_RVs) != 1:
        raise InputError(
            f"the model has {len(model.observed_RVs)} observed variables; expected one, "
            "the class label"
        )
    observed = model.observed_RVs[0]
    kind = type(observed.owner.op).__name__.removesuffix("RV")
    if kind not in ("Categorical", "Bernoulli", "Multinomial"):
        raise InputError(
            f"the observed variable {observed.name!r} is {kind}; expected Categorical, Bernoulli "
            "or Multinomial"
        )
    if data not in ancestors([observed]):
        raise InputError(
            f'the class variable {observed.name!r} does not depend on pm.Data("X"): use that, '
            "not the array X, in the model"
        )
    if not model.free_RVs:
        raise InputError("the model has no free variable: there is nothing to fit")
    discrete = [rv.name for rv in model.free_RVs if rv.dtype.startswith(("int", "bool"))]
    if discrete:
        raise InputError(
            f"the free variable {discrete[0]!r} is discrete, which gradients cannot move; "
            "sum it out or make it continuous"
        )
    for term in (*model.free_RVs, *model.potentials):
        if _reads_rows(term, {data, model.rvs_to_values[observed]}):
            kind = "potential" if term in model.potentials else "prior of"
            raise InputError(
                f"the {kind} {term.name!r} depends on the rows, of which one model serves all "
                "sets: write it with parameters and fixed numbers only"
            )
    return observed


def labels_of(model: Any) -> np.ndarray:
    """The labels that a model observes: codes (n_obs,), or counts (n_obs, n_classes)."""
    value = model.rvs_to_values[model.observed_RVs[0]]
    labels = compile_function([], value, interpreted=True, simplified=False)()
    return np.asarray(labels)


def _reads_rows(term: Any, rows: set[Any]) -> bool:
    """Whether a variable depends on more of the rows than their number of columns."""
    above = ancestors([term])
    shapes = [v for v in above if v.owner is not None and isinstance(v.owner.op, Shape | Shape_i)]
    return not rows.isdisjoint(ancestors([term], blockers=shapes))
