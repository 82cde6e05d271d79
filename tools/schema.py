"""Write the JSON Schema of comparison.json, from its types: make schema."""

import sys
from pathlib import Path

import msgspec

from trifit.results import Comparison


def schema() -> bytes:
    """The schema as it is committed."""
    return (
        msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Comparison)), indent=1) + b"\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(schema())
