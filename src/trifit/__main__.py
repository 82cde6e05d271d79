"""``python -m trifit``: the command line."""

from trifit.cli import main

main(prog_name="trifit")
