"""The one error a user is meant to see."""


class InputError(ValueError):
    """Bad input: one line that says what, where, which value and what to do.

    The command line prints the message and ends with exit code 2; from Python
    it is an ordinary ``ValueError``.
    """
