"""What every model looks like to the fits: densities of a flat parameter vector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from trifit.fit.affine import Affine
from trifit.fit.entries import Entries
from trifit.inputs import Labels
from trifit.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from trifit.devices import Device
    from trifit.fit.alike import Alike


@dataclass(frozen=True)
class Layout:
    """Names and shapes of a model's parameters inside one flat vector."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dims: tuple[tuple[str, ...], ...]
    coords: Mapping[str, tuple[str, ...]]

    @property
    def size(self) -> int:
        """Length of the flat vector."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def entries(self) -> Entries | None:
        """Which entries belong to which feature; None where they are not in that order."""
        return Entries.of(self.shapes, self.dims)

    def along(self, dim: str, names: tuple[str, ...]) -> "Layout":
        """The layout with other things in the place of features (or of directions).

        Parameters
        ----------
        dim : str
            What they are.
        names : tuple of str
        """
        first = ("feature", "direction")
        own = [bool(dims) and dims[0] in first for dims in self.dims]
        return Layout(
            self.names,
            tuple(
                (len(names), *s[1:]) if is_own else s
                for s, is_own in zip(self.shapes, own, strict=True)
            ),
            tuple((dim, *d[1:]) if is_own else d for d, is_own in zip(self.dims, own, strict=True)),
            {d: at for d, at in self.coords.items() if d not in first} | {dim: names},
        )

    def unravel(self, params: FloatArray) -> dict[str, FloatArray]:
        """Named arrays of flat vectors, shape (..., size) to (..., *shape) each."""
        named, start = {}, 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            stop = start + int(np.prod(shape))
            named[name] = params[..., start:stop].reshape((*params.shape[:-1], *shape))
            start = stop
        return named

    def labels(self) -> list[tuple[str, str, str]]:
        """(parameter, feature, class) of every entry; other dimensions join the first."""
        rows = []
        for name, shape, dims in zip(self.names, self.shapes, self.dims, strict=True):
            for index in np.ndindex(*shape):
                at = dict(zip(dims, index[: len(dims)], strict=True))
                feature = self.coords["feature"][at["feature"]] if "feature" in at else ""
                label = self.coords["class_"][at["class_"]] if "class_" in at else ""
                other = [str(i) for d, i in enumerate(index) if d >= len(dims)] + [
                    str(self.coords[d][i]) if d in self.coords else str(i)
                    for d, i in at.items()
                    if d not in ("feature", "class_")
                ]
                rows.append((f"{name}[{', '.join(other)}]" if other else name, feature, label))
        return rows


@dataclass(frozen=True, eq=False)
class LinearForm:
    """All that there is to know of an objective that is linear, with a quadratic log prior.

    Attributes
    ----------
    to_weights : Affine
        Of theta: the raveled ``[1, x]`` coefficients of the log-odds of classes 1, 2, ...
        against class 0.
    prior_gradient : Affine
        Of theta: the gradient of the log prior.
    prior_constant : float
        The log prior at zero.
    """

    to_weights: Affine
    prior_gradient: Affine
    prior_constant: float


class SphericalT(NamedTuple):
    """A multivariate t prior about zero, of adjacent entries of theta.

    Attributes
    ----------
    first, size : int
        Of the entries.
    df, scale : float
    """

    first: int
    size: int
    df: float
    scale: float


class LogDensity(Protocol):
    """``log_likelihood + prior * log_prior + jacobian * log|J|`` on one data set.

    MLE is the maximum at weights (0, 0), MAP at (1, 0): the mode of the density
    in the model's own parameters; NUTS samples (1, 1). The log-likelihood is
    minus the cross-entropy against the labels, ``sum_ik w_ik log p_ik``, with
    ``w`` one-hot rows, distributions or counts.
    """

    @property
    def weight(self) -> float:
        """Total weight of the labels; the number of rows where they are class codes."""
        ...

    @property
    def X(self) -> FloatArray:
        """The rows."""
        ...

    @property
    def labels(self) -> Labels:
        """Class codes, or weights of every class."""
        ...

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        ...

    @property
    def device(self) -> "Device | None":
        """Where it is evaluated by JAX; None for the CPU, by machine code."""
        ...

    @property
    def linear(self) -> LinearForm | None:
        """Where it is linear: derivatives in closed form, and what machine code samples from."""
        ...

    def __call__(
        self, theta: FloatArray, /, *, prior: float, jacobian: float
    ) -> tuple[float, FloatArray]:
        """Value and gradient at ``theta``, shape (n_params,)."""
        ...


class Objective(LogDensity, Protocol):
    """A log density, and what point fits need besides: squared error and second derivatives."""

    def squared_error(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Brier score ``sum_ik w_ik |p_i - e_k|^2`` summed over rows, and its gradient."""
        ...

    def hessian(self, theta: FloatArray, *, prior: float, jacobian: float) -> FloatArray:
        """Matrix of second derivatives, shape (n_params, n_params).

        Parameters
        ----------
        theta : array of shape (n_params,)
            In unconstrained coordinates.
        prior, jacobian : float
            Weights of the log prior and of the log Jacobian.
        """
        ...


class Density(Protocol):
    """A model as functions of an unconstrained vector ``theta``."""

    n_params: int
    n_classes: int
    layout: Layout
    linear: bool
    """Whether log-odds are linear in parameters and features (with a quadratic log prior)."""
    free_names: tuple[str, ...]
    """The free variable that each entry of theta belongs to."""
    unconstrained: BoolArray
    """Which entries of theta may be any real number (or any that sum to zero)."""
    scales: BoolArray
    """Which entries of theta are learned prior scales (see :func:`is_scale`)."""
    spherical: tuple[SphericalT, ...]
    """Groups of entries of theta that have such a prior."""
    rescaled: "Rescaled | None"
    """The model under other prior scales, where the card leaves the scale to the data."""

    @property
    def alike(self) -> "Alike | None":
        """What one feature has in a linear model that treats all of them alike; else None."""
        ...

    def prior_spread(self, X: FloatArray) -> float | None:
        """Prior standard deviation of ``x @ beta`` in the log-odds of class 1, of a typical row.

        Infinite under a flat prior; None where log-odds are not linear.
        """
        ...

    def holds_on(self, X: FloatArray) -> bool:
        """Whether these rows, too, are predicted as the model's graph does."""
        ...

    def start(self, rng: np.random.Generator) -> FloatArray:
        """Where optimisers start, shape (n_params,)."""
        ...

    def bind(self, X: FloatArray, labels: Labels) -> Objective:
        """The objective on one data set: labels are class codes or weights (n_obs, K)."""
        ...

    def log_priors(self, thetas: FloatArray) -> FloatArray:
        """Log prior density in the model's own parameters: (n, n_params) to (n,)."""
        ...

    def prior_draws(self, n_draws: int, seed: int) -> FloatArray | None:
        """Draws of the parameters from the prior, (n_draws, layout.size).

        None for a prior that is no distribution (flat, or with a potential).
        """
        ...

    def constrain(self, thetas: FloatArray) -> FloatArray:
        """Values in the model's own units: (n, n_params) to (n, layout.size)."""
        ...

    def log_probs(self, params: FloatArray, X: FloatArray) -> FloatArray:
        """Log class probabilities: (n, layout.size) and (n_obs, n_features) to (n, n_obs, K)."""
        ...


class Rescaled(Protocol):
    """A model under any prior scale."""

    def at(self, scale: float) -> Density:
        """The density of the model with this prior scale."""
        ...


def is_scale(name: str) -> bool:
    """Whether a free variable is a learned prior scale: its name ends with ``_scale``.

    A joint mode over coefficients and the scale of their own prior is
    degenerate, so trifit has to know.
    """
    return name.endswith("_scale")


def second_differences(
    gradient: Callable[[FloatArray], FloatArray], theta: FloatArray
) -> FloatArray:
    """Matrix of second derivatives by central differences of a gradient."""
    columns = []
    for j, step in enumerate(1e-5 * np.maximum(1.0, abs(theta))):
        shift = np.zeros_like(theta)
        shift[j] = step
        columns.append((gradient(theta + shift) - gradient(theta - shift)) / (2 * step))
    H = np.array(columns)
    return np.asarray((H + H.T) / 2)


def design_of(X: FloatArray) -> FloatArray:
    """Rows ``[1, x]``."""
    return np.column_stack([np.ones(len(X)), X])


def covariance_root(hessian: FloatArray) -> FloatArray | None:
    """``root`` with ``root @ root.T = inv(-hessian)``; None where that is not positive definite.

    Examples
    --------
    >>> covariance_root(np.array([[-4.0]]))
    array([[0.5]])
    >>> covariance_root(np.array([[4.0]])) is None
    True
    """
    try:
        factor = cholesky(-hessian, lower=True)
    except (LinAlgError, ValueError):
        return None
    root = solve_triangular(factor, np.eye(len(hessian)), lower=True).T
    return np.ascontiguousarray(root) if np.isfinite(root).all() else None
