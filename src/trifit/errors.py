"""The one error a user is meant to see, and the argument that most often leads to it."""

import re
from numbers import Integral

# What would break a line or move the cursor: C0 and C1 controls, Unicode line separators.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class InputError(ValueError):
    r"""Bad input: one line that says what, where, which value and what to do.

    The command line prints the message and ends with exit code 2; from Python
    it is an ordinary ``ValueError``. A message may quote any text of the
    user's: control characters in it are written as escapes.

    >>> str(InputError("column 'a\nb' is unknown"))
    "column 'a\\nb' is unknown"
    """

    def __init__(self, message: str) -> None:
        super().__init__(_CONTROL.sub(lambda found: repr(found[0])[1:-1], message))


def check_whole(what: str, value: object, least: int) -> None:
    """Refuse what is no whole number, or one that is too small.

    Parameters
    ----------
    what : str
        The argument and its value, as the message begins.
    value : object
    least : int

    Examples
    --------
    >>> check_whole("jobs 0", 0, 1)
    Traceback (most recent call last):
    ...
    trifit.errors.InputError: jobs 0: expected a whole number of at least 1
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{what}: expected a whole number of at least {least}")
