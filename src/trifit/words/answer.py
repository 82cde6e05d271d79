"""The answer in a few sentences."""

from trifit.contestants import FREQUENCIES
from trifit.results import Comparison, Verdict, clear_best
from trifit.text import listed, with_se

HEADLINE = {
    Verdict.BEHAVES: ("behaves like probabilities", "behave like probabilities"),
    Verdict.OVER_CONFIDENT: ("is over-confident", "are over-confident"),
    Verdict.UNDER_CONFIDENT: ("is under-confident", "are under-confident"),
    Verdict.MISCALIBRATED: ("is otherwise miscalibrated", "are otherwise miscalibrated"),
    Verdict.UNCERTAIN: ("remains uncertain", "remain uncertain"),
    Verdict.FAILED: ("failed its checks", "failed their checks"),
}
"""What one model is, and what several are, in the order of the headline."""


def headline(c: Comparison) -> str:
    """Every contestant's verdict, and which predicts best."""
    return " ".join([*_verdicts(c), *_no_mle(c), _prediction(c)])


def _verdicts(c: Comparison) -> list[str]:
    """One sentence; none where no MLE exists for any contestant."""
    parts = []
    for verdict, (one, several) in HEADLINE.items():
        names = _named(c, verdict)
        if names:
            after = f" with {c.evaluation.n_test:,} test rows"
            words = one if len(names) == 1 else several
            parts.append(f"{listed(names)} {words}{after * (verdict is Verdict.UNCERTAIN)}")
    return [f"{'; '.join(parts)}."] if parts else []


def _no_mle(c: Comparison) -> list[str]:
    names = _named(c, Verdict.NO_MLE)
    if not names:
        return []
    verb = "depends" if len(names) == 1 else "depend"
    return [f"No MLE exists: {listed(names)} {verb} on where the optimiser stopped."]


def _named(c: Comparison, verdict: Verdict) -> list[str]:
    return [name for name, judged in c.contestants.items() if judged.verdict is verdict]


def _prediction(c: Comparison) -> str:
    """Which model predicts best, if the differences allow saying so."""
    if not any(
        d.b == FREQUENCIES and d.log_loss.value < 0 and d.a not in c.failed
        for d in c.differences
        if d.log_loss.clear
    ):
        return "No model predicts clearly better than the class frequencies."
    best = clear_best(c)
    if best is None:
        return "No model has a clearly lower log-loss than all others."
    loss = c.contestants[best].scores.log_loss
    if len(c.contestants) == 1:
        return (
            f"Its log-loss, {with_se(loss.value, loss.se)} nats per row, is clearly below that of "
            "the class frequencies."
        )
    return f"{best} has the lowest log-loss, {with_se(loss.value, loss.se)} nats per row."
