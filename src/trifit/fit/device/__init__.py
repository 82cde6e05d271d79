"""Fits on another device than the CPU, by JAX: the same densities, the same minimisers, NUTS.

:mod:`trifit.devices` says which device, and needs no JAX. The modules here import it:
:mod:`~trifit.fit.device.terms` is how JAX sees a density, :mod:`~trifit.fit.device.objective`
what minimisers call, :mod:`~trifit.fit.device.sampling` NUTS by NumPyro.
"""

from trifit.fit.device.density import on_device

__all__ = ["on_device"]
