"""What fits and predictions are: draws of parameters, and how they came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trifit.diagnostics import Diagnostics
from trifit.types import FloatArray


class Status(StrEnum):
    """How a fit ended; the sentences are in :mod:`trifit.words.status`."""

    CONVERGED = auto()
    MAX_STEPS = auto()
    STALLED = auto()
    """No lower loss was found from there or from beside it, though the gradient is not zero."""
    STEP_TOO_LARGE = auto()
    UNBOUNDED = auto()
    """The optimiser left where the density is a number: it may grow without end."""
    STOPPED_EARLY = auto()
    SEPARATED = auto()
    """No MLE exists: the likelihood only grows along some direction."""
    PLATEAU = auto()
    """No maximum was reached: the training loss hardly falls any more, but weights still grow."""
    DEGENERATE = auto()
    """A joint mode over learned scales means nothing: they are held."""
    TRUSTED = auto()
    """A posterior whose draws passed every check."""
    DIVERGENT = auto()
    UNMIXED = auto()
    FEW_EFFECTIVE = auto()
    LOW_ENERGY = auto()
    DEPTH_LIMITED = auto()
    APPROXIMATE = auto()
    """A normal approximation whose importance weights can be relied on."""
    NOT_NORMAL = auto()
    NO_PEAK = auto()
    UNCERTIFIED = auto()
    """Converged; whether a maximum exists was not certified."""
    DERIVED = auto()
    DERIVED_SEPARATED = auto()
    """Computed from an MLE that does not exist, or was not reached."""

    @property
    def failed(self) -> bool:
        """Whether the fit is not what it claims to be, so that it is not judged.

        A separated MLE is a finding about the data, not a failed computation: its
        verdict says that no MLE exists.
        """
        return self in FAILED

    @property
    def derived(self) -> "Status":
        """The status of what is computed from a fit that ended so."""
        if self in (Status.SEPARATED, Status.PLATEAU):
            return Status.DERIVED_SEPARATED
        return self if self.failed else Status.DERIVED


FAILED = {
    Status.MAX_STEPS,
    Status.STEP_TOO_LARGE,
    Status.UNBOUNDED,
    Status.DIVERGENT,
    Status.UNMIXED,
    Status.FEW_EFFECTIVE,
    Status.LOW_ENERGY,
    Status.DEPTH_LIMITED,
    Status.NOT_NORMAL,
    Status.NO_PEAK,
}


class Recalibration(Protocol):
    """What a contestant's forecasts go through, such as a temperature."""

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        ...


@dataclass(frozen=True, eq=False)
class Sampling:
    """What NUTS, or normal proposals, say of their own run.

    Attributes
    ----------
    stats : dict of arrays of shape (n_chains, n_draws)
        ``diverging``, ``tree_depth``, ``n_steps``, ``energy``, ``lp``,
        ``log_prior`` (in the model's own parameters).
    median : array of shape (n_params,)
        Median of every entry of theta.
    rhat : mapping of str to array
        R-hat of every ``parameter``, and of every ``prediction`` that is checked.
    """

    stats: Mapping[str, NDArray[Any]]
    median: FloatArray
    rhat: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Fit:
    """One fitted classifier: a set of parameter draws and how they came about.

    A point fit is a posterior with one draw, so nothing downstream asks which
    method it is looking at.

    Attributes
    ----------
    method : str
        ``"mle"``, ``"map"``, ``"mean"``, ``"bayes"``, ``"laplace"``, …
    draws : array of shape (n_chains, n_draws, n_values)
        Values of the model's own (constrained) parameters, raveled.
    status : Status
    seconds : float
    diagnostics : Diagnostics or None
        What the method says of its own run; None of a fit that is computed from another.
    path : tuple of (step, cross-entropy, gradient, held-out cross-entropy or None)
        Where the optimiser of a point fit has been, nats per row.
    direction : array of shape (n_values,) or None
        Of a separated MLE: a direction in which the likelihood only grows.
        Parameters with a non-zero entry run to plus or minus infinity.
    theta : array of shape (n_params,) or None
        Of a point fit that an optimiser found: its unconstrained parameters.
    sampling : Sampling or None
        Where NUTS or normal proposals ran.
    recalibration : Recalibration or None
        What the forecasts go through after draws are averaged.
    """

    method: str
    draws: FloatArray
    status: Status
    seconds: float
    diagnostics: Diagnostics | None = None
    path: tuple[tuple[int, float, float, float | None], ...] = ()
    direction: FloatArray | None = None
    theta: FloatArray | None = None
    sampling: Sampling | None = None
    recalibration: Recalibration | None = None

    def __post_init__(self) -> None:
        if self.draws.ndim != 3:
            raise ValueError(
                f"draws has shape {self.draws.shape}; expected (n_chains, n_draws, n_values)"
            )

    @property
    def flat_draws(self) -> FloatArray:
        """Draws of all chains, shape (n_chains * n_draws, n_values)."""
        return self.draws.reshape(-1, self.draws.shape[-1])


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictive class probabilities of one fit for the rows of one test set.

    Attributes
    ----------
    log_probs : array of shape (n_obs, n_classes)
        Log of the probabilities **averaged over draws as probabilities**
        (averaging logs instead would understate them, by Jensen). Natural logs.
    aleatoric : array of shape (n_obs,)
        Entropy of a draw's probabilities, averaged over draws, in nats: the chance
        that would remain if the parameters were known.
    """

    log_probs: FloatArray
    aleatoric: FloatArray

    def __post_init__(self) -> None:
        if self.log_probs.ndim != 2 or self.aleatoric.shape != self.log_probs.shape[:1]:
            raise ValueError(
                f"log_probs has shape {self.log_probs.shape} and aleatoric {self.aleatoric.shape}; "
                "expected (n_obs, n_classes) and (n_obs,)"
            )

    @cached_property
    def probs(self) -> FloatArray:
        """Class probabilities, shape (n_obs, n_classes)."""
        return np.exp(self.log_probs)
