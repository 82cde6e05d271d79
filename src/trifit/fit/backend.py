"""The one door to PyMC and PyTensor: settings, compilation, threads.

Fast-math is off: with it, the same seed gave different draws depending on
whether PyTensor's cache was cold or warm.
"""

import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def _ensure_cache_folder() -> None:
    """Send PyTensor's cache to a temporary folder where the usual one is not writable."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "compiledir" in flags:
        return
    try:
        usual = Path.home() / ".pytensor"
        usual.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=usual):
            return
    except (OSError, RuntimeError):
        folder = Path(tempfile.gettempdir()) / "trifit-pytensor-cache"
        folder.mkdir(exist_ok=True)
        os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, [flags, f"base_compiledir={folder}"]))
        warnings.warn(
            f"the home folder is not writable; compiled functions are kept in {folder}, or where "
            "PYTENSOR_FLAGS=base_compiledir=FOLDER says",
            stacklevel=2,
        )


_ensure_cache_folder()

import pymc as pm  # noqa: E402
import pytensor  # noqa: E402
import pytensor.tensor as pt  # noqa: E402
from pytensor.compile.mode import Mode, get_mode  # noqa: E402
from pytensor.compile.sharedvalue import SharedVariable  # noqa: E402
from pytensor.graph.replace import graph_replace  # noqa: E402
from pytensor.graph.traversal import ancestors, graph_inputs  # noqa: E402
from pytensor.link.numba.linker import NumbaLinker  # noqa: E402
from pytensor.tensor.special import Softmax, log_softmax  # noqa: E402

__all__ = [
    "Softmax",
    "ancestors",
    "compile_function",
    "draw",
    "graph_replace",
    "log_softmax",
    "pm",
    "pt",
]


class _ThreadedNumbaLinker(NumbaLinker):  # type: ignore[misc]
    """Numba functions that release the interpreter lock, so that chains run side by side."""

    def jit_compile(self, fn_and_cache: Any) -> Any:
        from pytensor.link.numba.dispatch.basic import numba_njit

        fn, cache_key = fn_and_cache
        return numba_njit(fn.py_func, final_function=True, nogil=True, cache=cache_key is not None)


def compile_function(
    inputs: Sequence[Any], outputs: Any, *, interpreted: bool
) -> Callable[..., Any]:
    """Compile a PyTensor graph to a stateless function of arrays, safe to call from threads.

    ``interpreted`` gives a function that is ready at once and slow to call (and
    not for threads); otherwise numba compiles it, with an on-disk cache.
    """
    outputs = _without_shared_variables(outputs)
    if interpreted:
        mode = Mode(linker="py", optimizer="fast_compile")
        with pytensor.config.change_flags(cxx=""):  # no C compiler for constants either
            return pytensor.function(inputs, outputs, mode=mode, trust_input=True)  # type: ignore[no-any-return]
    mode = Mode(linker=_ThreadedNumbaLinker(), optimizer=get_mode("NUMBA").optimizer)
    with pytensor.config.change_flags(numba__fastmath=False):
        function = pytensor.function(inputs, outputs, mode=mode, trust_input=True)
    jitted = function.vm.jit_fn
    single = not isinstance(outputs, list | tuple)
    compiled = False

    def call(*arrays: Any) -> Any:
        nonlocal compiled
        if compiled:
            result = jitted(*arrays)
        else:  # numba compiles now, and must still see fast-math off
            with pytensor.config.change_flags(numba__fastmath=False):
                result = jitted(*arrays)
            compiled = True
        return result[0] if single else result

    return call


def draw(variables: Any, n_draws: int, seed: int) -> Any:
    """Draws of random variables from a model's prior, (n_draws, ...) each, without compiling."""
    with pytensor.config.change_flags(cxx=""):
        mode = Mode(linker="py", optimizer="fast_compile")
        return pm.draw(variables, draws=n_draws, random_seed=seed, mode=mode)


def _without_shared_variables(outputs: Any) -> Any:
    """Lengths of dimensions and other shared values as constants: functions of inputs only."""
    graphs = outputs if isinstance(outputs, list | tuple) else [outputs]
    constants = {
        v: pt.constant(v.get_value(), dtype=v.dtype)
        for v in graph_inputs(graphs)
        if isinstance(v, SharedVariable)
    }
    return graph_replace(outputs, constants, strict=False) if constants else outputs
