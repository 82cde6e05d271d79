"""Data of benchmarks: simulated softmax classes, and bundled sets as the models see them."""

import numpy as np

PRIOR_SCALE = 2.5
"""Of trifit's and the peers' coefficients, where a benchmark gives no other."""


def simulated(n_obs, n_features, n_classes, seed=1):
    """Standard normal features and classes of a softmax-linear model that overlap."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_obs, n_features))
    y = classes_of(X, coefficients(n_features, n_classes, rng), rng)
    return X, y


def coefficients(n_features, n_classes, rng):
    """True coefficients: log-odds of standard deviation 1.5."""
    return rng.normal(scale=1.5 / np.sqrt(n_features), size=(n_features, n_classes))


def classes_of(X, beta, rng):
    """Classes drawn from ``softmax(X @ beta)`` (the largest of logits with Gumbel noise)."""
    logits = X @ beta
    return (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def bundled(name):
    """A bundled set with standardised features."""
    import trifit
    from trifit.data.preprocess import Standardiser

    data = trifit.load_dataset(name)
    return Standardiser.fit(data.X).transform(data.X), data.y


def fixed(card):
    """A card whose training rows would choose the prior's scale, with that of the peers."""
    return card.with_overrides({"prior_scale": PRIOR_SCALE}) if card.chooses_scale else card


def density_of(card, X, y):
    """The density of a card's model for any number of rows; few rows are enough to build it."""
    from trifit.fit import build_density

    n_classes = int(y.max()) + 1
    return build_density(
        fixed(card),
        np.ascontiguousarray(X[:1000]),
        np.ascontiguousarray(y[:1000]),
        feature_names=tuple(f"x{j}" for j in range(X.shape[1])),
        class_names=tuple(f"c{k}" for k in range(n_classes)),
    )
