"""What docs/architecture.md says one has to touch is enough: tried on a copy of the package."""

import os
import shutil
import subprocess
import sys

import pytest

METHOD = '''"""``map/2``: the MAP with half the prior."""

from dataclasses import replace

from trifit.fit.methods.map import fit_map
from trifit.fit.training import Training
from trifit.fits import Fit


def fit(training: Training) -> Fit:
    """The mode under half the weight of the prior."""
    found = fit_map(
        training.density, training.rows, training.card.optimiser, training.generator("map/2"),
        weight=0.5, held_out=training.held_out,
    )
    return replace(found, method="map/2")
'''

CONTESTANT = '''    "map/2": Contestant(
        "MAP with half the prior", "the MAP with half the weight of its prior", Kind.POINT,
        "trifit.fit.methods.half", "#B03060", "*", on_request=True,
    ),
}
"""Keyed by name,'''

SECTION = '''"""A section that counts classes."""

TITLE = "Classes"


def content(c):
    """What its template shows."""
    return {"n": c.data.n_classes}
'''

CARD = """
name = "my-logistic"
builder = "trifit.models:logistic_regression"
hyperparameters = { prior_scale = 0.5 }
"""

USE = """
import trifit
from trifit.cards import card_names

assert "my-logistic" in card_names()
data = trifit.load_dataset("sim:softmax", n=80, features=2, n_test=60)
c = trifit.compare(data, model="my-logistic", nuts=False, methods=["map/2"])
assert c.fits["map/2"].status == "converged"
losses = [c.contestants[name].scores.log_loss.value for name in ("mle", "map/2", "map")]
assert len(set(losses)) == 3
assert any((d.a, d.b) == ("map/2", "map") for d in c.differences)
c.to_html("page.html")
page = open("page.html").read()
assert "the MAP with half the weight of its prior" in page
assert "2 classes are told apart here" in page
"""


def insert(path, before, text):
    source = path.read_text()
    assert source.count(before) == 1, (path, before)
    path.write_text(source.replace(before, text))


@pytest.fixture
def copy(root, tmp_path):
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "models", tmp_path / "models")
    return tmp_path


@pytest.mark.broad
def test_a_method_a_section_and_a_card(copy):
    package = copy / "src" / "trifit"
    (package / "fit" / "methods" / "half.py").write_text(METHOD)
    table = package / "contestants.py"
    insert(table, '}\n"""Keyed by name,', CONTESTANT)
    insert(table, '    Pair("map", "mle",', '    Pair("map/2", "map"),\n    Pair("map", "mle",')

    sections = package / "report" / "sections"
    (sections / "classes.py").write_text(SECTION)
    template = package / "report" / "templates" / "classes.html.j2"
    template.write_text("<p>{{ s.n }} classes are told apart here.</p>\n")
    names = sections / "__init__.py"
    insert(names, "    bits,\n", "    bits,\n    classes,\n")
    last = '    "provenance": (provenance.TITLE'
    insert(names, last, f'    "classes": (classes.TITLE, classes.content),\n{last}')

    (copy / "models" / "my-logistic.toml").write_text(CARD)
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
