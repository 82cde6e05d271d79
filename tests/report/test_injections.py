"""Texts that would be code if they were not text, in every field of everything that has a page."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from browser import CHROMIUM
from injected import PAYLOADS, injected
from made_up import made_up
from made_up_study import made_up_study
from outline import Outline
from selection import by_default
from trifit.cli import main
from trifit.report import render, render_index
from trifit.report.check import render_check
from trifit.report.study import render_study
from trifit.results.check import Check, CheckedFit, RankedQuantity

LINKS = ("#", "data:text/csv", "data:application/json", "data:image/png")


@dataclass(frozen=True)
class Kind:
    """A record with a page.

    Attributes
    ----------
    kept : set of str
        Names that trifit gives, and without which the record is damaged.
    texts : int
        Fewest texts that a payload is put into.
    """

    made: Callable[[], Any]
    render: Callable[[Any], str]
    kept: set[str]
    texts: int


def made_up_check():
    """A check whose every sentence is needed: wrong ranks, failed and left out replications."""
    quantity = RankedQuantity(
        name="beta[x]",
        counts=[30, 10],
        difference=[0.0, 0.2, 0.25, 0.1],
        p_value=1e-6,
        adjusted=1e-5,
        chi_square=1e-4,
        deviation="too low",
    )
    names = ("beta[x]", "log-likelihood", "scale of x", "probability")
    fit = CheckedFit(
        method="bayes",
        outcome="wrong",
        n_ranked=40,
        left_out={"unmixed": 2},
        low=[-0.1] * 4,
        high=[0.1] * 4,
        quantities=[msgspec.structs.replace(quantity, name=name) for name in names],
    )
    return Check(
        card={"name": "mine", "builder": "mine.py:build", "note": "A note.", "references": ["A"]},
        data="mine.csv",
        n_obs=50,
        n_features=1,
        n_classes=2,
        replications=45,
        n_failed=3,
        errors=["ValueError: one", "ValueError: two"],
        n_draws=3,
        fits=[fit],
        seed=1,
        seconds=3.0,
        command="trifit check mine.py:build",
        versions={"trifit": "1", "pymc": "6"},
    )


def indexed(comparison):
    return render_index({name: comparison for name in PAYLOADS.values() if "/" not in name})


NAMED = {"class frequencies", "uniform", "mle+T", "dirichlet", "isotonic", "vector"}

KINDS = {
    "comparison": Kind(made_up, render, NAMED, 40),
    "index": Kind(made_up, indexed, NAMED, 40),
    "study": Kind(
        made_up_study,
        render_study,
        {"seed", "question", "expects", "references", "summary", "mle", "map", "bayes", "mle+T"},
        25,
    ),
    "check": Kind(made_up_check, render_check, {"name", "bayes", "unmixed"}, 10),
}

CASES = by_default(
    *((kind, 0) for kind in KINDS),
    of=[(kind, turn) for kind in KINDS for turn in range(len(PAYLOADS))],
    several=True,
)


def page_of(name, turn):
    kind = KINDS[name]
    record, texts = injected(kind.made(), turn, kind.kept)
    assert len(texts) >= kind.texts
    return kind.render(record)


def assert_text_is_text(page):
    """As a parser reads it: one script and one style, no handlers, no addresses elsewhere."""
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "base", "form", "link"} & {*tags}
    for tag, attributes in outline.tags:
        assert not [key for key in attributes if key.startswith("on") or key == "autofocus"], tag
        for key in ("href", "src", "xlink:href", "action", "srcdoc"):
            given = attributes.get(key, "#")
            assert given.startswith(LINKS) or re.fullmatch(r"[^:]*index\.html", given), given
    assert "onerror=" in " ".join(outline.text)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", page)


@pytest.mark.parametrize(("kind", "turn"), CASES)
def test_text_is_text(kind, turn, tmp_path, request):
    page = page_of(kind, turn)
    assert_text_is_text(page)
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("no chromium (CI installs it)")
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    with request.getfixturevalue("browser").open(file) as opened:
        assert_runs_nothing(opened)


def assert_runs_nothing(opened):
    """In a browser that moves over everything and focuses all that can be focused."""
    opened.evaluate(
        """for (const e of document.querySelectorAll("*")) {
            e.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
            if (e.focus) e.focus();
        }"""
    )
    assert opened.evaluate("window.ran") is None
    assert opened.evaluate("document.scripts.length") == 1
    assert opened.evaluate("document.images.length") == 0
    assert opened.complaints() == []


def test_a_file_of_predictions(tmp_path, request):
    """Names of columns, classes, groups, levels and files, through the command line."""
    first, second = PAYLOADS["elements"], PAYLOADS["attributes"]
    quoted = [name.replace('"', '""') for name in (first, second)]
    rows = [
        f'{0.2 + i % 7 / 10:.1f},{0.8 - i % 7 / 10:.1f},"{quoted[i * i % 3 % 2]}",{i % 20},'
        f'"{quoted[i % 2]}"'
        for i in range(60)
    ]
    head = f'"p_{quoted[0]}","p_{quoted[1]}",y,g,"level {quoted[1]}"'
    file = tmp_path / "<img src=x onerror=window.ran=1>.csv"
    file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    command = ["evaluate", str(file), "--label", "y", "--probs", "p_*", "--groups", "g"]
    command += ["--by", f"level {second}", "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert_text_is_text(page)
    if CHROMIUM is not None:
        with request.getfixturevalue("browser").open(tmp_path / "run" / "index.html") as opened:
            assert_runs_nothing(opened)
