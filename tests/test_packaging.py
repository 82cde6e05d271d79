"""What leaves this checkout: the wheel, the lock file, the examples and the layout."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

import trifit
from trifit.cards import card_names
from trifit.study import study_names


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--wheel-dir", folder, root,
        ],
        check=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_cards_data_and_templates(root, wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for card in card_names():
        assert f"trifit/_cards/{card}.toml" in names
    for study in study_names():
        assert f"trifit/_studies/{study}.toml" in names
    for data_set in (root / "datasets").iterdir():
        assert f"trifit/_datasets/{data_set.name}" in names
    assert "trifit/report/templates/comparison.html.j2" in names
    assert "trifit/py.typed" in names
    assert not [n for n in names if n.startswith(("tests", "models", "studies", "datasets"))]


@pytest.mark.broad
def test_the_wheel_runs_elsewhere(wheel, tmp_path):
    """Installed outside the checkout, it lists all cards and compares iris.

    The dependencies come from this environment by path (installing them anew
    needs the network), trifit itself from the wheel alone.
    """
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    subprocess.run(
        [
            sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet",
            "--no-deps", "--no-index", str(wheel),
        ],
        check=True,
    )  # fmt: skip
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    run = tmp_path / "elsewhere"
    run.mkdir()

    def trifit_there(*arguments):
        return subprocess.run(
            [python, "-W", "error::SyntaxWarning", site.parents[2] / "bin" / "trifit", *arguments],
            cwd=run, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    where = subprocess.run(
        [python, "-c", "import trifit; print(trifit.__file__)"],
        cwd=run, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(site) in where
    listed = trifit_there("models")
    assert listed.returncode == 0, listed.stderr
    for card in card_names():
        assert card in listed.stdout
    assert trifit_there("studies").stdout.split()[0] == study_names()[0]
    loaded = subprocess.run(
        [python, "-c", "import trifit; print(trifit.load_dataset('cells').n_obs)"],
        cwd=run, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert loaded.strip() == "2019"
    compared = trifit_there("compare", "iris", "--test-size", "0.3")
    assert compared.returncode == 0, compared.stderr
    assert (run / "reports" / "iris-softmax-seed1" / "index.html").is_file()


def test_the_version_has_one_place(root, wheel):
    """The module's; the project takes it from there, and what else names it is checked."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"]
    assert wheel.name.startswith(f"trifit-{trifit.__version__}-")
    newest = re.search(r"^## (\S+)", (root / "CHANGELOG.md").read_text(), re.M)[1]
    assert newest in (trifit.__version__, "Unreleased")
    assert f"\nversion: {trifit.__version__}\n" in (root / "CITATION.cff").read_text()


def test_the_lock_file_is_hashed_and_names_no_host(root):
    text = (root / "requirements.lock").read_text()
    assert "http" not in text
    assert "--index" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in block, block[:60]


def test_the_lock_file_covers_the_dependencies(root):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"])
    groups = project["dependency-groups"]
    for included in groups["dev"]:
        wanted += groups[included["include-group"]]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (root / "requirements.lock").read_text(), re.M))
    for requirement in wanted:
        assert re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() in locked, requirement


def test_no_file_is_two_ideas(root):
    for path in (root / "src").rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, path


WHOLE = {"log_likelihood"}
"""The kernel, which is compiled as one."""


def lines_of(function):
    """Lines of its body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_no_function_is_two_steps(root):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for path in (root / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, functions) and node.name not in WHOLE:
                assert lines_of(node) <= 60, f"{path}: {node.name}"


@pytest.mark.broad
@pytest.mark.parametrize(
    "name", ["compare_bundled.py", "compare_own_csv.py", "sweep_prior_scale.py"]
)
def test_examples_run(root, tmp_path, name):
    done = subprocess.run(
        [sys.executable, root / "examples" / name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "log-loss" in done.stdout or "log_loss" in done.stdout
