"""Beyond a limit of docs/limits.md: one line with the limit and what to do."""

import shlex
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from trifit.cards import load_card
from trifit.cli import main
from trifit.errors import InputError
from trifit.fit.methods import bayes, laplace
from trifit.study.spec import study_of

GRID = {"data": {"n": [10] * 1001, "features": [3] * 1000}}
STUDY = {"name": "s", "question": "q", "expects": "e", "quick": {"grid": [{}]}}


def model(n_params):
    """A model whose features are not alike, as far as checks look at it."""
    return SimpleNamespace(n_params=n_params, scales=np.zeros(n_params, dtype=bool), alike=None)


@pytest.mark.parametrize(
    ("method", "n", "message"),
    [
        (bayes, 5_001, r"has 5,001 parameters, too many for NUTS here \(at most 5,000\)"),
        (laplace, 2_001, r"has 2,001 parameters, too many .*\(at most 2,000\); leave it out"),
    ],
)
def test_parameters(method, n, message):
    card = load_card("softmax")
    method.check(model(n - 1), card)
    with pytest.raises(InputError, match=message):
        method.check(model(n), card)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"draws": 1_000_001}, "sampler.draws = 1000001: expected 10 to 1,000,000"),
        ({"chains": 1_001}, "sampler.chains = 1001: expected 2 to 1,000"),
        ({"tune": 1_000_001}, "sampler.tune = 1000001: expected 50 to 1,000,000"),
    ],
)
def test_draws(changes, message):
    with pytest.raises(InputError, match=message):
        load_card("softmax").with_overrides(changes)


def test_draws_beyond_memory():
    card = load_card("softmax").with_overrides({"draws": 1_000_000, "chains": 1_000})
    with pytest.raises(InputError, match=r"1,000,000,000 draws .* at least 9\.6e\+04 GB"):
        bayes.check(model(4_000), card)


def test_cells():
    with pytest.raises(InputError, match=r"20,020,000 cells; expected at most 1,000,000"):
        study_of(STUDY | {"grid": [GRID]}, "study 's'")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "check logistic --replications 100001",
            "--replications 100001: expected a whole number from 50 to 100,000",
        ),
        ("compare iris --cv 51", "give at most 50"),
        ("compare iris --by 'sepal length (cm):21'", "with 2 to 20 parts"),
        ("compare sim:softmax --world shift=covariate severity=6", "severity"),
        ("compare sim:softmax --world classes=1001", "1,000"),
    ],
)
def test_commands(command, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, shlex.split(command))
    assert done.exit_code == 2, done.output
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output
