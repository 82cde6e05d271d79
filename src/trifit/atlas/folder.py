"""The folder that an atlas goes to, looked at before anything is read."""

from pathlib import Path

from trifit.errors import InputError


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder with other things, or with an atlas whose cells are elsewhere.

    Raises
    ------
    InputError
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {str(folder)!r} is a file; give a folder")
    if not folder.is_dir() or not any(folder.iterdir()) or (folder / "study").is_dir():
        return  # the study's own folder is looked at when it is opened
    if not (folder / "atlas.json").is_file():
        raise InputError(f"--out {str(folder)!r} exists and is not an atlas; give another folder")
    if not force:
        raise InputError(
            f"--out {str(folder)!r} holds an atlas without its cells; --force to make it anew, or "
            "give another folder"
        )
