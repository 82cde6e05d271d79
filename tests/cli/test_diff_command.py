"""The command ``trifit diff``: tables, files, exit codes, imports."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import expit

from trifit.cli import main
from trifit.cli.codes import BAD_INPUT, CONDITION_MET

N = 150


def trifit(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two folders of ``trifit evaluate``: rows with ids in two orders, groups, counts."""
    folder, rng = tmp_path_factory.mktemp("runs"), np.random.default_rng(3)
    logits = 1.5 * rng.normal(size=N)
    y = rng.random(N) < expit(logits)
    for name, factor, order in (("a", 1.0, range(N)), ("b", 3.0, range(N - 1, -1, -1))):
        p = expit(factor * logits)
        lines = [f"r{i},{i // 3},{1 + i % 2},{y[i]},{1 - p[i]},{p[i]}" for i in order]
        table = "\n".join(["id,who,count,y,p_False,p_True", *lines])
        (folder / f"{name}.csv").write_text(table)
        options = ["--label", "y", "--probs", "p_*", "--id", "id", "--out", folder / name]
        grouped = ["--groups", "who", "--weights", "count"]
        done = trifit("evaluate", "--preds", f"net={folder / name}.csv", *options, *grouped)
        assert done.exit_code == 0, done.output
    return folder


def test_the_table(runs):
    done = trifit("diff", runs / "a", runs / "b")
    assert done.exit_code == 0
    assert f"{N + N // 2} test rows, the same in A and B; errors count 50 groups" in done.output
    text = re.sub(r" +", " ", done.output)
    assert re.search(
        r"net log-loss 0\.\d+ ± 0\.\d+ \d\.\d+ ± 0\.\d+ \+0\.\d+ 0\.\d+ to 0\.\d+", text
    )
    assert "net: log-loss clearly higher in B" in done.output
    assert "versions" not in done.output


def test_a_met_condition_ends_with_its_own_code(runs):
    worse, better = "net.log_loss > 0.0001", "net.log_loss < 0"
    done = trifit("diff", runs / "a", runs / "b", "--fail-if", better, "--fail-if", worse)
    assert done.exit_code == CONDITION_MET == 4
    assert done.stderr == f"trifit: --fail-if {worse!r}: met\n"
    assert re.search(rf"{better} .* not met", done.stdout)
    assert trifit("diff", runs / "a", runs / "b", "--fail-if", better).exit_code == 0
    assert trifit("diff", runs / "a", runs / "a", "--fail-if", "net.log_loss > 0").exit_code == 0


def test_one_document(runs):
    done = trifit("diff", runs / "a", runs / "b", "--json", "--fail-if", "net.log_loss > 0.0001")
    assert done.exit_code == CONDITION_MET
    document = json.loads(done.stdout)
    assert document["schema"] == "trifit.diff/2"
    (condition,) = document["conditions"]
    assert condition["met"] is True
    difference = document["contestants"]["net"]["log_loss"]["difference"]
    assert {k: difference[k] for k in ("value", "low", "high")} == condition["difference"]


def test_page_and_markdown(runs, tmp_path):
    page, text = tmp_path / "diff.html", tmp_path / "diff.md"
    condition = "net.log_loss < 0"
    command = ["diff", runs / "a", runs / "b", "--html", page, "--markdown", text, "--fail-if"]
    done = trifit(*command, condition)
    assert done.exit_code == 0, done.output
    assert f"Page: {page}\nMarkdown: {text}\n" in done.output
    html, lines = page.read_text("utf-8"), text.read_text("utf-8").splitlines()
    assert "net: log-loss clearly higher in B" in html
    assert "://" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html), "self-contained"
    assert "| net.log_loss &lt; 0 |" in "\n".join(lines)
    assert len({line.count(" | ") for line in lines if line.startswith("| net | ")}) == 1
    again = trifit(*command, condition)
    assert again.exit_code == BAD_INPUT
    assert "exists; give another file, or --force" in again.stderr
    before = page.read_bytes()
    assert trifit(*command, condition, "--force").exit_code == 0
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fail-if", "log_loss > 0"], "condition 'log_loss > 0': expected CONTESTANT.MEASURE"),
        (["--fail-if", "map.log_loss > 0"], "the runs do not both have 'map'; they share 'net'"),
        (["--html", "page.md"], "--html 'page.md': expected a file that ends with .html"),
        (["--markdown", "no/such.md"], "there is no folder 'no'"),
    ],
)
def test_mistakes_are_one_line(runs, options, message):
    done = trifit("diff", runs / "a", runs / "b", *options)
    assert done.exit_code == BAD_INPUT
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_imports_nothing_that_fits_or_draws(runs):
    script = (
        "import sys\n"
        "from trifit.cli import main\n"
        "try: main(['diff', *sys.argv[1:]])\n"
        "except SystemExit as e: assert not e.code\n"
        "print(*({'pymc', 'pytensor', 'numba', 'nutpie', 'arviz', 'matplotlib', 'jinja2', 'xarray',"
        " 'jax'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, runs / "a", runs / "b"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "\n")
