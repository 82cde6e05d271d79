"""``make audit`` fails on a known vulnerability, and on nothing else."""

import json
import os
import subprocess
import sys

import pytest

FOUND = {"id": "X-1", "fix_versions": ["1.2"], "description": "d"}

ANSWERS = {
    "a vulnerability": (
        {"name": "a", "version": "1.0", "vulns": [FOUND]},
        1,
        "a 1.0: X-1, mended in 1.2\naudit: 1 packages, 1 known vulnerabilities\n",
    ),
    "none": (
        {"name": "a", "version": "1.0", "vulns": []},
        0,
        "audit: 1 packages, 0 known vulnerabilities\n",
    ),
    "a package that is unknown": (
        {"name": "a", "skip_reason": "not found"},
        0,
        "audit: 1 packages, 0 known vulnerabilities\n",
    ),
    "no network": (None, 0, "audit: skipped: cannot be reached\n"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_the_exit_code(case, root, tmp_path):
    package, code, said = ANSWERS[case]
    answer = json.dumps({"dependencies": [package]}) if package else ""
    (tmp_path / "pip_audit.py").write_text(
        f"import sys\nprint({answer!r})\nprint('cannot be reached', file=sys.stderr)\nsys.exit(1)\n"
    )
    done = run(root, tmp_path)
    assert (done.returncode, done.stdout) == (code, said)


def test_without_pip_audit(root, tmp_path):
    """Isolated, so that an installed one is not found either."""
    (tmp_path / "pip_audit.py").write_text("raise ModuleNotFoundError('No module named pip_audit')")
    done = run(root, tmp_path)
    assert done.returncode == 0
    assert "skipped" in done.stdout
    assert "No module named pip_audit" in done.stdout


def run(root, path):
    return subprocess.run(
        [sys.executable, str(root / "tools" / "audit.py")],
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
