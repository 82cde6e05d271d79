"""The pages of the gallery, written whole or not at all."""

from collections.abc import Callable, Sequence
from pathlib import Path

from trifit.contestants import CONTESTANTS
from trifit.errors import InputError
from trifit.files import make_folder, write_whole
from trifit.gallery.question import Answer, Numbers, Question
from trifit.gallery.source import code
from trifit.report.page import document
from trifit.report.svg import with_style

INDEX = "index.html"


def render(question: Question, found: Numbers, questions: Sequence[Question]) -> str:
    """One question's page from the numbers of its experiment; equal numbers give equal bytes.

    Parameters
    ----------
    question : Question
    found : mapping of str to array
        Results of its experiment.
    questions : sequence of Question
        All questions of the gallery, for the links.
    """
    with with_style():
        answer: Answer = question.answer(found)
    at = questions.index(question)
    return document(
        "gallery.html.j2",
        title=f"{question.title} · trifit",
        question=question,
        answer=answer,
        code=code(question.experiment),
        fits={n: c.description for n, c in CONTESTANTS.items() if n in _words(answer)},
        place=f"question {at + 1} of {len(questions)}",
    )


def _words(answer: Answer) -> set[str]:
    """Words of legend and table; in a column's title "mean" is not the fit of that name."""
    table = answer.table
    texts = [k.name for k in answer.figure.keys]
    texts += [row[0] if isinstance(row[0], str) else row[0].text for row in table.rows]
    titles = {word.strip(",:") for text in table.columns for word in text.split()} - {"mean"}
    return titles | {word.strip(",:") for text in texts for word in text.split()}


def render_index(questions: Sequence[Question], present: Sequence[str]) -> str:
    """The list of questions, with links to the pages that are ``present``."""
    return document(
        "gallery-index.html.j2", title="Gallery · trifit", questions=questions, present=present
    )


def build(
    folder: Path,
    questions: Sequence[Question],
    *,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda message: None,
) -> Path:
    """Run the experiments and write their pages and the index.

    Other files in the folder are left alone.

    Parameters
    ----------
    folder : Path
    questions : sequence of Question
        In the order of the index.
    only : sequence of str
        Names of the questions to answer; default: all.
    progress : callable
        Called with a line before each page.

    Returns
    -------
    Path
        Path of the index.

    Raises
    ------
    InputError
        On an unknown name, or a folder that cannot be written.
    """
    names = [q.name for q in questions]
    for name in only:
        if name not in names:
            raise InputError(f"--only {name!r}: no such question; there are {', '.join(names)}")
    chosen = [q for q in questions if not only or q.name in only]
    make_folder("--out", folder)
    for i, question in enumerate(chosen):
        progress(f"{i + 1} of {len(chosen)}: {question.title}")
        page = render(question, question.experiment(), questions)
        write_whole(folder / f"{question.name}.html", page)
    present = [name for name in names if (folder / f"{name}.html").exists()]
    write_whole(folder / INDEX, render_index(questions, present))
    return folder / INDEX
