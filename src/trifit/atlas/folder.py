"""The folder that an atlas goes to, looked at before anything is read."""

from pathlib import Path

from trifit.errors import InputError
from trifit.study.folder import MADE_WITH


def check_folder(folder: Path, *, force: bool, resume: bool) -> None:
    """Refuse a folder with other things, with an atlas, or with one whose cells are elsewhere.

    Parameters
    ----------
    folder : Path
    force, resume : bool
        Whether an atlas there is to be made anew, or to be continued.

    Raises
    ------
    InputError
    """
    where = f"--out {str(folder)!r}"
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{where} is a file; give a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if (folder / "study" / MADE_WITH).is_file():
        if not (force or resume):
            raise InputError(
                f"{where} holds an atlas; --resume to continue it, --force to start again, or give "
                "another folder"
            )
        return  # whether its cells are comparable is looked at when they are opened
    if not (folder / "atlas.json").is_file():
        raise InputError(f"{where} exists and is not an atlas; give another folder")
    if not force:
        raise InputError(
            f"{where} holds an atlas without its cells; --force to make it anew, or give another "
            "folder"
        )
