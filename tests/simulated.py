"""Predictions whose truth is known."""

from scipy.special import softmax


def draw_labels(rng, probs):
    """Class codes drawn from rows of probabilities."""
    return (rng.random(len(probs))[:, None] >= probs.cumsum(axis=1)[:, :-1]).sum(axis=1)


def simulated(rng, n, n_classes=3, *, slope=1.0):
    """Forecasts, labels and true probabilities; true log-odds are ``slope`` times the forecast."""
    logits = 1.5 * rng.normal(size=(n, n_classes))
    probs, truth = softmax(logits, axis=1), softmax(slope * logits, axis=1)
    return probs, draw_labels(rng, truth), truth
