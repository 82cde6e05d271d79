"""Everything one comparison has fitted, as its records are made from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trifit.checks import Labels
from trifit.contestants import posterior_of
from trifit.fit import Density
from trifit.run.fits import TrainedFits
from trifit.run.problem import Part, Problem
from trifit.types import FloatArray, IntArray, Prediction


@dataclass(frozen=True, eq=False)
class Fitted:
    """The fits of one comparison and their predictions for its held-out rows.

    Attributes
    ----------
    problem : Problem
    test_rows : shape (n_test,)
        Row numbers of the held-out rows, part after part.
    parts, trained, predictions : one per training set
        Its rows, its fits, and what they predict for its held-out rows.
    last : (TrainedFits, Part)
        The fits behind parameters and posterior: with folds a further one of all
        rows, else the only one.
    """

    problem: Problem
    test_rows: IntArray
    parts: Sequence[Part]
    trained: Sequence[TrainedFits]
    predictions: Sequence[Mapping[str, Prediction]]
    last: tuple[TrainedFits, Part]

    @property
    def density(self) -> Density:
        """The model that was fitted."""
        return self.problem.density

    @property
    def y(self) -> Labels:
        """Labels of the held-out rows: class codes, or soft labels as distributions."""
        return self.problem.dataset.labels[self.test_rows]

    @property
    def codes(self) -> IntArray:
        """Class codes of the held-out rows; with soft labels the most likely classes."""
        return self.problem.dataset.y[self.test_rows]

    @property
    def posterior(self) -> str | None:
        """The fit that is called the posterior: ``bayes``, else ``laplace``, else none."""
        return posterior_of(self.trained[0].fits)

    @cached_property
    def log_probs(self) -> dict[str, FloatArray]:
        """Pooled log predictive probabilities of every fit, (n_test, n_classes)."""
        return {
            name: np.concatenate([p[name].log_probs for p in self.predictions])
            for name in self.predictions[0]
        }

    @cached_property
    def where(self) -> list[tuple[int, int]]:
        """(part, row within its test rows) of every held-out row."""
        return [(k, i) for k, part in enumerate(self.parts) for i in range(len(part.test))]
