"""The one error a user is meant to see."""

import re

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
