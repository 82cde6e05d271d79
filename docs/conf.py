"""How Sphinx builds the site: `make docs`, or `sphinx-build -W -c docs . site`.

The source is the whole repository, so a link between two files is the same link on the site,
in an editor and on a code host. See decisions/011-documentation-site.md.
"""

import os
import shutil
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

import trifit

ROOT = Path(__file__).parents[1]
START = "docs/index"

project = "trifit"
author = "The trifit authors"
version = release = trifit.__version__
html_title = f"trifit {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
root_doc = START
include_patterns = [
    "docs/**.md", "*.md", "models/README.md", "studies/README.md", "reports/README.md",
    "datasets/README.md", "benchmarks/*.md",
]  # fmt: skip
exclude_patterns = ["site", ".*", "**/.*", "src", "tests", "reports/*/**"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

html_theme = "furo"
html_show_sourcelink = html_copy_source = False
html_theme_options = {"footer_icons": []}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
pygments_style = "default"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give types with shapes
autodoc_inherit_docstrings = False
numpydoc_show_class_members = False
python_maximum_signature_line_length = 88
suppress_warnings = ["misc.highlighting_failure"]  # doctest blocks with text between


class Commands(SphinxDirective):
    """``{commands}``: the help of every command, as the terminal shows it."""

    def run(self) -> list[nodes.Node]:
        """A section for each command."""
        import click

        from trifit.cli import main

        found: list[nodes.Node] = []
        context = click.Context(main, info_name="trifit", max_content_width=80)
        for name in main.list_commands(context):
            command = main.commands[name]
            inner = click.Context(command, info_name=name, parent=context, max_content_width=80)
            section = nodes.section(ids=[f"trifit-{name}"], names=[f"trifit {name}"])
            section += nodes.title("", f"trifit {name}")
            section += nodes.literal_block("", command.get_help(inner), language="text")
            found.append(section)
        return found


def as_mathml(translator: HTML5Translator, node: nodes.Element, *, block: bool) -> None:
    """Write a formula as MathML, which browsers draw without a script."""
    translator.body.append(tex2mathml(node.astext(), as_block=block))
    raise nodes.SkipNode


def inline_math(translator: HTML5Translator, node: nodes.Element) -> None:
    """A formula in a sentence."""
    as_mathml(translator, node, block=False)


def display_math(translator: HTML5Translator, node: nodes.Element) -> None:
    """A formula on a line of its own."""
    as_mathml(translator, node, block=True)


def link_pages(app: Sphinx, document: nodes.document) -> None:
    """Link committed HTML pages where they are: they are copied with their folders."""
    for node in list(document.findall(addnodes.download_reference)):
        if node["reftarget"].endswith(".html"):
            node.replace_self(
                nodes.reference("", "", *node.children, refuri=node["reftarget"], internal=True)
            )


def link_folders(app: Sphinx, document: nodes.document) -> None:
    """Link a folder by its index page, or by the README of the folder above."""
    for node in list(document.findall(addnodes.pending_xref)):
        here = (ROOT / node["refdoc"]).parent
        folder = (here / node["reftarget"]).resolve()
        pages = [folder / "index.md", folder / "index.html", folder.parent / "README.md"]
        page = next((page for page in pages if page.is_file()), None)
        if node["reftarget"].endswith("/") and page is not None:
            target = os.path.relpath(page.with_suffix(".html"), here)
            node.replace_self(nodes.reference("", "", *node.children, refuri=target, internal=True))


def copy_pages(app: Sphinx, error: Exception | None) -> None:
    """Copy the committed pages beside the site's own, and an entrance to its root."""
    if error is not None or app.builder.name != "html":
        return
    for page in (ROOT / "reports").rglob("*.html"):
        inside = page.relative_to(ROOT)
        if inside.parts[1] in {
            "atlas",
            "atlas-network",
            "checks",
            "examples",
            "gallery",
            "studies",
        }:
            (app.outdir / inside.parent).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, app.outdir / inside)
    (app.outdir / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>trifit</title>'
        f'<meta http-equiv="refresh" content="0; url={START}.html">'
        f'<a href="{START}.html">trifit</a>\n'
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is above."""
    app.add_directive("commands", Commands)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
    app.connect("doctree-read", link_pages, priority=100)  # before files to download are collected
    app.connect("doctree-read", link_folders)
    app.connect("build-finished", copy_pages)
    return {"parallel_read_safe": True}
