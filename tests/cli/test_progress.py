"""What is said while a comparison runs."""

import threading
import time
from types import SimpleNamespace

import trifit
from trifit.cli import bar
from trifit.cli.bar import progress_bar
from trifit.crossfit.progress import Reporter

STAGES = (
    "MLE", "whether an MLE exists", "MAP", "temperature scaling of MLE",
    "temperature scaling of MAP", "laplace",
)  # fmt: skip


def test_every_stage_is_named_and_shares_grow(overlapping):
    told = []
    trifit.compare(
        overlapping, model="logistic", cv=2, nuts=False, methods=["laplace"],
        progress=lambda stage, share: told.append((stage, share)),
    )  # fmt: skip
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages[0] == "building the model"
    assert "3 posteriors to fit without NUTS, about" in stages[1]
    for k in (1, 2, 3):
        for stage in STAGES:
            assert f"{stage}, {k} of 3" in stages
    assert stages[-5:] == [
        "scores and calibration", "chains", "where fits disagree", "prior sensitivity",
        "differences and posterior",
    ]  # fmt: skip
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0]
    assert shares[-1] < 1


def test_the_share_never_falls_whatever_comes_first():
    """Where prior scales are learned the MAP follows the posterior."""
    shares = []
    reporter = Reporter(lambda _, share: shares.append(share))
    for stage in ("MLE", "posterior", "MAP", "laplace"):
        reporter.fitting(stage, 0.9)
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_a_pipe_gets_a_line_for_each_stage_that_takes_long(monkeypatch, capfd):
    """While the stage runs, not after it; none for stages that are over at once."""
    monkeypatch.setattr(bar, "LONG", 0.05)
    with progress_bar() as report:
        report("a plan; about 1 s", 0.0)
        report("short", 0.1)
        report("long", 0.25)
        time.sleep(0.3)
        said = capfd.readouterr().err
        report("long", 0.5)
        report("last", 0.9)
    assert said.splitlines() == ["a plan; about 1 s", " 25%  long"]
    time.sleep(0.2)
    assert capfd.readouterr().err == ""


class Waiting:
    """A timer that goes off when the test says so."""

    latest: "Waiting"

    def __init__(self, seconds, function, args):
        self.seconds, self.function, self.args = seconds, function, args
        self.cancelled = False

    def start(self):
        Waiting.latest = self

    def cancel(self):
        self.cancelled = True


def test_a_pipe_is_told_again_of_a_long_stage_at_the_pace_of_that_stage(monkeypatch, capfd):
    """A study's first cell waits for imports and compilation: the rest is what counts."""
    times = iter([0.0, 0.0, 100.0, 101.0, 110.0, 200.0])
    monkeypatch.setattr(bar, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    monkeypatch.setattr(bar, "threading", SimpleNamespace(Timer=Waiting, Lock=threading.Lock))
    with progress_bar() as report:
        report("study: 100 cells; 0 are finished", 0.0)
        report("100 cells", 0.01)
        first = Waiting.latest
        first.function(*first.args)
        report("100 cells", 0.1)
        second = Waiting.latest
        second.function(*second.args)
    told, *lines = capfd.readouterr().err.splitlines()
    assert told == "study: 100 cells; 0 are finished"
    assert lines == ["  1%  100 cells; about 2.8 h left", " 10%  100 cells; about 2 min left"]
    assert (first.seconds, second.seconds, Waiting.latest.seconds) == (1.0, 30.0, 90.0)
    assert Waiting.latest.cancelled
