"""The one door to PyMC and PyTensor: settings, compilation, threads.

Fast-math is off: with it, the same seed gave different draws depending on
whether PyTensor's cache was cold or warm.
"""

import os
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from threading import RLock
from typing import Any, cast


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

import numpy as np  # noqa: E402
import pymc as pm  # noqa: E402
import pytensor  # noqa: E402
import pytensor.tensor as pt  # noqa: E402
from pymc.logprob.utils import ParameterValueError  # noqa: E402
from pytensor.compile.mode import Mode, get_mode  # noqa: E402
from pytensor.compile.sharedvalue import SharedVariable  # noqa: E402
from pytensor.graph.basic import equal_computations  # noqa: E402
from pytensor.graph.replace import graph_replace  # noqa: E402
from pytensor.graph.traversal import ancestors, graph_inputs  # noqa: E402
from pytensor.link.numba.linker import NumbaLinker  # noqa: E402
from pytensor.scalar.basic import autocast_float_as  # noqa: E402
from pytensor.tensor.basic import Join  # noqa: E402
from pytensor.tensor.shape import Shape, Shape_i  # noqa: E402
from pytensor.tensor.special import LogSoftmax, Softmax, log_softmax  # noqa: E402
from pytensor.tensor.variable import TensorConstant  # noqa: E402

__all__ = [
    "Join",
    "LogSoftmax",
    "ParameterValueError",
    "Shape",
    "Shape_i",
    "Softmax",
    "TensorConstant",
    "ancestors",
    "autocast_float_as",
    "compilations",
    "compile_entry",
    "compile_function",
    "draw",
    "drawer",
    "graph_replace",
    "jax_function",
    "log_softmax",
    "pm",
    "pt",
    "untraced",
    "with_settings",
]


class _ThreadedNumbaLinker(NumbaLinker):  # type: ignore[misc]
    """Numba functions that release the interpreter lock, so that chains run side by side."""

    def jit_compile(self, fn_and_cache: Any) -> Any:
        from pytensor.link.numba.dispatch.basic import numba_njit

        fn, cache_key = fn_and_cache
        return numba_njit(fn.py_func, final_function=True, nogil=True, cache=cache_key is not None)


class _EntryLinker(NumbaLinker):  # type: ignore[misc]
    """Something else than a function of Python: see :func:`compile_entry`."""

    def __init__(self, entry_of: Callable[[Any, str | None], Any]) -> None:
        super().__init__()
        self._entry_of = entry_of

    def jit_compile(self, fn_and_cache: Any) -> Any:
        return self._entry_of(*fn_and_cache)


def compile_function(
    inputs: Sequence[Any],
    outputs: Any,
    *,
    interpreted: bool,
    simplified: bool = True,
    settings: Mapping[Any, Any] | None = None,
) -> Callable[..., Any]:
    """A function of arrays for a PyTensor graph: stateless, safe to call from threads.

    A graph is compiled, or simplified, once in a process (and compiled ones are kept on disk,
    across processes): another of the same structure gets the same function.

    Parameters
    ----------
    inputs : sequence of variables
    outputs : variable or list of variables
    interpreted : bool
        Gives a function that is ready at once and slow to call (and not for
        threads); otherwise numba compiles it.
    simplified : bool
        Whether PyTensor rewrites an interpreted graph first, which takes longer than one call
        gains. Another last bit may come of it, so only whole numbers go without.
    settings : mapping of variables to values
        Further inputs that stay as they are, see :func:`with_settings`.
    """
    single = not isinstance(outputs, list | tuple)
    graphs = _without_shared_variables([outputs] if single else list(outputs))
    present = set(ancestors(graphs))
    used = {v: value for v, value in (settings or {}).items() if v in present}
    inputs, values = [*inputs, *used], list(used.values())
    if interpreted and not simplified:
        function = _interpreted(inputs, graphs, None)
    else:
        with _compiling:
            make = _shared_interpreted if interpreted else _compiled
            function = _known_or_new(inputs, graphs, make, lambda: make(inputs, graphs))

    def call(*arrays: Any) -> Any:
        results = function(*arrays, *values)
        return results[0] if single else results

    return call


def compile_entry(
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    pieces: Mapping[Any, Any],
    entry_of: Callable[[Any, str | None], Any],
) -> Any:
    """What is made of a graph's numba function, once in a process.

    Parameters
    ----------
    inputs, outputs : sequence of variables
    pieces : mapping of variables to variables
        What stands for variables of the outputs, made of the inputs.
    entry_of : callable
        Of a numba function of the inputs, which is kept on disk, and the key that it has there
        (None where it cannot be kept); compiles at once.
    """
    graphs = graph_replace(_without_shared_variables(list(outputs)), pieces, strict=False)
    with _compiling:
        return _known_or_new(
            list(inputs), graphs, entry_of, lambda: _numba(inputs, graphs, _EntryLinker(entry_of))
        )


def jax_function(inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[..., Any]:
    """A graph as a pure function of JAX arrays, by PyTensor's own conversion.

    A density whose parameters a distribution refuses is minus infinity there, as in PyMC's own
    sampling functions. PyTensor turns float64 on for all of the process's JAX.

    Parameters
    ----------
    inputs, outputs : sequence of variables
    """
    mode = get_mode("JAX").including("local_check_parameter_to_ninf_switch")
    graphs = _without_shared_variables(list(outputs))
    with _compiling:
        function = pytensor.function(list(inputs), graphs, mode=mode, trust_input=True)
    return cast(Callable[..., Any], function.vm.jit_fn)


def with_settings(
    graphs: Sequence[Any], numbers: Collection[float]
) -> tuple[list[Any], dict[Any, Any]]:
    """Graphs in which constants of given values, such as prior scales, are variables.

    Those that differ only in these values then have one structure, and are
    compiled once. (A formula's own constant of the same value, say 1, makes it
    another structure: one compilation more, the same numbers.)

    Returns
    -------
    graphs : list of variables
    settings : dict
        The new variables and their values.
    """
    constants = [
        v
        for v in ancestors(graphs)
        if isinstance(v, TensorConstant)
        and v.dtype == "float64"
        and np.isin(v.data, list(numbers)).all()
    ]
    variables = {v: v.type() for v in constants}
    lifted = graph_replace(list(graphs), variables, strict=False)
    return lifted, {variables[v]: np.asarray(v.data) for v in constants}


@dataclass(frozen=True)
class _Known:
    """A graph that this process has a function of, and which kind of function."""

    inputs: list[Any]
    outputs: list[Any]
    kind: Any
    function: Any


KEPT = 128
"""Most functions that a process keeps; the oldest goes (PyTensor has compiled ones on disk)."""

_known: deque[_Known] = deque(maxlen=KEPT)
_n_compiled = 0
_compiling = RLock()
"""PyTensor's flags are the whole process's: one thread at a time changes them."""


def compilations() -> int:
    """How many graphs this process has compiled."""
    return _n_compiled


def _known_or_new(inputs: list[Any], outputs: list[Any], kind: Any, make: Callable[[], Any]) -> Any:
    for known in _known:
        same_kind = known.kind == kind and [v.type for v in known.inputs] == [
            v.type for v in inputs
        ]
        if same_kind and equal_computations(known.outputs, outputs, known.inputs, inputs):
            return known.function
    function = make()
    _known.append(_Known(inputs, outputs, kind, function))
    return function


def _interpreted(
    inputs: list[Any], outputs: list[Any], optimizer: str | None
) -> Callable[..., Any]:
    mode = Mode(linker="py", optimizer=optimizer)
    with pytensor.config.change_flags(cxx=""):  # no C compiler for constants either
        function = pytensor.function(inputs, outputs, mode=mode, trust_input=True)
    return cast(Callable[..., Any], function)


def _shared_interpreted(inputs: list[Any], outputs: list[Any]) -> Callable[..., Any]:
    """Densities of several threads may have the same one, which keeps its numbers in itself."""
    function, one_at_a_time = _interpreted(inputs, outputs, "fast_compile"), RLock()

    def call(*arrays: Any) -> Any:
        with one_at_a_time:
            return function(*arrays)

    return call


def _compiled(inputs: list[Any], outputs: list[Any]) -> Callable[..., Any]:
    jitted, ready = _numba(inputs, outputs, _ThreadedNumbaLinker()), False

    def call(*arrays: Any) -> Any:
        nonlocal ready
        if ready:
            return jitted(*arrays)
        # numba compiles now, and must still see fast-math off
        with _compiling, pytensor.config.change_flags(numba__fastmath=False):
            results = jitted(*arrays)
        ready = True
        return results

    return call


def _numba(inputs: Sequence[Any], outputs: Sequence[Any], linker: NumbaLinker) -> Any:
    """What a linker makes of a graph."""
    from trifit.fit.fast import fused_numba  # noqa: F401 - PyTensor must know the operation

    global _n_compiled
    mode = Mode(linker=linker, optimizer=get_mode("NUMBA").optimizer)
    with pytensor.config.change_flags(numba__fastmath=False):
        function = pytensor.function(
            list(inputs), list(outputs), mode=mode, trust_input=True, on_unused_input="ignore"
        )
    _n_compiled += 1
    return function.vm.jit_fn


def untraced[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Build graphs without a note, at each of their nodes, of the lines that made it.

    Nobody is shown these notes, and they take a sixth of the time.
    """

    @wraps(function)
    def without_traces(*args: P.args, **kwargs: P.kwargs) -> R:
        with pytensor.config.change_flags(traceback__limit=0):
            return function(*args, **kwargs)

    return without_traces


def draw(variables: Any, n_draws: int, seed: int) -> Any:
    """Draws of random variables from a model's prior, (n_draws, ...) each, without compiling.

    Parameters
    ----------
    variables : PyMC random variable, or list of them
    n_draws, seed : int
    """
    with pytensor.config.change_flags(cxx=""):
        mode = Mode(linker="py", optimizer="fast_compile")
        return pm.draw(variables, draws=n_draws, random_seed=seed, mode=mode)


def drawer(variables: Sequence[Any]) -> Callable[[int], list[Any]]:
    """A function of a seed that draws random variables together, without compiling.

    Made once, it draws in about a millisecond; :func:`draw` makes its function anew.
    """
    rngs = list(pm.pytensorf.collect_default_updates(inputs=[], outputs=variables))
    with pytensor.config.change_flags(cxx=""):
        mode = Mode(linker="py", optimizer="fast_compile")
        function = pm.compile([], list(variables), mode=mode, random_seed=False)

    def drawn(seed: int) -> list[Any]:
        pm.pytensorf.reseed_rngs(rngs, seed)
        return list(function())

    return drawn


def _without_shared_variables(graphs: list[Any]) -> list[Any]:
    """Lengths of dimensions and other shared values as constants: functions of inputs only."""
    constants = {
        v: pt.constant(v.get_value(), dtype=v.dtype)
        for v in graph_inputs(graphs)
        if isinstance(v, SharedVariable)
    }
    return graph_replace(graphs, constants, strict=False) if constants else graphs
