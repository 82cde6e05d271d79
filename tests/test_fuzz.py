"""Any bytes and any structure: the four readers answer with a value or one line, nothing else."""

import json

import msgspec
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hostile
from trifit.cards import cards_folder, load_card
from trifit.data import load_dataset
from trifit.errors import InputError
from trifit.results import Comparison, kept
from trifit.study.spec import load_study, studies_folder

pytestmark = pytest.mark.broad

MANY = settings(
    max_examples=2500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

CELL = st.one_of(
    st.sampled_from(
        ["", "0", "1", "1.5", "1,5", "1.234,5", "NA", "nan", "inf", "-", '"', "a", "\0"]
    ),
    st.text(max_size=6),
    st.floats().map(str),
    st.integers().map(str),
)


@st.composite
def tables(draw):
    """Lines of cells, mostly of one length, by one separator."""
    width, mark = draw(st.integers(1, 4)), draw(st.sampled_from(",;\t"))
    header = mark.join([*draw(st.lists(CELL, min_size=width, max_size=width)), "y"])
    row = st.lists(CELL, min_size=width, max_size=width + draw(st.integers(0, 1)))
    rows = draw(st.lists(st.tuples(row, st.sampled_from("pq")), max_size=30))
    return "\n".join([header, *(mark.join([*cells, y]) for cells, y in rows)]).encode(
        draw(st.sampled_from(["utf-8", "utf-16"])), "replace"
    )


def answers(read, *arguments, **options):
    """Read; an error is one line for the user."""
    said = ""
    try:
        read(*arguments, **options)
    except InputError as error:
        said = str(error)
    assert "\n" not in said


def damaged(content):
    """A file some of whose bytes are others, or are cut off."""
    places = st.integers(0, len(content) - 1)

    def change(changes):
        data = bytearray(content)
        for place, byte in changes:
            data[place] = byte
        return bytes(data)

    others = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8).map(change)
    return others | places.map(lambda n: content[:n])


@MANY
@given(st.one_of(tables(), st.binary(max_size=300), damaged(hostile.GOOD.encode())))
def test_tables(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    answers(load_dataset, path, "y")


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUE = st.recursive(
    LEAF, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=6), v, max_size=3)
)


@st.composite
def mutated(draw, document, values=VALUE):
    """A document with one of its values replaced by another, at any depth."""
    document = json.loads(json.dumps(document))
    inner = document
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = draw(st.sampled_from(keys))
        deeper = isinstance(inner[key], dict | list) and len(inner[key])
        if not deeper or draw(st.integers(0, 3)) == 0:
            inner[key] = draw(values)
            return document
        inner = inner[key]


TOML = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=6), v, max_size=3),
)


def files(folder):
    return [path.read_bytes() for path in sorted(folder.glob("*.toml"))]


CARD = msgspec.to_builtins(load_card("softmax"))
STUDY = msgspec.to_builtins(load_study("prior"))


@MANY
@given(
    st.one_of(
        mutated(CARD, TOML).map(lambda d: tomli_w.dumps(d).encode()),
        st.sampled_from(files(cards_folder())).flatmap(damaged),
        st.binary(max_size=200),
    )
)
def test_cards(tmp_path, content):
    path = tmp_path / "card.toml"
    path.write_bytes(content)
    answers(load_card, path)


def without_none(value):
    if isinstance(value, dict):
        return {k: without_none(v) for k, v in value.items() if v is not None}
    return [without_none(v) for v in value] if isinstance(value, list) else value


@MANY
@given(
    st.one_of(
        mutated(without_none(STUDY), TOML).map(lambda d: tomli_w.dumps(d).encode()),
        st.sampled_from(files(studies_folder())).flatmap(damaged),
        st.binary(max_size=200),
    )
)
def test_studies(tmp_path, content):
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    answers(load_study, path)


@MANY
@given(
    st.one_of(
        mutated(hostile.DOCUMENT).map(lambda d: json.dumps(d).encode()),
        damaged(hostile.WHOLE),
        st.binary(max_size=200),
    )
)
def test_json(tmp_path, content):
    path = tmp_path / "comparison.json"
    path.write_bytes(content)
    answers(Comparison.from_json, path)
    for each in (kept.STUDY, kept.CHECK, kept.ATLAS):
        each.file(tmp_path).write_bytes(content)
        answers(each.read, tmp_path)
