"""The command line, as a user meets it: exit codes and one line per mistake."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from made_up import made_up
from trifit import __version__
from trifit.cli import main

GOOD = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{'pq'[(i * i) % 3 == 1]}\n" for i in range(60))
FAST = ["--set", "draws=900", "--set", "tune=300", "--test-size", "0.3"]


def trifit(*arguments, cwd=None):
    """Run a command in this process, as if typed in ``cwd``."""
    before = os.getcwd()
    argv = sys.argv
    try:
        if cwd is not None:
            os.chdir(cwd)
        sys.argv = ["trifit", *arguments]
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    finally:
        os.chdir(before)
        sys.argv = argv


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_answers_at_once(option):
    """Help and version need none of the heavy packages."""
    code = (
        "import sys, runpy; sys.argv = ['trifit', sys.argv[1]]\n"
        "from trifit.cli import main\n"
        "try: main()\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'pymc', 'numpy', 'pandas', 'rich', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, option], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - start < 5
    if option == "--version":
        assert done.stdout.strip() == f"trifit {__version__}"


def test_lists():
    assert "breast_cancer" in trifit("data").output
    assert "logistic" in trifit("models").output
    shown = trifit("show", "softmax").output
    assert 'prior_scale = "auto"' in shown
    assert "# prior_scale = 2.5, the builder's default, stands here for the scale" in shown
    assert "beta ~ ZeroSumNormal(2.5, …)" in shown


def test_a_comparison_and_its_report(tmp_path):
    (tmp_path / "my.csv").write_text(GOOD)
    done = trifit("compare", "my.csv", "--target", "y", "--model", "logistic", *FAST, cwd=tmp_path)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "reports" / "my-logistic-seed1"
    assert "Report:" in done.output
    assert "log-loss" in done.output
    page = (folder / "index.html").read_text()
    document = json.loads((folder / "comparison.json").read_text())
    assert document["provenance"]["command"].startswith("trifit compare my.csv --target y")
    # Drawn again from the JSON alone, byte for byte.
    for name in ("index.html", "predictions.parquet", "posterior.nc", "parameters.csv"):
        (folder / name).unlink()
    again = trifit("report", str(folder))
    assert again.exit_code == 0
    assert (folder / "index.html").read_text() == page


@pytest.mark.broad
def test_simulated_data_like_any_other(tmp_path):
    words = ["compare", "sim:gaussian", "--world", "n=90", "features=2", "classes=2"]
    words += ["distance=1.5", "shift=label", "severity=2", *FAST[:4]]
    done = trifit(*words, "--json", cwd=tmp_path)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "reports" / "sim-gaussian-softmax-seed1"
    document = json.loads((folder / "comparison.json").read_text())
    assert document["provenance"]["command"] == " ".join(["trifit", *words])
    printed = json.loads(done.stdout)
    assert printed["report"] == "reports/sim-gaussian-softmax-seed1/index.html"
    assert printed["metrics"] == json.loads((folder / "metrics.json").read_text())
    assert document["data"]["source"].startswith("sim:gaussian n=90 seed=1 shift=label severity=2")
    assert document["evaluation"]["n_test"] == 90
    assert 0 < document["truth"]["fits"]["bayes"]["kl"]["value"] < 1
    assert "sim:moons" in trifit("data").output


@pytest.mark.broad
def test_a_card_as_run_runs_again(tmp_path):
    """card.toml of a run names its builder whole; refused where that is not below it."""
    (tmp_path / "my.csv").write_text(GOOD)
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "model.py").write_text(
        "import pymc as pm\n"
        "def build(X, y, *, n_classes, coords, scale=1.0):\n"
        "    with pm.Model(coords=coords) as model:\n"
        "        features = pm.Data('X', X, dims=('obs', 'feature'))\n"
        "        beta = pm.Normal('beta', sigma=scale, dims='feature')\n"
        "        pm.Bernoulli('label', logit_p=features @ beta, observed=y, dims='obs')\n"
        "    return model\n"
    )
    (tmp_path / "cards" / "own.toml").write_text(
        "name = 'own'\nbuilder = 'model.py:build'\n[hyperparameters]\nscale = 2.0\n"
    )
    done = trifit(
        "compare", "my.csv", "--target", "y", "--model", "cards/own.toml", *FAST,
        "--set", "scale=1.5", cwd=tmp_path,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    as_run = tmp_path / "reports" / "my-own-seed1" / "card.toml"
    refused = trifit("show", str(as_run))
    assert refused.exit_code == 2
    assert "is outside the folder of the file that names it" in refused.output
    (tmp_path / "again.toml").write_text(as_run.read_text())
    shown = trifit("show", str(tmp_path / "again.toml"))
    assert shown.exit_code == 0, shown.output
    assert "scale = 1.5" in shown.output


STAGE = re.compile(r"\s*\d+%  ")
"""A line that says what runs."""


@pytest.mark.broad
def test_ctrl_c_leaves_nothing_and_no_half_posterior(tmp_path):
    """Interrupted in the middle of sampling: exit code 130, one line, no folder."""
    running = subprocess.Popen(
        [sys.executable, "-m", "trifit", "compare", "digits"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in running.stderr:
        if "about" in line:  # the plan is printed just before the first posterior
            break
    time.sleep(8)
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert [line for line in errors.splitlines() if not STAGE.match(line)] == [
        "trifit: interrupted; nothing was written"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.broad
def test_a_report_that_cannot_be_written(tmp_path):
    (tmp_path / "my.csv").write_text(GOOD)
    trifit("compare", "my.csv", "--target", "y", *FAST, "--out", "run", cwd=tmp_path)
    (tmp_path / "run" / "index.html").unlink()
    (tmp_path / "run" / "index.html").mkdir()
    done = trifit("report", str(tmp_path / "run"))
    assert done.exit_code == 2
    assert "cannot be written: Is a directory" in done.stderr


def test_an_untrustworthy_fit_ends_with_three(tmp_path):
    (tmp_path / "my.csv").write_text(GOOD)
    settings = ["--set", "draws=20", "--set", "tune=50", "--test-size", "0.3"]
    done = trifit(
        "compare", "my.csv", "--target", "y", "--model", "logistic", *settings, cwd=tmp_path
    )
    assert done.exit_code == 3
    assert "failed: " in done.output
    assert "bayes failed its checks: " in done.output
    page = (tmp_path / "reports" / "my-logistic-seed1" / "index.html").read_text()
    assert "bayes: not judged" in page
    assert "failed their checks" in page
    assert trifit("report", str(tmp_path / "reports" / "my-logistic-seed1")).exit_code == 3


MISTAKES = {
    "missing file": (["compare", "gone.csv", "--target", "y"], "'gone.csv': no such file"),
    "misspelt file": (["compare", "God.csv", "--target", "y"], "did you mean 'good.csv'?"),
    "misspelt card": (["compare", "iris", "--model", "logistc"], "did you mean 'logistic'?"),
    "misspelt setting": (
        ["compare", "iris", "--set", "prior_scael=1"],
        "did you mean 'prior_scale'?",
    ),
    "unknown target": (["compare", "good.csv", "--target", "z"], "target 'z' is not a column"),
    "no target": (["compare", "good.csv"], "Name it as target (--target)"),
    "one class": (["compare", "one.csv", "--target", "y"], "only one class"),
    "class of one row": (["compare", "rare.csv", "--target", "y"], "has one training row"),
    "empty file": (["compare", "empty.csv", "--target", "y"], "the file is empty"),
    "text": (["compare", "text.csv", "--target", "y"], "where numbers are needed"),
    "NaN": (["compare", "nan.csv", "--target", "y"], "missing values in 'a'"),
    "infinity": (["compare", "inf.csv", "--target", "y"], "is infinite"),
    "no rows left": (
        ["compare", "gaps.csv", "--target", "y", "--missing", "drop"],
        "no rows are left",
    ),
    "unknown card": (["compare", "iris", "--model", "nope"], "no such card"),
    "unknown setting": (["compare", "iris", "--set", "scale=1"], "no such setting"),
    "bad setting": (["compare", "iris", "--set", "prior_scale"], "expected KEY=VALUE"),
    "bad scale": (["compare", "iris", "--prior-scale", "-1"], "expected a positive number"),
    "too many classes": (["compare", "iris", "--model", "logistic"], "is for two classes"),
    "folds and share": (["compare", "iris", "--cv", "3", "--test-size", "0.2"], "exclude"),
    "setting twice": (["compare", "iris", "--set", "draws=90", "draws=80"], "draws is given twice"),
    "prior twice": (
        ["compare", "iris", "--prior", "normal", "--set", "prior=cauchy"],
        "prior is given twice",
    ),
    "world of a table": (["compare", "iris", "--world", "n=9"], "only simulated data"),
    "world without value": (["compare", "sim:moons", "--world", "n"], "expected KEY=VALUE"),
    "world with a unit": (
        ["compare", "sim:moons", "--world", "n=2k"],
        "whole number of at least 2",
    ),
    "world with a share": (["compare", "sim:moons", "--world", "noise=3%"], "expected a number"),
    "unknown setting of a world": (
        ["compare", "sim:moons", "--world", "n=90", "feature=2"],
        "it has n, n_test, shift, severity, features",
    ),
    "an argument of Python's": (["compare", "sim:moons", "--world", "target=y"], "no such setting"),
    "world twice": (["compare", "sim:moons", "--world", "n=90", "n=80"], "n is given twice"),
    "seed of a world": (["compare", "sim:moons", "--world", "seed=2"], "--seed 2"),
    "unknown shift": (["compare", "sim:moons", "--world", "shift=up"], "expected one of covariate"),
    "severity of nothing": (["compare", "sim:moons", "--world", "severity=1"], "e.g. shift="),
    "more than memory": (
        ["compare", "sim:moons", "--world", "n=100000000000000"],
        "not enough memory",
    ),
    "old spelling": (["compare", "sim:moons", "--shift", "label"], "--shift is not an option of"),
    "JSON and a path": (["compare", "iris", "--json", "--quiet"], "exclude each other"),
    "nothing to show": (["study", "prior", "--dry-run", "--json"], "makes no page"),
    "unknown shell": (["completion", "tcsh"], "SHELL tcsh: expected bash, zsh or fish"),
    "folder taken": (["compare", "iris", "--out", "taken"], "is not a run of trifit"),
    "folder is a file": (["compare", "iris", "--out", "good.csv"], "is a file; give a folder"),
    "no run": (["report", "taken"], "no such file; trifit compare writes it"),
    "no folder": (["report", "gone"], "no such folder"),
    "unknown option": (["compare", "iris", "--fold", "3"], "--fold is not an option of"),
    "negative seed": (
        ["compare", "iris", "--seed", "-1"],
        "--seed -1: expected a whole number from 0 to 9,223",
    ),
    "show nothing": (["show", "nope"], "no such card"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_end_with_two_and_leave_nothing(case, tmp_path):
    files = {
        "good.csv": GOOD,
        "one.csv": "a,y\n1,p\n2,p\n3,p\n",
        "rare.csv": "a,y\n1,p\n2,p\n3,q\n",
        "empty.csv": "",
        "text.csv": "a,y\n1,p\n2,q\nabc,p\n4,q\n5,p\n",
        "nan.csv": "a,y\n1,p\nNaN,q\n3,p\n4,q\n",
        "inf.csv": "a,y\n1,p\ninf,q\n3,p\n4,q\n",
        "gaps.csv": "a,b,y\n,1,p\n2,,q\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("x")
    arguments, message = MISTAKES[case]
    done = trifit(*arguments, cwd=tmp_path)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert "Traceback" not in done.output
    assert len([line for line in done.stderr.splitlines() if not STAGE.match(line)]) == 1
    left = {p.name for p in tmp_path.rglob("*")}
    assert left == {*files, "taken", "thesis.tex"}


LIGHT = (
    "compare nosuch.csv --target y",
    "compare good.csv --target nosuch",
    "compare good.csv",
    "compare good.csv --target y --model nosuch",
    "compare good.csv --target y --set scale=1",
    "compare good.csv --target y --methods nosuch",
    "compare good.csv --target y --nosuch",
    "evaluate nosuch.csv --label y --probs p",
    "evaluate good.csv --label nosuch --probs a",
    "evaluate good.csv --label y --probs nosuch",
    "show nosuch",
    "study nosuch",
    "report nosuch",
    "diff nosuch nosuch",
    "diff nosuch nosuch --fail-if nonsense",
    "diff nosuch nosuch --html page.pdf",
    "check softmax --replications 3",
    "check softmax --rows 3",
    "check softmax --methods nonsense",
    "curve iris --sizes a,b",
    "curve iris --sizes 30",
    "curve iris --model nosuch",
    "atlas --tables nonsense",
    "atlas --folder nosuch",
    "atlas --model nosuch",
    "atlas --resume --force",
    "atlas --out taken",
    "atlas --out good.csv",
)
"""Mistakes that are answered before anything heavy is imported."""

READ = (
    "compare good.csv --target y --test-size 1.5",
    "compare good.csv --target y --test-size 0",
    "compare good.csv --target y --test-size nan",
    "compare good.csv --target y --cv 1",
    "compare good.csv --target y --cv 1000",
    "compare good.csv --target y --prior-scale -1",
    "compare good.csv --target y --prior-scale nan",
    "compare good.csv --target y --prior nosuch",
    "compare good.csv --target y --set output=probit",
    "compare good.csv --target y --set intercept_scale=0",
    "compare good.csv --target y --set draws=3",
    "compare good.csv --target y --model network --set hidden=[0]",
    "compare good.csv --target y --model network --set activation=nosuch",
    "compare three.csv --target y --model logistic",
    "compare good.csv --target y --undo-sampling",
)
"""Mistakes that show when the table is read, for which Arrow imports pandas."""


@pytest.mark.parametrize(("commands", "needed"), [(LIGHT, ""), (READ, "pandas")])
def test_mistakes_are_answered_before_heavy_imports(commands, needed, tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "three.csv").write_text(GOOD.replace("0,0,p", "0,0,r"))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("x")
    script = (
        "import sys\n"
        "from trifit.cli import main\n"
        "for arguments in sys.argv[2:]:\n"
        "    try: main(arguments.split())\n"
        "    except SystemExit as e: assert e.code == 2, arguments\n"
        "    heavy = {'pymc', 'pytensor', 'nutpie', 'numba', 'arviz', 'sklearn', 'scipy', 'pandas',"
        " 'matplotlib', 'rich'} & set(sys.modules) - {sys.argv[1]}\n"
        "    assert not heavy, (arguments, heavy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, needed, *commands],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == len(commands), done.stderr


STAGES = """
import sys
NAMES = {'scipy', 'pandas', 'sklearn', 'matplotlib', 'xarray', 'arviz_base', 'arviz', 'arviz_stats',
         'arviz_plots', 'pymc', 'pytensor', 'numba', 'nutpie', 'jinja2', 'rich', 'h5netcdf',
         'polars', 'bambi', 'jax', 'IPython', 'dask', 'distributed', 'zarr', 'joblib',
         'scipy.stats', 'numpy.f2py.crackfortran', 'pytensor.link.numba.dispatch'}
class Stages:
    def find_spec(self, name, path=None, target=None):
        if name in ('trifit.run', 'trifit.report.page'):
            print('stage', name, *sorted(NAMES & set(sys.modules)))
sys.meta_path.insert(0, Stages())
from trifit.cli import main
print('stage cli', *sorted(NAMES & set(sys.modules)))
try: main(sys.argv[1:])
except SystemExit as e: assert not e.code, e.code
print('stage end', *sorted(NAMES & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("options", "sampler"),
    [(["--no-nuts"], set()), (FAST[:4], {"nutpie", "arviz"})],  # arviz: a name alone
)
def test_a_run_imports_what_it_uses(options, sampler, tmp_path):
    """Before a stage; nothing of a sampler without NUTS; never Dask, ArviZ or scikit-learn.

    Nor what a linear density does without: PyTensor's dispatch to numba, f2py.
    """
    (tmp_path / "good.csv").write_text(GOOD)
    run = ["compare", "good.csv", "--target", "y", "--test-size", "0.3", *options]
    done = subprocess.run(
        [sys.executable, "-c", STAGES, *run], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("stage ")]
    seen = {stage: set(names) for _, stage, *names in lines}
    fitting = {"pandas", "rich", "scipy", "xarray", "pymc", "pytensor", "numba"}
    assert seen["cli"] == set()
    assert seen["trifit.run"] <= {"pandas", "rich"}
    assert seen["trifit.report.page"] <= fitting | sampler | {"matplotlib"}
    assert seen["end"] <= fitting | sampler | {"matplotlib", "jinja2"}


def test_an_index_lists_the_runs_below_a_folder(tmp_path):
    for name in ("b", "a/deep", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
        made_up().to_json(tmp_path / name / "comparison.json")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "comparison.json").write_text("{}")
    done = trifit("report", "--index", str(tmp_path))
    assert done.exit_code == 0
    assert "Index of 2 runs" in done.output
    assert "left out" in done.stderr
    assert "broken" in done.stderr
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.index('href="a/deep/index.html"') < page.index('href="b/index.html"')
    assert ".hidden/" not in page


def test_an_index_never_replaces_a_run_or_lists_nothing(tmp_path):
    done = trifit("report", "--index", str(tmp_path))
    assert done.exit_code == 2
    assert "no runs there" in done.stderr
    made_up().to_json(tmp_path / "comparison.json")
    (tmp_path / "index.html").write_text("the page of this run")
    (tmp_path / "below").mkdir()
    made_up().to_json(tmp_path / "below" / "comparison.json")
    done = trifit("report", "--index", str(tmp_path))
    assert done.exit_code == 2
    assert "this folder is a run" in done.stderr
    assert (tmp_path / "index.html").read_text() == "the page of this run"
