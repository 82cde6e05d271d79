"""Diagnostics: each number at its worst over training sets."""

import msgspec
import pytest

from made_up import mixing, sampler_diagnostics
from trifit.diagnostics import Diagnostics, OptimiserDiagnostics, worst

OPTIMISER = {"objective": 0.1, "gradient": 1e-7, "steps": 12}


def test_the_worst_is_the_smallest_or_the_largest():
    a = sampler_diagnostics(rhat_max=1.01, ess_bulk_min=900.0, bfmi_min=0.8, divergences=2)
    b = sampler_diagnostics(rhat_max=1.00, ess_bulk_min=400.0, bfmi_min=0.9, divergences=0)
    both = worst([a, b])
    assert (both.parameters.rhat_max, both.parameters.ess_bulk_min) == (1.01, 400.0)
    assert (both.bfmi_min, both.divergences) == (0.8, 2)
    assert worst([b, a]) == both
    assert worst([a]) == a


def test_no_number_is_worse_than_any():
    both = worst([sampler_diagnostics(rhat_max=r, bfmi_min=r) for r in (1.0, None)])
    assert (both.parameters.rhat_max, both.bfmi_min) == (None, None)


def test_what_only_some_training_sets_have_counts_there():
    plain = OptimiserDiagnostics(**OPTIMISER)
    assert worst([plain, OptimiserDiagnostics(**OPTIMISER, train_loss=0.2)]).train_loss == 0.2
    some = worst([sampler_diagnostics(), sampler_diagnostics(predictions=mixing(rhat_max=1.3))])
    assert some.predictions == mixing(rhat_max=1.3)


@pytest.mark.parametrize(
    "given",
    [
        sampler_diagnostics(predictions=mixing(), score_error_share=0.05),
        sampler_diagnostics(rhat_max=None),
        OptimiserDiagnostics(**OPTIMISER, starts=3, starts_spread=0.1, starts_loss_range=0.0),
    ],
)
def test_json_keeps_the_kind(given):
    assert msgspec.json.decode(msgspec.json.encode(given), type=Diagnostics) == given
