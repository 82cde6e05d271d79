"""What fits and predictions are: draws of parameters, and how they came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trifit.types import FloatArray


class Status(Enum):
    """How a fit ended; the value is the sentence a reader gets."""

    CONVERGED = "the optimiser met its gradient tolerance"
    MAX_STEPS = "the optimiser stopped before it met its gradient tolerance"
    STEP_TOO_LARGE = "gradient descent diverged: its step size is too large"
    STOPPED_EARLY = (
        "stopped, as its card asks, where the log-loss of a validation share of the training rows "
        "was lowest: not a maximum of the likelihood"
    )
    SEPARATED = (
        "no MLE exists: some coefficients can grow for ever and the likelihood only grows with "
        "them, because a linear rule separates some or all of the training rows without error; the "
        "numbers are where the optimiser stopped"
    )
    DEGENERATE = (
        "the joint mode of coefficients and their learned prior scales is degenerate (the density "
        "favours scales of zero, or depends on how the model is written); shown is the mode with "
        "the scales held at their posterior medians"
    )
    TRUSTED = "the posterior passed every check of its draws"
    DIVERGENT = "too many divergent transitions: the sampler missed part of the posterior"
    UNMIXED = "R-hat is too high: the chains disagree about the posterior"
    FEW_EFFECTIVE = "too few effective draws for stable estimates"
    LOW_ENERGY = "E-BFMI is too low: the sampler explores the tails poorly"
    DEPTH_LIMITED = "too many draws hit the tree-depth limit"
    APPROXIMATE = (
        "a normal approximation at the mode, corrected by importance weights that can be relied on"
    )
    NOT_NORMAL = (
        "the posterior is too far from its normal approximation: the importance weights that "
        "should correct it cannot be relied on"
    )
    NO_PEAK = (
        "no normal approximation: minus the Hessian of the log posterior at the mode is not "
        "positive definite; shown is the mode alone"
    )
    UNCERTIFIED = (
        "the optimiser met its gradient tolerance; whether a maximum exists was not certified"
    )
    DERIVED = "computed from another fit, which ended well"
    DERIVED_SEPARATED = (
        "computed from the MLE, which does not exist here: it rests on where the optimiser stopped"
    )

    @property
    def code(self) -> str:
        """The short name written to files, e.g. ``"converged"``."""
        return self.name.lower()

    @property
    def trustworthy(self) -> bool:
        """Whether the fit is what it claims to be.

        A separated MLE is a finding about the data, not a failed computation,
        so it counts as trustworthy; its verdict says that no MLE exists.
        """
        return self in {
            Status.CONVERGED,
            Status.STOPPED_EARLY,
            Status.DEGENERATE,
            Status.UNCERTIFIED,
            Status.SEPARATED,
            Status.TRUSTED,
            Status.APPROXIMATE,
            Status.DERIVED,
            Status.DERIVED_SEPARATED,
        }

    @property
    def derived(self) -> "Status":
        """The status of what is computed from a fit that ended so."""
        if self is Status.SEPARATED:
            return Status.DERIVED_SEPARATED
        return Status.DERIVED if self.trustworthy else self


class Recalibration(Protocol):
    """What a contestant's forecasts go through, such as a temperature."""

    def transform(self, log_probs: FloatArray) -> FloatArray:
        """Recalibrated log probabilities, shape (n_obs, n_classes)."""
        ...


@dataclass(frozen=True, eq=False)
class Sampling:
    """What NUTS says about its own run.

    Attributes
    ----------
    stats : dict of arrays of shape (n_chains, n_draws)
        ``diverging``, ``tree_depth``, ``n_steps``, ``energy``, ``lp``,
        ``log_prior`` (in the model's own parameters).
    median : array of shape (n_params,)
        Median of every entry of theta.
    """

    stats: Mapping[str, NDArray[Any]]
    median: FloatArray


@dataclass(frozen=True, eq=False)
class Fit:
    """One fitted classifier: a set of parameter draws and how they came about.

    A point fit is a posterior with one draw, so nothing downstream asks which
    method it is looking at.

    Attributes
    ----------
    method : str
        ``"mle"``, ``"map"``, ``"mean"``, ``"bayes"``, ``"laplace"``, …
    draws : shape (n_chains, n_draws, n_values)
        Values of the model's own (constrained) parameters, raveled.
    status : Status
    seconds : float
    diagnostics : mapping of str to float
        E.g. ``gradient`` or ``rhat_max``.
    path : tuple of (step, cross-entropy, gradient, held-out cross-entropy or None)
        Where the optimiser of a point fit has been, nats per row.
    direction : shape (n_values,) or None
        Of a separated MLE: a direction in which the likelihood only grows.
        Parameters with a non-zero entry run to plus or minus infinity.
    theta : shape (n_params,) or None
        Of a point fit that an optimiser found: its unconstrained parameters.
    sampling : Sampling or None
        Where NUTS ran.
    recalibration : Recalibration or None
        What the forecasts go through after draws are averaged.
    """

    method: str
    draws: FloatArray
    status: Status
    seconds: float
    diagnostics: Mapping[str, float] = field(default_factory=dict)
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
    log_probs : shape (n_obs, n_classes)
        Log of the probabilities **averaged over draws as probabilities**
        (averaging logs instead would understate them, by Jensen). Natural logs.
    aleatoric : shape (n_obs,)
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
