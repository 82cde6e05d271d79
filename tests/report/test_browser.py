"""The page in a real headless Chromium, from disk, with the network cut."""

import json
import os
import time
from importlib.metadata import PackageNotFoundError, files
from urllib.parse import unquote

import msgspec
import pytest

from browser import CHROMIUM
from made_up import made_up
from made_up_atlas import made_up_atlas
from made_up_study import made_up_study
from markup import nasty
from selection import by_default
from trifit.report import render, render_index
from trifit.report.atlas import render_atlas, render_tables
from trifit.report.downloads import downloads
from trifit.report.study import render_study
from trifit.results import Comparison

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no chromium (CI installs it)"
)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Pages on disk: plain, nasty, one with a posterior that failed, and the index."""
    folder = tmp_path_factory.mktemp("site")
    document = msgspec.to_builtins(made_up())
    document["fits"]["bayes"]["status"] = "unmixed"
    failed = msgspec.convert(document, Comparison)
    pages = {
        "plain": render(made_up()),
        "nasty": render(nasty()),
        "failed": render(failed),
        "study": render_study(made_up_study()),
        "atlas": render_atlas(made_up_atlas()),
        "table": render_tables(made_up_atlas())["tables/b.html"],
        "index": render_index({"plain": made_up(), "nasty": nasty(), "failed": failed}),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def axe():
    """The accessibility checker, as the pinned test package brings it."""
    try:
        found = [f for f in files("axe-core-python") or [] if f.name == "axe.min.js"]
    except PackageNotFoundError:
        pytest.fail("axe-core-python is missing: make setup installs what tests need")
    return found[0].locate().read_text(encoding="utf-8")


def centre(page, selector):
    """The middle of an element, scrolled into view."""
    box = page.evaluate(
        f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
        e.scrollIntoView({{block: "center"}}); const b = e.getBoundingClientRect();
        return [b.left + b.width / 2, b.top + b.height / 2]; }})()"""
    )
    time.sleep(0.05)  # the scrolling is over (the page's clock stands still without scripts)
    return box


def click(page, selector):
    x, y = centre(page, selector)
    page.pointer("mousePressed", x, y)
    page.pointer("mouseReleased", x, y)


def shown(page, selector):
    """How many such elements take up room."""
    return page.evaluate(
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        ".filter(e => e.getBoundingClientRect().width > 0).length"
    )


@pytest.mark.parametrize("name", ["plain", "nasty", "failed", "study", "index"])
@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_is_complete_with_and_without_scripts(browser, site, name, scripts):
    with browser.open(site / f"{name}.html", scripts=scripts) as page:
        assert page.complaints() == []
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        open_pictures = shown(page, "svg[role=img]")
        assert open_pictures >= {"index": 3, "study": 4}.get(name, 25)
        assert page.evaluate("document.querySelectorAll('svg[role=img]').length") == html.count(
            'role="img"'
        )
        assert shown(page, ".legend button") == (shown(page, ".legend li") if scripts else 0)


def test_text_from_data_runs_nowhere(browser, site):
    with browser.open(site / "nasty.html") as page:
        assert page.complaints() == []
        assert page.evaluate("document.scripts.length") == 1
        assert "</script><script>alert(1)</script>" in page.evaluate("document.body.innerText")
        page.evaluate(
            "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            " document.body.append(s); })()"
        )
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in line for line in page.complaints())


def test_hovering_shows_the_value_of_the_nearest_mark(browser, site):
    with browser.open(site / "plain.html") as page:
        mark = "[aria-labelledby=gap] [data-tip^=bayes]"
        x, y = centre(page, mark)
        page.pointer("mouseMoved", x + 5, y + 3)
        assert page.evaluate("document.querySelector('.tip').textContent") == (
            "bayes: 0.400 ± 0.050 nats"
        )
        assert shown(page, ".tip") == 1
        page.pointer("mouseMoved", 2, 2)
        assert shown(page, ".tip") == 0


def test_a_touch_shows_it_too(browser, site):
    with browser.open(site / "plain.html", width=390) as page:
        page.send("Emulation.setTouchEmulationEnabled", enabled=True)
        x, y = centre(page, "[aria-labelledby=answer] [data-tip^=map]")
        page.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        page.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        assert page.evaluate("document.querySelector('.tip').textContent").startswith("map: 0.5")


def test_arrow_keys_read_the_values(browser, site):
    with browser.open(site / "plain.html") as page:
        page.evaluate("document.querySelector('[aria-labelledby=gap] .picture').focus()")
        said = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            page.key(key)
            said.append(page.evaluate("document.querySelector('.tip').textContent"))
        assert [s.partition(":")[0] for s in said] == ["mle", "map", "mle"]
        page.key("Escape")
        assert shown(page, ".tip") == 0


def test_a_legend_hides_and_shows_a_fit(browser, site):
    with browser.open(site / "plain.html") as page:
        button = ".beside > figure .legend [data-key=mle] button"
        marks = ".beside > figure [data-fit=mle] [data-tip]"
        before = shown(page, marks)
        assert before > 0
        click(page, button)
        assert shown(page, marks) == 0
        assert page.evaluate(f"document.querySelector({button!r}).ariaPressed") == "false"
        page.evaluate(f"document.querySelector({button!r}).focus()")
        page.key(" ")
        assert shown(page, marks) == before


def test_rows_without_a_number_come_last_even_with_words_beneath(browser, site):
    rows = "[...document.querySelectorAll('[aria-labelledby=tables] tbody th a')]"
    heads = "[...document.querySelectorAll('[aria-labelledby=tables] thead button')]"
    with browser.open(site / "atlas.html") as page:
        for _ in range(2):  # c has a verdict on its posterior and no slope, d has nothing
            page.evaluate(f"{heads}.find(b => b.textContent === 'Posterior: slope').click()")
            order = page.evaluate(f"{rows}.map(a => a.textContent).join('')")
            assert order[-2:] in ("cd", "dc")


def test_a_table_sorts_by_its_numbers(browser, site):
    with browser.open(site / "plain.html") as page:
        table = "[aria-labelledby=answer] table"

        def order():
            return page.evaluate(
                f"[...document.querySelectorAll('{table} tbody th')].map(e => e.textContent)"
            )[:7]

        assert order()[:2] == ["mle", "map"]
        click(page, f"{table} thead th:nth-child(2) button")
        assert order() == ["bayes", "mean", "mle+T", "map", "mle", "uniform", "class frequencies"]
        head = f"document.querySelector('{table} thead th:nth-child(2)').ariaSort"
        assert page.evaluate(head) == "ascending"
        click(page, f"{table} thead th:nth-child(2) button")
        assert order()[0] in ("uniform", "class frequencies")
        assert page.evaluate(head) == "descending"
        click(page, f"{table} thead th:nth-child(6) button")
        assert set(order()[-2:]) == {"uniform", "class frequencies"}  # they have no gain
        assert page.evaluate(head) is None


def test_dark_pages_have_light_ink_in_their_charts(browser, site):
    colours = []
    for dark in (False, True):
        with browser.open(site / "plain.html", dark=dark) as page:
            colours.append(
                page.evaluate(
                    "[getComputedStyle(document.body).backgroundColor,"
                    " getComputedStyle(document.querySelector('svg[role=img] text')).fill]"
                )
            )
    assert colours == [
        ["rgb(255, 255, 255)", "rgb(27, 31, 36)"],
        ["rgb(20, 23, 27)", "rgb(230, 233, 238)"],
    ]


@pytest.mark.parametrize("name", ["plain", "nasty", "study", "table", "index"])
def test_a_phone_does_not_scroll_the_page_sideways(browser, site, name):
    with browser.open(site / f"{name}.html", width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_with_what_is_folded_away(browser, site):
    with browser.open(site / "plain.html", dark=True) as page:
        assert page.pdf().startswith(b"%PDF")
        page.send("Emulation.setEmulatedMedia", media="print", features=[])
        assert shown(page, "details table") == page.evaluate(
            "document.querySelectorAll('details table').length"
        )
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_download_is_the_file(browser, site, tmp_path, scripts):
    wanted = {d.name: unquote(d.href.partition(",")[2]) for d in downloads(made_up())}
    with browser.open(site / "plain.html", scripts=scripts) as page:
        page.send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        for name in ("comparison.json", "rows.csv"):
            click(page, f"a[download$='{name}']")
            while True:
                event = browser.wait_for("Page.downloadProgress", page.session)
                if event["state"] != "inProgress":
                    break
            assert event["state"] == "completed"
            written = (tmp_path / f"penguins-{name}").read_text(encoding="utf-8")
            assert written == wanted[name]


AS_SEEN = [("plain", False, 1280), ("nasty", True, 1280)]
AS_SEEN += [("index", True, 390), ("study", True, 390), ("table", True, 390)]
AGAIN = [("plain", True, 390), ("failed", False, 390)]
AGAIN += [("index", False, 1280), ("study", False, 1280)]
"""By default every kind of page once: the checker takes four seconds for a long one."""


@pytest.mark.parametrize(
    ("name", "dark", "width"),
    by_default(*AS_SEEN, of=[*AS_SEEN, *AGAIN], several=True),
)
def test_axe_finds_nothing_to_complain_of(browser, site, axe, name, dark, width):
    with browser.open(site / f"{name}.html", dark=dark, width=width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.evaluate(axe)
        only = "{resultTypes: ['violations']}"  # what passes is not written out
        found = page.evaluate(f"axe.run({only}).then(r => JSON.stringify(r.violations))")
        assert [
            (v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in json.loads(found)
        ] == []
