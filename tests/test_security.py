"""Files from outside run no code but what SECURITY.md names, and write nowhere else."""

import ast
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from trifit.cards import Card, load_card
from trifit.cli import main
from trifit.errors import InputError
from trifit.files import stem
from trifit.study import load_study
from trifit.text import slugs

SOURCE = Path(__file__).parents[1] / "src" / "trifit"

BUILDER = """
import pathlib, sys
print("the code runs", file=sys.stderr)

def build(X, y, *, n_classes, coords):
    import pymc as pm

    with pm.Model() as model:
        x = pm.Data("X", X)
        slope = pm.Normal("slope")
        pm.Bernoulli("label", logit_p=slope * x[:, 0], observed=y)
    return model
"""

STUDY = """
question = "Q"
expects = "E"
replications = 2
[data]
world = "softmax"
[model]
card = {card}
[[grid]]
data.n = [30]
[quick]
[[quick.grid]]
data.n = [30]
"""

ELSEWHERE = {
    "above": "../outside.py:build",
    "anywhere": "{outside}:build",
    "a link": "link.py:build",
    "the working directory": "beside:build",
    "Python's own library": "os:system",
    "its parts": "os.path:join",
    "no package": "nosuch.thing:build",
    "a relative module": "..outside:build",
    "nothing": ":build",
    "no file": "a\0.py:build",
    "a path as a package": "../outside:build",
}

REFUSED = "in no installed package|outside the folder of the file|no null character"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder of files from somebody else, which is the working directory."""
    folder = tmp_path / "given"
    folder.mkdir()
    for path in (folder / "beside.py", folder / "sub.py", tmp_path / "outside.py"):
        path.write_text(BUILDER)
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def card_file(folder, builder):
    text = f"name = 'c'\nbuilder = {json.dumps(builder)}\n"
    (folder / "card.toml").write_text(text)
    return folder / "card.toml"


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_card_names_no_code_elsewhere(where, here, capfd):
    builder = ELSEWHERE[where].format(outside=here.parent / "outside.py")
    with pytest.raises(InputError, match=REFUSED):
        load_card(card_file(here, builder))
    assert "the code runs" not in capfd.readouterr().err


@pytest.mark.parametrize("card", [*ELSEWHERE.values(), "../outside.toml", "/etc/card.toml"])
def test_a_study_names_no_code_elsewhere(card, here, capfd):
    card = card.format(outside=here.parent / "outside.py")
    (here / "study.toml").write_text(STUDY.format(card=json.dumps(card)))
    with pytest.raises(InputError, match=REFUSED):
        load_study("study.toml")
    grid = STUDY.format(card='"logistic"').replace(
        "[quick]", f"[[grid]]\nmodel.card = ['softmax', {json.dumps(card)}]\n[quick]"
    )
    (here / "study.toml").write_text(grid)
    with pytest.raises(InputError, match=REFUSED):
        load_study("study.toml")
    assert "the code runs" not in capfd.readouterr().err


def test_what_a_file_may_name(here):
    for builder in ("beside.py:build", "./sub.py:build", "trifit.models:softmax_regression"):
        assert callable(load_card(card_file(here, builder)).load_builder())
    (here / "study.toml").write_text(STUDY.format(card='"beside.py:build"'))
    assert load_study("study.toml").cards == ["beside.py:build"]
    card_file(here, "beside.py:build")
    (here / "study.toml").write_text(STUDY.format(card='"card.toml"'))
    assert load_study("study.toml").cards == ["card.toml"]


def test_the_user_may_name_code_anywhere(here):
    assert callable(load_card("../outside.py:build").load_builder())


def test_it_is_said_before_code_is_run(here, capfd):
    """By a card, once; trifit's own code, and code that the user names, need no words."""
    card_file(here, "beside.py:build")
    CliRunner().invoke(main, ["show", "card.toml"])  # the notice is on click's stderr
    done = CliRunner().invoke(main, ["compare", "none.csv", "--model", "card.toml"])
    told = f"trifit: running the code of {here / 'beside.py'}, which model 'card.toml' names\n"
    assert done.stderr.startswith(told)
    assert done.stderr.count("running the code") == 1
    for model in ("softmax", "beside.py:build"):
        done = CliRunner().invoke(main, ["compare", "none.csv", "--model", model])
        assert "running the code" not in done.stderr


# --- the source ---

FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "code", "codeop"}

FORBIDDEN_CALLS = {
    "eval", "__import__", "exec_module", "read_pickle", "to_pickle", "system", "popen", "Memory",
    "from_formula", "literal_eval", "read_html", "unpack_archive", "extractall",
}  # fmt: skip

CODE_BY_NAME = {"exec", "compile", "import_module"}
"""What runs code that has a name."""

ALLOWED = {
    "functions.py": CODE_BY_NAME,
    # parts of trifit itself
    "__init__.py": {"import_module"},
    "fit/training.py": {"import_module"},
    "lazily.py": {"import_module"},  # a package that the source names
    "results/comparison.py": {"import_module"},
    "results/plots.py": {"import_module"},
}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else None
            yield name or getattr(function, "id", ""), node


def test_no_way_to_run_what_is_read():
    """Pickles, ``eval``, joblib's caches and archives have no place in the source."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree, where = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(SOURCE))
        for node in ast.walk(tree):
            imported = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [(where, m) for m in imported if m.partition(".")[0] in FORBIDDEN_MODULES]
        for name, node in calls(tree):
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            plain = isinstance(node.func, ast.Name)
            if name in FORBIDDEN_CALLS or given.get("allow_pickle") or given.get("shell"):
                found.append((where, name))
            if name in CODE_BY_NAME and (plain or name == "import_module"):
                if name not in ALLOWED.get(where, set()):
                    found.append((where, name))
            if name == "load" and ast.unparse(node.func) in ("np.load", "joblib.load"):
                if given.get("allow_pickle") is not False:
                    found.append((where, ast.unparse(node.func)))
    assert found == []


# --- names ---


PART = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@given(PART | st.sampled_from(["..", "../x", "a/../../b", "/etc", "..\\x", "~"]))
def test_names_stay_in_the_output_folder(name):
    """Of cards, of files and of what a page offers for download."""
    try:
        card = Card(name=name, builder="m:f").name
    except ValueError:
        card = "c"
    file = stem(Path(name or "x"))
    for part in (f"{file}-{card}-seed1", f"check-{card}", f"study-{card}", slugs([name])[name]):
        assert (Path("/out") / f"p{part}").resolve().parent == Path("/out")
