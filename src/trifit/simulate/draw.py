"""From the name of a world to a data set."""

import numpy as np

from trifit.errors import InputError, whole_number
from trifit.memory import check_memory
from trifit.notes import Note
from trifit.simulate.shifts import Shift
from trifit.simulate.world import Number, World
from trifit.simulate.worlds import world
from trifit.types import Dataset

SHIFTED_SEVERITY = 3

OF_EVERY_WORLD = ("n", "n_test", "shift", "severity")


def settings_taken(name: str) -> tuple[str, ...]:
    """What a world is simulated with, besides the seed.

    Raises
    ------
    InputError
        On an unknown world.

    Examples
    --------
    >>> settings_taken("moons")
    ('n', 'n_test', 'shift', 'severity', 'features', 'noise', 'label_noise')
    """
    return (*OF_EVERY_WORLD, *world(name).parameters)


def check_size(chosen: World, n: int, n_test: int) -> None:
    """Refuse more rows of a world than the memory holds.

    Parameters
    ----------
    chosen : World
    n, n_test : int
        Rows for training and testing.

    Raises
    ------
    InputError
    """
    per_row = chosen.law.n_features + 3 * chosen.law.n_classes
    what = f"sim:{chosen.name} n={n}"
    check_memory(what, (n + n_test) * per_row, "take fewer rows or features")


def simulate(
    name: str,
    /,
    *,
    n: int = 200,
    seed: int = 1,
    n_test: int = 0,
    shift: str | None = None,
    severity: int | None = None,
    **parameters: Number,
) -> Dataset:
    """Simulate a data set whose true class probabilities are known.

    Parameters
    ----------
    name : str
        A world: one of :data:`trifit.simulate.WORLDS`.
    n : int
        Training rows (all rows, where there is no test set).
    seed : int
        The same seed gives the same rows.
    n_test : int
        Rows of a separate test set; with a shift ``n`` by default.
    shift : str, optional
        How the test set differs: one of :data:`trifit.simulate.SHIFTS`; see
        :mod:`trifit.simulate.shifts`.
    severity : int, optional
        Of the shift: 0 (none) to 5; default 3.
    **parameters
        Of the world, e.g. ``features=5, classes=3``; the rest keep their defaults.

    Returns
    -------
    Dataset
        With ``true_probs`` of every row as it is seen.

    Raises
    ------
    InputError
        On an unknown world, parameter or shift, or a value out of range.

    Examples
    --------
    >>> simulate("moons", n=300, seed=7, noise=0.2).source
    'sim:moons n=300 seed=7 noise=0.2'
    """
    whole_number("n", n, least=2)
    whole_number("seed", seed, least=0)
    whole_number("n_test", n_test, least=0)
    if severity is not None and shift is None:
        raise InputError(f"severity {severity} needs a shift; give one, e.g. shift=covariate")
    chosen = world(name, **parameters)
    check_size(chosen, n, n_test or n if shift else n_test)
    rng = np.random.default_rng(seed)
    settings: dict[str, int | float | str] = {"n": n, "seed": seed}
    notes: tuple[Note, ...] = ()
    if shift is None:
        X = chosen.law.draw(n + n_test, rng)
        probs = chosen.law.probs(X)
    else:
        severity = SHIFTED_SEVERITY if severity is None else severity
        moved = Shift.of(chosen, shift, severity)
        n_test = n_test or n
        train = moved.training_features(n, rng)
        test, test_probs = moved.test_rows(n_test, rng)
        X, probs = (
            np.concatenate([train, test]),
            np.concatenate([chosen.law.probs(train), test_probs]),
        )
        notes = moved.notes
        settings |= {"shift": shift, "severity": severity}
    if n_test:
        settings["n_test"] = n_test
    written = " ".join(f"{k}={v}" for k, v in (settings | parameters).items())
    return chosen.dataset(X, probs, rng, n_test=n_test, notes=notes, source=f"sim:{name} {written}")
