"""How often each verdict is given to forecasts of known calibration: docs/verdicts.md.

Logits are drawn, labels are drawn from their softmax, and the forecast is the softmax
of the true logits, multiplied or shifted. Nothing is fitted: only the verdict is on
trial, with the code that judges a comparison. Three designs:

- three classes (independent normal logits, standard deviation 1.5);
- two classes, one of them rare (log-odds with standard deviation 1.2 around the value
  that gives the prevalence);
- calibrated predictions of 2 to 100 classes.

An hour or two on two cores. Run it with: make test-verdicts
"""

from collections import Counter
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from scipy import special
from scipy.optimize import brentq

from trifit.forecasts import Forecasts
from trifit.judge import verdict_on
from trifit.judge.calibration import calibration
from trifit.results import Verdict
from trifit.words import VERDICTS as WORDS

SEED = 20261127
VERDICTS = (
    Verdict.BEHAVES,
    Verdict.OVER_CONFIDENT,
    Verdict.UNDER_CONFIDENT,
    Verdict.MISCALIBRATED,
    Verdict.UNCERTAIN,
)

SPREAD = 1.5
THREE_CLASSES = {100: 300, 300: 300, 1000: 150, 10_000: 40}
"""Rows and replications; twice as many for calibrated predictions: their false alarms are rare."""

FORECASTS = {
    "calibrated": lambda z: z,
    "over-confident by 1.11 (slope 0.9)": lambda z: z / 0.9,
    "over-confident by 1.43 (slope 0.7)": lambda z: z / 0.7,
    "over-confident by 1.5": lambda z: 1.5 * z,
    "over-confident by 2": lambda z: 2 * z,
    "under-confident by 1.5": lambda z: z / 1.5,
    "class a predicted too often (log-odds + 0.5)": lambda z: z + np.array([0.5, 0.0, 0.0]),
}

RARE_SPREAD = 1.2
PREVALENCES = (0.5, 0.1, 0.02, 0.005, 0.001)
RARE_ROWS = {1000: 100, 10_000: 40, 100_000: 12}
RARE_FORECASTS = {
    "calibrated": (0.0, 1.0),
    "odds 1.5 times too large": (np.log(1.5), 1.0),
    "odds 3 times too large": (np.log(3.0), 1.0),
    "slope 0.9": (0.0, 0.9),
    "slope 0.7": (0.0, 0.7),
}
"""Shift of the log-odds, and the slope that would mend their spread."""

CLASSES = (2, 3, 10, 30, 100)
CLASS_ROWS = {30: 200, 100: 200, 300: 200, 1000: 100, 10_000: 12, 100_000: 4}

TARGET = Path(__file__).parents[1] / "docs" / "verdicts.md"


def three_classes(rng, n_obs, forecast):
    """Log probabilities and labels."""
    logits = rng.normal(size=(n_obs, 3)) * SPREAD
    return special.log_softmax(FORECASTS[forecast](logits), axis=1), drawn(rng, logits)


def many_classes(rng, n_obs, n_classes):
    """Calibrated log probabilities and labels."""
    logits = rng.normal(size=(n_obs, n_classes)) * SPREAD
    return special.log_softmax(logits, axis=1), drawn(rng, logits)


def rare_event(rng, n_obs, prevalence, forecast):
    """Log probabilities and labels of two classes."""
    shift, slope = RARE_FORECASTS[forecast]
    centre = intercept(prevalence)
    log_odds = centre + RARE_SPREAD * rng.normal(size=n_obs)
    y = (rng.random(n_obs) < special.expit(log_odds)).astype(int)
    given = centre + (log_odds - centre) / slope
    if slope != 1:  # right on average: the slope alone is wrong
        wanted = special.expit(log_odds).mean()
        given += brentq(lambda c: special.expit(given + c).mean() - wanted, -10, 10)
    given += shift
    return special.log_softmax(np.column_stack([np.zeros(n_obs), given]), axis=1), y


def intercept(prevalence):
    """Mean of the normal log-odds whose mean probability is the prevalence."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    weights = weights / weights.sum()
    return brentq(lambda a: weights @ special.expit(a + RARE_SPREAD * nodes) - prevalence, -30, 30)


def drawn(rng, logits):
    """Labels drawn from the softmax of logits."""
    edges = special.softmax(logits, axis=1).cumsum(axis=1)[:, :-1]
    return (rng.random(len(logits))[:, None] > edges).sum(axis=1)


def verdicts(make, arguments, n_replications, seed):
    """Counts of verdicts."""
    rng = np.random.default_rng(seed)
    counts = Counter()
    for _ in range(n_replications):
        log_probs, y = make(rng, *arguments)
        names = [str(k) for k in range(log_probs.shape[1])]
        forecasts = Forecasts({"fit": log_probs}, y, names)
        counts[verdict_on(calibration(forecasts, "fit", rng))] += 1
    return counts


def percent(count, n):
    """Share and its Monte Carlo standard error, in per cent; a 95 % limit at 0 and n."""
    if count == 0:
        return f"< {min(300 / n, 99):.2g}"
    if count == n:
        return f"> {max(100 - 300 / n, 1):.3g}"
    share = count / n
    return f"{100 * share:.1f} ± {100 * np.sqrt(share * (1 - share) / n):.1f}"


def cells():
    """(title of the table, name of the row, function, arguments, replications) of every cell."""
    for n_obs, n in THREE_CLASSES.items():
        for name in FORECASTS:
            times = 2 * n if name == "calibrated" else n
            yield f"Three classes, {n_obs:,} rows", name, three_classes, (n_obs, name), times
    for name in RARE_FORECASTS:
        for prevalence in PREVALENCES:
            for n_obs, n in RARE_ROWS.items():
                times = 2 * n if name == "calibrated" else n
                row = f"{100 * prevalence:g} % of {n_obs:,} ({prevalence * n_obs:g} expected)"
                arguments = (n_obs, prevalence, name)
                yield f"Two classes: {name}", row, rare_event, arguments, times
    for n_classes in CLASSES:
        for n_obs, n in CLASS_ROWS.items():
            arguments = (n_obs, n_classes)
            yield "Calibrated", f"{n_classes} classes, {n_obs:,} rows", many_classes, arguments, n


def main():
    """Simulate all cells and write the tables."""
    plan = list(cells())
    seeds = np.random.SeedSequence(SEED).spawn(len(plan))
    found = Parallel(n_jobs=2, verbose=5)(
        delayed(verdicts)(make, arguments, n, seed)
        for (_, _, make, arguments, n), seed in zip(plan, seeds, strict=True)
    )
    lines = [TARGET.read_text(encoding="utf-8").split("<!-- table -->")[0] + "<!-- table -->"]
    title = None
    for (table, row, _, _, n), counts in zip(plan, found, strict=True):
        if table != title:
            lines += [
                f"\n## {table}\n",
                f"| predictions | replications | {' | '.join(WORDS[v] for v in VERDICTS)} |",
                "|---|---:|" + "---:|" * len(VERDICTS),
            ]
            title = table
        lines.append(f"| {row} | {n:,} | {' | '.join(percent(counts[v], n) for v in VERDICTS)} |")
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
