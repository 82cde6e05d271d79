"""A density whose objectives are evaluated by JAX."""

from typing import Any, cast

from trifit.devices import Device
from trifit.fit.density import Density, Objective
from trifit.inputs import Labels
from trifit.types import FloatArray


def on_device(density: Density, device: Device | None) -> Density:
    """The same model; what is bound to data is evaluated on a device.

    Parameters
    ----------
    density : Density
    device : Device or None
        None: the density as it is.
    """
    return density if device is None else cast(Density, _DeviceDensity(density, device))


class _DeviceDensity:
    """All that a density is, but for where its objectives are."""

    def __init__(self, density: Density, device: Device) -> None:
        self._density, self._device = density, device

    def __getattr__(self, name: str) -> Any:
        return getattr(self._density, name)

    def bind(self, X: FloatArray, labels: Labels) -> Objective:
        """The objective on one data set, on the device."""
        from trifit.fit.device.objective import DeviceObjective

        return DeviceObjective(self._density.bind(X, labels), self._device)
