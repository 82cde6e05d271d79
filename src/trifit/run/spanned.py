"""``coefficients.nc``: all coefficients of a run that was fitted in the span of its rows."""

from pathlib import Path

import numpy as np

from trifit.contestants import posteriors_of
from trifit.crossfit.coefficients import InSpan
from trifit.crossfit.rotation import Rotation
from trifit.errors import InputError
from trifit.fit import Layout
from trifit.run.compare import Run
from trifit.run.netcdf import Group, netcdf
from trifit.types import FloatArray

FILE = "coefficients.nc"


def write_coefficients(run: Run, path: Path) -> None:
    """Write every coefficient of every fit, and the rotation that new rows need.

    Per unit of the standardised columns: of point fits the coefficients, of posteriors
    their means and standard deviations. ``rotation`` (feature, direction) has orthonormal
    columns. Fits that failed a check are left out.
    """
    fitted = run.fitted
    part, density = fitted.final.part, fitted.density
    assert part.rotation is not None  # or there is posterior.nc
    names, shape = _of_one_column(density.layout)
    found: dict[str, tuple[tuple[str, ...], FloatArray]] = {
        "rotation": (("feature", "direction"), part.rotation.basis),
        "standardiser_mean": (("feature",), part.standardiser.mean),
        "standardiser_scale": (("feature",), part.standardiser.scale),
    }
    for name, fit in fitted.final.fits.items():
        if name in run.comparison.failed or fit.recalibration is not None:
            continue
        coefficients = InSpan(density, part.rotation, fit.flat_draws)
        values = {name: coefficients.means}
        if name in posteriors_of(fitted.names):
            values = {
                f"{name}_mean": values[name],
                f"{name}_sd": coefficients.deviations,
            }
        for called, each in values.items():
            found[called] = (("feature", *names), each.reshape(-1, *shape))
    coords = dict(density.layout.coords) | {"feature": fitted.problem.feature_names}
    path.write_bytes(netcdf({"/": Group.of(found, coords)}))


def _of_one_column(layout: Layout) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Dimensions and shape of one column's coefficients: of several variables, in a row."""
    own = [
        (dims[1:], shape[1:])
        for dims, shape in zip(layout.dims, layout.shapes, strict=True)
        if dims[:1] == ("direction",)
    ]
    return own[0] if len(own) == 1 else (("value",), (-1,))


def read_rotation(path: Path) -> Rotation:
    """The rotation of a run.

    Raises
    ------
    InputError
        If the file is not there, or damaged.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            return Rotation(np.asarray(data["rotation"].values, dtype=np.float64))
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}") from error
