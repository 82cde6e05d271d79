"""What is asked beyond scores: read at the door, checked against classes and labels."""

import numpy as np
import pytest

from trifit.errors import InputError
from trifit.questions import Questions
from trifit.subgroups import By

CLASSES, Y = ("ill", "well"), np.array([0, 1, 1, 1])


def test_by_default_nothing_is_asked():
    asked = Questions()
    asked.check(CLASSES, Y)
    assert asked.given == {}
    assert asked.by == {}


def test_what_users_write_is_read_once():
    asked = Questions(thresholds="ill=0.1:0.4", prevalence={"ill": 0.02}, undo_sampling=True)
    asked.check(CLASSES, Y)
    assert (asked.thresholds.positive, asked.thresholds.high) == ("ill", 0.4)
    assert asked.prevalence.shares == (("ill", 0.02),)
    again = Questions(thresholds=asked.thresholds, prevalence=asked.prevalence)
    assert list(asked.given) == ["thresholds", "prevalence", "undo_sampling"]
    assert again.thresholds == asked.thresholds


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"costs": {"treat": {"ill": 1}}}, "a decision needs two or more"),
        ({"thresholds": "0.4:0.1"}, "expected LOW:HIGH"),
        ({"prevalence": "ill=2"}, "above 0 and below 1"),
        ({"training_shares": "ill"}, "^--training-shares 'ill': expected CLASS=SHARE"),
        ({"training_shares": "ill=2"}, "^--training-shares ill=2: expected a share above 0"),
        ({"sets": 1.0}, "above 0 and below 1"),
        ({"prevalence": "ill=0.1", "unlabelled": np.zeros((1, 1))}, "exclude each other"),
        ({"by": {By("age", 3): np.zeros(4)}}, "by 'age:3'"),
    ],
)
def test_what_is_no_question_is_refused_at_the_door(given, text):
    with pytest.raises(InputError, match=text):
        Questions(**given)


@pytest.mark.parametrize(
    ("given", "labels", "text"),
    [
        ({"costs": {"a": {"ill": 1}, "b": {"ill": 0}}}, Y, "class 'well' is missing"),
        ({"thresholds": "dead=0.1:0.4"}, Y, "'dead' is no class"),
        ({"prevalence": "dead=0.1"}, Y, "'dead' is no class"),
        ({"training_shares": "dead=0.1"}, Y, "^--training-shares dead=0.1: 'dead' is no class"),
        ({"sets": 0.9}, np.full((4, 2), 0.5), "soft labels are in no set"),
    ],
)
def test_what_does_not_fit_the_classes_is_refused(given, labels, text):
    with pytest.raises(InputError, match=text):
        Questions(**given).check(CLASSES, labels)
