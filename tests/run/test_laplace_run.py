"""Comparisons with ``laplace`` and without NUTS, from fit to page and files."""

import re

import arviz as az
import msgspec
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fitting import FAST
from selection import by_default
from trifit.cli import main
from trifit.contestants import gap_of
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.fits import Status
from trifit.report import render
from trifit.results import Comparison
from trifit.run import run_comparison, save_run
from trifit.words import status_text
from trifit.words.status import STATUSES

NUTS, POINT = ("mean", "bayes"), ("mle", "map", "mle+T", "map+T")


def run_of(overlapping, **options):
    return run_comparison(overlapping, "logistic", test_size=0.3, overrides=FAST, **options)


@pytest.fixture(scope="module")
def runs(overlapping):
    """A run with or without NUTS and laplace, keyed (nuts, laplace); made when asked for."""

    class Runs(dict):
        def __missing__(self, which):
            nuts, laplace = which
            methods = ["laplace"] if laplace else []
            self[which] = run = run_of(overlapping, nuts=nuts, methods=methods)
            return run

    return Runs()


BOTH = (True, True)
COMBINATIONS = [(nuts, laplace) for nuts in (True, False) for laplace in (True, False)]


@pytest.mark.parametrize("which", by_default(BOTH, of=COMBINATIONS))
def test_columns_and_what_is_left_out(runs, which):
    nuts, laplace = which
    c = runs[which].comparison
    assert set(c.fits) == {*POINT, *(NUTS if nuts else ()), *(["laplace"] if laplace else [])}
    assert c.posterior_fit == ("bayes" if nuts else "laplace" if laplace else None)
    assert (c.posterior is None) == (not nuts and not laplace)
    assert (c.laplace_error is None) == (not (nuts and laplace))
    for p in c.parameters:
        assert (p.mean is None) == (p.sd is None) == (p.low is None) == (c.posterior is None)
        assert (p.rhat is None) == (p.ess_bulk is None) == (not nuts)


@pytest.mark.parametrize("which", by_default(BOTH, of=[BOTH, (True, False), (False, True)]))
def test_files_page_and_json(runs, which, tmp_path):
    run = runs[which]
    save_run(run, tmp_path / "run")
    again = Comparison.from_json(tmp_path / "run" / "comparison.json")
    assert again == run.comparison
    page = (tmp_path / "run" / "index.html").read_bytes()
    posterior = tmp_path / "run" / "posterior.nc"
    assert posterior.exists() == (run.comparison.posterior is not None)
    if which == (False, True):
        tree = az.from_netcdf(posterior)
        assert set(tree.children) == {
            "posterior", "log_likelihood", "posterior_predictive",
            "observed_data", "constant_data",
        }  # fmt: skip
        assert tree["posterior"].sizes["draw"] == 4 * FAST["draws"]
    done = CliRunner().invoke(main, ["report", str(tmp_path / "run")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run" / "index.html").read_bytes() == page
    assert ("laplace against NUTS" in done.output) == (which == (True, True))


@pytest.mark.broad
def test_a_posterior_of_an_earlier_run_does_not_stay(runs, tmp_path):
    save_run(runs[True, False], tmp_path / "run")
    (tmp_path / "run" / "notes.md").write_text("mine")
    save_run(runs[False, False], tmp_path / "run", force=True)
    assert not (tmp_path / "run" / "posterior.nc").exists()
    assert (tmp_path / "run" / "notes.md").exists()


@pytest.mark.broad
def test_the_other_columns_do_not_depend_on_it(runs):
    plain = runs[True, False].comparison
    for which in COMBINATIONS:
        run = runs[which]
        for name in set(run.comparison.fits) & set(plain.fits):
            ours, theirs = run.comparison.contestants[name], plain.contestants[name]
            assert ours.scores.log_loss.value == theirs.scores.log_loss.value, (which, name)
            assert ours.calibration == theirs.calibration, (which, name)


def test_laplace_predicts_what_nuts_predicts(runs):
    c = runs[True, True].comparison
    error, laplace = c.laplace_error, c.fits["laplace"]
    assert laplace.status == "approximate"
    assert not laplace.status.failed
    assert laplace.diagnostics.pareto_k < 0.7
    assert "Pareto k" in status_text(laplace)
    assert error.probs_mean < 0.02
    assert 0 < error.probs_mcse < 0.01
    assert error.probs_mean < error.probs_worst < 0.1
    loss = {name: row["log_loss"].value for name, row in c.scoreboard.items()}
    change = {(d.a, d.b): d.log_loss.value for d in c.differences}
    assert abs(change["laplace", "bayes"]) < 0.005
    assert change["laplace", "map"] == pytest.approx(loss["laplace"] - loss["map"])


def test_parameters_without_nuts_are_those_of_laplace(runs):
    with_, without = (runs[nuts, True].comparison.parameters for nuts in (True, False))
    for a, b in zip(with_, without, strict=True):
        assert (a.map, a.mle) == (b.map, b.mle)
        assert a.mean != b.mean
        assert b.mean == pytest.approx(a.mean, abs=0.2 * a.sd)
        assert b.sd == pytest.approx(a.sd, rel=0.1)


@pytest.mark.broad
def test_the_gap_ends_at_the_posterior_there_is(runs):
    ends = {which: gap_of(runs[which].comparison.fits)[-1].a for which in COMBINATIONS}
    assert ends == {
        (True, True): "bayes", (True, False): "bayes", (False, True): "laplace",
        (False, False): "map",
    }  # fmt: skip


@pytest.mark.broad
def test_the_page_shows_the_error_against_nuts(runs):
    page = render(runs[True, True].comparison)
    assert "Error of laplace, compared with NUTS" in page
    assert runs[True, True].comparison.laplace_error.parameters.worst in page
    assert "Error of laplace, compared with NUTS" not in render(runs[True, False].comparison)
    unidentified = msgspec.structs.replace(
        runs[True, True].comparison,
        laplace_error=msgspec.structs.replace(
            runs[True, True].comparison.laplace_error, parameters=None
        ),
    )
    assert "means, in posterior sds" not in render(unidentified)


@pytest.mark.broad
def test_folds_are_compared_row_by_row(overlapping):
    run = run_comparison(overlapping, "logistic", cv=2, overrides=FAST, methods=["laplace"], seed=4)
    table = pd.DataFrame(
        {n: np.exp(run.log_probs[n][:, 1]) for n in ("laplace", "bayes")}, index=run.test_rows
    )
    apart = abs(table["laplace"] - table["bayes"])  # of two classes, the total variation
    error = run.comparison.laplace_error
    assert error.probs_mean == pytest.approx(apart.mean())
    assert error.probs_worst == pytest.approx(apart.max())


@pytest.mark.broad
def test_weights_that_fail_end_with_three_and_their_k(tmp_path):
    arguments = ["compare", "iris", "--no-nuts", "--methods", "laplace", "--prior-scale", "30"]
    arguments += ["--test-size", "0.3", "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 3, done.output
    assert STATUSES[Status.NOT_NORMAL] in done.stderr
    assert "Pareto k (at most 0.7 required)" in done.stderr
    assert "6 posteriors" not in done.stderr
    assert re.search(r"^1 posterior to fit without NUTS; about", done.stderr, re.MULTILINE)
    assert (done.stdout + done.stderr).count("30% of the rows") == 1
    assert (tmp_path / "run" / "index.html").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"methods": ["laplas"]},
            "methods 'laplas': expected one or more of map[+]T, map[+]V, mle-early, laplace",
        ),
        ({"nuts": False, "overrides": {"prior": "hierarchical"}}, "its MAP needs NUTS"),
        pytest.param(
            {"model": "network", "overrides": {"hidden": [300]}, "methods": ["laplace"]},
            "too many for the second derivatives it needs",
            marks=pytest.mark.broad,  # compiles the network: ten seconds
        ),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        run_comparison(load_dataset("iris"), **options)


@pytest.mark.broad
def test_commands_from_python_tell_them_apart(runs):
    commands = {runs[which].comparison.provenance.command for which in COMBINATIONS}
    assert len(commands) == 4
