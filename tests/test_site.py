"""The documentation site: built with warnings as errors, whole, and free of the network."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.broad


class Page(HTMLParser):
    """Targets of a page, and the names that can be linked in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.names = [], [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.names.update(found[key] for key in ("id", "name") if found.get(key))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(found["href"])
        elif "src" in found:
            self.loaded.append(found["src"])


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    for package in ("sphinx", "furo", "myst_parser", "numpydoc"):
        pytest.importorskip(package, reason="pip install 'trifit[docs]'")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going",
            "-c", "docs", "-d", out / "doctrees", ".", out / "html",
        ],
        cwd=root, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


def inside(path, link):
    """The file and the name in it that a link leads to; None for a link elsewhere."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
    return target, unquote(parts.fragment)


def test_every_link_leads_somewhere(site, pages):
    n = 0
    for path, page in pages.items():
        for link in page.links:
            found = inside(path, link)
            if found is None:
                continue
            target, name = found
            where = f"{path.relative_to(site)}: {link}"
            assert target.is_file(), where
            if name and target.suffix == ".html" and "reports" not in target.parts:
                assert name in pages[target].names, where
            n += 1
    assert n > 5000


def test_nothing_is_loaded_from_the_network(site, pages):
    for path, page in pages.items():
        for link in page.loaded:
            assert link.startswith("data:") or inside(path, link) is not None, f"{path}: {link}"
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8")
        assert "@import" not in text
        assert "url(http" not in text.replace('"', "").replace("'", "")


def test_commands_and_functions_are_there(site, pages):
    from trifit.cli import main

    assert {f"trifit-{name}" for name in main.commands} <= pages[site / "docs/commands.html"].names
    assert "trifit.compare" in pages[site / "docs/api/top.html"].names
    assert "trifit.scores.log_loss" in pages[site / "docs/api/measures.html"].names


def test_formulas_need_no_script(site, pages):
    text = (site / "docs/cross-entropy.html").read_text("utf-8")
    assert text.count("<math") > 20
    loaded = pages[site / "docs/cross-entropy.html"].loaded
    assert not [link for link in loaded if "math" in link.lower()]


def test_the_gallery_and_the_studies_are_part_of_it(site):
    assert (site / "reports/gallery/index.html").is_file()
    assert (site / "reports/atlas/index.html").is_file()
    assert (site / "reports/studies/prior/index.html").is_file()
    assert "docs/index.html" in (site / "index.html").read_text("utf-8")
