"""How a fit ended, as a sentence."""

from collections.abc import Mapping

from trifit.diagnostics import (
    MAX_PARETO_K,
    MAX_RHAT,
    MIN_BFMI,
    MIN_ESS_PER_CHAIN,
    SCALE_RANGE,
    LaplaceDiagnostics,
    Mixing,
    OptimiserDiagnostics,
    SamplerDiagnostics,
    at_most,
)
from trifit.fits import Status
from trifit.results import FitRecord
from trifit.text import significant

STATUSES: Mapping[Status, str] = {
    Status.CONVERGED: "the optimiser met its gradient tolerance",
    Status.MAX_STEPS: "the optimiser stopped before it met its gradient tolerance",
    Status.STALLED: (
        "no lower loss was found from there or from beside it, though the gradient is not zero, as "
        "at the kinks of ReLU units"
    ),
    Status.STEP_TOO_LARGE: "gradient descent diverged: its step size is too large",
    Status.UNBOUNDED: (
        "the optimiser left where the density is a number; a joint mode over coefficients and "
        "their own scale has none: let the name of a learned prior scale end with _scale"
    ),
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


ENOUGH_DRAWS = f"at least {MIN_ESS_PER_CHAIN} per chain required"


def status_name(status: Status) -> str:
    """A status in a word or two."""
    return status.value.replace("_", " ")


def status_text(fit: FitRecord) -> str:
    """How a fit ended, with the numbers that decided it, and what helps if it failed."""
    text = STATUSES[fit.status]
    if fit.n_with_status < fit.n_training_sets:
        text += f" ({fit.n_with_status} of {fit.n_training_sets} training sets)"
    numbers = [f"{words} {number:.4g}" for words, number in _evidence(fit) if number is not None]
    if not numbers:
        return text
    found = f"{text}: {', '.join(numbers)}"
    return f"{found}; {_remedy(fit)}" if fit.status.failed else found


def optimiser_sentences(fit: FitRecord) -> list[str]:
    """What an optimiser's starts found, and what cross-validation chose for the prior."""
    d, sentences = fit.diagnostics, []
    if not isinstance(d, OptimiserDiagnostics):
        return []
    if d.starts > 1:
        sentences.append(
            f"Best of {d.starts} starts; the predictions of the others differ from it by "
            f"{significant(d.starts_spread, 2)} on average (total variation, 0 to 1)."
        )
    if d.scale_factor is not None:
        factor = significant(d.scale_factor)
        edge = " (at the edge of the range tried)" if d.scale_factor in SCALE_RANGE else ""
        sentences.append(
            f"Cross-validation divides the prior's weight by {factor}², as if Normal priors were "
            f"{factor} times as wide as the card's{edge}."
        )
    return sentences


def _evidence(fit: FitRecord) -> list[tuple[str, float | None]]:
    """The numbers behind a status, and what they are."""
    match fit.diagnostics:
        case SamplerDiagnostics() as d:
            return _of_sampler(fit.status, d)
        case LaplaceDiagnostics() as d:
            return _of_laplace(fit.status, d)
        case OptimiserDiagnostics() as d if fit.status in (Status.SEPARATED, Status.PLATEAU):
            return [
                ("training cross-entropy", d.train_loss),
                ("training accuracy", d.train_right),
            ]
    return []


def _of_sampler(status: Status, d: SamplerDiagnostics) -> list[tuple[str, float | None]]:
    parameters = d.parameters
    predictions = d.predictions or Mixing(rhat_max=None, ess_bulk_min=None, ess_tail_min=None)
    evidence: dict[Status, list[tuple[str, float | None]]] = {
        Status.UNMIXED: [
            ("largest R-hat of parameters", parameters.rhat_max),
            (f"of predictions (at most {MAX_RHAT} required)", predictions.rhat_max),
        ],
        Status.FEW_EFFECTIVE: [
            ("smallest bulk ESS of parameters", parameters.ess_bulk_min),
            ("tail ESS", parameters.ess_tail_min),
            ("bulk ESS of predictions", predictions.ess_bulk_min),
            (f"tail ESS ({ENOUGH_DRAWS})", predictions.ess_tail_min),
        ],
        Status.DIVERGENT: [("share of divergent transitions", d.divergent_share)],
        Status.LOW_ENERGY: [(f"E-BFMI (at least {MIN_BFMI} required)", d.bfmi_min)],
        Status.DEPTH_LIMITED: [("share of draws at the limit", d.depth_limited_share)],
    }
    return evidence.get(status, [])


def _of_laplace(status: Status, d: LaplaceDiagnostics) -> list[tuple[str, float | None]]:
    return {
        Status.NOT_NORMAL: [(f"Pareto k (at most {MAX_PARETO_K} required)", d.pareto_k)],
        Status.APPROXIMATE: [("Pareto k", d.pareto_k), ("effective draws", d.effective_min)],
        Status.FEW_EFFECTIVE: [
            (f"effective draws after weighting ({ENOUGH_DRAWS})", d.effective_min)
        ],
    }.get(status, [])


def _remedy(fit: FitRecord) -> str:
    """What usually helps against a failed check."""
    d = fit.diagnostics
    predictions = d.predictions if isinstance(d, SamplerDiagnostics) else None
    if (
        fit.status is Status.UNMIXED
        and predictions is not None
        and at_most(predictions.rhat_max, MAX_RHAT)
    ):
        return (
            "the chains agree about predictions, so the parameters may be interchangeable, like "
            "hidden units; if so, --set identified=false checks predictions only"
        )
    if fit.status is Status.DIVERGENT:
        return "smaller steps may help: --set target_accept=0.99"
    if fit.status is Status.NOT_NORMAL:
        return "use NUTS (the column bayes), which needs no approximation"
    return "more draws may help: --set draws=2000 --set tune=1000"
