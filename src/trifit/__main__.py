"""``trifit`` and ``python -m trifit``: the command line, which a signal ends at any moment."""

import sys

from trifit import interrupts


def run() -> None:
    """Run what was typed."""
    interrupts.listen()
    try:
        from trifit.cli import main

        main(prog_name="trifit")
    except KeyboardInterrupt:  # before the command began
        interrupts.tell()
        sys.exit(interrupts.exit_code())


if __name__ == "__main__":
    run()
