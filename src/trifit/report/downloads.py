"""Every number of the page as files to download from it: JSON, and CSV by topic.

They are ``data:`` links, so they work from disk, without a network and without
JavaScript. What is too large for a page (with a thousand classes, say) is left to the run's folder.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from trifit.results import Comparison, Difference, Reliability

PLAIN = "!$&'()*+,-./:;=?@[]^_`{|}~"
"""Characters that may stand in a data URL as they are."""


MOST = 4_000_000
"""Characters of a file that a page holds: digits has a million in its largest."""


@dataclass(frozen=True)
class Download:
    """A file within the page, or what is said of one that is too large for it.

    Attributes
    ----------
    name, what : str
    href : str
        Empty where the file is left out.
    megabytes : float
    """

    name: str
    what: str
    href: str
    megabytes: float

    @classmethod
    def of(cls, name: str, what: str, kind: str, text: str) -> "Download":
        """A file of some kind (a media type).

        Parameters
        ----------
        name, what, kind, text : str
        """
        return cls(name, what, _url(kind, text) if len(text) <= MOST else "", len(text) / 1e6)


def downloads(c: Comparison) -> list[Download]:
    """The comparison as JSON, and its tables as CSV."""
    text = msgspec.json.encode(c).decode()
    files = [Download.of("comparison.json", "all numbers", "application/json", text)]
    for name, what, rows in (
        ("scores.csv", "scores with intervals", _scores(c)),
        ("differences.csv", "paired differences", map(_difference, c.differences)),
        ("recalibration.csv", "recalibration gains", _gains(c)),
        ("curves.csv", "reliability curves", _curves(c)),
        ("parameters.csv", "coefficients of all fits", map(_record, c.parameters)),
        ("rows.csv", "test rows", _rows(c)),
    ):
        table = _csv(rows)
        if table:
            files.append(Download.of(name, what, "text/csv", table))
    return files


def _url(kind: str, text: str) -> str:
    return f"data:{kind};charset=utf-8,{quote(text, safe=PLAIN)}"


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    rows = list(rows)
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _record(record: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def _difference(d: Difference) -> dict[str, Any]:
    flat = {"a": d.a, "b": d.b}
    for name in ("log_loss", "elpd"):
        flat |= {f"{name}_{k}": v for k, v in _record(getattr(d, name)).items()}
    return flat | {"probability_better": d.probability_better}


def _scores(c: Comparison) -> Iterable[dict[str, Any]]:
    for name, row in c.scoreboard.items():
        for score, value in row.items():
            yield {"fit": name, "score": score, **_record(value)}


def _gains(c: Comparison) -> Iterable[dict[str, Any]]:
    for name, judged in c.contestants.items():
        for key, gain in judged.calibration.gains.items():
            yield {"fit": name, "map": key, **_record(gain)}


def _curves(c: Comparison) -> Iterable[dict[str, Any]]:
    for name, judged in c.contestants.items():
        events: dict[str, Reliability] = {"most probable class is right": judged.top_label}
        events |= dict(zip(c.data.class_names[: len(judged.classes)], judged.classes, strict=True))
        for event, curve in events.items():
            blocks = _record(curve.curve)
            for values in zip(*blocks.values(), strict=True):
                yield {"fit": name, "event": event, **dict(zip(blocks, values, strict=True))}


def _rows(c: Comparison) -> Iterable[dict[str, Any]]:
    if c.disagreement is None:
        return
    table = c.disagreement.rows
    names = c.data.class_names
    for i, row in enumerate(table.row):
        line: dict[str, Any] = {"row": row, "class": names[table.label[i]]}
        for fit, probs in table.probs.items():
            line |= {f"{fit}:{n}": p for n, p in zip(names, probs[i], strict=True)}
        for key in ("aleatoric", "epistemic", "distance"):
            values = getattr(table, key)
            if values is not None:
                line[key] = values[i]
        yield line
