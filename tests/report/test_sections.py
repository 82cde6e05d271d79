"""Every section of the page by itself: snapshots, and what is missing."""

import os
from pathlib import Path

import msgspec
import pytest

from made_up import made_up
from markup import without_drawings
from trifit.report.page import render_section
from trifit.report.sections import SECTIONS
from trifit.results import Estimate, clear_best
from trifit.words import headline

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_is_what_it_was(name):
    """UPDATE_SNAPSHOTS=1 writes them anew; look at the difference before committing."""
    html = without_drawings(render_section(made_up(), name))
    file = SNAPSHOTS / f"{name}.html"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(html, encoding="utf-8")
    assert html == file.read_text(encoding="utf-8")


def changed(**fields):
    """The comparison with other values at dotted places, e.g. ``fits.map.status``."""
    document = msgspec.to_builtins(made_up())
    for place, value in fields.items():
        *way, last = place.split("__")
        spot = document
        for step in way:
            spot = spot[step]
        spot[last] = value
    return msgspec.convert(document, type(made_up()))


def normal(value, se):
    return msgspec.to_builtins(Estimate.normal(value, se))


def without(*fits):
    """The comparison without some fits, as if they had never been made."""
    document = msgspec.to_builtins(made_up())
    for fit in fits:
        del document["fits"][fit], document["contestants"][fit], document["truth"]["fits"][fit]
    d = document["disagreement"]
    tables = [d["rows"]["probs"], d["by_distance"]["confidence"], d["by_distance"]["accuracy"]]
    for table in [*tables, d["map"]["fits"], *(e["probs"] for e in d["examples"])]:
        for fit in fits:
            del table[fit]
    document["differences"] = [
        row for row in document["differences"] if not {row["a"], row["b"]} & set(fits)
    ]
    return document


def test_without_a_posterior_the_rest_is_drawn():
    document = without("bayes", "mean")
    document["disagreement"]["between"] = ["mle", "map"]
    document["disagreement"]["rows"] |= {"aleatoric": None, "epistemic": None}
    document["truth"]["intervals"] = []
    document |= {"chain_diagnostics": None}
    document["prior"]["posterior"] = None
    document["prior"]["sensitivity"]["bayes"] = None
    comparison = msgspec.convert(document, type(made_up()))
    for name in SECTIONS:
        assert render_section(comparison, name)
    assert "NUTS was left out" in render_section(comparison, "diagnostics")
    assert "that clearly differ from zero: the prior" in render_section(comparison, "gap")


def test_a_network_has_no_coefficients_and_no_mean():
    document = without("mean")
    document["card"]["identified"] = False
    document["prior"]["posterior"]["rows"] = []
    comparison = msgspec.convert(document, type(made_up()))
    assert "weights of this model are not identified" in render_section(comparison, "fits")
    assert "is left out" in render_section(comparison, "gap")
    assert "only the R-hat and ESS of predictions" in render_section(comparison, "diagnostics")


def test_data_that_were_not_simulated_have_no_truth():
    assert render_section(changed(truth=None), "truth") is None
    assert "true probabilities" not in render_section(changed(truth=None), "bits")


def test_an_untrustworthy_posterior_is_open_and_named():
    comparison = changed(
        fits__bayes__status="unmixed",
        contestants__bayes__verdict="failed",
    )
    section = render_section(comparison, "diagnostics")
    assert '<details class="alarm" open>' in section
    assert "bayes (unmixed)" in section
    assert '<details class="calm">' in render_section(made_up(), "diagnostics")
    assert "failed: unmixed" in render_section(comparison, "answer")


def test_normal_proposals_are_named_in_the_place_of_leapfrog_steps():
    by_proposals = changed(
        fits__bayes__diagnostics__accepted=0.934, fits__bayes__diagnostics__mean_steps=0.0
    )
    section = render_section(by_proposals, "diagnostics")
    assert "independence Metropolis" in section
    assert "normal proposals accepted" in section
    assert ">93%<" in section
    assert "leapfrog" not in section
    assert "independence Metropolis" not in render_section(made_up(), "diagnostics")


def test_training_sets_sampled_in_two_ways_show_both():
    section = render_section(changed(fits__bayes__diagnostics__accepted=0.934), "diagnostics")
    assert "NUTS sampled the others" in section
    assert "normal proposals accepted" in section
    assert "leapfrog steps per draw" in section


def test_what_does_not_exist_is_a_dash():
    answer = render_section(changed(contestants__map__calibration__slope=None), "answer")
    assert answer.count("<td>–</td>") == render_section(made_up(), "answer").count("<td>–</td>") + 1


def test_what_was_not_computed_says_why():
    comparison = changed(
        contestants__map__code={"outcome": "no coder"},
        posterior__loo=None,
        posterior__epistemic_wrong=None,
        disagreement__map=None,
        disagreement__by_distance=None,
        prior__sensitivity=None,
    )
    assert "not encoded; to encode: pip install" in render_section(comparison, "bits")
    assert "with more than 20,000 training rows" in render_section(comparison, "diagnostics")
    section = render_section(comparison, "disagreement")
    assert "rows it gets wrong" not in section
    assert "Away from the training rows" not in section
    assert "Sensitivity to the prior" not in render_section(comparison, "fits")


def test_decisions_are_shown_as_far_as_they_were_asked_for():
    assert render_section(changed(consequences=None), "decisions") is None
    costless = render_section(changed(consequences__costs=None), "decisions")
    assert "Cost promised" not in costless
    assert "Net benefit" in costless
    benefitless = render_section(changed(consequences__net_benefit=None), "decisions")
    assert "Net benefit" not in benefitless
    assert "Risk and coverage" in benefitless


def test_subgroups_are_named_where_they_differ():
    assert render_section(changed(divisions=[]), "subgroups") is None
    section = render_section(made_up(), "subgroups")
    assert "has a different slope from the others, 0.50 ± 0.14" in section
    assert "no subgroup clearly differs, and none has a clear fault" in section


def test_a_shift_of_more_than_the_shares_is_said():
    assert render_section(changed(prevalence_shift=None), "prevalence") is None
    section = render_section(made_up(), "prevalence")
    assert "estimated by bayes from 250 rows without labels" in section
    assert "A change of the class shares alone is implausible" in section
    given = render_section(changed(prevalence_shift__estimates={}), "prevalence")
    assert "implausible" not in given
    assert "Shares of the rows without labels" not in given


def test_groups_take_the_guarantee_from_conformal_sets():
    by_construction, not_exchangeable = "tests nothing", "rows are not exchangeable"
    section = render_section(made_up(), "sets")
    assert by_construction in section
    assert not_exchangeable not in section
    section = render_section(changed(evaluation__n_groups=3), "sets")
    assert not_exchangeable in section
    assert by_construction not in section


def test_a_cost_is_called_different_only_where_its_paired_interval_says_so():
    section = render_section(made_up(), "decisions")
    assert (
        "clearly differs from what was promised: mle promised 2.15, it was 4.50 ± 0.20" in section
    )
    kept = {
        f"consequences__costs__contestants__{n}__excess": normal(0.5, 0.3)
        for n in ("mle", "map", "mean", "bayes", "mle+T")
    }
    section = render_section(changed(**kept), "decisions")
    assert "No model's cost per case clearly differs from what it promised." in section


@pytest.mark.parametrize("gain", [0.2, -0.01])
def test_the_caption_of_the_gains_claims_no_more_than_the_numbers(gain):
    comparison = changed(contestants__mle__calibration__gains__temperature=normal(gain, 0.01))
    section = render_section(comparison, "answer")
    assert ("clearly improves mle (0.200 ± 0.010 nats per row)" in section) == (gain > 0)
    assert ("does not clearly improve mle, map" in section) == (gain < 0)


def test_a_fit_called_over_confident_is_not_said_to_gain_nothing():
    section = render_section(changed(contestants__map__verdict="over-confident"), "answer")
    assert "improves map by an uncertain amount" in section
    assert "does not clearly improve mean, bayes and mle+T." in section


def test_the_headline_states_every_verdict():
    comparison = changed(
        contestants__map__verdict="over-confident",
        contestants__mean__verdict="over-confident",
        contestants__bayes__verdict="uncertain",
    )
    assert headline(comparison) == (
        "mle+T behaves like probabilities; map and mean are over-confident; bayes remains "
        "uncertain with 6 test rows. No MLE exists: mle depends on where the optimiser stopped. "
        "No model has a clearly lower log-loss than all others."
    )


def test_the_best_is_named_only_where_the_paired_difference_is_clear():
    assert clear_best(made_up()) is None  # bayes - mean: -0.05 with a standard error of 0.03
    document = msgspec.to_builtins(made_up())
    document["differences"][2]["log_loss"] = normal(-0.05, 0.02)
    comparison = msgspec.convert(document, type(made_up()))
    assert (comparison.differences[2].a, comparison.differences[2].b) == ("bayes", "mean")
    assert clear_best(comparison) == "bayes"
    assert "bayes has the lowest log-loss, 0.400 ± 0.050 nats per row." in headline(comparison)
    assert "bayes is closest to the truth" in render_section(comparison, "truth")
    assert "probabilities of bayes, a label takes" in render_section(comparison, "bits")
    # The order turned round says the same; a fit that failed its checks is left out.
    pair = document["differences"][2]
    pair |= {"a": "mean", "b": "bayes", "log_loss": normal(0.05, 0.02)}
    assert clear_best(msgspec.convert(document, type(made_up()))) == "bayes"
    document["fits"]["bayes"]["status"] = "unmixed"
    assert clear_best(msgspec.convert(document, type(made_up()))) is None


@pytest.mark.parametrize(("limit", "who"), [(0.015, "mle deviates"), (0.03, "No model deviates")])
def test_the_caption_of_the_curves_names_who_leaves_the_diagonal(limit, who):
    comparison = changed(contestants__mle__top_label__mcb_limit=limit)
    assert who in render_section(comparison, "reliability")


@pytest.mark.parametrize(("last", "rises"), [(0.67, True), (0.65, False)])
def test_a_rise_of_the_held_out_loss_is_claimed_from_a_tenth_on(last, rises):
    path = msgspec.to_builtins(made_up().fits["mle"].path)
    path[-1]["held_out"] = last
    section = render_section(changed(fits__mle__path=path), "fits")
    assert ("it over-fits" in section) == rises
    assert ("ends less than 10% above its minimum" in section) == (not rises)


def test_without_nuts_no_sampler_and_no_intervals():
    document = without("bayes", "mean")
    document["disagreement"]["between"] = ["mle", "map"]
    document["prior"]["posterior"] = None
    document["prior"]["sensitivity"]["bayes"] = None
    for p in document["parameters"]:
        p |= dict.fromkeys(("mean", "sd", "low", "high", "rhat", "ess_bulk", "ess_tail"))
    comparison = msgspec.convert(document, type(made_up()))
    made, fits = (render_section(comparison, name) for name in ("provenance", "fits"))
    assert "<dt>sampler</dt>" in render_section(made_up(), "provenance")
    assert "<dt>sampler</dt>" not in made
    assert "<dt>R-hat, ESS</dt>" not in made
    assert "– to –" not in fits
    assert "No posterior was fitted, so there are no intervals. 6 of the 6 have" in fits
    assert "All 6 coefficients as a table" in fits


def test_many_classes_are_drawn_in_part():
    document = msgspec.to_builtins(made_up())
    document["data"]["class_names"] = [f"class {k}" for k in range(30)]
    document["data"]["class_counts"] = [5] * 30
    for judged in document["contestants"].values():
        judged["classes"] = judged["classes"] * 10
    comparison = msgspec.convert(document, type(made_up()))
    section = render_section(comparison, "reliability")
    assert "The first 12 of 30 classes are shown" in section


@pytest.mark.parametrize(("prior", "said"), [("normal", False), ("cauchy", True)])
def test_widths_of_a_prior_that_is_not_normal_are_explained(prior, said):
    settings = {**made_up().card.hyperparameters, "prior": prior}
    section = render_section(changed(card__hyperparameters=settings), "fits")
    assert ("the log density of this one is divided by the square" in section) is said
