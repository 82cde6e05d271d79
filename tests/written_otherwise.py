"""A problem as tables, and the same problem written otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from trifit.data import load_dataset

N_TRAIN, N_TEST = 40, 24


@dataclass(frozen=True)
class Written:
    """A problem as tables, and where its rows, classes and features stand in the first writing.

    Attributes
    ----------
    train, test : DataFrame
        Features ``x0``, ``x1``, ... and the target ``y``.
    classes : tuple of str
    rows : array of shape (N_TEST,)
        Rows of the first writing's test table.
    order : array of shape (n_classes,)
        Classes of the first writing.
    turned : tuple of str
        Features that were multiplied by a negative number.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    classes: tuple[str, ...]
    rows: np.ndarray
    order: np.ndarray
    turned: tuple[str, ...] = ()

    @classmethod
    def first(cls, X, y):
        table = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
        classes = tuple("abc"[: y.max() + 1])
        table["y"] = np.array(classes)[y]
        return cls(
            table[:N_TRAIN].reset_index(drop=True),
            table[N_TRAIN:].reset_index(drop=True),
            classes,
            np.arange(N_TEST),
            np.arange(len(classes)),
        )

    def dataset(self, **options):
        given = {"test": self.test, "classes_order": self.classes} | options
        return load_dataset(self.train, "y", **given)

    def both(self, change: Callable[[pd.DataFrame], pd.DataFrame]):
        return replace(self, train=change(self.train), test=change(self.test))


def problem_of(seed, n_classes, n_features, *, tied=False, strength=1.0):
    """Few rows of overlapping or separable classes, not equally frequent, in both tables."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_TRAIN + N_TEST, n_features))
    if tied:
        X = X.round()
    scores = strength * X @ rng.normal(size=(n_features, n_classes)) + 0.5 * np.arange(n_classes)
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    y[: 2 * n_classes] = y[-2 * n_classes :] = np.tile(np.arange(n_classes), 2)
    return Written.first(X, y)


def classes_renamed(rng, problem):
    order = rng.permutation(len(problem.classes))
    names = {name: f"{'zyx'[k]} {name}" for k, name in enumerate(problem.classes)}
    renamed = problem.both(lambda table: table.assign(y=table["y"].map(names)))
    classes = tuple(names[problem.classes[k]] for k in order)
    return replace(renamed, classes=classes, order=problem.order[order])


def rows_permuted(rng, problem):
    train, test = rng.permutation(N_TRAIN), rng.permutation(N_TEST)
    return replace(
        problem,
        train=problem.train.iloc[train].reset_index(drop=True),
        test=problem.test.iloc[test].reset_index(drop=True),
        rows=problem.rows[test],
    )


def columns_permuted(rng, problem):
    columns = list(rng.permutation(problem.train.columns))
    return problem.both(lambda table: table[columns])


def features_rescaled(rng, problem):
    names = [name for name in problem.train if name.startswith("x")]
    a = 10 ** rng.uniform(-4, 4, len(names)) * rng.choice([-1, 1], len(names))
    b = a * rng.uniform(-10, 10, len(names))
    rescaled = problem.both(lambda table: table.assign(**dict(table[names] * a + b)))
    turned = tuple(name for name, factor in zip(names, a, strict=True) if factor < 0)
    return replace(rescaled, turned=turned)


def constant_added(rng, problem):
    at = int(rng.integers(problem.train.shape[1] + 1))

    def with_constant(table):
        table = table.copy()
        table.insert(at, "always", 7.25)
        return table

    return problem.both(with_constant)


CHANGES = [classes_renamed, rows_permuted, columns_permuted, features_rescaled, constant_added]


def all_at_once(rng, problem):
    for change in CHANGES:
        problem = change(rng, problem)
    return problem
