"""Hostile input ends with one line and exit code 2, or is read as stated (tests/hostile.py)."""

import pytest
from click.testing import CliRunner

import hostile
import trifit.run
from trifit.cli import main
from trifit.words.notes import note_text


class Reached(Exception):
    """What was read would now be fitted."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a good table, from which commands are typed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(hostile.GOOD)
    return tmp_path


@pytest.fixture
def unfitted(monkeypatch):
    """Comparisons end where the fits would begin."""

    def reached(dataset, *_, **__):
        notes = [note_text(note) for note in dataset.notes]
        parts = (dataset.feature_names, dataset.class_names, notes)
        raise Reached(f"read: {' | '.join(', '.join(part) for part in parts)}")

    monkeypatch.setattr(trifit.run, "run_comparison", reached)


def answers(arguments, expected):
    """Type a command; its answer is one line and exit code 2, or what was read."""
    done = CliRunner().invoke(main, arguments)
    if isinstance(done.exception, Reached):
        assert expected.removeprefix("read:") in str(done.exception)
        assert expected.startswith(("read:", "|"))
        return
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code == 2, done.output
    assert expected in done.stderr, done.stderr
    lines = [line for line in done.stderr.splitlines() if "%  " not in line]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def compare(*arguments):
    return ["compare", *arguments]


@pytest.mark.parametrize("case", hostile.TEXT)
def test_text(case, here, unfitted):
    name, content, expected = hostile.TEXT[case]
    hostile.write(here / name, content)
    answers(compare(name, "--target", "y"), expected)


@pytest.mark.parametrize("case", hostile.ARROW)
def test_parquet(case, here, unfitted):
    content, expected = hostile.ARROW[case]
    hostile.write(here / "t.parquet", content)
    answers(compare("t.parquet", "--target", "y"), expected)


@pytest.mark.parametrize("case", hostile.ARRAYS)
def test_arrays(case, here, unfitted):
    content, expected = hostile.ARRAYS[case]
    hostile.write(here / "t.npz", content)
    answers(compare("t.npz"), expected)


@pytest.mark.parametrize("case", hostile.TEST_SETS)
def test_test_sets(case, here, unfitted):
    content, expected = hostile.TEST_SETS[case]
    hostile.write(here / "test.csv", content)
    answers(compare("good.csv", "--target", "y", "--test", "test.csv"), expected)


@pytest.mark.parametrize("case", hostile.ARGUMENTS)
def test_arguments(case, here, unfitted):
    answers(compare("good.csv", "--target", "y", *case.split()), hostile.ARGUMENTS[case])


@pytest.mark.parametrize("case", hostile.WORLDS)
def test_worlds(case, here, unfitted):
    answers(compare("sim:softmax", "--world", case), hostile.WORLDS[case])


@pytest.mark.parametrize("case", hostile.CARDS)
def test_cards(case, here, unfitted):
    content, expected = hostile.CARDS[case]
    hostile.write(here / "card.toml", content)
    answers(compare("good.csv", "--target", "y", "--model", "card.toml"), expected)


@pytest.mark.parametrize("case", hostile.MODULES)
def test_modules_of_builders(case, here, unfitted):
    content, expected = hostile.MODULES[case]
    hostile.write(here / "m.py", content)
    answers(compare("good.csv", "--target", "y", "--model", "m.py:f"), expected)


@pytest.mark.parametrize("case", hostile.BUILDERS)
def test_builders(case, here):
    body, expected = hostile.BUILDERS[case]
    head = "def f(X, y, *, n_classes, coords):" if body != "KEYWORDS" else "def f(X, y):"
    text = f"import pymc as pm\n{head}\n    with pm.Model(coords=coords) as model:\n        "
    module = f"{case.replace(' ', '_')}.py"  # functions are remembered by these names
    hostile.write(here / module, text + body.replace("KEYWORDS", "pass") + "\n    return model\n")
    options = ["--model", f"{module}:f", "--no-nuts", "--test-size", "0.3"]
    answers(compare("good.csv", "--target", "y", *options), expected)


@pytest.mark.parametrize("case", hostile.PREDICTED)
def test_predictions(case, here):
    content, options, expected = hostile.PREDICTED[case]
    hostile.write(here / "t.csv", content)
    answers(["evaluate", "t.csv", "--label", "y", *options.split()], expected)


@pytest.mark.parametrize("case", hostile.DRAWN)
def test_draws(case, here):
    content, expected = hostile.DRAWN[case]
    hostile.write(here / "t.npz", content)
    answers(["evaluate", "--draws", "t.npz", "--label", "y"], expected)


@pytest.mark.parametrize("case", hostile.COMPARISONS)
def test_comparisons(case, here):
    content, expected = hostile.COMPARISONS[case]
    hostile.write(here / "comparison.json", content)
    answers(["report", "."], expected)


@pytest.mark.parametrize("case", hostile.CLASSIFIERS)
def test_classifiers(case, here):
    content, expected = hostile.CLASSIFIERS[case]
    hostile.write(here / "comparison.json", hostile.WHOLE)
    hostile.write(here / "classifier.json", content)
    answers(["predict", ".", "good.csv", "--out", "z.csv"], expected)


@pytest.mark.parametrize("case", hostile.MAPS)
def test_maps(case, here):
    content, expected = hostile.MAPS[case]
    hostile.write(here / "m.json", content)
    hostile.write(here / "t.csv", hostile.FORECASTS)
    answers(["recalibrate", "m.json", "t.csv", "--probs", "p_*", "--out", "z.csv"], expected)
    assert not (here / "z.csv").exists()


@pytest.mark.parametrize("case", hostile.RECORDS, ids=" ".join)
def test_records_of_studies_and_checks(case, here):
    content, expected = hostile.RECORDS[case]
    hostile.write(here / f"{case[0]}.json", content)
    answers(["report", "."], expected)


@pytest.mark.parametrize("case", hostile.STUDIES)
def test_studies(case, here):
    content, expected = hostile.STUDIES[case]
    hostile.write(here / "s.toml", content)
    answers(["study", "s.toml", "--dry-run"], expected)
