"""What a comparison is asked to do, besides the data and the card."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from trifit.data import Splitter
from trifit.errors import InputError
from trifit.questions import Questions
from trifit.rivals import Rival, rivals_from


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
    against : tuple of Rival
        Of what :func:`trifit.compare` takes.
    questions : Questions

    Raises
    ------
    InputError
        On a seed that is no whole number of at least 0, on a ``cv`` or a rival that is none.
    """

    seed: int = 1
    cv: Any = None
    test_size: float | None = None
    methods: Sequence[str] = ()
    nuts: bool = True
    cores: int | None = None
    against: Any = ()
    questions: Questions = field(default_factory=Questions)

    def __post_init__(self) -> None:
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise InputError(f"seed {self.seed!r}: expected a whole number, 0 to 2**63 - 1")
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
