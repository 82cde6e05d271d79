"""Random numbers by name: adding a generator moves no other one's numbers."""

from hashlib import sha256

import numpy as np

FIRST = {
    # of a comparison
    "split": 0,
    "bands": 1,
    "fits": 2,
    "weights": 3,
    "intervals": 4,
    "rows": 5,
    "prior": 6,
    # of the fits to one training set
    "optimiser": 0,
    "folds": 1,
    "sampler": 2,
    "squared-error": 3,
    # of the prior's record
    "prior draws": 0,
    "prior refits": 1,
}
"""Streams that published pages were drawn from, by their place; every later one has its name's."""


def child(seeds: np.random.SeedSequence, name: str) -> np.random.SeedSequence:
    """The stream of a name: always the same one, whatever else is drawn.

    Examples
    --------
    >>> a, b = (child(np.random.SeedSequence(1), "a new one") for _ in range(2))
    >>> a.spawn_key == b.spawn_key != child(np.random.SeedSequence(1), "another").spawn_key
    True
    """
    key = (FIRST[name],) if name in FIRST else words(name.encode())
    return np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, *key))


def generator(seeds: np.random.SeedSequence, name: str) -> np.random.Generator:
    """A generator of the stream of a name."""
    return np.random.default_rng(child(seeds, name))


def words(content: bytes) -> tuple[int, ...]:
    """Four 32-bit numbers of a digest, as a spawn key."""
    digest = sha256(content).digest()
    return tuple(int.from_bytes(digest[i : i + 4]) for i in range(0, 16, 4))
