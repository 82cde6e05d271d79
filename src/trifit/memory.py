"""What needs more than this machine's memory is refused before it is made."""

import os

from trifit.errors import InputError

GB = 1e9


def check_memory(what: str, n_values: float, remedy: str) -> None:
    """Refuse arrays of so many doubles that no memory of this machine holds them.

    Parameters
    ----------
    what : str
        That is to be made, for the message.
    n_values : float
        Doubles, 8 bytes each.
    remedy : str
        What to do.

    Raises
    ------
    InputError
        With both figures.
    """
    needed, there = 8 * n_values, total()
    if needed > there:
        raise InputError(
            f"{what}: not enough memory: {needed / GB:,.3g} GB are needed, this machine has "
            f"{there / GB:,.3g}; {remedy}"
        )


def total() -> float:
    """Bytes of memory; infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return float("inf")
