"""What a comparison is asked to do, besides the data and the card."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from trifit.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a comparison; see :func:`trifit.compare`.

    Attributes
    ----------
    seed : int
    cv : int, optional
    test_size : float, optional
    methods : tuple of str
    nuts : bool
    cores : int, optional

    Raises
    ------
    InputError
        On a seed that is no whole number of at least 0.
    """

    seed: int = 1
    cv: int | None = None
    test_size: float | None = None
    methods: Sequence[str] = ()
    nuts: bool = True
    cores: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(f"seed {self.seed!r}: expected a whole number of at least 0")
        object.__setattr__(self, "methods", tuple(dict.fromkeys(self.methods)))

    @property
    def given(self) -> dict[str, object]:
        """The seed, and what differs from the defaults and changes the numbers."""
        found: dict[str, object] = {"seed": self.seed}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in ("seed", "cores") and value not in (field.default, ()):
                found[field.name] = value
        return found
