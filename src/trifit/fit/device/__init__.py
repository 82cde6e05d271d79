"""Fits on another device than the CPU, by JAX: the same densities, the same minimisers, NUTS.

:mod:`~trifit.fit.device.choice` says which device, and needs no JAX. The others import it:
:mod:`~trifit.fit.device.terms` is how JAX sees a density, :mod:`~trifit.fit.device.objective`
what minimisers call, :mod:`~trifit.fit.device.sampling` NUTS by NumPyro.
"""

from trifit.fit.device.choice import DEVICES, Device, check_device, chosen_device
from trifit.fit.device.density import on_device

__all__ = ["DEVICES", "Device", "check_device", "chosen_device", "on_device"]
