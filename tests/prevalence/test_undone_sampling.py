"""Trained on a 1:1 subsample of a 2 % world: corrected probabilities against the truth."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from trifit.prevalence import reweighted

BETA = np.array([1.0, -1.0, 0.5, 0.0, 0.0])
RARE, EVEN = np.array([0.98, 0.02]), np.array([0.5, 0.5])


def information(design, weight):
    return (design * weight[:, None]).T @ design


@pytest.fixture(scope="module")
def world():
    """Rows of the world with the true log-odds; 2 % are positive."""
    X = np.random.default_rng(1).normal(size=(100_000, 5))
    alpha = brentq(lambda a: expit(a + X @ BETA).mean() - 0.02, -12, 2)
    return X, alpha


def kl(true, log_probs):
    return np.mean(true * (np.log(true) - log_probs[:, 1]) + (1 - true) * (
        np.log1p(-true) - log_probs[:, 0]
    ))  # fmt: skip


def expected(world, n, n_positive):
    """Expected KL of maximum likelihood: natural rows, and 1:1 rows with known prevalence.

    ``tr(I V) / 2`` with I the information per natural row and V the estimate's covariance. Of a
    1:1 sample V is that of logistic regression, less ``1/n_1 + 1/n_0`` of the intercept
    (Prentice & Pyke 1979, doi:10.1093/biomet/66.3.403).
    """
    X, alpha = world
    design, eta = np.column_stack([np.ones(len(X)), X]), alpha + X @ BETA
    p = expit(eta)
    natural = information(design, p * (1 - p)) / len(X)
    density = p / RARE[1] / 2 + (1 - p) / RARE[0] / 2  # of a row in the 1:1 sample
    q = expit(eta + np.log(RARE[0] / RARE[1]))
    even = information(design, density * q * (1 - q)) / len(X) * 2 * n_positive
    covariance = np.linalg.inv(even)
    covariance[0, 0] -= 2 / n_positive
    return len(natural) / (2 * n), np.trace(natural @ covariance) / 2


def fitted(X, y, there):
    return LogisticRegression(C=np.inf, tol=1e-8, max_iter=500).fit(X, y).predict_log_proba(there)


@pytest.mark.slow
def test_corrected_probabilities_are_as_good_as_their_rows_allow(world):
    """60 worlds of 10,000 rows, about 200 of them positive.

    A 1:1 sample lacks the 9,800 negatives, so it cannot be as good as all rows; it has to be as
    good as theory says of its own rows.
    """
    (X, alpha), rng = world, np.random.default_rng(2)
    there = X[:20_000]
    true = expit(alpha + there @ BETA)
    natural, corrected, uncorrected = [], [], []
    for _ in range(60):
        rows = rng.normal(size=(10_000, 5))
        y = (rng.random(10_000) < expit(alpha + rows @ BETA)).astype(int)
        positive = np.flatnonzero(y)
        negative = rng.choice(np.flatnonzero(y == 0), len(positive), replace=False)
        some = np.r_[positive, negative]
        even = fitted(rows[some], y[some], there)
        natural.append(kl(true, fitted(rows, y, there)))
        corrected.append(kl(true, reweighted(even, EVEN, RARE)))
        uncorrected.append(kl(true, even))
    means = [np.mean(x) for x in (natural, corrected, uncorrected)]
    errors = [np.std(x, ddof=1) / np.sqrt(60) for x in (natural, corrected)]
    theory = expected(world, 10_000, 200)
    print(f"KL {means}, errors {errors}, expected {theory}")
    assert means[0] == pytest.approx(theory[0], abs=3 * errors[0])
    assert means[1] == pytest.approx(theory[1], abs=3 * errors[1])
    assert means[1] < means[2] / 100
