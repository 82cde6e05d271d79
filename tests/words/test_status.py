"""How a fit ended: the numbers behind it, and what helps."""

import pytest

from made_up import mixing, sampler_diagnostics
from trifit.diagnostics import LaplaceDiagnostics, OptimiserDiagnostics
from trifit.fits import Status
from trifit.results import FitRecord
from trifit.words.status import STATUSES, optimiser_sentences, status_text

OPTIMISER = {"objective": 0.1, "gradient": 1e-7, "steps": 12}


def record(status, diagnostics):
    return FitRecord(
        status=status, n_with_status=1, n_training_sets=1, seconds=0.0,
        diagnostics=diagnostics, path=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "diagnostics", "numbers"),
    [
        (Status.UNMIXED, sampler_diagnostics(rhat_max=1.2), "R-hat of parameters 1.2; more draws"),
        (
            Status.UNMIXED,
            sampler_diagnostics(rhat_max=1.2, predictions=mixing(rhat_max=1.001)),
            "of predictions (at most 1.01 required) 1.001; the chains agree about predictions",
        ),
        (
            Status.FEW_EFFECTIVE,
            sampler_diagnostics(ess_bulk_min=50.0, predictions=mixing(ess_tail_min=70.0)),
            "bulk ESS of parameters 50, tail ESS 1e+04, bulk ESS of predictions 1e+04, tail ESS "
            "(at least 100 per chain required) 70; more draws",
        ),
        (Status.DIVERGENT, sampler_diagnostics(divergent_share=0.02), "transitions 0.02; smaller"),
        (Status.LOW_ENERGY, sampler_diagnostics(bfmi_min=0.1), "(at least 0.3 required) 0.1; more"),
        (
            Status.NOT_NORMAL,
            LaplaceDiagnostics(pareto_k=0.9, effective_min=30.0, proposals=4000),
            "Pareto k (at most 0.7 required) 0.9; use NUTS",
        ),
        (
            Status.FEW_EFFECTIVE,
            LaplaceDiagnostics(pareto_k=0.2, effective_min=30.0, proposals=4000),
            "effective draws after weighting (at least 100 per chain required) 30; more draws",
        ),
        (
            Status.SEPARATED,
            OptimiserDiagnostics(**OPTIMISER, train_loss=1e-6, train_right=1.0),
            "training cross-entropy 1e-06, training accuracy 1",
        ),
    ],
)
def test_the_numbers_behind_a_status(status, diagnostics, numbers):
    text = status_text(record(status, diagnostics))
    assert text.startswith(STATUSES[status])
    assert numbers in text


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_without_numbers_too(status):
    assert status_text(record(status, None)) == STATUSES[status]


def test_a_number_that_does_not_exist_is_left_out():
    text = status_text(record(Status.LOW_ENERGY, sampler_diagnostics(bfmi_min=None)))
    assert text == STATUSES[Status.LOW_ENERGY]


def test_what_else_is_said_of_an_optimiser():
    one = record(Status.CONVERGED, OptimiserDiagnostics(**OPTIMISER))
    several = OptimiserDiagnostics(**OPTIMISER, starts=3, starts_spread=0.012, scale_factor=32.0)
    assert optimiser_sentences(one) == optimiser_sentences(record(Status.DERIVED, None)) == []
    starts, prior = optimiser_sentences(record(Status.CONVERGED, several))
    assert starts.startswith("Best of 3 starts")
    assert "0.012 on average" in starts
    assert "32.0 times as wide" in prior
    assert "at the edge of the range" in prior
