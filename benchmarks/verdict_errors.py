"""How often each verdict is given to forecasts of known calibration: docs/verdicts.md.

Three classes; the true logits are independent normals with standard deviation
1.5 and labels are drawn from their softmax. The forecast is the softmax of the
true logits, multiplied or shifted. Nothing is fitted: only the verdict is on
trial, with the code that judges a comparison. A quarter of an hour.

Run it with: make test-verdicts
"""

from collections import Counter
from pathlib import Path

import numpy as np
from scipy.special import log_softmax, softmax

from trifit.calibration import slope_intercept
from trifit.run.evidence import gather
from trifit.types import Status
from trifit.verdict import judge

SEED = 20261121
CLASSES = ("a", "b", "c")
SPREAD = 1.5
REPLICATIONS = {100: 300, 300: 300, 1000: 150, 10_000: 25}
"""Twice as many for calibrated forecasts: their false alarms are rare."""

FORECASTS = {
    "calibrated": lambda z: z,
    "over-confident by 1.43 (slope 0.7)": lambda z: z / 0.7,
    "over-confident by 1.5": lambda z: 1.5 * z,
    "over-confident by 2": lambda z: 2 * z,
    "under-confident by 1.5": lambda z: z / 1.5,
    "class a forecast too often (log-odds + 0.5)": lambda z: z + np.array([0.5, 0.0, 0.0]),
}

VERDICTS = (
    "behaves like probabilities",
    "over-confident",
    "under-confident",
    "miscalibrated otherwise",
    "cannot tell",
)

TARGET = Path(__file__).parents[1] / "docs" / "verdicts.md"


def verdicts(forecast, n_obs, n_replications, seed):
    """Counts of verdicts."""
    rng = np.random.default_rng(seed)
    counts = Counter()
    for _ in range(n_replications):
        logits = rng.normal(size=(n_obs, 3)) * SPREAD
        y = (rng.random(n_obs)[:, None] > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)
        log_probs = log_softmax(forecast(logits), axis=1)
        slope = slope_intercept(np.exp(log_probs), y)
        evidence = gather(slope, log_probs, y, class_names=CLASSES, rng=rng)
        counts[judge(Status.CONVERGED, evidence).name] += 1
    return counts


def percent(count, n):
    """Share and its Monte Carlo standard error, in per cent; a 95 % limit at 0 and n."""
    if count == 0:
        return f"< {300 / n:.2g}"
    if count == n:
        return f"> {100 - 300 / n:.3g}"
    share = count / n
    return f"{100 * share:.1f} ± {100 * np.sqrt(share * (1 - share) / n):.1f}"


def main():
    """Simulate all cells and write the table."""
    lines = [TARGET.read_text(encoding="utf-8").split("<!-- table -->")[0] + "<!-- table -->"]
    seeds = iter(np.random.SeedSequence(SEED).spawn(len(REPLICATIONS) * len(FORECASTS)))
    for n_obs, n_replications in REPLICATIONS.items():
        lines += [
            f"\n## {n_obs:,} rows\n",
            f"| forecasts | replications | {' | '.join(VERDICTS)} |",
            "|---|---:|" + "---:|" * len(VERDICTS),
        ]
        for name, forecast in FORECASTS.items():
            n = 2 * n_replications if name == "calibrated" else n_replications
            counts = verdicts(forecast, n_obs, n, next(seeds))
            cells = " | ".join(percent(counts[v], n) for v in VERDICTS)
            lines.append(f"| {name} | {n:,} | {cells} |")
            print(n_obs, lines[-1], flush=True)
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
