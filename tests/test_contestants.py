"""The table of contestants holds together."""

import pytest

from trifit.contestants import (
    CONTESTANTS,
    FREQUENCIES,
    PAIRS,
    check_methods,
    gap_of,
    main_of,
    posterior_of,
    shows,
)
from trifit.errors import InputError


def test_pairs_are_of_contestants():
    assert len({(p.a, p.b) for p in PAIRS}) == len(PAIRS)
    for pair in PAIRS:
        assert pair.a in CONTESTANTS
        assert pair.b in CONTESTANTS or pair.b == FREQUENCIES


def test_whoever_is_shown_as_one_of_the_three_ways_is_held_against_the_baseline():
    against = {p.a for p in PAIRS if p.b == FREQUENCIES}
    assert set(main_of(CONTESTANTS)) <= against


@pytest.mark.parametrize(
    ("names", "path"),
    [
        ("mle map mean bayes mle+T laplace", "map-mle mean-map bayes-mean"),
        ("mle map bayes", "map-mle bayes-map"),
        ("mle map laplace map-cv", "map-mle laplace-map"),
        ("mle map", "map-mle"),
    ],
)
def test_the_gap_goes_step_by_step_to_the_posterior(names, path):
    steps = gap_of(names.split())
    assert [f"{p.a}-{p.b}" for p in steps] == path.split()
    assert all(p.shows and p.step for p in steps)


def test_the_posterior_is_that_of_nuts_where_it_ran():
    assert posterior_of(["laplace", "bayes", "mle"]) == "bayes"
    assert posterior_of(["mle", "laplace"]) == "laplace"
    assert posterior_of(["mle", "map"]) is None


def test_a_difference_without_words_names_the_two():
    assert shows("map", "mle") == "the prior"
    assert shows("mle", FREQUENCIES) == "maximum likelihood against class frequencies"
    assert shows("forest", "map") == "forest against maximum a posteriori"


def test_methods_that_need_not_be_asked_for_say_so():
    with pytest.raises(InputError, match="; mle is fitted without being asked for"):
        check_methods(["mle"])
    with pytest.raises(InputError, match="'bays': expected one or more of"):
        check_methods(["bays"])
