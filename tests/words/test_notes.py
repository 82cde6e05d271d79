"""What was noticed, in words."""

import msgspec
import pytest

from made_up import made_up
from trifit.diagnostics import MAX_TEMPERATURE
from trifit.results import ChosenScale, Noticed
from trifit.results.noticed import ExpectedMle, WidePrior
from trifit.words import notes
from trifit.words.notes import noticed_notes


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            {"wide_prior": WidePrior(scale=2.5, n_features=1000, spread=79.06)},
            "prior scale 2.5 with 1,000 columns gives log-odds a prior standard deviation of 79.1",
        ),
        ({"n_copies": 7}, "7 rows are copies of other rows"),
        ({"n_unseen": 1}, "unseen category or value in 1 test row; its"),
        ({"log_odds_of": "very ill"}, "the log-odds of 'very ill' against 'well' (to swap"),
        ({"log_odds_of": "well"}, "--positive 'very ill')"),
        (
            {
                "expected_mle": ExpectedMle(
                    n_features=90, n_obs=600, inflation=1.234, probability=0.9, occurs=0.851,
                    slope=0.799, signal=2.0,
                )
            },
            "with p/n = 0.15 (90 features, 600 training rows), theory expects the MLE's "
            "coefficients to be 1.23 times too large; of events that it gives probability 0.9, a "
            "share of 0.85 should occur (calibration slope 0.80)",
        ),
    ],
)  # fmt: skip
def test_every_number_has_a_sentence(found, text):
    (note,) = noticed_notes(Noticed(**found), ["well", "very ill"])
    assert text in note


def test_nothing_noticed_is_nothing_said():
    c = made_up()
    assert notes(c) == c.data.notes


def test_chosen_scales_and_temperatures_at_a_bound():
    c = made_up()
    scales = [ChosenScale(value=v, low=v / 2, high=None) for v in (0.5, 0.7, 0.6)]
    c = msgspec.structs.replace(
        c,
        prior=msgspec.structs.replace(c.prior, scales=scales),
        temperatures=[MAX_TEMPERATURE, 1.0, 1 / MAX_TEMPERATURE],
    )
    _, scale, high, low = notes(c)
    assert scale == (
        "prior scale 0.600 (95% interval 0.300 to ∞): largest evidence on the training rows; 0.500 "
        "to 0.700 in folds"
    )
    assert "at its upper bound, 1e+10" in high
    assert "at its lower bound, 1e-10" in low
