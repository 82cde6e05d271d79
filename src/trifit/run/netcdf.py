"""Named arrays as netCDF-4: an HDF5 file whose dimensions are dimension scales.

xarray reads such files. It would write them too, but loads Dask first wherever that is installed.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xarray import Dataset

type Variables = Mapping[str, tuple[tuple[str, ...], NDArray[Any]]]
"""Dimensions and values by name."""


class Group(NamedTuple):
    """Arrays that share dimensions.

    Attributes
    ----------
    variables : dict of (dims, values)
    coords : dict of arrays
        The values along every dimension.
    """

    variables: Variables
    coords: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, variables: Variables, names: Mapping[str, Sequence[str]]) -> "Group":
        """Arrays with what is along their dimensions: names where these have names, else numbers.

        Parameters
        ----------
        variables : dict of (dims, values)
        names : dict of sequences of str
            By dimension; of others too.
        """
        sizes = {
            dim: size
            for dims, values in variables.values()
            for dim, size in zip(dims, values.shape, strict=True)
        }
        return cls(variables, {d: np.array(names.get(d, range(n))) for d, n in sizes.items()})

    def dataset(self) -> "Dataset":
        """As xarray has it."""
        import xarray as xr

        return xr.Dataset(self.variables, coords=self.coords)


def netcdf(
    groups: Mapping[str, Group],
    attributes: Mapping[str, Any] | None = None,
    types: Mapping[str, str] | None = None,
) -> bytes:
    """The content of a file: compressed, every array of values with its checksum.

    Made in memory: where the disk is full, HDF5 can neither go on nor close its file.

    Parameters
    ----------
    groups : dict of Group
        By their paths; "/" is the file itself.
    attributes : dict, optional
        Texts, numbers and arrays of numbers about the whole file.
    types : dict, optional
        Groups whose values are written as another type, such as ``"float32"``.
    """
    import h5py

    content = BytesIO()
    with h5py.File(content, "w", track_order=True) as file:
        for key, value in (attributes or {}).items():
            file.attrs[key] = value if isinstance(value, str) else np.atleast_1d(value)
        for path, group in groups.items():
            place = file if path == "/" else file.create_group(path, track_order=True)
            for name, values in group.coords.items():
                kind = h5py.string_dtype() if values.dtype.kind == "U" else values.dtype
                place.create_dataset(name, data=values.astype(kind), dtype=kind).make_scale(name)
            for name, (dims, values) in group.variables.items():
                boolean = values.dtype == np.bool_
                kind = "int8" if boolean else (types or {}).get(path, values.dtype)
                variable = place.create_dataset(
                    name, data=values.astype(kind), compression="gzip", fletcher32=True
                )
                if boolean:
                    variable.attrs["dtype"] = "bool"  # as xarray marks them
                for axis, dim in zip(variable.dims, dims, strict=True):
                    axis.attach_scale(place[dim])
    return content.getvalue()
