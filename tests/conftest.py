import os
from pathlib import Path

import numpy as np
import pytest

from fitting import FAST
from trifit.data import load_dataset
from trifit.types import Dataset

# Processes that tests start find trifit's byte code on disk, as they do where it is installed:
# compiling its source takes each of them 0.3 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONG = {
    f"tests/{file}.py"
    for file in (
        "cli/test_cli", "fit/test_point_fits", "fit/test_prior_scale", "report/test_browser",
        "run/test_invariances", "run/test_run", "run/test_saved_runs", "sbc/test_check",
        "study/test_study_engine",
    )
}  # fmt: skip
"""Files that take more than some ten seconds; they start first, so that no worker waits."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in LONG)


@pytest.fixture
def rng():
    return np.random.default_rng(20260701)


@pytest.fixture(scope="session")
def overlapping():
    """Two classes of irises that overlap on the sepals: the MLE exists."""
    iris = load_dataset("iris")
    rows = iris.y > 0
    return Dataset(
        name="sepals",
        X=iris.X[rows][:, :2],
        y=iris.y[rows] - 1,
        feature_names=iris.feature_names[:2],
        class_names=iris.class_names[1:],
    )


@pytest.fixture(scope="session")
def iris_run():
    """One short comparison of iris, shared by the tests that only read it."""
    from trifit.run import run_comparison

    return run_comparison(
        load_dataset("iris"),
        "softmax",
        seed=1,
        cv=3,
        overrides={**FAST, "prior_scale": 2.5},
        command="trifit compare iris",
    )


@pytest.fixture(scope="session")
def saved(iris_run, tmp_path_factory):
    """The folder of that comparison."""
    from trifit.run import save_run

    folder = tmp_path_factory.mktemp("runs") / "iris"
    save_run(iris_run, folder)
    return folder


@pytest.fixture(scope="session")
def root():
    return Path(__file__).parents[1]
