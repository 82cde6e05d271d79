"""Many comparisons in one process, many runs in one folder, any number of threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fitting import FAST
from trifit.results import Comparison
from trifit.results.metrics import metrics_of
from trifit.run import run_comparison


@pytest.mark.slow
def test_500_comparisons_need_no_more_memory_than_100(root):
    script = root / "benchmarks" / "load.py"
    done = subprocess.run([sys.executable, str(script), "500"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    megabytes = [float(line.split()[1]) for line in done.stdout.splitlines()]
    early, late = np.mean(megabytes[5:10]), np.mean(megabytes[-5:])
    assert late - early < 0.05 * early, megabytes


@pytest.mark.slow
def test_24_runs_side_by_side_in_one_folder(tmp_path):
    """Four at a time, two of them into one folder; then one index of all."""
    rows = "".join(
        f"{i % 9 / 9:.2f},{1 - i % 9 / 9:.2f},{'ab'[i * i % 7 % 2]}\n" for i in range(90)
    )
    (tmp_path / "p.csv").write_text(f"p_a,p_b,y\n{rows}")

    def run(i):
        out = f"reports/run{max(i, 1)}"  # runs 0 and 1 share a folder
        command = ["evaluate", "p.csv", "--label", "y", "--probs", "p_*", "--quiet", "--out", out]
        return subprocess.run(
            [sys.executable, "-m", "trifit", *command], cwd=tmp_path, capture_output=True, text=True
        )

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(run, range(24)))
    assert [done.stderr for done in ended if done.returncode] == []
    reports = tmp_path / "reports"
    assert {path.name for path in reports.iterdir()} == {f"run{i}" for i in range(1, 24)}
    found = [Comparison.from_json(path / "comparison.json") for path in reports.iterdir()]
    assert len({str(metrics_of(comparison)) for comparison in found}) == 1
    index = [sys.executable, "-m", "trifit", "report", "--index", "reports"]
    subprocess.run(index, cwd=tmp_path, check=True)
    page = (reports / "index.html").read_text(encoding="utf-8")
    assert page.count("/index.html") == 23


@pytest.mark.broad
@pytest.mark.parametrize("sampled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_numbers_are_those_of_one_two_and_four_threads(overlapping, sampled):
    options = {"overrides": FAST} if sampled else {"nuts": False, "methods": ["laplace"]}
    found = [
        metrics_of(run_comparison(overlapping, "softmax", cv=2, cores=n, **options).comparison)
        for n in (1, 2, 4)
    ]
    assert found[0] == found[1] == found[2]
