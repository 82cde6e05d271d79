"""The documentation: what it shows is run, what it points to is there."""

import doctest
import re
import runpy

import numpy as np
import pytest

from trifit.information import cross_entropy, kl_divergence

PAGE = "docs/cross-entropy.md"


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


def test_links_between_documents_lead_somewhere(root):
    seen = set()
    folders = [root / name for name in ("models", "studies", "reports", "benchmarks")]
    pages = [page for folder in folders for page in folder.glob("*.md")]
    pages += [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    for document in pages:
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
