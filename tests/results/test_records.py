"""What records say of themselves."""

import msgspec
import pytest

from made_up import made_up
from trifit.errors import InputError
from trifit.results import Comparison
from trifit.results.folder import MAP, map_file


def test_the_most_frequent_class_is_the_one_that_occurred_most():
    c = made_up().contestants["mle"].calibration
    shares = (0.2, 0.5, 0.3)
    classes = [
        msgspec.structs.replace(k, frequency=share)
        for k, share in zip(c.classes, shares, strict=True)
    ]
    assert msgspec.structs.replace(c, classes=classes).most_frequent.name == c.classes[1].name


def test_sets_are_listed_by_contestant_then_kind():
    found = made_up().prediction_sets
    rows = [(name, kind) for name, kind, _ in found.rows()]
    assert rows == [(n, k) for n in found.own for k in found.kinds if n in found.kinds[k]]
    assert all(sets is found.kinds[kind][name] for name, kind, sets in found.rows())
    own_alone = msgspec.structs.replace(found, conformal={})
    assert {kind for _, kind, _ in own_alone.rows()} == {"own"}


def test_files_of_maps_match_their_pattern(tmp_path):
    c = made_up()
    names = [map_file(c, name) for name in c.contestants]
    for name in names:
        (tmp_path / name).touch()
    assert len(set(names)) == len(c.contestants)
    assert {path.name for path in tmp_path.glob(MAP.format("*"))} == set(names)


def test_an_older_schema_is_refused_with_what_to_do(tmp_path):
    made_up().to_json(tmp_path / "comparison.json")
    text = (tmp_path / "comparison.json").read_text()
    assert Comparison.from_json(tmp_path / "comparison.json") == made_up()
    (tmp_path / "comparison.json").write_text(text.replace("comparison/5", "comparison/4"))
    with pytest.raises(InputError, match=r"reads 'trifit\.comparison/5': make it again"):
        Comparison.from_json(tmp_path / "comparison.json")
