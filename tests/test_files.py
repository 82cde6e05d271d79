"""Files appear whole or not at all."""

import os
from pathlib import Path

import pytest

from trifit.errors import InputError
from trifit.files import write_whole


def test_a_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    write_whole(path, "é")
    assert path.read_bytes() == "é".encode()
    path.chmod(0o600)
    write_whole(str(path), b"second")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"second", 0o600)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"page.html' cannot be written: No space left on device"):
        write_whole(path, "third")
    assert path.read_bytes() == b"second"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"], "nothing half written is left"


def test_links_and_pipes_stay_what_they_are(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"
    write_whole("/dev/null", "text")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("path", ["missing/page.html", ""])
def test_what_cannot_be_written_is_one_line(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="cannot be written: "):
        write_whole(path, "text")
