"""Finished studies, checks and atlases: a folder keeps each as JSON, with its page beside it."""

from dataclasses import dataclass
from pathlib import Path

from trifit.files import write_whole
from trifit.results.atlas import AtlasRecord
from trifit.results.check import Check
from trifit.results.plots import report
from trifit.results.study import StudyRecord
from trifit.tagged import read_json, write_json


@dataclass(frozen=True)
class Kept[R]:
    """How records of one type are kept.

    Attributes
    ----------
    name : str
        What one is called: the record is ``NAME.json``; ``render_NAME`` in the module of
        :mod:`trifit.report` of that name draws it.
    kind : type
    remedy : str
        What to do with a file that cannot be read.
    others : str
        The function of that module that gives the pages besides ``index.html``, by their paths.
    """

    name: str
    kind: type[R]
    remedy: str = ""
    others: str = ""

    def file(self, folder: Path) -> Path:
        """Where the record is."""
        return folder / f"{self.name}.json"

    def read(self, folder: Path) -> R:
        """The record of a folder.

        Raises
        ------
        InputError
            If it is damaged, or of another version of trifit.
        """
        otherwise = f"is no {self.name} of this version of trifit{self.remedy}"
        return read_json(self.file(folder), self.kind, otherwise)

    def write(self, folder: Path, record: R) -> R:
        """Write a record and its page; returned as the file has it, for JSON has no infinity."""
        write_json(self.file(folder), record)
        written = self.read(folder)
        self.draw(folder, written)
        return written

    def draw(self, folder: Path, record: R) -> None:
        """The page of a record, as ``FOLDER/index.html``, and what is linked from there."""
        module = report(self.name)
        others = getattr(module, self.others)(record) if self.others else {}
        for path, page in others.items():
            (folder / path).parent.mkdir(exist_ok=True)
            write_whole(folder / path, page)
        write_whole(folder / "index.html", getattr(module, f"render_{self.name}")(record))


STUDY = Kept("study", StudyRecord)
CHECK = Kept("check", Check)
ATLAS = Kept(
    "atlas",
    AtlasRecord,
    " (trifit atlas --resume makes it anew from the cells in study/)",
    others="render_tables",
)
