"""The verdict on a checked model, in sentences."""

from trifit.fits import Status
from trifit.results.check import ALPHA, MIN_RANKS, MIN_SHARE, Check, CheckedFit
from trifit.text import counted, p_equals, p_value
from trifit.words.status import STATUSES

METHOD = {"bayes": "NUTS", "laplace": "Laplace"}
"""What computes a posterior, by the contestant's name."""

LISTED = 3
"""Most quantities that a verdict names."""


def check_verdict(check: Check) -> str:
    """The verdicts of all methods, a sentence each."""
    return " ".join(fit_verdict(check, fit) for fit in check.fits)


def fit_verdict(check: Check, fit: CheckedFit) -> str:
    """The verdict on one method's posterior."""
    name = METHOD[fit.method]
    if fit.outcome == "not judged":
        return (
            f"{name}: not judged, for only {fit.n_ranked} of {check.replications} fits passed "
            f"their checks (at least {MIN_RANKS}, and {MIN_SHARE:.0%} of all, are needed)."
        )
    if fit.outcome == "no error found":
        return (
            f"{name}: no error found. In {counted(fit.n_ranked, 'replication')} the ranks of all "
            f"{len(fit.quantities)} quantities are as uniform as those of a right posterior "
            f"(smallest p-value {p_value(min(q.adjusted for q in fit.quantities))})."
        )
    named = ", ".join(
        f"{q.name} {LEANS[q.deviation]} ({p_equals(q.adjusted)})" for q in fit.wrong[:LISTED]
    )
    more = len(fit.wrong) - LISTED
    others = f"; so are {more} of the other quantities" if more > 0 else ""
    return f"{name}: the posterior is wrong: {named}{others}."


LEANS = {
    "too low": "is too low",
    "too high": "is too high",
    "too narrow": "is too narrow",
    "too wide": "is too wide",
    "off": "has ranks that are not uniform",
}


def left_out_text(check: Check, fit: CheckedFit) -> str:
    """How many fits failed their checks, and why; empty where none did."""
    if not fit.left_out:
        return ""
    parts = [f"{n} ({STATUSES[Status(status)]})" for status, n in fit.left_out.items()]
    return (
        f"{METHOD[fit.method]}: {sum(fit.left_out.values())} of {check.replications} fits failed "
        f"their checks and have no ranks: {', '.join(parts)}."
    )


def how_judged() -> str:
    """The rule behind the verdicts."""
    return (
        "A posterior is called wrong if the ECDF of some quantity's ranks leaves what uniform "
        f"ranks do with p below {ALPHA:g}, adjusted for the number of quantities (Holm). A right "
        f"one is called wrong in at most {100 * ALPHA:g} of 100 checks of a method, if the number "
        "of replications is fixed beforehand."
    )
