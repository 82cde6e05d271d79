"""Rivals and the data they are for, checked before anything is fitted."""

from collections.abc import Sequence
from dataclasses import replace

from trifit.errors import InputError
from trifit.rivals.files import read_file
from trifit.rivals.given import FileRival, Rival
from trifit.types import Dataset


def check_rivals(rivals: Sequence[Rival], dataset: Dataset) -> tuple[Rival, ...]:
    """The rivals, with their files read.

    Raises
    ------
    InputError
        With soft labels, or if a file does not fit the data.
    """
    if rivals and dataset.soft_labels is not None:
        raise InputError(
            f"--against {rivals[0].name}: the labels are distributions, to which other estimators "
            "cannot be fitted; give one class per row, or leave --against out"
        )
    return tuple(
        replace(rival, content=read_file(rival, dataset))
        if isinstance(rival, FileRival) and rival.content is None
        else rival
        for rival in rivals
    )
