"""The documentation: what it shows is run, what it points to is there."""

import ast
import doctest
import importlib
import re
import runpy
import shlex

import click
import numpy as np
import pytest
from click.testing import CliRunner

from trifit.cli import main
from trifit.cli.options import one_each
from trifit.information import cross_entropy, kl_divergence

PAGE = "docs/cross-entropy.md"

TRIED = ["tutorial-table", "tutorial-logits", "own-models", "soft-labels"]
"""Pages whose blocks are run from top to bottom, as a reader would."""


@pytest.fixture(scope="module")
def tool(root):
    return runpy.run_path(str(root / "tools" / "cross_entropy_figures.py"))


def python_blocks(text):
    """The text with every line outside its python blocks emptied: line numbers stay."""
    inside, lines = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            inside, line = line == "```python", ""
        lines.append(line if inside else "")
    return "\n".join(lines) + "\n"


def run_doctest(text, name):
    """Failures, examples and what the runner says."""
    test = doctest.DocTestParser().get_doctest(python_blocks(text), {}, name, name, 0)
    said = []
    done = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
        test, out=said.append
    )
    return done.failed, done.attempted, "".join(said)


def test_the_page_on_cross_entropy_is_true(root):
    text = (root / PAGE).read_text(encoding="utf-8")
    failed, attempted, said = run_doctest(text, PAGE)
    assert failed == 0, said
    assert attempted == text.count("\n>>> ") > 40


def test_a_false_claim_is_found():
    page = "Text.\n\n```python\n>>> 1 + 1\n3\n```\n\n```\n>>> 1 + 1\n4\n```\n"
    failed, attempted, said = run_doctest(page, "page")
    assert (failed, attempted) == (1, 1)
    assert 'File "page", line 4' in said


def pages(root):
    """All documents in Markdown."""
    folders = [root / name for name in ("models", "studies", "reports", "benchmarks")]
    found = [page for folder in folders for page in folder.glob("*.md")]
    return [*found, *root.glob("*.md"), *(root / "docs").rglob("*.md")]


def blocks(text):
    """Fenced blocks of a page: (language, content)."""
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)


def commands(text):
    """Command lines of trifit that a page shows: the words after ``trifit``."""
    shown = re.findall(r"^    (.*\btrifit [a-z].*)", text, re.M)
    shown += [line for kind, block in blocks(text) if kind == "sh" for line in block.splitlines()]
    for line in shown:
        words = shlex.split(line.partition("  #")[0].rstrip("\\"), comments=True)
        if "trifit" in words:
            after = words[words.index("trifit") + 1 :]
            ends = [i for i, word in enumerate(after) if word in ("|", "||", "&&", ";")]
            yield after[: min(ends, default=len(after))]


def test_command_lines_have_commands_and_options_that_exist(root):
    """What a page tells to type is parsed by the command itself, without running it."""
    n = 0
    for page in pages(root):
        for name, *words in commands(page.read_text("utf-8")):
            assert name in main.commands, f"{page.name}: trifit {name}"
            command = main.commands[name]
            settings = {o for p in command.params if getattr(p, "settings", False) for o in p.opts}
            context = click.Context(command, info_name=name)
            try:
                command.make_parser(context).parse_args(list(one_each(words, settings)))
            except click.UsageError as error:
                pytest.fail(f"{page.name}: trifit {name} {words}: {error.format_message()}")
            n += 1
    assert n > 60


def test_a_command_line_that_is_wrong_is_seen():
    page = "Text\n\n    zcat a.gz | trifit compare - --tagret y | head   # a comment\n"
    assert list(commands(page)) == [["compare", "-", "--tagret", "y"]]


def test_python_blocks_are_python(root):
    n = 0
    for page in pages(root):
        for kind, block in blocks(page.read_text("utf-8")):
            if kind == "python" and not block.startswith(">>>"):
                ast.parse(block, page.name)
                n += 1
    assert n > 20


def masked(text):
    """Words of a text without its numbers, which differ from machine to machine."""
    return re.sub(r"[−-]?\d[\d,.]*", "#", " ".join(text.split()))


@pytest.mark.broad
@pytest.mark.filterwarnings("default")  # a reader's scripts may warn
@pytest.mark.parametrize("name", TRIED)
def test_pages_do_what_they_say(root, tmp_path, monkeypatch, name):
    """Python is run, or saved if its first line is a file's name; commands print what is shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    said, names = "", {}
    for kind, block in blocks((root / "docs" / f"{name}.md").read_text("utf-8")):
        file = re.match(r"# (\w+\.py)\n", block)
        if kind == "python" and file:
            (tmp_path / file[1]).write_text(block, "utf-8")
        if kind == "python" and not (file and file[1] == "my_model.py"):
            exec(compile(block, name, "exec"), names)
        if kind == "sh":
            for line in block.splitlines():
                said = (
                    CliRunner().invoke(main, shlex.split(line)[1:], catch_exceptions=False).output
                )
        if kind == "text":
            for line in block.splitlines():
                verdict = re.match(r"[\w-]+: uncertain\.", line)
                assert masked(verdict[0] if verdict else line) in masked(said), said


def test_every_page_has_its_place_in_the_navigation(root):
    listed = re.findall(r"^(?:.*<)?([./\w-]+?)>?$", "\n".join(b for _, b in toctrees(root)), re.M)
    for page in (root / "docs").glob("*.md"):
        assert page.stem in {*listed, "index"}, f"{page.name}: name it in docs/index.md"
    assert len(listed) == len(set(listed))


def toctrees(root):
    text = (root / "docs" / "index.md").read_text("utf-8")
    return re.findall(r"```\{(toctree)\}\n:caption: [^\n]+\n:maxdepth: 1\n\n(.*?)```", text, re.S)


def test_measures_are_there_and_have_their_tests(root):
    """Functions and tests that docs/measures.md names."""
    text = (root / "docs" / "measures.md").read_text("utf-8")
    tests = set()
    for path in (root / "tests").rglob("test_*.py"):
        tests.update(re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M))
    named = re.findall(r"`(test_\w+)`", text)
    assert len(named) > 25
    assert not set(named) - tests
    functions = re.findall(r"`([a-z]+(?:\.[a-z_]+)+)`", text)
    assert len(functions) > 25
    for function in functions:
        module, _, name = function.rpartition(".")
        assert hasattr(importlib.import_module(f"trifit.{module}"), name), function


def test_links_between_documents_lead_somewhere(root):
    seen = set()
    for document in pages(root):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
            seen.add(target)
    assert "docs/cross-entropy.md" in seen


def test_formulas_are_set_off_so_that_github_reads_them(root):
    """An inline formula begins after a space and holds no escape markdown takes away."""
    prose = re.sub(r"```.*?```", "", (root / PAGE).read_text("utf-8"), flags=re.DOTALL)
    assert prose.count("$") % 2 == 0
    inline = re.findall(r"(.?)\$([^$\n]+)\$(.?)", prose.replace("$$", ""))
    assert len(inline) > 20
    for before, formula, after in inline:
        assert before in ("", " "), formula
        assert not after.isalnum(), formula
        assert formula == formula.strip()
        assert not re.search(r"\\[^a-zA-Z]|[*<>|]", formula), formula


def test_every_figure_of_the_page_is_drawn_by_its_tool(root, tool, tmp_path):
    tool["main"](str(tmp_path))
    drawn = {path.name for path in tmp_path.iterdir()}
    shown = re.findall(r"!\[.+\]\(images/(.+)\)", (root / PAGE).read_text("utf-8"))
    assert sorted(drawn) == sorted(shown)
    for name in drawn:
        assert (root / "docs" / "images" / name).is_file()
        assert "fill: #ffffff" in (tmp_path / name).read_text("utf-8")


def test_areas_of_the_code_figure_are_cross_entropies(tool):
    axes = tool["code_lengths"]().axes
    areas = [sum(bar.get_width() * bar.get_height() for bar in ax.patches[:4]) for ax in axes]
    codes = [cross_entropy(tool["SOURCE"], q, unit="bits")[0] for q in tool["CODES"].values()]
    assert areas == pytest.approx(codes)
    assert areas == pytest.approx([1.75, 2.0, 2.625])
    assert "area 2.625 = 1.75 + 0.875 bits" in axes[2].get_title()


def test_slopes_of_the_gradient_figure_are_those_of_its_costs(tool):
    cost, slope = tool["gradients"]().axes
    assert len(cost.lines) == len(slope.lines) == 2
    for height, rise in zip(cost.lines, slope.lines, strict=True):
        z, value = height.get_data()
        assert np.gradient(value, z, edge_order=2) == pytest.approx(rise.get_ydata(), abs=1e-3)


@pytest.mark.parametrize("truth", [0.05, 0.3, 0.5, 0.99])
def test_costs_of_the_figures(tool, truth):
    """Expected cost = cost of the truth itself + divergence; the divergence is 0 at the truth."""
    q = np.linspace(0.01, 0.99, 99)
    p = np.full_like(q, truth)
    own = -(truth * np.log(truth) + (1 - truth) * np.log(1 - truth))
    excess = kl_divergence(tool["two"](p), tool["two"](q))
    assert tool["log_cost"](truth, q) == pytest.approx(own + excess)
    assert tool["squared_cost"](truth, q) == pytest.approx(truth * (1 - truth) + (q - p) ** 2)
    drawn = np.array([abs(y - q) for y in (0, 1)])
    assert tool["absolute_cost"](truth, q) == pytest.approx((1 - truth) * drawn[0] + p * drawn[1])
