"""Splits of rows that keep the shares of classes: scikit-learn's, number by number.

scikit-learn takes longer to load than all fits to a small table. It still splits groups.
"""

import warnings

import numpy as np

from trifit.types import FloatArray, IntArray

type Part = tuple[IntArray, IntArray]
"""Rows for training and for testing."""


def stratified_folds(
    y: IntArray, n_folds: int, seed: int, groups: IntArray | None = None
) -> list[Part]:
    """``StratifiedKFold`` or ``StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)``.

    Parameters
    ----------
    y : array of shape (n_obs,)
        Class codes; a class may have fewer rows than there are folds.
    n_folds : int
        At most as many as the largest class has rows.
    seed : int
    groups : array of shape (n_obs,), optional
        Rows that stay together.

    Raises
    ------
    ValueError
        If there is one fold alone.
    """
    if n_folds < 2:
        raise ValueError(f"n_folds={n_folds}: expected at least 2")
    if groups is not None:
        from sklearn.model_selection import StratifiedGroupKFold

        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
            return list(splitter.split(y, y, groups))
    rng = np.random.RandomState(seed)
    _, first, code = np.unique(y, return_index=True, return_inverse=True)
    code = first.argsort().argsort()[code]  # by first appearance
    in_order = np.sort(code)
    sizes = [np.bincount(in_order[k::n_folds], minlength=len(first)) for k in range(n_folds)]
    fold = np.empty(len(y), dtype=np.int64)
    for k in range(len(first)):
        of_class = np.repeat(np.arange(n_folds), [size[k] for size in sizes])
        rng.shuffle(of_class)
        fold[code == k] = of_class
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]


def stratified_holdout(y: IntArray, share: float, seed: int) -> Part:
    """``train_test_split(..., test_size=share, stratify=y, random_state=seed)``, rows in order.

    Parameters
    ----------
    y : array of shape (n_obs,)
        Class codes.
    share : float
        Of test rows, between 0 and 1.
    seed : int

    Raises
    ------
    ValueError
        If a class has one row alone, or a part would have fewer rows than there are classes.
    """
    _, code, count = np.unique(y, return_inverse=True, return_counts=True)
    n_test = int(np.ceil(share * len(y)))
    n_train = len(y) - n_test
    if count.min() < 2:
        raise ValueError("a class has one row alone")
    for n, what in ((n_train, "training"), (n_test, "test")):
        if n < len(count):
            raise ValueError(f"{n} {what} rows are fewer than the classes")
    rng = np.random.RandomState(seed)
    for_training = _allotted(count, n_train, rng)
    for_testing = _allotted(count - for_training, n_test, rng)
    train, test = [], []
    for k, n in enumerate(count):
        rows = np.flatnonzero(code == k)[rng.permutation(n)]
        end = for_training[k] + for_testing[k]
        train.append(rows[: for_training[k]])
        test.append(rows[for_training[k] : end])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def _allotted(count: IntArray, n: int, rng: np.random.RandomState) -> IntArray:
    """How many of ``n`` draws each class has: its share, rounded; ties at random."""
    expected: FloatArray = count / count.sum() * n
    allotted = np.floor(expected)
    left = int(n - allotted.sum())
    rest = expected - allotted
    for value in np.unique(rest)[::-1]:
        if left == 0:
            break
        tied = np.flatnonzero(rest == value)
        more = rng.choice(tied, size=min(len(tied), left), replace=False)
        allotted[more] += 1
        left -= len(more)
    return allotted.astype(np.int64)
