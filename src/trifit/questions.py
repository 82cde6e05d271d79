"""What is asked of forecasts beyond scores and calibration, as one object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from trifit.conformal import checked_level
from trifit.decisions import Costs, Thresholds
from trifit.errors import InputError
from trifit.inputs import Labels, label_probs
from trifit.prevalence import Prevalence
from trifit.subgroups import By, divide
from trifit.types import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Questions:
    """What is asked of forecasts beyond scores and calibration; by default nothing.

    Attributes
    ----------
    costs : Costs, optional
    thresholds : Thresholds, optional
        Of what :func:`trifit.compare` takes.
    by : mapping of By to array of shape (n_obs,)
        Columns that divide the judged rows into subgroups.
    prevalence : Prevalence, optional
        Class shares that probabilities are corrected for; of what :func:`trifit.compare` takes.
    unlabelled : array or mapping of str to array, optional
        Rows without labels, whose class shares are estimated and taken instead: their encoded
        features (n_rows, n_features), or their log probabilities (n_rows, n_classes) by contestant.
    undo_sampling : bool
        Whether probabilities are corrected for the class shares of the judged rows.
    training_shares : Prevalence, optional
        Class shares of the training rows, where these are not at hand; asks for the same.
    sets : float, optional
        Coverage that sets of classes should have.

    Raises
    ------
    InputError
        On costs, thresholds, shares or a coverage that are none, on columns that divide nothing.
    """

    costs: Any = None
    thresholds: Any = None
    by: Mapping[By, NDArray[Any]] = field(default_factory=dict)
    prevalence: Any = None
    unlabelled: FloatArray | Mapping[str, FloatArray] | None = None
    undo_sampling: bool = False
    training_shares: Any = None
    sets: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "costs", Costs.of(self.costs))
        object.__setattr__(self, "thresholds", Thresholds.of(self.thresholds))
        object.__setattr__(self, "prevalence", Prevalence.of(self.prevalence))
        training_shares = Prevalence.of(self.training_shares, "--training-shares")
        object.__setattr__(self, "training_shares", training_shares)
        object.__setattr__(self, "sets", checked_level(self.sets))
        if self.prevalence is not None and self.unlabelled is not None:
            raise InputError("prevalence and prevalence_from exclude each other; give one")
        for by, values in self.by.items():
            divide(by, values)

    def check(
        self, class_names: Sequence[str], labels: Labels, *, own_test_rows: bool = True
    ) -> None:
        """Refuse what does not fit the classes, the labels, or where the judged rows come from.

        Parameters
        ----------
        class_names : sequence of str
        labels : array of shape (n_obs,) or (n_obs, n_classes)
        own_test_rows : bool
            Whether the judged rows were drawn apart from the training rows, so that they may have
            the natural class shares.

        Raises
        ------
        InputError
        """
        if self.costs is not None:
            self.costs.matrix(class_names)
        if self.thresholds is not None:
            self.thresholds.positive_of(class_names)
        usual = label_probs(labels, len(class_names)).mean(axis=0)
        for shares in (self.training_shares, self.prevalence):
            if shares is not None:
                shares.of_classes(class_names, usual)
        checked_level(self.sets, labels)
        known = self.prevalence is not None or self.unlabelled is not None
        if self.undo_sampling and not known and not own_test_rows:
            raise InputError(
                "--undo-sampling: the natural class shares are not known; give test rows that have "
                "them (--test FILE), or the shares (--prevalence yes=0.02)"
            )

    @property
    def given(self) -> dict[str, object]:
        """What was asked of fits, as it was given."""
        names = ("costs", "thresholds", "prevalence", "undo_sampling", "sets")
        return {name: value for name in names if (value := getattr(self, name))}
