"""Log-likelihood and gradient of softmax regression: trifit, PyMC's graph, NumPy.

All three get the same theta in the same process, in turn. PyMC's function is the
joined log density of the same ``pm.Model`` compiled in numba mode; NumPy's is the
textbook formula. Their values and gradients must agree to 1e-10.

    python benchmarks/gradient.py
"""

import numpy as np
from harness import Part, alternated, at_least, holds, main, medians, ratio, timed
from problems import density_of, simulated


def pymc_function(X, y):
    """Plain PyMC: value and gradient of the log-likelihood of a flat vector."""
    import pytensor
    from pymc.pytensorf import join_nonshared_inputs

    from trifit.models import softmax_regression

    model = softmax_regression(X, y)
    log_likelihood = model.logp(vars=model.observed_RVs)
    (joined,), flat = join_nonshared_inputs(
        model.initial_point(), [log_likelihood], model.value_vars
    )
    function = pytensor.function([flat], [joined, pytensor.grad(joined, flat)], mode="NUMBA")
    function.trust_input = True
    return function


def numpy_function(X, y, density):
    """The textbook formula; the gradient with respect to intercept and beta is pulled back."""
    rows = np.arange(len(y))
    units = np.eye(density.n_params)
    n_features, n_classes = X.shape[1], int(y.max()) + 1
    pull_back = density.constrain(units) - density.constrain(np.zeros((1, len(units))))

    def function(theta):
        params = density.constrain(theta[None])[0]
        intercept, beta = params[:n_classes], params[n_classes:].reshape(n_features, n_classes)
        scores = X @ beta + intercept
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        total = probs.sum(axis=1, keepdims=True)
        value = (scores[rows, y] - np.log(total[:, 0])).sum()
        residual = -probs / total
        residual[rows, y] += 1.0
        return value, pull_back @ np.concatenate([residual.sum(axis=0), (X.T @ residual).ravel()])

    return function


def disagreement(a, b):
    """Largest relative difference of values and of gradients."""
    return max(abs(a[0] - b[0]) / abs(b[0]), abs(a[1] - b[1]).max() / abs(b[1]).max())


def measure(n_obs=200_000, n_features=50, n_classes=7, repeats=15):
    from trifit.cards import load_card
    from trifit.threads import limited

    X, y = simulated(n_obs, n_features, n_classes)
    density = density_of(load_card("softmax"), X, y)
    objective = density.bind(X, y)
    theta = 0.1 * np.random.default_rng(2).standard_normal(density.n_params)

    def fused():
        with limited():
            return objective(theta, prior=0.0, jacobian=0.0)

    plain, textbook = pymc_function(X, y), numpy_function(X, y, density)
    calls = {
        "trifit": fused,
        "PyMC, numba mode": lambda: plain(theta),
        "NumPy": lambda: textbook(theta),
    }
    results = {name: call() for name, call in calls.items()}  # compiles
    wrong = max(disagreement(results["trifit"], result) for result in results.values())
    runs = alternated({name: lambda c=call: timed(c) for name, call in calls.items()}, repeats)
    rows = [
        [name, f"{1e3 * seconds:.1f}", f"{ratio(runs, name, 'trifit'):.1f}"]
        for name, seconds in medians(runs).items()
    ]
    size = f"n = {n_obs:,}, d = {n_features}, K = {n_classes}"
    return Part(
        "Log-likelihood and gradient",
        f"{size}, hard labels; median of {repeats} calls in turn. Largest relative difference of "
        f"values and gradients: {wrong:.1e}.",
        ["", "ms per call", "times trifit's"],
        rows,
        [
            at_least("gradient against plain PyMC", ratio(runs, "PyMC, numba mode", "trifit"), 3),
            holds("gradient: relative difference from plain PyMC and NumPy", wrong, 1e-10),
        ],
    )


if __name__ == "__main__":
    main(measure)
