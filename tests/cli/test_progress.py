"""What is said while a comparison runs."""

import itertools
import re
import threading
import time
from types import SimpleNamespace

import pytest

import trifit
from trifit.cli import bar
from trifit.cli.bar import progress_bar
from trifit.run import progress
from trifit.run.expected import Cost, Expected
from trifit.run.progress import Reporter

STAGES = (
    "MLE", "whether an MLE exists", "MAP", "temperature scaling of MLE",
    "temperature scaling of MAP", "laplace",
)  # fmt: skip


def test_every_stage_is_named(overlapping, monkeypatch):
    seconds = itertools.count()  # every look at the clock takes one
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    told = []
    trifit.compare(
        overlapping, model="logistic", cv=2, nuts=False, methods=["laplace"],
        progress=lambda stage, share: told.append((stage, share)),
    )  # fmt: skip
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages[0] == "building the model"
    assert re.search(r"^3 posteriors to fit without NUTS; (about )?\d+ .*(s|min)$", stages[1])
    for k in (1, 2, 3):
        for stage in STAGES:
            assert f"{stage}, {k} of 3" in stages
    assert stages[-5:] == [
        "scores and calibration", "chains", "where fits disagree", "prior sensitivity",
        "differences and posterior",
    ]  # fmt: skip
    assert told[0][1] == told[1][1] == 0.0
    assert all(0.0 <= share < 1.0 for _, share in told)
    assert told[-1][1] > 0.5, told[-1]


def test_the_share_is_that_of_the_time(monkeypatch):
    """It falls where more turns out to be left than was expected."""
    now = [0.0]
    cost = Cost({"MLE": Expected(1.0, 1.0), "posterior": Expected(7.0, 1.0)}, {})
    monkeypatch.setattr(progress, "expected_cost", lambda *_, **__: cost)
    monkeypatch.setattr(progress, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    told = []
    reporter = Reporter(lambda stage, share: told.append((stage, round(share, 3))))
    reporter.say("building the model")
    reporter.expect(2, None, None, None, ("mle", "bayes"), n_test=1)
    for seconds, stage, share in ((0, "MLE", 0), (2, "posterior", 0), (8, "posterior", 0.5)):
        now[0] = seconds
        reporter.fitting(stage, share)
    reporter.finish_fit()
    now[0] = 20
    reporter.fitting("MLE")
    assert told == [
        ("building the model", 0.0),
        ("2 posteriors to fit; about 16 s", 0.0),
        ("MLE, 1 of 2", 0.0),
        ("posterior, 1 of 2", round(2 / (2 + 7 + 2 + 7), 3)),
        ("posterior, 1 of 2", round(8 / (8 + 4.75 + 2 + 7), 3)),
        ("MLE, 2 of 2", round(20 / (20 + 2 + 18), 3)),
    ]


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


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets, and timers that go off when it says so."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(bar, "time", SimpleNamespace(perf_counter=lambda: now.seconds))
    monkeypatch.setattr(bar, "threading", SimpleNamespace(Timer=Waiting, Lock=threading.Lock))
    return now


def go_off():
    """The latest timer's time has come."""
    timer = Waiting.latest
    timer.function(*timer.args)
    return timer


def test_what_was_done_before_is_no_pace(clock, capfd):
    """A study goes on: half of its cells are finished, the first of the others took 100 s."""
    with progress_bar() as report:
        report("study: 10 cells; 5 are finished", 0.5)
        clock.seconds = 100.0
        report("10 cells", 0.6)
        go_off()
    assert capfd.readouterr().err.splitlines()[1:] == [" 60%  10 cells; about 7 min left"]


def test_a_pipe_is_told_again_of_a_long_stage_at_the_pace_since_it_began(clock, capfd):
    """A study's first cell waits for imports and compilation: the rest is what counts."""
    with progress_bar() as report:
        report("study: 100 cells; 0 are finished", 0.0)
        clock.seconds = 100.0
        report("100 cells", 0.01)
        clock.seconds = 101.0
        first = go_off()
        clock.seconds = 110.0
        report("100 cells", 0.1)
        second = go_off()
    told, *lines = capfd.readouterr().err.splitlines()
    assert told == "study: 100 cells; 0 are finished"
    assert lines == ["  1%  100 cells; about 2.7 h left", " 10%  100 cells; about 2 min left"]
    assert (first.seconds, second.seconds, Waiting.latest.seconds) == (1.0, 30.0, 90.0)
    assert Waiting.latest.cancelled


def test_the_time_left_passes_while_nothing_is_told(clock, capfd):
    """A comparison: 8 of 40 s are over when a stage begins that tells nothing for 20 s."""
    with progress_bar() as report:
        report("loading PyMC", 0.0)
        clock.seconds = 5.0
        report("6 posteriors to fit; about 40 s", 0.0)
        report("MLE, 1 of 6", 0.0)
        clock.seconds = 13.0
        report("whether an MLE exists, 1 of 6", 0.2)
        go_off()
        clock.seconds = 33.0
        go_off()
    assert capfd.readouterr().err.splitlines()[1:] == [
        " 20%  whether an MLE exists, 1 of 6; about 32 s left",
        " 20%  whether an MLE exists, 1 of 6; about 12 s left",
    ]
