"""Which device makes the fits: the CPU by machine code, or one that JAX sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from trifit.errors import InputError

DEVICES = ("cpu", "gpu", "auto", "jax")
"""``cpu``: machine code, without JAX. ``gpu``: a GPU that JAX sees. ``auto``: a GPU where there is
one and the problem is large, else the CPU. ``jax``: JAX's default device, whatever that is."""

LARGE = 5_000_000
"""Training rows times free parameters from which ``auto`` takes a GPU: about 3 ms of one core for
a gradient, where compiling for a GPU (some ten seconds) is made up for within a posterior."""


@dataclass(frozen=True)
class Device:
    """A device that JAX sees.

    Attributes
    ----------
    handle : jax.Device
    """

    handle: Any

    @property
    def text(self) -> str:
        """What it is, and what computes there."""
        made_by = ", ".join(f"{name} {version(name)}" for name in ("jax", "numpyro"))
        return f"{self.handle.device_kind} ({made_by}, float64)"

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """JAX computes there, in float64: in this thread, until the end of the block."""
        import jax

        with jax.enable_x64(new_val=True), jax.default_device(self.handle):
            yield


def check_device(name: str) -> None:
    """Refuse a device that is none, or is not to be had here.

    Raises
    ------
    InputError
    """
    if name not in DEVICES:
        raise InputError(f"device {name!r}: expected one of {', '.join(DEVICES)}")
    if name in ("gpu", "jax"):
        _seen(name)


def chosen_device(name: str, *, n_rows: int, n_params: int) -> Device | None:
    """The device of a name; None for the CPU without JAX.

    Parameters
    ----------
    name : str
        One of :data:`DEVICES`.
    n_rows, n_params : int
        Training rows and free parameters: ``auto`` leaves small problems to the CPU, where they
        are done before a GPU's program is compiled.

    Raises
    ------
    InputError
        If it is not to be had.
    """
    if name == "cpu" or (name == "auto" and n_rows * n_params < LARGE):
        return None
    try:
        return Device(_seen("gpu" if name == "auto" else name))
    except InputError:
        if name == "auto":
            return None
        raise


def _seen(name: str) -> Any:
    """The first GPU that JAX sees, or its default device."""
    missing = [package for package in ("jax", "numpyro") if find_spec(package) is None]
    if missing:
        raise InputError(
            f"device {name!r}: the package {missing[0]} is not installed; "
            'pip install "trifit[gpu]", or use device cpu'
        )
    import jax

    try:
        return jax.devices("gpu" if name == "gpu" else None)[0]
    except RuntimeError as error:
        raise InputError(
            f"device {name!r}: JAX {jax.__version__} sees no GPU here; install JAX for this "
            "machine's GPU (docs/gpu.md), or use device cpu"
        ) from error
