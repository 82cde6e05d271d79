"""What every builder checks of its arguments."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from trifit.errors import InputError

Coords = Mapping[str, Sequence[str]]


def checked(
    X: ArrayLike, y: ArrayLike, n_classes: int | None, coords: Coords | None
) -> tuple[np.ndarray, np.ndarray, dict[str, Sequence[str]]]:
    """Arrays and coords of a builder, or one line that says what does not fit.

    Parameters
    ----------
    X : array of shape (n_obs, n_features)
    y : array of shape (n_obs,) or (n_obs, n_classes)
        Class codes, or counts: several labels per row.
    n_classes : int or None
    coords : mapping or None
        Names for the dimensions ``"feature"`` and ``"class_"``.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
    if X.ndim != 2 or y.ndim not in (1, 2) or y.shape[:1] != X.shape[:1]:
        raise InputError(
            f"X has shape {X.shape} and y {y.shape}; expected (n_obs, n_features) and (n_obs,), "
            "or (n_obs, n_classes) for label counts"
        )
    if y.ndim == 2 and not (y == np.round(y)).all():
        raise InputError(
            "y holds label fractions, which no PyMC distribution observes: trifit.compare fits "
            "them by their cross-entropy; give a builder class codes or whole counts"
        )
    y = y.astype(np.int64)
    n_classes = n_classes or (y.shape[1] if y.ndim == 2 else max(2, int(y.max()) + 1))
    names = dict(coords or {})
    names.setdefault("feature", [f"x{j}" for j in range(X.shape[1])])
    names.setdefault("class_", [str(k) for k in range(n_classes)])
    for dim, length in (("feature", X.shape[1]), ("class_", n_classes)):
        if len(names[dim]) != length:
            raise InputError(f"coords[{dim!r}] has {len(names[dim])} names; expected {length}")
    if y.ndim == 2 and y.shape[1] != n_classes:
        raise InputError(f"y has {y.shape[1]} columns of label counts for {n_classes} classes")
    if y.ndim == 1 and len(y) and not 0 <= y.min() <= y.max() < n_classes:
        raise InputError(f"y holds {y.min()} .. {y.max()}; expected class codes below {n_classes}")
    return X, y, names
