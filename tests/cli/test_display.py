"""What is shown of a result: for readers, for machines, in a pipe, in a browser."""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest
from click.testing import CliRunner
from rich.console import Console

from made_up import made_up
from made_up_study import made_up_study
from trifit.cli import main
from trifit.cli.command import canonical_command
from trifit.cli.output import differences_table, scores_table
from trifit.words import success_sentences

ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with the numbers of a run whose fits can all be trusted."""
    folder = tmp_path_factory.mktemp("shown") / "run"
    folder.mkdir()
    comparison = made_up()
    assert comparison.failed == []
    comparison.to_json(folder / "comparison.json")
    return folder


def report(folder, *options, **variables):
    arguments = ["report", str(folder), *options]
    return CliRunner().invoke(main, arguments, catch_exceptions=False, env=variables)


def in_terminal(*arguments, **variables):
    """What a terminal is sent by Python with these arguments."""
    terminal, other = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    running = subprocess.Popen(
        [sys.executable, *arguments], stdin=other, stdout=other, stderr=other,
        env=environment | {"TERM": "xterm"} | variables,
    )  # fmt: skip
    os.close(other)
    received = b""
    with open(terminal, "rb", buffering=0) as end, suppress(OSError):  # Linux's end of a terminal
        while part := end.read(4096):
            received += part
    assert running.wait() == 0
    return received.decode()


def test_json_is_one_document_of_the_numbers_in_metrics_json(run):
    done = report(run, "--json", FORCE_COLOR="1")
    assert (done.exit_code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    comparison = made_up()
    assert list(document) == ["report", "verdicts", "advice", "failed_checks", "metrics"]
    assert document["report"] == str(run / "index.html")
    assert document["verdicts"]["mle"] == comparison.contestants["mle"].verdict
    assert list(document["verdicts"]) == list(comparison.contestants)
    assert document["metrics"] == comparison.metrics()
    assert (run / "index.html").is_file()


def test_how_often_advice_is_right_is_printed_once(run):
    said = " ".join(report(run).stdout.split())
    told = [*success_sentences(made_up())]
    assert told
    for text in told:
        assert said.count(text) == said.count(text[text.index("): ") :]) == 1


def test_quiet_is_the_path_and_nothing_else(run):
    done = report(run, "--quiet")
    assert (done.exit_code, done.output) == (0, f"{run / 'index.html'}\n")


def test_the_same_of_a_study_and_of_an_index(run, tmp_path):
    from msgspec.json import encode

    record = made_up_study()
    (tmp_path / "study.json").write_bytes(encode(record))
    document = json.loads(report(tmp_path, "--json").stdout)
    assert document["report"] == str(tmp_path / "index.html")
    assert [f["outcome"] for f in document["findings"]] == [f.outcome for f in record.findings]
    assert document["n_cells"] == record.n_cells
    shown = report(tmp_path).output
    assert record.study["question"] in shown
    assert report(tmp_path, "--quiet").output == f"{tmp_path / 'index.html'}\n"
    index = json.loads(report(run.parent, "--index", "--json").stdout)
    assert index == {"report": str(run.parent / "index.html"), "runs": ["run"]}


def sent(capfd, *arguments):
    """Exit code, and what a command of this process and its children write to files or pipes."""
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    return ended.value.code, *capfd.readouterr()


def test_a_pipe_gets_no_escape_codes(run, capfd):
    code, out, err = sent(capfd, "report", run)
    assert code == 0
    assert "log-loss" in out
    assert ESCAPE not in out + err


@pytest.mark.broad
def test_a_terminal_gets_them_unless_it_asks_for_none(run):
    assert ESCAPE in in_terminal("-m", "trifit", "report", str(run))
    for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = in_terminal("-m", "trifit", "report", str(run), **variable)
        assert "log-loss" in shown
        assert ESCAPE not in shown


BAR = """
from trifit.cli.bar import progress_bar
with progress_bar() as report:
    report("a plan; about 1 s", 0.0)
    report("a stage", 0.5)
"""


def test_no_bar_where_escape_codes_are_not_wanted():
    bar = in_terminal("-c", BAR)
    assert ESCAPE in bar
    assert "a stage" in bar
    assert "elapsed" in bar
    assert in_terminal("-c", BAR, NO_COLOR="1").splitlines() == ["a plan; about 1 s"]


def test_open_opens_the_page(run, tmp_path, monkeypatch, capfd):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho noise\necho "$1" > {tmp_path / "opened"}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    code, out, err = sent(capfd, "report", "--index", run.parent, "--open", "--json")
    assert (code, err) == (0, "noise\n")
    json.loads(out)  # what the browser says is no part of it
    assert (tmp_path / "opened").read_text().strip() == (run.parent / "index.html").as_uri()


def test_without_a_browser_the_run_succeeds_and_says_so(run, monkeypatch, capfd):
    monkeypatch.setenv("BROWSER", "/nonexistent/browser")
    monkeypatch.setenv("PATH", "/nonexistent")
    page = run.parent / "index.html"
    code, out, err = sent(capfd, "report", "--index", run.parent, "--open", "--quiet")
    assert (code, out) == (0, f"{page}\n")
    assert err == f"trifit: no browser found to open {page}\n"


def test_what_is_shown_is_no_part_of_the_command():
    typed = ["compare", "sim:moons", "--world", "n=90", "noise=0.2", "--json", "--open", "--quiet"]
    assert canonical_command(typed) == "trifit compare sim:moons --world n=90 noise=0.2"


def test_tables_are_whole_in_80_columns():
    out = io.StringIO()
    console = Console(width=80, file=out)
    comparison = made_up()
    console.print(scores_table(comparison, narrow=True))
    console.print(differences_table(comparison, narrow=True))
    shown = out.getvalue()
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    for name in (*comparison.contestants, "map − mle", "converged", "calibration"):
        assert name in shown
