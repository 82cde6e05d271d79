"""The page: the sections of a comparison put together."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from trifit.contestants import CONTESTANTS
from trifit.durations import duration
from trifit.report.charts import Z95, parameter_name
from trifit.report.charts.style import looks_of
from trifit.report.sections import SECTIONS
from trifit.report.svg import with_style
from trifit.results import Comparison
from trifit.text import interval, printable, significant, with_se
from trifit.words import (
    headline,
    notes,
    optimiser_sentences,
    rows_text,
    split_text,
    status_name,
    status_text,
)

if TYPE_CHECKING:
    from jinja2 import Environment


def render(comparison: Comparison) -> str:
    """The whole report as one HTML document; the same input gives the same bytes."""
    sections = []
    for name, (title, _) in SECTIONS.items():
        body = render_section(comparison, name)
        if body is not None:
            sections.append((name, title, body))
    return document(
        "comparison.html.j2",
        title=" · ".join([comparison.data.name, *_card(comparison), "trifit"]),
        c=comparison,
        headline=headline(comparison),
        key={name: _described(comparison, name) for name in comparison.contestants},
        sections=sections,
    )


def render_section(comparison: Comparison, name: str) -> Markup | None:
    """One section as HTML, or None where it has nothing to say."""
    with with_style(), looks_of(comparison.contestants):
        content = SECTIONS[name][1](comparison)
    if content is None:
        return None
    template = environment().get_template(f"{name}.html.j2")
    return Markup(template.render(c=comparison, s=content))


def _card(c: Comparison) -> list[str]:
    return [] if c.card is None else [c.card.name]


def _described(c: Comparison, name: str) -> str:
    """What a contestant is, in a line."""
    if name in CONTESTANTS:
        return CONTESTANTS[name].description
    return f"predictions of {c.sources[name]}" if name in c.sources else "given predictions"


def document(template: str, **content: Any) -> str:
    """A document from a template, with the page's style and script and nothing else."""
    style, script = _asset("style.css"), _asset("script.js")
    return (
        environment()
        .get_template(template)
        .render(
            **content,
            style=Markup(style),
            script=Markup(script),
            policy="; ".join(
                (
                    "default-src 'none'",
                    f"script-src '{_hash(script)}'",
                    f"style-src '{_hash(style)}'",
                    "img-src data:",
                    "base-uri 'none'",
                    "form-action 'none'",
                )
            ),
        )
    )


@cache
def environment() -> "Environment":
    """The templates, with everything from data escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("trifit.report"),
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "with_se": with_se,
        "interval": interval,
        "significant": significant,
        "duration": duration,
        "parameter_name": parameter_name,
        "status_name": status_name,
        "status_text": status_text,
        "notes": notes,
        "rows_text": rows_text,
        "split_text": split_text,
        "of_optimiser": optimiser_sentences,
        "z95": Z95,
    }
    return made


@cache
def _asset(name: str) -> str:
    return (files("trifit.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
