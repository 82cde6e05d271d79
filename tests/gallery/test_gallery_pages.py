"""What ``trifit gallery`` writes: whole pages, nothing else touched, text as text."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from outline import Outline
from trifit import gallery
from trifit.cli import main
from trifit.errors import InputError
from trifit.gallery import QUESTIONS
from trifit.report.parts import Cell, Table, chart


def instant(seed=1):
    return {"x": np.array([1.0, 2.0])}


def stub(name="stub", text="<b>42</b>"):
    """A question that takes no time."""

    def answer(numbers):
        figure = chart(name, text, lambda ax: ax.plot(numbers["x"]), size=(3, 2))
        return gallery.Answer(text, figure, Table("numbers", ("a", "b"), (("r", Cell(text)),)))

    return gallery.Question(name, f"Is {name} so?", "Nothing much.", instant, answer, "ls")


def test_build_writes_what_was_asked_and_leaves_the_rest(tmp_path):
    folder = tmp_path / "a" / "gallery"
    said_so = []
    questions = (stub("one"), stub("two"))
    index = gallery.build(folder, questions, only=["two"], progress=said_so.append)
    assert index == folder / "index.html"
    assert said_so == ["1 of 1: Is two so?"]
    assert sorted(p.name for p in folder.iterdir()) == ["index.html", "two.html"]
    assert 'href="one.html"' not in index.read_text()
    (folder / "mine.txt").write_text("mine")
    gallery.build(folder, questions)
    assert sorted(p.name for p in folder.iterdir()) == [
        "index.html", "mine.txt", "one.html", "two.html",
    ]  # fmt: skip
    page = (folder / "one.html").read_text()
    assert "<b>42</b>" not in page
    assert "&lt;b&gt;42&lt;/b&gt;" in page


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    gallery.build(tmp_path, [stub()])
    before = (tmp_path / "stub.html").read_text()

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(InputError, match="cannot be written: No space left"):
        gallery.build(tmp_path, [stub(text="new")])
    assert (tmp_path / "stub.html").read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["index.html", "stub.html"]


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "QUESTIONS", (stub("one"), stub("two")))
    out = tmp_path / "pages"
    done = CliRunner().invoke(main, ["gallery", "--only", "two", "--out", str(out)])
    assert done.exit_code == 0
    assert done.stdout == f"Gallery: {out / 'index.html'}\n"
    assert done.stderr == "1 of 1: Is two so?\n"
    wrong = CliRunner().invoke(main, ["gallery", "--only", "three", "--out", str(out)])
    assert wrong.exit_code == 2
    assert wrong.stderr == "trifit: --only 'three': no such question; there are one, two\n"
    (tmp_path / "file").write_text("")
    wrong = CliRunner().invoke(main, ["gallery", "--out", str(tmp_path / "file")])
    assert wrong.exit_code == 2
    assert "cannot be written" in wrong.stderr


def test_ctrl_c_keeps_the_pages_that_are_finished(tmp_path, monkeypatch):
    def interrupted(seed=1):
        raise KeyboardInterrupt

    never = replace(stub("two"), experiment=interrupted)
    monkeypatch.setattr(gallery, "QUESTIONS", (stub("one"), never))
    done = CliRunner().invoke(main, ["gallery", "--out", str(tmp_path)])
    assert done.exit_code == 130
    assert done.stderr.endswith(f"trifit: interrupted; finished pages are in {tmp_path}\n")
    assert [p.name for p in tmp_path.iterdir()] == ["one.html"]


def test_the_committed_gallery_is_complete_and_small(root):
    folder = root / "reports" / "gallery"
    assert {p.stem for p in folder.glob("*.html")} == {"index", *(q.name for q in QUESTIONS)}
    for q in QUESTIONS:
        text = (folder / f"{q.name}.html").read_text(encoding="utf-8")
        assert len(text) < 500_000
        assert q.title in "".join(Outline(text).text)
