"""A comparison of more columns than rows: its tables, its files, and what it predicts."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from fitting import FAST
from trifit.crossfit import rotation as rotation_module
from trifit.crossfit.coefficients import MOST
from trifit.data import load_dataset
from trifit.notes import Note, NoteKind
from trifit.run import load_run, run_comparison, save_run

N, P = 40, 300


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(N, P)).round(4)
    kind = np.where(X[:, 0] - X[:, 1] + rng.logistic(size=N) > 0, "yes", "no")
    return pd.DataFrame(X, columns=[f"gene {j}" for j in range(P)]).assign(kind=kind)


@pytest.fixture(scope="module")
def run(frame):
    few = {**FAST, "prior_scale": 0.1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotation_module, "MOST_DIRECT", 0)
        patch.setattr("trifit.fit.build.MANY_PARAMS", 0)
        data = load_dataset(frame, target="kind")
        yield run_comparison(data, "softmax", seed=1, test_size=0.3, overrides=few)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("wide") / "run"
    save_run(run, path)
    return path


def test_the_split_is_chosen_by_the_coefficients_of_the_columns(run):
    assert run.fitted.problem.n_coefficients == P + 1
    assert run.fitted.density.n_params == N + 1


def test_tables_show_the_coefficients_with_the_largest_map(run):
    shown = [p for p in run.comparison.parameters if p.units == "model" and p.feature]
    part, density = run.fitted.final.part, run.fitted.density
    assert len(shown) == MOST
    gamma = density.layout.unravel(run.fitted.final.fits["map"].flat_draws[0])["beta"]
    beta = dict(zip(run.fitted.problem.feature_names, part.rotation.basis @ gamma, strict=True))
    assert [p.map for p in shown] == pytest.approx(
        [beta[p.feature][int(p.label == "yes")] for p in shown], abs=1e-12
    )
    least = min(abs(p.map) for p in shown)
    assert sum(abs(b[0]) > least + 1e-12 for b in beta.values()) < MOST / 2
    assert Note(NoteKind.DIRECTIONS, n=300, n_rows=40) in run.comparison.data.notes


def test_units_of_the_data_shift_the_intercept_by_all_columns(run):
    """Log-odds at the column means are the same in both units."""
    part = run.fitted.final.part
    gamma = run.fitted.density.layout.unravel(run.fitted.final.fits["map"].flat_draws[0])
    beta = part.rotation.basis @ gamma["beta"] / part.standardiser.scale[:, None]
    expected = gamma["intercept"] - part.standardiser.mean @ beta
    found = [
        p.map for p in run.comparison.parameters if p.units == "data" and p.parameter == "intercept"
    ]
    assert found == pytest.approx(expected, abs=1e-12)


def test_all_coefficients_are_in_a_file(run, folder):
    with xr.open_dataset(folder / "coefficients.nc", engine="h5netcdf") as found:
        assert found["map"].dims == ("feature", "class_")
        shown = [p for p in run.comparison.parameters if p.units == "model" and p.feature]
        for p in shown[:6]:
            at = {"feature": p.feature, "class_": p.label}
            assert float(found["map"].sel(at)) == pytest.approx(p.map, abs=1e-12)
            assert float(found["bayes_sd"].sel(at)) == pytest.approx(p.sd, rel=0.2)
            assert float(found["bayes_mean"].sel(at)) == pytest.approx(p.mean, abs=0.3 * p.sd)


def test_a_run_that_is_read_again_predicts_its_own_rows_and_others(run, folder, frame):
    saved = load_run(folder)
    rows = frame.drop(columns="kind")
    again = saved.predict(rows.iloc[run.test_rows])
    for name in ("map", "bayes"):
        ours = np.exp(run.fitted.log_probs[name])
        assert again[[f"{name}:no", f"{name}:yes"]].to_numpy() == pytest.approx(ours, abs=1e-9)
    # Beyond the span the forecast is less sure, and there is more to learn.
    new = saved.predict(rows.iloc[:4] * 0 + np.random.default_rng(1).normal(size=(4, P)))
    assert np.allclose(new[["bayes:no", "bayes:yes"]].sum(axis=1), 1.0)
    assert (new["epistemic:bayes"] > 0.01).all()
    assert saved.to_arviz()["posterior"]["beta"].dims == ("chain", "draw", "direction", "class_")


def test_a_run_without_its_rotation_says_so(folder):
    from trifit.errors import InputError

    file = folder / "coefficients.nc"
    content = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(InputError, match=re.escape("coefficients.nc")):
            load_run(folder)
    finally:
        file.write_bytes(content)
