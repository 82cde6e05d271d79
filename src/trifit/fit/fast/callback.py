"""What nutpie calls: a log density of ``centre + scale @ z`` as a function of ``z``.

It is machine code, so that chains run side by side: called through the interpreter, two threads
that hand its lock to each other take twice as long as one after the other.
"""

from typing import Any

import numpy as np
from numba import cfunc

from trifit.fit.fast.linear import machine_of
from trifit.fit.fast.machine import EXPAND, Machine
from trifit.fit.graph_objective import GraphObjective
from trifit.fit.moved import Moved
from trifit.fit.whitening import Coordinates
from trifit.lazily import on_first_use
from trifit.types import FloatArray

on_first_use("arviz")  # nutpie names it, for a conversion that is not asked of it

from nutpie.compile_pymc import CompiledPyMCModel  # noqa: E402


def nutpie_model(at: Coordinates) -> Any:
    """A model whose draws are ``z``; see :mod:`trifit.fit.whitening`."""
    size, machine = len(at.centre), _machine(at)

    def start(seed: int) -> FloatArray:
        return np.random.default_rng(seed).normal(scale=at.spread, size=size)

    return CompiledPyMCModel(
        dims={},
        _n_dim=size,
        _coords={},
        _shapes={"z": (size,)},
        compiled_logp_func=machine.entry,
        compiled_expand_func=_copy,
        initial_point_func=start,
        shared_data=machine.arrays,  # kept alive as long as the model
        shared_var_keys={},
        user_data=machine.record,
        n_expanded=size,
        shape_info=(["z"], [slice(0, size)], [(size,)]),
        logp_func=None,
        expand_func=None,
    )


def _machine(at: Coordinates) -> Machine:
    objective, moved = at.objective, None
    if objective.linear is not None:
        return machine_of(at, objective.linear)
    if isinstance(objective, Moved):
        moved = objective.map.machine()
        objective = objective.objective
    assert isinstance(objective, GraphObjective)
    return objective.machine(at.centre, at.scale, moved)


@cfunc(EXPAND, cache=True, error_model="numpy")
def _copy(size, n_expanded, z, out, pointer):  # type: ignore[no-untyped-def]
    for i in range(n_expanded):
        out[i] = z[i]
    return 0
