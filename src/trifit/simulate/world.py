"""What a world is: a law of features and classes with computable class probabilities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from trifit.errors import InputError
from trifit.notes import Note
from trifit.types import Dataset, FloatArray, IntArray

Number = int | float


@dataclass(frozen=True, eq=False)
class Law:
    """A joint law of features and class.

    Attributes
    ----------
    n_features, n_classes : int
    draw : callable
        ``draw(n, rng)``: features of ``n`` rows, shape (n, n_features).
    probs : callable
        ``probs(X)``: exact class probabilities given the features, shape
        (n_obs, n_classes).
    blurred : callable or None
        ``blurred(sd)``: the law of the same classes when independent Normal noise
        of standard deviations ``sd (n_features,)`` is added to the features; None
        where its class probabilities have no closed form.
    """

    n_features: int
    n_classes: int
    draw: Callable[[int, np.random.Generator], FloatArray]
    probs: Callable[[FloatArray], FloatArray]
    blurred: "Callable[[FloatArray], Law] | None" = None


@dataclass(frozen=True, eq=False)
class World:
    """A named world with its parameters.

    Attributes
    ----------
    name, note : str
    build : callable
        From parameters to a :class:`Law`.
    parameters : mapping
        Every parameter with its value. All worlds have ``label_noise``: the share of
        labels replaced by a class drawn with equal chances.
    """

    name: str
    note: str
    build: Callable[..., Law]
    parameters: Mapping[str, Number]

    def with_parameters(self, **given: Number) -> "World":
        """The same world with some parameters changed.

        Raises
        ------
        InputError
            On a parameter the world does not take, or a value that is no number
            of the right kind.
        """
        for key, value in given.items():
            if key not in self.parameters:
                raise InputError(
                    f"world {self.name!r} takes no parameter {key!r}; it takes "
                    f"{', '.join(self.parameters)}"
                )
            whole = isinstance(self.parameters[key], int)
            numeric = isinstance(value, int | float) and not isinstance(value, bool)
            if not numeric or not np.isfinite(value) or (whole and value != int(value)):
                raise InputError(
                    f"world {self.name!r}: {key}={value!r}; expected a "
                    f"{'whole number' if whole else 'number'}, e.g. {self.parameters[key]}"
                )
        exact = {k: type(self.parameters[k])(v) for k, v in given.items()}
        return replace(self, parameters={**self.parameters, **exact})

    @cached_property
    def law(self) -> Law:
        """The law of features and classes under the present parameters.

        Raises
        ------
        InputError
            On parameters out of range.
        """
        own = dict(self.parameters)
        noise = own.pop("label_noise")
        check_range(self.name, "label_noise", noise, 0, 1)
        law = self.build(**own)
        return _mislabelled(law, noise) if noise else law

    def true_probs(self, X: FloatArray) -> FloatArray:
        """Exact class probabilities of rows (n_obs, n_features): (n_obs, n_classes)."""
        return self.law.probs(np.asarray(X, dtype=np.float64))

    def sample(self, n: int, rng: np.random.Generator) -> Dataset:
        """Draw ``n`` rows with their true class probabilities."""
        X = self.law.draw(n, rng)
        return self.dataset(X, self.law.probs(X), rng)

    def dataset(
        self,
        X: FloatArray,
        probs: FloatArray,
        rng: np.random.Generator,
        *,
        n_test: int = 0,
        notes: tuple[Note, ...] = (),
        source: str = "",
    ) -> Dataset:
        """Rows as a data set, with labels drawn from their true probabilities.

        Parameters
        ----------
        X : array of shape (n_obs, n_features)
        probs : array of shape (n_obs, n_classes)
            True class probabilities.
        rng : numpy Generator
            For the labels.
        n_test : int
            The last so many rows are the test set.
        notes : tuple of Note, optional
        source : str, optional
            Default: the world's name.
        """
        return Dataset(
            name=f"sim-{self.name}",
            X=X,
            y=draw_labels(probs, rng),
            feature_names=tuple(f"x{j + 1}" for j in range(X.shape[1])),
            class_names=tuple(str(k) for k in range(probs.shape[1])),
            n_test=n_test,
            notes=notes,
            source=source or f"sim:{self.name}",
            true_probs=probs,
        )


def _mislabelled(law: Law, share: float) -> Law:
    """``p' = (1 - share) p + share / n_classes``."""

    def probs(X: FloatArray) -> FloatArray:
        return np.asarray((1 - share) * law.probs(X) + share / law.n_classes)

    def blurred(sd: FloatArray) -> Law:
        assert law.blurred is not None
        return _mislabelled(law.blurred(sd), share)

    return replace(law, probs=probs, blurred=blurred if law.blurred else None)


def draw_until(n: int, draw: Callable[[int], FloatArray], *, tries: int = 1000) -> FloatArray:
    """Rows of a law that keeps only some of the rows it draws.

    Parameters
    ----------
    n : int
        Rows wanted.
    draw : callable
        Number of rows to those that are kept of as many.
    tries : int
        After so many in vain it is given up.

    Raises
    ------
    InputError
        If hardly any row is kept.
    """
    kept: list[FloatArray] = []
    for _ in range(tries):
        if sum(map(len, kept)) >= n:
            break
        kept.append(draw(max(n, 1000)))
    else:
        raise InputError("simulated rows that may be kept are too rare; choose milder parameters")
    return np.concatenate(kept)[:n]


def draw_labels(probs: FloatArray, rng: np.random.Generator) -> IntArray:
    """Class codes drawn from rows of probabilities (n_obs, n_classes)."""
    below = rng.random(len(probs))[:, None] >= probs.cumsum(axis=1)[:, :-1]
    return below.sum(axis=1).astype(np.int64)


def check_positive(world: str, **values: Number) -> None:
    """Refuse values that are not above zero."""
    for name, value in values.items():
        if not value > 0:
            raise InputError(f"world {world!r}: {name}={value}; expected a number above 0")


def check_range(world: str, name: str, value: Number, low: Number, high: Number) -> None:
    """Refuse a value outside ``[low, high]``.

    Parameters
    ----------
    world, name : str
        The world and its parameter, for the message.
    value : int or float
    low, high : int or float
    """
    if not low <= value <= high:
        raise InputError(f"world {world!r}: {name}={value}; expected between {low:g} and {high:g}")
