"""Times as text, in the unit one would say them in."""

import math


def duration(seconds: float) -> str:
    """A time in the unit one would say it in.

    Examples
    --------
    >>> duration(41.2), duration(600.0), duration(9000.0)
    ('41 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def duration_between(least: float, most: float) -> str:
    """A time that is known to lie between two: one number where it is off by half at most.

    Parameters
    ----------
    least, most : float
        Seconds.

    Examples
    --------
    >>> duration_between(100, 200), duration_between(100, 300), duration_between(40, 300)
    ('about 2 min', '2 to 5 min', '40 s to 5 min')
    """
    if most <= 2.25 * least:
        return f"about {duration(math.sqrt(least * most))}"
    low, high = duration(least), duration(most)
    if low.split()[1] == high.split()[1]:
        low = low.split()[0]
    return f"{low} to {high}"
