"""How often outputs behave like probabilities, on public tables as they occur."""

from trifit.atlas.entries import Entry, atlas_folder, load_entries


__all__ = ["Entry", "atlas_folder", "load_entries"]
