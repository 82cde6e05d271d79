"""How a fit ended, as a sentence."""

from collections.abc import Mapping

from trifit.fits import Status
from trifit.results import FitRecord

STATUSES: Mapping[Status, str] = {
    Status.CONVERGED: "the optimiser met its gradient tolerance",
    Status.MAX_STEPS: "the optimiser stopped before it met its gradient tolerance",
    Status.STALLED: (
        "no lower loss was found from there or from beside it, though the gradient is not zero, as "
        "at the kinks of ReLU units"
    ),
    Status.STEP_TOO_LARGE: "gradient descent diverged: its step size is too large",
    Status.STOPPED_EARLY: (
        "training stopped early, where the log-loss on a validation set taken from the training "
        "rows was lowest; this is not a maximum of the likelihood"
    ),
    Status.SEPARATED: (
        "no MLE exists: the model separates the classes of some or all training rows, so the "
        "likelihood increases while parameters grow without bound; the numbers are from where "
        "the optimiser stopped"
    ),
    Status.PLATEAU: (
        "no maximum was reached: the training loss hardly decreases, but the weights still grow, "
        "as they do where no maximum exists; the numbers are from where training stopped"
    ),
    Status.DEGENERATE: (
        "the joint mode of the coefficients and their learned prior scales is degenerate (the "
        "density favours scales of zero, or depends on the parametrisation); shown is the mode "
        "with the scales fixed at their posterior medians"
    ),
    Status.TRUSTED: "the posterior passed every check of its draws",
    Status.DIVERGENT: "too many divergent transitions: the sampler missed part of the posterior",
    Status.UNMIXED: "R-hat is too high: the chains disagree about the posterior",
    Status.FEW_EFFECTIVE: "too few effective draws for stable estimates",
    Status.LOW_ENERGY: "E-BFMI is too low: the sampler explores the tails poorly",
    Status.DEPTH_LIMITED: "too many draws reached the tree-depth limit",
    Status.APPROXIMATE: (
        "a normal approximation at the mode, corrected by reliable importance weights"
    ),
    Status.NOT_NORMAL: (
        "the posterior is too far from its normal approximation: the importance weights that "
        "should correct it are unreliable"
    ),
    Status.NO_PEAK: (
        "no normal approximation exists: minus the Hessian of the log posterior at the mode is "
        "not positive definite; only the mode is shown"
    ),
    Status.UNCERTIFIED: (
        "the optimiser met its gradient tolerance, but whether a maximum exists was not certified"
    ),
    Status.DERIVED: "computed from another fit, which passed its checks",
    Status.DERIVED_SEPARATED: (
        "computed from the MLE, which does not exist here or was not reached: it depends on where "
        "the optimiser stopped"
    ),
}

OF_TRAINING = {
    "train_loss": "training cross-entropy",
    "train_right": "training accuracy",
}

EVIDENCE: Mapping[Status, Mapping[str, str]] = {
    Status.UNMIXED: {
        "rhat_max": "largest R-hat of parameters",
        "prediction_rhat_max": "of predictions (at most 1.01 required)",
    },
    Status.FEW_EFFECTIVE: {
        "ess_bulk_min": "smallest bulk ESS of parameters",
        "ess_tail_min": "tail ESS",
        "prediction_ess_bulk_min": "bulk ESS of predictions",
        "prediction_ess_tail_min": "tail ESS (at least 100 per chain required)",
        "effective_min": "effective draws after weighting (at least 100 per chain required)",
    },
    Status.DIVERGENT: {"divergent_share": "share of divergent transitions"},
    Status.LOW_ENERGY: {"bfmi_min": "E-BFMI (at least 0.3 required)"},
    Status.DEPTH_LIMITED: {"depth_limited_share": "share of draws at the limit"},
    Status.SEPARATED: OF_TRAINING,
    Status.PLATEAU: OF_TRAINING,
    Status.NOT_NORMAL: {"pareto_k": "Pareto k (at most 0.7 required)"},
    Status.APPROXIMATE: {"pareto_k": "Pareto k", "effective_min": "effective draws"},
}
"""The diagnostics behind a status, and their names in its sentence."""

MAX_RHAT = 1.01
"""R-hat up to which chains agree."""


def status_name(status: Status) -> str:
    """A status in a word or two."""
    return status.value.replace("_", " ")


def status_text(fit: FitRecord) -> str:
    """How a fit ended, with the numbers that decided it, and what helps if it failed."""
    text = STATUSES[fit.status]
    if fit.n_with_status < fit.n_training_sets:
        text += f" ({fit.n_with_status} of {fit.n_training_sets} training sets)"
    numbers = [
        f"{words} {value:.4g}"
        for name, words in EVIDENCE.get(fit.status, {}).items()
        if (value := fit.diagnostics.get(name)) is not None
    ]
    if not numbers:
        return text
    found = f"{text}: {', '.join(numbers)}"
    return f"{found}; {_remedy(fit)}" if fit.status.failed else found


def _remedy(fit: FitRecord) -> str:
    """What usually helps against a failed check."""
    of_predictions = fit.diagnostics.get("prediction_rhat_max") or 2.0
    if fit.status is Status.UNMIXED and of_predictions <= MAX_RHAT:
        return (
            "the chains agree about predictions, so the parameters may be interchangeable, like "
            "hidden units; if so, --set identified=false checks predictions only"
        )
    if fit.status is Status.DIVERGENT:
        return "smaller steps may help: --set target_accept=0.99"
    if fit.status is Status.NOT_NORMAL:
        return "use NUTS (the column bayes), which needs no approximation"
    return "more draws may help: --set draws=2000 --set tune=1000"
