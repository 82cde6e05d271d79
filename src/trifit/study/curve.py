"""The learning curve of one table: a study of it with sensible sizes."""

import numpy as np

from trifit.types import Dataset

SIZES, REPLICATIONS = 6, 10

MOST_TRAINING, MOST_HELD_OUT = 5_000, 2_000
"""Most rows of a training set, and held out."""


def default_sizes(dataset: Dataset) -> tuple[list[int], int]:
    """Training rows, evenly spaced on a logarithmic scale up to half of the table; held-out rows.

    The smallest has 20 rows, two of every class, and a twenty-fifth of the largest at least.
    """
    largest = min(dataset.n_obs // 2, MOST_TRAINING)
    rarest = np.bincount(dataset.y, minlength=dataset.n_classes).min() / dataset.n_obs
    smallest = max(20, int(np.ceil(3 / rarest)), int(np.ceil(largest / 25)))
    sizes = np.geomspace(min(smallest, largest), largest, SIZES).round().astype(int)
    return sorted(set(sizes.tolist())), min(dataset.n_obs - largest, MOST_HELD_OUT)
