"""Everything one comparison has fitted, as its records are made from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from trifit.clusters import of_rows
from trifit.contestants import fullest_of, posterior_of
from trifit.crossfit.classifier import Classifier, probe_of
from trifit.crossfit.problem import Part, Problem
from trifit.devices import Device
from trifit.fit import Density
from trifit.fits import Fit, Prediction
from trifit.forecasts import Forecasts
from trifit.inputs import Labels
from trifit.recalibration.temperature import Temperature
from trifit.results import ChosenScale
from trifit.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Trained:
    """One training set: its rows, the fits to them, and what these predict.

    Attributes
    ----------
    part : Part
    test_rows : array of shape (n_test,)
        Row numbers of its held-out rows.
    fits : mapping of str to Fit
    predictions : mapping of str to Prediction
        For the held-out rows; empty where nothing is held out.
    density : Density
        The model, with the prior that these fits had.
    prior_scale : ChosenScale or None
        Of that prior, where these training rows chose it.
    """

    part: Part
    test_rows: IntArray
    fits: Mapping[str, Fit]
    predictions: Mapping[str, Prediction]
    density: Density
    prior_scale: ChosenScale | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """The fits of one comparison and their predictions for its held-out rows.

    Attributes
    ----------
    problem : Problem
    folds : sequence of Trained
        Training sets whose held-out rows are scored, pooled in this order.
    final : Trained
        What parameters and posterior are shown of: with cross-validation a
        further training set of all rows, else the only one.
    rivals : mapping of str to array of shape (n_test, n_classes)
        Log probabilities that others gave the pooled held-out rows.
    device : Device or None
        Where the fits were made; None for the CPU.
    """

    problem: Problem
    folds: Sequence[Trained]
    final: Trained
    rivals: Mapping[str, FloatArray] = field(default_factory=dict)
    device: Device | None = None

    @property
    def every(self) -> list[Trained]:
        """All training sets."""
        return [*self.folds, *([] if self.final is self.folds[-1] else [self.final])]

    @property
    def density(self) -> Density:
        """The model that was fitted, with the prior of the final fits."""
        return self.final.density

    @cached_property
    def test_rows(self) -> IntArray:
        """Row numbers of the held-out rows, fold after fold."""
        return np.concatenate([fold.test_rows for fold in self.folds])

    @property
    def y(self) -> Labels:
        """Labels of the held-out rows: class codes, or soft labels as distributions."""
        return self.problem.dataset.labels[self.test_rows]

    @property
    def codes(self) -> IntArray:
        """Class codes of the held-out rows; with soft labels the most likely classes."""
        return self.problem.dataset.y[self.test_rows]

    @property
    def groups(self) -> IntArray | None:
        """Groups of the held-out rows; None where every row is independent."""
        return of_rows(self.problem.dataset.groups, self.test_rows)

    @property
    def names(self) -> list[str]:
        """Names of the fits."""
        return list(self.final.fits)

    @property
    def posterior(self) -> str | None:
        """The fit that is called the posterior: ``bayes``, else ``laplace``, else none."""
        return posterior_of(self.names)

    @property
    def fullest(self) -> str:
        """The fit that knows most: the posterior, else its mode."""
        return fullest_of(self.names)

    @property
    def temperatures(self) -> list[Temperature]:
        """Those of ``mle+T``, one for each fold."""
        found = (fold.fits["mle+T"].recalibration for fold in self.folds)
        return [each for each in found if isinstance(each, Temperature)]

    @cached_property
    def classifier(self) -> Classifier:
        """The fits to all training rows, as plain data."""
        problem, final = self.problem, self.final
        card, chosen = problem.card, final.prior_scale
        return Classifier(
            card if chosen is None else card.with_scale(chosen.value),
            problem.dataset.feature_names,
            problem.dataset.class_names,
            problem.varies,
            final.part.standardiser,
            final.fits,
            probe_of(problem.density, final.fits, final.part.train.X),
            final.part.rotation,
        )

    @cached_property
    def log_probs(self) -> dict[str, FloatArray]:
        """Pooled log predictive probabilities of every fit, then rival, (n_test, n_classes)."""
        fits = {
            name: np.concatenate([fold.predictions[name].log_probs for fold in self.folds])
            for name in self.names
        }
        return fits | dict(self.rivals)

    @property
    def forecasts(self) -> Forecasts:
        """Every fit's and rival's forecasts of the held-out rows."""
        return Forecasts(self.log_probs, self.y, self.problem.dataset.class_names, self.groups)

    @cached_property
    def where(self) -> list[tuple[Trained, int]]:
        """Fold, and row within its held-out rows, of every held-out row."""
        return [(fold, i) for fold in self.folds for i in range(len(fold.test_rows))]
