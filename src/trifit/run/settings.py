"""What a comparison is asked to do, besides the data and the card."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from trifit.cards import Card
from trifit.clusters import of_rows
from trifit.data import Splitter
from trifit.devices import check_device
from trifit.errors import whole_number
from trifit.inputs import label_probs
from trifit.judge.prevalence import check_scored
from trifit.questions import Questions
from trifit.rivals import Rival, rivals_from
from trifit.types import Dataset, IntArray


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a comparison; see :func:`trifit.compare`.

    Attributes
    ----------
    seed : int
    cv : int or Splitter, optional
        A splitter of scikit-learn's or index pairs become a ``Splitter``.
    test_size : float, optional
    methods : tuple of str
    nuts : bool
    cores : int, optional
    device : {"cpu", "gpu", "auto", "jax"}
    against : tuple of Rival
        Of what :func:`trifit.compare` takes.
    questions : Questions

    Raises
    ------
    InputError
        On a seed that is no whole number of at least 0, on a ``cv`` or a rival that is none, on a
        device that is not to be had.
    """

    seed: int = 1
    cv: Any = None
    test_size: float | None = None
    methods: Sequence[str] = ()
    nuts: bool = True
    cores: int | None = None
    device: str = "cpu"
    against: Any = ()
    questions: Questions = field(default_factory=Questions)

    def __post_init__(self) -> None:
        seed = whole_number("seed", self.seed, least=0, most=2**63 - 1)
        object.__setattr__(self, "seed", seed)
        check_device(self.device)
        object.__setattr__(self, "methods", tuple(dict.fromkeys(self.methods)))
        object.__setattr__(self, "cv", Splitter.of(self.cv))
        object.__setattr__(self, "against", rivals_from(self.against))

    @property
    def rivals(self) -> tuple[Rival, ...]:
        """Who the fits are held against."""
        return tuple(self.against)

    @property
    def texts(self) -> dict[str, str]:
        """Rivals, and a splitter, in words: what no number says."""
        found = {f"rival {rival.name}": rival.exact for rival in self.rivals}
        return found | ({"cv": repr(self.cv)} if isinstance(self.cv, Splitter) else {})

    @property
    def given(self) -> dict[str, object]:
        """The seed, and what differs from the defaults and changes the numbers."""
        found: dict[str, object] = {"seed": self.seed}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name not in ("seed", "cores", "questions") and value not in (each.default, ()):
                found[each.name] = value
        if self.rivals:
            found["against"] = {rival.name: rival.exact for rival in self.rivals}
        return found | self.questions.given


def methods_of(card: Card, settings: Settings) -> list[str]:
    """What is fitted beside the standard fits: the yardsticks, then what was asked for.

    Where no MLE exists there is none to temper, so the MAP is tempered too; and networks
    are stopped early by most who train them.
    """
    yardsticks = ["map+T"] if card.identified else ["map+T", "mle-early"]
    return list(dict.fromkeys([*yardsticks, *settings.methods]))


def questions_of_rows(questions: Questions, dataset: Dataset, rows: IntArray) -> Questions:
    """The questions with the columns that divide the test rows, refused before anything is fitted.

    Parameters
    ----------
    questions : Questions
    dataset : Dataset
    rows : array of shape (n_test,)
        Numbers of the test rows.

    Raises
    ------
    InputError
        Also if too few test rows have a class that is to have another share.
    """
    if questions.prevalence is not None:
        usual = label_probs(dataset.labels, dataset.n_classes).mean(axis=0)
        after = questions.prevalence.of_classes(dataset.class_names, usual)
        groups = of_rows(dataset.groups, rows)
        check_scored(dataset.labels[rows], dataset.class_names, after, groups)
    return replace(questions, by={by: values[rows] for by, values in dataset.by.items()})
