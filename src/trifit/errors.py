"""The one error a user is meant to see, and the check of a whole number."""

import operator
import re
from typing import Any

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


def whole_number(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """A whole number of Python's or NumPy's, refused outside its range.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
    least, most : int
        The second may be open.

    Raises
    ------
    InputError

    Examples
    --------
    >>> whole_number("n", 3, least=2)
    3
    >>> whole_number("severity", 2.0, least=0, most=5)
    Traceback (most recent call last):
    trifit.errors.InputError: severity 2.0: expected a whole number from 0 to 5
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least or (most is not None and number > most):
        wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{name} {value!r}: expected a whole number {wanted}")
    return number
