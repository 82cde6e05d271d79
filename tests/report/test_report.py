"""The page: complete, offline, the same bytes each time, and safe against text from data."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from made_up import made_up
from markup import NASTY, nasty
from trifit.report import render, render_index, render_notebook
from trifit.report.downloads import downloads
from trifit.report.sections import SECTIONS
from trifit.results import Comparison
from trifit.text import (
    between,
    decimals_for,
    estimate,
    interval,
    listed,
    signed_with_se,
    significant,
    with_se,
)
from trifit.words import VERDICTS, verdict_text


@pytest.fixture(scope="module")
def page():
    return render(made_up())


@pytest.fixture(scope="module")
def nasty_page():
    return render(nasty())


class Outline(HTMLParser):
    """Tags, ids and visible text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]

    def handle_data(self, data):
        self.text.append(data)


def test_same_input_same_bytes(page):
    assert render(made_up()) == page


def test_the_page_needs_nothing_from_outside(page):
    for tag, attributes in Outline(page).tags:
        assert tag not in ("link", "iframe", "img", "object", "base", "form")
        for name in ("src", "href", "action", "data"):
            value = attributes.get(name, "#")
            download = tag == "a" and "download" in attributes and value.startswith("data:")
            image = tag == "image" and value.startswith("data:image/png;base64,")
            assert value.startswith("#") or download or image, (tag, name)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_policy_allows_the_pages_own_script_and_style_alone(page):
    outline = Outline(page)
    policy = next(a["content"] for t, a in outline.tags if "http-equiv" in a)
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; "
        r"img-src data:; base-uri 'none'; form-action 'none'",
        policy,
    )
    assert [t for t, _ in outline.tags].count("script") == 1
    for tag, attributes in outline.tags:
        assert not [k for k in attributes if k == "style" or k.startswith("on")], tag


def test_ids_are_unique_and_references_meet_them(page):
    outline = Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    for reference in re.findall(r'(?:href="#|url\(#)([^")]+)', page):
        assert reference in outline.ids


def test_sections_come_in_their_order(page):
    found = re.findall(r'<h2 id="(\w+)">', page)
    assert found == list(SECTIONS)
    assert re.findall(r'<li><a href="#(\w+)">', page) == found


def test_every_fit_is_explained_under_the_answer(page):
    header = page[: page.index("<nav")]
    for name in made_up().fits:
        assert f"<dt><b>{name}</b></dt>" in header
    assert "laplace" not in header


def test_headings_tables_and_pictures_are_marked_up(page):
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption") >= 12
    pictures = [a for tag, a in outline.tags if tag == "svg" and a.get("role") == "img"]
    assert len(pictures) >= 30
    assert all(len(a["aria-label"]) > 10 for a in pictures)


def test_the_numbers_on_the_page_are_those_of_the_comparison(page):
    c = made_up()
    text = " ".join(Outline(page).text)
    for name, judged in c.contestants.items():
        assert f"{name}: {VERDICTS[judged.verdict]}" in text
        assert verdict_text(judged, c.fits[name]) in text
        v = judged.scores.log_loss
        assert estimate(v.value, v.low, v.high) in text
        assert between(v.low, v.high) in text
        for gain in judged.calibration.gains.values():
            assert signed_with_se(gain.value, gain.se) in text
    for row in c.differences:
        assert signed_with_se(row.log_loss.value, row.log_loss.se) in text
    assert c.data.fingerprint in text


def test_text_from_data_is_only_text(nasty_page):
    outline = Outline(nasty_page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("script") == tags.count("style") == 1
    assert "img" not in tags
    for tag, attributes in outline.tags:
        assert not [k for k in attributes if k.startswith("on")], tag
        href = attributes.get("href", "#")
        assert href.startswith(("#", "data:text/csv", "data:application/json", "data:image/png"))
    shown = " ".join(outline.text)
    assert NASTY[0] in shown
    assert NASTY[1] in shown
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", nasty_page)


def test_a_real_run_is_drawn(iris_run):
    page = render(iris_run.comparison)
    assert f"{iris_run.comparison.contestants['bayes'].scores.log_loss.value:.3f}"[:4] in page
    assert "petal width (cm)" in page


def test_the_notebook_shows_the_answer_without_a_script():
    html = nasty()._repr_html_()
    tags = {tag for tag, _ in Outline(html).tags}
    assert not tags & {"script", "style", "img", "svg"}
    assert html == render_notebook(nasty())
    assert "bayes" in made_up()._repr_html_()
    assert "0.400<br><small>0.300 to 0.500" in made_up()._repr_html_()


def test_a_download_that_is_too_large_is_left_to_the_folder(monkeypatch):
    """A page of a thousand classes was 47 MB, nearly all of it downloads."""
    c = made_up()
    whole = render(c)
    monkeypatch.setattr("trifit.report.downloads.MOST", 5_000)
    page = render(c)
    assert 'href="data:application/json' in whole
    assert 'href="data:application/json' not in page
    assert "comparison.json <span>all numbers: 0 MB, too large for this page</span>" in page
    assert 'href="data:text/csv' in page  # small ones stay
    assert "in the run's folder" in page
    assert "too large for this page" not in whole


def test_downloads_hold_every_number():
    c = made_up()
    files = {d.name: d.href for d in downloads(c)}
    assert set(files) == {
        "comparison.json", "scores.csv", "differences.csv", "recalibration.csv", "curves.csv",
        "parameters.csv", "rows.csv",
    }  # fmt: skip
    from urllib.parse import unquote

    def content(name):
        return unquote(files[name].partition(",")[2])

    assert msgspec.json.decode(content("comparison.json"), type=Comparison) == c
    assert content("scores.csv").splitlines()[:2] == [
        "fit,score,value,low,high,se",
        "mle,log_loss,0.9,0.8,1.0,0.05",
    ]
    assert len(content("differences.csv").splitlines()) == 1 + len(c.differences)
    assert len(content("rows.csv").splitlines()) == 1 + 6
    assert content("rows.csv").startswith("row,class,mle:adelie,mle:chinstrap,mle:gentoo,map:")
    assert len(content("curves.csv").splitlines()) == 1 + 5 * 4 * 2
    assert len(content("parameters.csv").splitlines()) == 1 + len(c.parameters)


def test_the_index_lists_runs_and_links_to_nothing_else():
    page = render_index({"b": made_up(), "a": nasty(), "javascript:alert(1)": made_up()})
    links = [a["href"] for t, a in Outline(page).tags if t == "a"]
    assert links == ["a/index.html", "b/index.html", "javascript%3Aalert%281%29/index.html"]
    assert page == render_index({"javascript:alert(1)": made_up(), "a": nasty(), "b": made_up()})
    assert [t for t, _ in Outline(page).tags].count("script") == 1


def test_the_index_ranks_only_fits_that_can_be_trusted():
    document = msgspec.to_builtins(made_up())
    assert "bayes, not clearly below the next; 0.300 to 0.500" in render_index({"a": made_up()})
    document["fits"]["bayes"]["status"] = "unmixed"
    page = render_index({"a": msgspec.convert(document, Comparison)})
    assert "mean, " in page
    assert '<td class="failed">no</td>' in page
    for fit in document["fits"].values():
        fit["status"] = "max_steps"
    del document["fits"]["bayes"], document["contestants"]["bayes"]
    page = render_index({"a": msgspec.convert(document, Comparison)})
    assert '<td class="failed">' not in page  # no posterior: nothing to trust, and no best
    assert page.count("<td>–</td>") == 2


# --- numbers as text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (0.123456, 0.0123, "0.123 ± 0.012"),
        (123.4, 12.0, "123 ± 12"),
        (0.5, 0.0, "0.500"),
        (0.5, None, "0.500"),
        (1e-9, 1e-9, "0.000000 ± 0.000000"),
    ],
)
def test_numbers_are_rounded_to_their_error(value, se, text):
    assert with_se(value, se) == text


@pytest.mark.parametrize(
    ("value", "low", "high", "number", "ends"),
    [
        (0.0812, 0.0517, 0.1231, "0.081", "0.052 to 0.123"),
        (9.83, 1.0, 31.2, "9.8", "1.0 to 31.2"),
        (0.3333, 0.3333, 0.3333, "0.333", ""),
        (0.0, -0.0123, 0.0123, "0.0000", "−0.0123 to 0.0123"),
    ],
)
def test_estimates_are_rounded_to_their_interval(value, low, high, number, ends):
    assert estimate(value, low, high) == number
    assert between(low, high) == ends


def test_other_numbers():
    assert signed_with_se(-0.5, 0.25) == "−0.50 ± 0.25"
    assert interval(1.0, None) == "–"
    assert significant(0) == "0"
    assert significant(float("nan")) == "–"
    assert significant(1.5e9) == "1.50e+09"
    assert decimals_for(float("nan")) == 3
    assert listed(["mle"]) == "mle"


def test_committed_pages_are_small_and_can_be_drawn_again(root):
    pages = sorted((root / "reports" / "examples").glob("*/index.html"))
    assert pages
    for page in pages:
        assert page.stat().st_size < 3_000_000
        comparison = Comparison.from_json(page.with_name("comparison.json"))
        assert comparison.provenance.command in page.read_text(encoding="utf-8")
