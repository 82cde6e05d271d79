"""The command line: parse, call, print (the only place that prints or exits)."""

from trifit.cli.main import main

__all__ = ["main"]
