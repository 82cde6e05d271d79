"""Maximum likelihood of softmax regression: trifit against scikit-learn and statsmodels.

All start at zero and stop by their own rule. Seconds say little without the
accuracy reached, so one function measures the gradient of everybody's answer: the
largest entry, per row, of the gradient with respect to all coefficients.
scikit-learn's lbfgs runs at two tolerances, and trifit is asked to go at least as far
as it came each time.

    python benchmarks/mle.py
"""

import time
import warnings
from functools import partial

import numpy as np
from harness import Part, alternated, at_least, holds, main, ratio
from problems import density_of, simulated
from scipy.special import softmax

TOLERANCES = (1e-4, 1e-8)
"""Of scikit-learn's lbfgs: its default, and trifit's."""


def gradient_norm(X, y, intercept, beta):
    """Largest entry of the cross-entropy's gradient per row, nats."""
    residual = softmax(intercept + X @ beta, axis=1)
    residual[np.arange(len(y)), y] -= 1.0
    return max(abs(residual.sum(axis=0)).max(), abs(X.T @ residual).max()) / len(y)


def trifit(X, y, density, tolerance):
    import msgspec

    from trifit.cards import Optimiser
    from trifit.fit.optimise import maximise
    from trifit.types import Rows

    settings = msgspec.structs.replace(Optimiser(), tolerance=tolerance)
    rng = np.random.default_rng(1)
    fit = maximise("mle", density, Rows(X, y), settings, rng, prior=0.0)
    n_classes = int(y.max()) + 1
    params = fit.draws[0, 0]
    return params[:n_classes], params[n_classes:].reshape(X.shape[1], n_classes)


def scikit_learn(X, y, solver, tolerance):
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=np.inf, solver=solver, tol=tolerance, max_iter=10_000).fit(X, y)
    return fit.intercept_, fit.coef_.T


def statsmodels(X, y):
    """Newton with its own tolerance, its results object included: the fit comes with it."""
    from statsmodels.discrete.discrete_model import MNLogit

    design = np.column_stack([np.ones(len(X)), X])
    weights = MNLogit(y, design).fit(disp=False).params
    weights = np.column_stack([np.zeros(len(weights)), weights])
    return weights[0], weights[1:]


def run(X, y, fit):
    """Seconds of one fit and the gradient it left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        answer = fit(X, y)
        return time.perf_counter() - start, gradient_norm(X, y, *answer)


def measure(n_obs=200_000, n_features=50, n_classes=7, repeats=3):
    from trifit.cards import load_card

    X, y = simulated(n_obs, n_features, n_classes)
    density = density_of(load_card("softmax"), X, y)
    peers = {
        f"scikit-learn lbfgs, {tolerance:.0e}": partial(
            scikit_learn, solver="lbfgs", tolerance=tolerance
        )
        for tolerance in TOLERANCES
    }
    others = {
        "scikit-learn newton-cholesky": partial(
            scikit_learn, solver="newton-cholesky", tolerance=TOLERANCES[0]
        ),
        "statsmodels MNLogit": statsmodels,
    }
    few = simulated(2_000, n_features, n_classes)
    for fit in (*others.values(), partial(trifit, density=density, tolerance=0.1)):
        run(*few, fit)  # imports, caches
    left = {name: run(X, y, fit)[1] for name, fit in peers.items()}
    ours = {
        f"trifit, as far as {name}": partial(trifit, density=density, tolerance=left[name] / 2)
        for name in peers
    }
    ours["trifit, as it comes"] = partial(trifit, density=density, tolerance=1e-8)
    turns = alternated(
        {name: partial(run, X, y, fit) for name, fit in (ours | peers).items()}, repeats
    )
    turns |= alternated({name: partial(run, X, y, fit) for name, fit in others.items()}, 1)
    seconds = {name: [each[0] for each in runs] for name, runs in turns.items()}
    left |= {name: runs[0][1] for name, runs in turns.items()}
    aims = []
    for peer, mine in zip(peers, ours, strict=False):
        aims.append(at_least(f"MLE against {peer}", ratio(seconds, peer, mine), 3))
        aims.append(
            holds(f"MLE: gradient left, as a share of that of {peer}", left[mine] / left[peer], 1)
        )
    return Part(
        "Maximum likelihood",
        f"n = {n_obs:,}, d = {n_features}, K = {n_classes}, no penalty. Gradient: its largest "
        "entry per row at the answer, computed by one function. trifit is asked for half of the "
        "gradient that scikit-learn left.",
        ["", "seconds (median)", "gradient left", "runs"],
        [
            [name, f"{np.median(each):.2f}", f"{left[name]:.1e}", len(each)]
            for name, each in seconds.items()
        ],
        aims,
    )


if __name__ == "__main__":
    main(measure)
