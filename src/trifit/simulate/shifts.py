"""Shifts of a test set, each with the true probabilities of the rows as they are seen.

Severity runs from 0 (none) to 5. What becomes of the truth:

============= ================================================ ===========================
shift         test rows                                        true class probabilities
============= ================================================ ===========================
``covariate`` features move along the diagonal, by half a      unchanged: ``p(y | x)`` at
              standard deviation per step, before labels are   the moved features
              drawn
``label``     the odds of the last class against the first     recomputed, exact:
              double per step, others in between               ``p' ~ w_y p(y | x)``
``noise``     Normal noise on the features, a quarter of       Gaussian mixtures:
              their standard deviation per step                recomputed, exact; else those
                                                               **before** the noise, which
                                                               no forecast can reach
``rotation``  the first two features turned by 15 degrees per  recomputed, exact: those of
              step about their mean, after labels are drawn    the row before its turn
``unseen``    all above the upper quartile of feature 1;       unchanged
              training rows above its 75, 65, 55, 45, 35 %
              point are left out (severity 1 to 5)
============= ================================================ ===========================
"""

from dataclasses import dataclass

import numpy as np

from trifit.errors import InputError, whole_number
from trifit.notes import Note, NoteKind
from trifit.simulate.world import Law, World, draw_labels, draw_until
from trifit.types import FloatArray

SHIFTS = ("covariate", "label", "noise", "rotation", "unseen")

MAX_SEVERITY = 5

REFERENCE_ROWS = 10_000
"""Rows, always the same, from which a world's means, spreads and quantiles are taken."""


@dataclass(frozen=True, eq=False)
class Shift:
    """A shift of one world at one severity.

    Attributes
    ----------
    kind : str
        One of :data:`SHIFTS`.
    severity : int
    law : Law
    reference : array of shape (n_reference, n_features)
        Rows of the unshifted world.
    """

    kind: str
    severity: int
    law: Law
    reference: FloatArray

    @classmethod
    def of(cls, world: World, kind: str, severity: int) -> "Shift":
        """Check and prepare a shift.

        Parameters
        ----------
        world : World
        kind : str
            One of :data:`SHIFTS`.
        severity : int
            0 (none) to 5.

        Raises
        ------
        InputError
            On an unknown shift, a severity out of range, or a rotation of one feature.
        """
        if kind not in SHIFTS:
            raise InputError(f"shift {kind!r}: expected one of {', '.join(SHIFTS)}")
        severity = whole_number("severity", severity, least=0, most=MAX_SEVERITY)
        if kind == "rotation" and world.law.n_features < 2:
            raise InputError(
                f"shift 'rotation': world {world.name!r} has one feature; it needs two"
            )
        reference = world.law.draw(REFERENCE_ROWS, np.random.default_rng(0))
        return cls(kind, severity, world.law, reference)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know."""
        shifted = Note(NoteKind.SHIFT, n=self.severity, text=self.kind)
        inexact = self.kind == "noise" and self.severity and self.law.blurred is None
        return (shifted, Note(NoteKind.HIDDEN_TRUTH)) if inexact else (shifted,)

    def training_features(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Features of training rows: the unshifted world, but for ``unseen``."""
        if self.kind != "unseen" or not self.severity:
            return self.law.draw(n, rng)
        edge = np.quantile(self.reference[:, 0], 0.85 - 0.1 * self.severity)

        def below(m: int) -> FloatArray:
            X = self.law.draw(m, rng)
            return np.asarray(X[X[:, 0] <= edge])

        return draw_until(n, below)

    def test_rows(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Features (n, n_features) and true probabilities (n, n_classes) of test rows."""
        if not self.severity:
            X = self.law.draw(n, rng)
            return X, self.law.probs(X)
        shifted = {
            "covariate": self._covariate,
            "label": self._label,
            "noise": self._noise,
            "rotation": self._rotation,
            "unseen": self._unseen,
        }[self.kind]
        return shifted(n, rng)

    def _covariate(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        sd = self.reference.std(axis=0)
        X = self.law.draw(n, rng) + 0.5 * self.severity * sd / np.sqrt(len(sd))
        return X, self.law.probs(X)

    def _label(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        weights = 2.0 ** np.linspace(-self.severity, 0, self.law.n_classes)

        def reweighted(m: int) -> FloatArray:
            X = self.law.draw(m, rng)
            y = draw_labels(self.law.probs(X), rng)
            return np.asarray(X[rng.random(m) < weights[y]])

        X = draw_until(n, reweighted)
        probs = self.law.probs(X) * weights
        return X, probs / probs.sum(axis=1, keepdims=True)

    def _noise(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        sd = 0.25 * self.severity * self.reference.std(axis=0)
        if self.law.blurred is not None:
            blurred = self.law.blurred(sd)
            X = blurred.draw(n, rng)
            return X, blurred.probs(X)
        X = self.law.draw(n, rng)
        return X + sd * rng.standard_normal(X.shape), self.law.probs(X)

    def _rotation(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        X = self.law.draw(n, rng)
        probs = self.law.probs(X)
        angle = np.deg2rad(15 * self.severity)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        centre = self.reference[:, :2].mean(axis=0)
        X[:, :2] = centre + (X[:, :2] - centre) @ turn
        return X, probs

    def _unseen(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        edge = np.quantile(self.reference[:, 0], 0.75)

        def above(m: int) -> FloatArray:
            X = self.law.draw(m, rng)
            return np.asarray(X[X[:, 0] > edge])

        X = draw_until(n, above)
        return X, self.law.probs(X)
