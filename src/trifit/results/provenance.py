"""How numbers were made."""

from collections.abc import Mapping
from importlib.metadata import version
from platform import python_version

from trifit.results.comparison import Provenance

VERSIONED = ("trifit", "pymc", "pytensor", "nutpie", "arviz", "numpy", "scipy", "scikit-learn")


def provenance_of(
    command: str,
    seed: int,
    seconds: Mapping[str, float],
    *,
    settings: Mapping[str, bool | float | str],
) -> Provenance:
    """A command with the versions and settings in force.

    Parameters
    ----------
    command : str
    seed : int
    seconds : mapping of str to float
        Time taken by each part.
    settings : mapping of str to bool, float or str
    """
    return Provenance(
        command=command,
        seed=seed,
        versions={"python": python_version()} | {p: version(p) for p in VERSIONED},
        settings={"interval": "95% equal-tailed", **settings},
        seconds=dict(seconds),
    )
