"""A prior scale left to the training rows, and what other settings make of it."""

import pytest

from trifit.cards import AUTO, load_card


@pytest.mark.parametrize("name", ["softmax", "logistic"])
def test_the_default_cards_leave_their_scale_to_the_rows(name):
    card = load_card(name)
    assert card.chooses_scale
    assert card.with_builders_scale().hyperparameters["prior_scale"] == 2.5


def scale(**overrides):
    return load_card("softmax").with_overrides(overrides).hyperparameters["prior_scale"]


def test_another_prior_has_the_builders_scale_unless_one_is_given():
    assert scale(prior="laplace") == 2.5
    assert scale(prior="hierarchical") == 2.5
    assert scale(output="tanh") == 2.5
    assert scale(prior="laplace", prior_scale=AUTO) == AUTO
    assert scale(prior="laplace", prior_scale=0.3) == 0.3


def test_naming_the_prior_that_a_card_has_changes_nothing():
    card = load_card("softmax")
    named = card.with_overrides({"prior": "normal"})
    assert named.chooses_scale
    assert named.note == card.note
    assert scale(draws=100) == AUTO
