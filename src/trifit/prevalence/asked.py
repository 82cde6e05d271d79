"""What is asked of another prevalence: the shares of some classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.text import listing
from trifit.types import FloatArray

EXAMPLE = "expected CLASS=SHARE, e.g. yes=0.02, or several with commas between them"


@dataclass(frozen=True)
class Prevalence:
    """Shares of some classes.

    Attributes
    ----------
    shares : tuple of (str, float)
        Class and share, each above 0 and below 1, at most 1 together.
    name : str
        What messages call them.
    """

    shares: tuple[tuple[str, float], ...]
    name: str = field(default="prevalence", compare=False)

    def __post_init__(self) -> None:
        for name, share in self.shares:
            if not 0 < share < 1:
                raise InputError(
                    f"{self.name} {name}={share:g}: expected a share above 0 and below 1, e.g. 0.02"
                )
        if (total := sum(share for _, share in self.shares)) > 1 + 1e-9:
            raise InputError(f"{self.name} {self}: the shares sum to {total:g}; expected at most 1")

    @classmethod
    def of(cls, given: Any, name: str = "prevalence") -> "Prevalence | None":
        """The shares of a text ``CLASS=SHARE[,CLASS=SHARE...]``, or of a mapping.

        ``name`` is what messages call them.

        Raises
        ------
        InputError

        Examples
        --------
        >>> Prevalence.of("yes=0.02") == Prevalence.of({"yes": 0.02})
        True
        """
        if given is None or isinstance(given, cls):
            return given
        if isinstance(given, Mapping):
            pairs = [(str(label), share) for label, share in given.items()]
        elif isinstance(given, str):
            pairs = [(n.strip(), s) for n, _, s in (p.rpartition("=") for p in given.split(","))]
        else:
            raise InputError(f"{name} {given!r}: {EXAMPLE}")
        try:
            shares = tuple((label, float(share)) for label, share in pairs)
        except (TypeError, ValueError):
            raise InputError(f"{name} {given!r}: {EXAMPLE}") from None
        if not shares or "" in dict(shares) or len(dict(shares)) < len(shares):
            raise InputError(f"{name} {given!r}: {EXAMPLE}")
        return cls(shares, name)

    def __str__(self) -> str:
        return ",".join(f"{name}={share:g}" for name, share in self.shares)

    def of_classes(self, class_names: Sequence[str], usual: FloatArray) -> FloatArray:
        """The share of every class, (n_classes,).

        Classes that are not named share the rest in the proportions that they usually have.

        Parameters
        ----------
        class_names : sequence of str
        usual : array of shape (n_classes,)

        Raises
        ------
        InputError
            If a class is not there, or all are named and the shares do not sum to 1.

        Examples
        --------
        >>> Prevalence.of("c=0.4").of_classes("abc", np.array([0.2, 0.4, 0.4]))
        array([0.2, 0.4, 0.4])
        """
        given = dict(self.shares)
        for name in given:
            if name not in class_names:
                raise InputError(
                    f"{self.name} {self}: {name!r} is no class; the classes are "
                    f"{listing(class_names)}"
                )
        named = np.array([name in given for name in class_names])
        shares = np.array([given.get(name, 0.0) for name in class_names])
        rest = 1 - shares.sum()
        if named.all() if rest > 1e-9 else not named.all():
            raise InputError(
                f"{self.name} {self}: the shares sum to {shares.sum():g}; "
                + ("expected 1" if named.all() else "nothing is left for the other classes")
            )
        if not named.all():
            others = np.where(named, 0.0, usual)
            if others.sum() <= 0:
                raise InputError(
                    f"{self.name} {self}: no row has another class, so give their shares too"
                )
            shares = shares + rest * others / others.sum()
        return np.asarray(shares / shares.sum())
