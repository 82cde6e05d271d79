"""What every group of plain numbers is."""

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen group of plain numbers and texts."""
