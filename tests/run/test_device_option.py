"""``device=`` through comparisons, estimators and the command line."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner

import trifit
from trifit.cli import main
from trifit.errors import InputError
from trifit.estimators import BayesClassifier, MAPClassifier


@pytest.fixture(scope="module")
def points():
    """The point fits of irises on the CPU and by JAX."""
    return [
        trifit.compare("iris", test_size=0.3, nuts=False, device=name) for name in ("cpu", "jax")
    ]


def test_point_fits_score_the_same(points):
    cpu, by_jax = (c.scoreboard["map"] for c in points)
    assert by_jax["log_loss"].value == pytest.approx(cpu["log_loss"].value, abs=1e-7)
    assert points[1].fits["mle"].status == points[0].fits["mle"].status


def test_the_page_says_where_the_fits_were_made(points):
    cpu, by_jax = (c.provenance for c in points)
    assert "device" not in cpu.settings
    assert "numpyro" in by_jax.settings["device"]
    assert "float64" in by_jax.settings["device"]
    assert "device=jax" in by_jax.command
    assert "device" not in cpu.command


def test_estimators_take_a_device(points):
    X = np.random.default_rng(1).normal(size=(60, 2))
    y = (X[:, 0] + np.random.default_rng(2).normal(size=60) > 0).astype(int)
    cpu, by_jax = (MAPClassifier(device=d).fit(X, y).predict_proba(X) for d in ("cpu", "jax"))
    assert by_jax == pytest.approx(cpu, abs=1e-6)
    with pytest.raises(InputError, match="device 'tpu': expected one of"):
        BayesClassifier(device="tpu").fit(X, y)


def test_a_comparison_refuses_a_device_at_once():
    with pytest.raises(InputError, match="device 'abacus': expected one of cpu, gpu, auto, jax"):
        trifit.compare("iris", device="abacus")


def test_the_command_line_says_it_in_one_line(monkeypatch, tmp_path):
    from trifit import devices

    monkeypatch.setattr(devices, "find_spec", lambda package: None)
    words = ["compare", "iris", "--device", "gpu", "--out", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["trifit", *words])
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()  # PyMC was not loaded first, which would be another
    assert "device 'gpu': the package jax is not installed" in line
    assert not (tmp_path / "run").exists()
