"""Size and power of tests, coverage of bands and intervals; writes docs/calibration-tests.md.

Labels are drawn from known truths; a test that rejects calibrated predictions 5 %
of the time at level 0.05 has honest size. About 20 minutes on one core.

Run it with: make test-size
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from trifit.calibration import binned_error, confidence_band, consistency, corp, tests

SEED = 20261121
SIZE_RUNS, POWER_RUNS, OTHER_RUNS = 2000, 500, 1000
ROWS, CLASSES = (200, 1000), (2, 4)
LEVEL = 0.05

TESTS = {
    "kernel": partial(tests.kernel, detect=False),
    "Spiegelhalter": lambda p, y, seed: tests.spiegelhalter(p, y),
    "Hosmer-Lemeshow": partial(tests.hosmer_lemeshow, detect=False),
    "top label": partial(tests.top_label, detect=False),
}


def scale(log_p, slope):
    return log_softmax(slope * log_p, axis=1)


def shift(log_p, by):
    return log_softmax(log_p + np.r_[by, np.zeros(log_p.shape[1] - 1)], axis=1)


ALTERNATIVES = {
    "calibrated": lambda log_p: log_p,
    "over-confident, slope 0.8": lambda log_p: scale(log_p, 0.8),
    "under-confident, slope 1.25": lambda log_p: scale(log_p, 1.25),
    "first class predicted too low by 0.4 in log-odds": lambda log_p: shift(log_p, 0.4),
}


def forecasts(rng, n, n_classes):
    return log_softmax(rng.normal(size=(n, n_classes)) * 1.5, axis=1)


def draw(rng, log_q):
    edges = np.exp(log_q).cumsum(axis=1)[:, :-1]
    return (rng.random(len(log_q))[:, None] >= edges).sum(axis=1)


def rejections(rng, n, n_classes, truth, runs):
    """Share of runs in which each test rejects."""
    count = dict.fromkeys(TESTS, 0)
    for _ in range(runs):
        log_p = forecasts(rng, n, n_classes)
        y = draw(rng, truth(log_p))
        for name, test in TESTS.items():
            count[name] += test(np.exp(log_p), y, seed=rng).p_value <= LEVEL
    return {name: c / runs for name, c in count.items()}


def power_at_detectable(rng, n, n_classes, runs):
    """Each test's detectable slope for one set of predictions, and its power there."""
    log_p = forecasts(rng, n, n_classes)
    p, y = np.exp(log_p), draw(rng, log_p)
    row = {}
    for name, test in TESTS.items():
        slope = (
            tests.spiegelhalter(p, y)
            if name == "Spiegelhalter"
            else test(p, y, seed=rng, detect=True)
        ).detectable_slope
        log_q = scale(log_p, slope)
        hits = sum(test(p, draw(rng, log_q), seed=rng).p_value <= LEVEL for _ in range(runs))
        row[name] = (slope, hits / runs)
    return row


def fitted_rows(rng, n, runs):
    """Hosmer-Lemeshow on the very rows a logistic regression was fitted to, and on new ones."""
    count = {"training rows": 0, "new rows": 0}
    for _ in range(runs):
        X = rng.normal(size=(2 * n, 3))
        y = (
            rng.random(2 * n) < softmax(np.c_[np.zeros(2 * n), X @ [1.0, 0.5, 0.0]], axis=1)[:, 1]
        ) * 1
        model = LogisticRegression(C=np.inf).fit(X[:n], y[:n])
        for name, rows in (("training rows", slice(0, n)), ("new rows", slice(n, None))):
            p = model.predict_proba(X[rows])
            test = tests.hosmer_lemeshow(p, y[rows], seed=rng, detect=False)
            count[name] += test.p_value <= LEVEL
    return {name: c / runs for name, c in count.items()}


def coverage(rng, n, slope, runs):
    """Share of runs in which bands and intervals hold what they claim to hold."""
    count = dict.fromkeys(COVERED, 0)
    for _ in range(runs):
        log_p = forecasts(rng, n, 2)
        p, log_q = np.exp(log_p), scale(log_p, slope)
        y = draw(rng, log_q)
        band = confidence_band(p[:, 1], y)
        grid = np.array(band.grid[1:-1])
        truth = np.exp(scale(np.log(np.c_[1 - grid, grid]), slope))[:, 1]
        inside = (truth >= band.lower[1:-1]) & (truth <= band.upper[1:-1])
        count["confidence band"] += inside.all()
        null = consistency(p[:, 1], n_resamples=400, seed=rng)
        curve = corp(p[:, 1], (rng.random(n) < p[:, 1]) * 1.0).curve
        x = np.c_[curve.low, curve.high].ravel()
        on_grid = np.interp(null.grid, x, np.repeat(curve.frequency, 2))
        inside = (null.lower_all - 1e-9 <= on_grid) & (on_grid <= null.upper_all + 1e-9)
        count["consistency band"] += inside.all()
        for norm in (1, 2, np.inf):
            options = {"notion": "class-wise", "binning": "mass", "norm": norm}
            error = binned_error(p, y, **options)
            true = binned_error(p, np.exp(log_q), **options).value
            count[f"binned error, norm {norm}"] += error.low <= true <= error.high
    return {name: c / runs for name, c in count.items()}


COVERED = (
    "confidence band",
    "consistency band",
    "binned error, norm 1",
    "binned error, norm 2",
    "binned error, norm inf",
)


def size_and_power(rng, size_runs, power_runs):
    yield row("truth", "classes", "rows", "runs", *TESTS)
    yield "|---" * (4 + len(TESTS)) + "|\n"
    for label, truth in ALTERNATIVES.items():
        runs = size_runs if label == "calibrated" else power_runs
        for n_classes in CLASSES:
            for n in ROWS:
                got = rejections(rng, n, n_classes, truth, runs)
                shares = (f"{share:.3f}" for share in got.values())
                yield row(label, n_classes, f"{n:,}", f"{runs:,}", *shares)


def detectable_slopes(rng, runs):
    yield row("classes", "rows", *TESTS)
    yield "|---" * (2 + len(TESTS)) + "|\n"
    for n_classes in CLASSES:
        for n in ROWS:
            got = power_at_detectable(rng, n, n_classes, runs).values()
            yield row(n_classes, f"{n:,}", *(f"{slope:.3f} ({power:.2f})" for slope, power in got))


def on_fitted_rows(rng, runs):
    yield row("rows", "on its training rows", "on new rows")
    yield "|---" * 3 + "|\n"
    for n in ROWS:
        yield row(f"{n:,}", *(f"{share:.3f}" for share in fitted_rows(rng, n, runs).values()))


def coverages(rng, runs):
    yield row("true slope", "rows", *COVERED)
    yield "|---" * (2 + len(COVERED)) + "|\n"
    for slope in (1.0, 0.6):
        for n in ROWS:
            got = coverage(rng, n, slope, runs)
            yield row(slope, f"{n:,}", *(f"{got[name]:.3f}" for name in COVERED))


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |\n"


def printed(lines):
    """All lines as one text, each printed as it comes."""
    text = ""
    for line in lines:
        print(line, end="", flush=True)
        text += line
    return text


def main(path, share=1.0):
    """Write the page; ``share`` of the runs for a quick look."""
    size_runs, power_runs, runs = (
        max(2, round(share * number)) for number in (SIZE_RUNS, POWER_RUNS, OTHER_RUNS)
    )
    rngs = [np.random.default_rng(SEED + section) for section in range(4)]
    path.write_text(
        PAGE.format(
            seed=SEED,
            power_runs=power_runs,
            runs=runs,
            noise=np.sqrt(LEVEL * (1 - LEVEL) / size_runs),
            table=printed(size_and_power(rngs[0], size_runs, power_runs)),
            detectable=printed(detectable_slopes(rngs[1], power_runs)),
            fitted=printed(on_fitted_rows(rngs[2], runs)),
            covered=printed(coverages(rngs[3], runs)),
        )
    )


PAGE = """# Size, power and coverage, measured

Made by `make test-size` (seed {seed}); definitions in [calibration.md](calibration.md).

Predictions are `softmax(1.5 z)` with standard normal z, fresh in every run; labels are drawn from
the truth in the first column; a test rejects at p <= 0.05 (199 resamples). Share of runs that
reject: in the rows "calibrated" the size, which should be 0.05 (standard error of the simulation
{noise:.3f}), in the other rows the power ({power_runs} runs, standard error at most 0.022).
The three resampled tests have size 0.05 by construction (the observed statistic is among the 10
largest of 200 exchangeable ones), so their "calibrated" rows show the noise of the simulation.

{table}
Spiegelhalter's z tests for over- and under-confidence only, and has the highest power there. It
has hardly any power against a class that is predicted too low, and neither has the top-label test.
The kernel test is the general one. With few rows Hosmer-Lemeshow hardly ever finds
under-confidence.

## Minimum detectable miscalibration

`detectable_slope` of each test for one set of predictions; in brackets the share of
{power_runs} label sets with that slope in which the test rejects, which would be 0.80 if the slope
were exact. The critical values of the resampled tests come from 199 draws, whose noise moves the
slope; more draws (`n_resamples`) reduce it.

{detectable}
## Hosmer-Lemeshow on the rows a model was fitted to

A logistic regression of three features, fitted to as many rows as are tested; share of
{runs} runs that reject. On the training rows the fitted frequencies are too close to the
observed ones, so the test rejects too seldom. On new rows it rejects in more than 5 % of the runs,
rightly: a fitted model is not exactly calibrated.

{fitted}
## Coverage

Two classes, {runs} runs, level 0.95. Confidence band: the whole true curve is inside, at
every prediction. Consistency band: the whole curve of a calibrated draw is inside the simultaneous
band. Binned errors (class-wise, 15 bins of equal mass): the interval holds the binned error
computed from the true probabilities of these rows. (The consistency band, from 400 resamples here
and 1,000 by default, covers slightly less than its level.)

{covered}"""

if __name__ == "__main__":
    main(Path(sys.argv[1]), *(float(share) for share in sys.argv[2:]))
