"""The page: complete, offline, the same bytes each time, and safe against text from data."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import msgspec
import pytest
from matplotlib.axes import Axes

from trifit.report import charts, render
from trifit.report.text import decimals_for, interval, signed_with_se, significant, with_se

NASTY = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def page(iris_run):
    return render(iris_run.comparison)


class _Outline(HTMLParser):
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


def test_same_input_same_bytes(iris_run, page):
    assert render(iris_run.comparison) == page


def test_the_page_needs_nothing_from_outside(page):
    outline = _Outline(page)
    for tag, attributes in outline.tags:
        assert tag not in ("script", "link", "iframe", "img", "object", "base")
        for name in ("src", "href", "xlink:href", "action", "data"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_ids_are_unique_and_references_meet_them(page):
    outline = _Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    for reference in re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', page):
        assert reference in outline.ids


def test_headings_tables_and_pictures_are_marked_up(page):
    outline = _Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption") >= 4
    pictures = [a for tag, a in outline.tags if tag == "svg"]
    assert len(pictures) == 8
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert attributes["aria-label"].endswith(".")


def test_the_numbers_on_the_page_are_those_of_the_comparison(iris_run, page):
    text = " ".join(_Outline(page).text)
    for name, fit in iris_run.comparison.fits.items():
        assert f"{name}: {fit.verdict}" in text
        assert fit.verdict_text in text
        assert with_se(fit.log_loss, fit.log_loss_se) in text
        for gain in fit.gains.values():
            assert signed_with_se(gain.value, gain.se) in text
        for rule in fit.rules:
            assert rule.asked in text
            assert f"{rule.found} {'✓' if rule.met else '✗'}" in text
    for row in iris_run.comparison.differences:
        assert signed_with_se(row.log_loss_diff, row.se) in text
    assert iris_run.comparison.data.fingerprint in text


def nasty(comparison):
    """The comparison with markup in every text that comes from data."""
    document = msgspec.to_builtins(comparison)
    names = [NASTY, "_$x_1$", "a & b\x07 <i>"]
    document["data"] |= {
        "name": NASTY,
        "class_names": names,
        "notes": [NASTY],
        "feature_names": [NASTY] * 4,
    }
    document["card"] |= {"note": NASTY, "name": NASTY}
    document["provenance"]["command"] = NASTY
    for row in document["parameters"]:
        row["feature"] = row["class"] = NASTY
    return msgspec.convert(document, type(comparison))


def test_text_from_data_is_only_text(iris_run):
    page = render(nasty(iris_run.comparison))
    outline = _Outline(page)
    assert "script" not in [tag for tag, _ in outline.tags]
    assert NASTY in " ".join(outline.text)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", page)


def test_an_untrustworthy_posterior_is_open_and_marked(iris_run):
    document = msgspec.to_builtins(iris_run.comparison)
    document["fits"]["bayes"] |= {
        "trustworthy": False,
        "status": "unmixed",
        "verdict": "not trustworthy",
    }
    page = render(msgspec.convert(document, type(iris_run.comparison)))
    assert "<details open>" in page
    assert "not trustworthy: unmixed" in page
    assert "<details open>" not in render(iris_run.comparison)


def test_a_slope_that_does_not_exist_is_a_dash(iris_run):
    document = msgspec.to_builtins(iris_run.comparison)
    document["fits"]["map"] |= {"slope": None, "slope_se": None}
    assert "<td>–</td>" in render(msgspec.convert(document, type(iris_run.comparison)))


def test_the_posterior_is_shown_with_its_two_kinds_of_entropy(iris_run, page):
    text = " ".join(_Outline(page).text)
    posterior = iris_run.comparison.posterior
    assert f"{significant(posterior.aleatoric)} would remain" in text
    assert with_se(posterior.loo.elpd, posterior.loo.se) in text
    assert f"{posterior.loo.n_high_k} of 150 rows have a Pareto k above 0.7" in text


def test_what_was_not_computed_says_why(iris_run):
    document = msgspec.to_builtins(iris_run.comparison)
    document["fits"]["map"] |= {"code": None, "code_note": "not encoded: pip install"}
    document["fits"]["bayes"]["gains"].pop("dirichlet")
    document["posterior"] |= {"loo": None, "epistemic_wrong": None}
    text = " ".join(_Outline(render(msgspec.convert(document, type(iris_run.comparison)))).text)
    assert "not encoded: pip install" in text
    assert "not tried" in text
    assert "not run on more than 20,000 training rows" in text
    assert "rows it gets wrong" not in text


@pytest.mark.parametrize("gain", [(0.2, 0.01), (-0.01, 0.01)])
def test_the_headline_of_the_gains_claims_no_more_than_the_numbers(iris_run, gain):
    document = msgspec.to_builtins(iris_run.comparison)
    for fit in document["fits"].values():
        fit["gains"]["temperature"] = {"value": -0.01, "se": 0.01}
    document["fits"]["mle"]["gains"]["temperature"] = {"value": gain[0], "se": gain[1]}
    text = " ".join(_Outline(render(msgspec.convert(document, type(iris_run.comparison)))).text)
    assert ("mle is furthest from a probability" in text) == (gain[0] > 0)
    assert ("No fit gains clearly from one temperature" in text) == (gain[0] < 0)


def test_many_classes_are_drawn_in_part(iris_run):
    document = msgspec.to_builtins(iris_run.comparison)
    document["data"]["class_names"] = [f"class {k}" for k in range(30)]
    document["data"]["class_counts"] = [5] * 30
    for fit in document["fits"].values():
        fit["classes"] = (fit["classes"] * 10)[:30]
    page = render(msgspec.convert(document, type(iris_run.comparison)))
    assert "The first 12 of 30 classes are drawn" in page


def test_charts_take_axes_and_return_them(iris_run):
    c = iris_run.comparison
    own = [
        charts.log_loss(c.fits, c.baselines),
        charts.forest(c.differences),
        charts.gains(c.fits),
        charts.top_label(c.fits["map"].top_label, name="map"),
        charts.reliability(c.fits["map"].classes[0], name="map"),
        charts.waterfall(c.fits, c.differences),
        charts.coefficients(c.parameters[:5]),
    ]
    assert all(isinstance(ax, Axes) for ax in own)
    _, grid = charts.new_figure(4, 4)
    assert charts.forest(c.differences, ax=grid[0, 0]) is grid[0, 0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("_hidden", "\u200a_hidden"), ("a\x07b", "a b"), ("", " "), ("x" * 40, "x" * 27 + "…")],
)
def test_labels_are_cleaned(text, shown):
    assert charts.label(text) == shown


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


def test_other_numbers():
    assert signed_with_se(-0.5, 0.25) == "−0.50 ± 0.25"
    assert interval(1.0, None) == "–"
    assert significant(0) == "0"
    assert significant(float("nan")) == "–"
    assert significant(1.5e9) == "1.50e+09"
    assert decimals_for(float("nan")) == 3


# --- in a real browser ---------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def browse(path, tmp_path, *options):
    """Open a page from disk with the network cut; the DOM it ends with, and the console."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}", *options, path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no chromium (CI installs it)"
)
@pytest.mark.parametrize("kind", ["plain", "nasty"])
def test_a_browser_shows_the_page(iris_run, tmp_path, kind):
    comparison = iris_run.comparison if kind == "plain" else nasty(iris_run.comparison)
    path = tmp_path / "index.html"
    comparison.to_html(path)
    shown = browse(path, tmp_path, "--dump-dom")
    assert shown.stdout.count("<svg") == 8
    assert "CONSOLE" not in shown.stderr
    assert "<script" not in shown.stdout
    browse(path, tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
