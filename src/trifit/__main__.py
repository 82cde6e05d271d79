"""``trifit`` and ``python -m trifit``: the command line, which a signal ends at any moment."""

import gc
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
    finally:
        gc.freeze()  # Python would look for garbage once more as it ends: 0.15 s after a comparison


if __name__ == "__main__":
    run()
