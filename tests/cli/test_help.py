"""What the command line says of itself; commands shown anywhere are commands that parse."""

import re
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from trifit import gallery
from trifit.cli import main
from trifit.cli.completion import VARIABLE
from trifit.cli.options import Option, one_each


def said(*arguments, **rest):
    done = CliRunner().invoke(main, list(arguments), catch_exceptions=False, **rest)
    assert done.exit_code == 0, done.output
    return done.output


def parses(line):
    """A command as typed, parsed but not run; usage errors are raised."""
    command, *arguments = shlex.split(line.partition(" | ")[0], comments=True)[1:]
    context = click.Context(main, info_name="trifit")
    main.commands[command].make_context(command, arguments, parent=context)
    return command


def test_nothing_asked_gets_three_commands_to_start_with():
    shown = [line.strip() for line in said().splitlines() if line.startswith("    trifit")]
    assert [parses(line.split("   ")[0]) for line in shown] == ["compare", "compare", "evaluate"]
    assert "trifit --help" in said()


@pytest.mark.parametrize(
    ("command", "headings"),
    [
        ("compare", ["Data", "Model", "Evaluation", "Simulation", "Output"]),
        ("evaluate", ["Predictions", "Evaluation", "Recalibration", "Output"]),
        ("study", ["Grid", "Computing", "Output"]),
        ("recalibrate", ["Predictions", "Output"]),
        ("diff", ["Guard", "Output"]),
    ],
)
def test_options_stand_under_headings(command, headings):
    text = said(command, "--help")
    found = re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE)
    assert found == [*headings, "Other options", "Examples"]
    options = [p for p in main.commands[command].params if isinstance(p, click.Option)]
    assert {o.heading for o in options} == set(headings)
    for option in options:
        section = text[text.index(f"\n{option.heading}:") :].split("\n\n")[0]
        assert re.search(rf"^  {option.opts[0]}\b", section, re.MULTILINE)


def test_many_options_need_headings():
    """As many as seven in one list are too many to be read."""
    for name, command in main.commands.items():
        loose = [p for p in command.params if not getattr(p, "heading", "")]
        assert len(loose) <= 6, name


@pytest.mark.parametrize("name", ["compare", "evaluate", "study", "curve", "check"])
def test_whole_numbers_are_shown_as_n(name):
    text = said(name, "--help")
    assert re.search(r"^  --(seed|jobs) N  ", text, re.MULTILINE)
    assert "RANGE" not in text
    assert "<=x" not in text
    assert "x>=" not in text


def test_columns_of_the_help_are_one():
    text = said("study", "--help")
    starts = {m.end() for m in re.finditer(r"^  --(dry-run|quick|out PATH) +", text, re.MULTILINE)}
    columns = {end - text.rindex("\n", 0, end) for end in starts}
    assert len(starts) == 3
    assert len(columns) == 1


@pytest.mark.parametrize(
    "name", ["compare", "evaluate", "study", "recalibrate", "diff", "completion"]
)
def test_examples_of_the_help(name):
    command = main.commands[name]
    assert f"  {command.examples[0]}\n" in said(name, "--help")
    if name == "completion":
        assert all(f"trifit completion {s}" in " ".join(command.examples) for s in ("bash", "fish"))
    else:
        assert {parses(example) for example in command.examples} == {name}


def test_commands_that_are_shown_parse(root):
    pages = [root / "README.md", *(root / "docs").glob("*.md"), *root.glob("*/README.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    lines = re.findall(r"^    (trifit [a-z].*)$", text, re.MULTILINE)
    lines += [line for q in gallery.QUESTIONS for line in q.yours.splitlines() if "trifit " in line]
    pieces = [piece for line in lines for piece in re.split(r"\s{3,}", line)]  # words stand behind
    lines = [piece for piece in pieces if piece.startswith("trifit ")]
    seen = {parses(line) for line in lines}
    assert {"compare", "evaluate", "predict", "recalibrate", "study", "show"} <= seen
    assert len(lines) > 60


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sim:a --world n=2", "sim:a --world n=2"),
        ("--world n=2 a=b c=d sim:a x=y", "--world n=2 --world a=b --world c=d sim:a x=y"),
        ("--world=n=2 a=b", "--world=n=2 --world a=b"),
        ("--world n=2 --set a=1 b=2", "--world n=2 --set a=1 --set b=2"),
        ("--world n=2 --seed 3 a=b", "--world n=2 --seed 3 a=b"),
        ("--world", "--world"),
        ("--world --world a=b", "--world --world --world a=b"),
        ("--world n=2 lr=-1e-3 h=[8]", "--world n=2 --world lr=-1e-3 --world h=[8]"),
    ],
)
def test_an_option_takes_the_settings_behind_it(typed, expected):
    assert one_each(typed.split(), {"--world", "--set"}) == expected.split()


def test_settings_are_the_same_however_they_are_typed():
    """Behind one option, behind several, or in quotes."""
    taken = []

    @click.command(cls=type(main.commands["compare"]))
    @click.option("--world", cls=Option, settings=True)
    def command(world):
        taken.append(" ".join(world).split())

    for typed in (["n=2", "f=3"], ["n=2", "--world", "f=3"], ["n=2 f=3"]):
        CliRunner().invoke(command, ["--world", *typed], catch_exceptions=False)
    assert taken == [["n=2", "f=3"]] * 3


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell):
    script = said("completion", shell)
    assert f"{VARIABLE}={shell}_complete" in script
    assert "trifit" in script


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("comp", ["compare", "completion"]),
        ("compare br", ["breast_cancer"]),
        ("compare iris --model netw", ["network", "network-ard", "network-wide"]),
        ("compare iris --methods laplace,map-", ["laplace,map-cv"]),
        ("compare iris --wo", ["--world"]),
        ("diff a b --fa", ["--fail-if"]),
        ("show prob", ["probit"]),
        ("study over", ["overconfidence"]),
    ],
)
def test_what_is_completed(typed, expected):
    words = f"trifit {typed}"
    asked = {
        VARIABLE: "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = CliRunner().invoke(main, prog_name="trifit", env=asked)
    given = [line.split(",", 1) for line in done.output.splitlines()]
    assert [value for kind, value in given if kind == "plain"] == expected
    names_or_files = {"compare br", "compare iris --model netw", "show prob", "study over"}
    assert any(kind == "file" for kind, _ in given) == (typed in names_or_files)


def test_bash_takes_the_script():
    script = said("completion", "bash")
    done = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p trifit"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "_trifit_completion trifit" in done.stdout


def test_the_package_is_the_command():
    done = subprocess.run([sys.executable, "-m", "trifit"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, said())
