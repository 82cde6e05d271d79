"""Load, encode, split and standardise data (layer 1)."""

from trifit.data.load import BUNDLED, load_dataset
from trifit.data.preprocess import Standardiser
from trifit.data.split import choose_split

__all__ = ["BUNDLED", "Standardiser", "choose_split", "load_dataset"]
