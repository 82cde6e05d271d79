"""The page of a study: question, findings, pictures, all numbers, how it was made."""

from functools import partial

import tomli_w

from trifit.report.charts.study import phase, study_lines
from trifit.report.page import document
from trifit.report.parts import Cell, Chart, Table, panels, series_keys
from trifit.report.svg import with_style
from trifit.results.study import Outcome, Picture, Replicated, StudyRecord
from trifit.text import between, estimate, plain, significant
from trifit.words import note_text
from trifit.words.needed import needed_sentences, signal_sentence
from trifit.words.study import finding_details, study_headline

MARKS = {
    Outcome.AS_EXPECTED: ("✓", "good"),
    Outcome.NO_CLEAR_ANSWER: ("○", "warn"),
    Outcome.CONTRADICTED: ("✗", "bad"),
    Outcome.NOT_IN_THIS_GRID: ("–", ""),
}
"""Sign and colour of an outcome."""

PANEL = {1: (6.4, 3.4), 2: (4.2, 3.1), 3: (3.4, 2.9)}
"""Inches of a panel, by the number of panels beside it (three and more share a size)."""


def render_study(record: StudyRecord) -> str:
    """The page as one HTML document; the same record gives the same bytes."""
    with with_style():
        summary = f"{record.study['summary']}s".capitalize()
        figures = [_figure(p, f"p{i}", summary) for i, p in enumerate(record.pictures)]
    return document(
        "study.html.j2",
        title=f"{record.name} · study · trifit",
        r=record,
        headline=study_headline(record),
        details=finding_details,
        notes=[note_text(note) for note in record.notes],
        marks=MARKS,
        source=record.study.get("data", {}).get("source"),
        needed=needed_sentences(record),
        signal=None if record.signal is None else signal_sentence(record.signal),
        figures=[f for f in figures if f is not None],
        numbers=_numbers(record),
        toml=tomli_w.dumps(record.study, multiline_strings=True),
    )


def _figure(picture: Picture, name: str, summary: str) -> Chart | None:
    """One figure; nothing where it has nothing to show.

    Parameters
    ----------
    picture : Picture
    name : str
        Unique on the page.
    summary : str
        What the points are.
    """
    tiled = bool(picture.tiles)
    shown = picture.tiles or picture.lines
    titles = list(dict.fromkeys(item.panel for item in shown))
    if not titles:
        return None
    names = list(dict.fromkeys(line.name for line in picture.lines))
    draw = phase if tiled else partial(study_lines, names=names)
    return panels(
        name,
        _caption(picture, summary),
        {title: partial(draw, picture, title) for title in titles},
        size=PANEL[min(len(titles), 3)],
        keys=series_keys(names),
        alt={title: _alt(picture, title) for title in titles},
    )


def _caption(picture: Picture, summary: str) -> str:
    parts = [picture.title.rstrip(".") + "."]
    if picture.tiles:
        if picture.best is None:
            parts.append("Darker is larger.")
        else:
            parts.append(f"Orange is above {picture.best:g}, blue below.")
        if picture.curves:
            parts.append("Line: beyond it no MLE exists, by theory.")
    else:
        drawn = "Shares" if picture.quantity.startswith("share") else summary
        parts.append(f"{drawn} over replications, bars: their 95% intervals.")
        if picture.ends is not None and _beyond(picture, picture.ends):
            parts.append("What lies beyond {:g} and {:g} is drawn there.".format(*picture.ends))
        if picture.curves:
            parts.append("Dashed curves: theory, in the limit of many rows and features.")
        if picture.drawn_best is not None:
            parts.append(f"Dotted line: {picture.drawn_best:g}.")
    return " ".join(parts)


def _beyond(picture: Picture, ends: tuple[float, float]) -> bool:
    """Whether something lies beyond the ends of the axis."""
    drawn = [v for line in picture.lines for y in line.y for v in (y.value, y.low, y.high)]
    return any(v is not None and not ends[0] <= v <= ends[1] for v in drawn)


def _alt(picture: Picture, panel: str) -> str:
    """What a panel shows, for readers who cannot see it."""
    if picture.tiles:
        tiles = [t for t in picture.tiles if t.panel == panel and t.value.value is not None]
        return "; ".join(f"{t.x:g}, {t.y:.3g}: {significant(t.value.value, 2)}" for t in tiles)
    lines = [line for line in picture.lines if line.panel == panel]
    ends = [
        f"{line.name} from {significant(line.y[0].value)} at {line.x[0]:g} to "
        f"{significant(line.y[-1].value)} at {line.x[-1]:g}"
        for line in lines
    ]
    return "; ".join(ends)


def _numbers(record: StudyRecord) -> Table:
    return Table(
        caption=f"The {record.study['summary']} over replications (of events: their share) with "
        "its 95% interval, for every point of the grid and every fit",
        columns=(*record.axes.values(), "fit", *record.labels.values()),
        rows=tuple(
            (
                *(_setting(n.settings.get(axis)) for axis in record.axes),
                Cell(n.fit),
                *(_entry(n.quantities.get(name)) for name in record.labels),
            )
            for n in record.numbers
        ),
    )


def _setting(value: object) -> Cell:
    sortable = isinstance(value, int | float) and not isinstance(value, bool)
    text = "–" if value is None else plain(value)
    return Cell(text, float(value) if sortable else None)  # type: ignore[arg-type]


def _entry(y: Replicated | None) -> Cell:
    if y is None or y.value is None:
        return Cell("–")
    if y.low is None or y.high is None:
        return Cell(significant(y.value), y.value)
    return Cell(estimate(y.value, y.low, y.high), y.value, between(y.low, y.high))
