"""Load, encode, split and standardise data."""

from trifit.data.load import as_dataset, load_dataset
from trifit.data.preprocess import Standardiser
from trifit.data.sources import BUNDLED
from trifit.data.split import check_split, choose_split
from trifit.data.splitter import Splitter

__all__ = [
    "BUNDLED",
    "Splitter",
    "Standardiser",
    "as_dataset",
    "check_split",
    "choose_split",
    "load_dataset",
]
