"""The answer in two sentences."""

from trifit.contestants import FREQUENCIES
from trifit.results import Comparison, Verdict, clear_best
from trifit.text import listed, with_se

HEADLINE = {
    Verdict.BEHAVES: ("behaves like probabilities", "behave like probabilities"),
    Verdict.NO_MLE: ("does not exist", "do not exist"),
    Verdict.OVER_CONFIDENT: ("is over-confident", "are over-confident"),
    Verdict.UNDER_CONFIDENT: ("is under-confident", "are under-confident"),
    Verdict.MISCALIBRATED: ("is miscalibrated otherwise", "are miscalibrated otherwise"),
    Verdict.FAILED: ("cannot be trusted", "cannot be trusted"),
}
"""What one fit is, and what several are, in the order of the headline."""


def headline(c: Comparison) -> str:
    """Every contestant's verdict, and which predicts best."""
    parts = []
    for verdict, (one, several) in HEADLINE.items():
        names = [n for n, judged in c.contestants.items() if judged.verdict is verdict]
        if names:
            parts.append(f"{listed(names)} {one if len(names) == 1 else several}")
    unsure = [n for n, judged in c.contestants.items() if judged.verdict is Verdict.UNCERTAIN]
    if unsure:
        parts.append(
            f"{c.evaluation.n_test:,} test rows cannot tell whether the outputs of "
            f"{listed(unsure)} are probabilities"
        )
    return f"{'; '.join(parts)}. {_prediction(c)}"


def _prediction(c: Comparison) -> str:
    """Which fit predicts best, if the differences allow saying so."""
    if not any(
        d.b == FREQUENCIES and d.log_loss.value < 0 and d.a not in c.failed
        for d in c.differences
        if d.log_loss.clear
    ):
        return "No fit predicts clearly better than the bare class frequencies."
    best = clear_best(c)
    if best is None:
        return "No fit's log-loss is clearly below that of all others."
    loss = c.contestants[best].scores.log_loss
    return f"{best} has the smallest log-loss, {with_se(loss.value, loss.se)} nats."
