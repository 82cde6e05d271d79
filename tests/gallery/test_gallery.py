"""The gallery: its experiments find what is known, its sentences follow their numbers."""

import inspect
import re

import numpy as np
import pytest

from outline import Outline
from selection import by_default
from trifit import gallery, theory
from trifit.gallery import (
    QUESTIONS,
    every_output,
    extremes,
    meaning_of_entropy,
    networks,
    output_function,
    posterior,
    prior,
    shift,
    soft_labels,
    training,
)
from trifit.gallery.replications import as_text, by_sign, clear_sign, means, replicate
from trifit.gallery.source import code
from trifit.scores import t_mean

QUICK = {
    "every-output": {"rows": (30, 1500), "repeats": 1, "n_test": 400},
    "soft-labels": {"n": 60, "repeats": 1},
    "training": {"ratios": (12, 40), "repeats": 4, "n_test": 200},
    "entropy": {"rows": (60, 600), "repeats": 1, "n_test": 200},
    "extremes": {"rows": (20, 400), "repeats": 1, "n_test": 200},
    "networks": {"rows": (60, 600), "repeats": 1, "n_test": 100},
    "posterior": {"repeats": 1, "n_test": 200},
    "output-function": {"n": 200, "repeats": 1, "n_test": 100},
    "prior": {"widths": (0.2, 1.0), "repeats": 1, "n_test": 200},
    "shift": {"repeats": 1, "n_test": 200},
}
"""Every experiment, small."""


@pytest.fixture(scope="module")
def found():
    """What an experiment finds, run once however many tests read it."""
    kept = {}

    def numbers(name):
        if name not in kept:
            kept[name] = question(name).experiment(**QUICK[name])
        return kept[name]

    return numbers


def question(name):
    return next(q for q in QUESTIONS if q.name == name)


# What the experiments find


def test_outputs_are_probabilities_given_rows_and_off_together_without(found):
    numbers = found("every-output")
    output, true = numbers["output"], numbers["true"]
    assert output.sum(axis=2) == pytest.approx(1)
    assert true.sum(axis=2) == pytest.approx(1)
    assert (np.diff(output, axis=2) <= 0).all()
    off = (output - true).mean(axis=(1, 3))
    assert abs(off[1]).max() < 0.02
    assert off[0, 0] > 0.05  # over-confident in its first choice ...
    assert off[0, 1:].sum() == pytest.approx(-off[0, 0])  # ... at the cost of the others


@pytest.mark.broad
def test_cross_entropy_and_divergence_have_one_minimum_whatever_the_labels(found):
    numbers = found("soft-labels")
    cross, kl, factors = numbers["cross_entropy"], numbers["kl"], soft_labels.FACTORS
    difference = cross - kl
    assert difference == pytest.approx(np.broadcast_to(numbers["entropy"][:, None], kl.shape))
    # The gradients are equal, and change sign at the MLE.
    slopes = [np.diff(loss, axis=1) / np.diff(factors)[:, None] for loss in (cross, kl)]
    assert slopes[0] == pytest.approx(slopes[1], abs=1e-12)
    assert (factors[cross.argmin(axis=1)] == 1).all()
    assert (factors[kl.argmin(axis=1)] == 1).all()
    assert numbers["entropy"][0] == pytest.approx(0)  # one-hot labels have none
    assert numbers["truth"][2] == pytest.approx(0, abs=1e-8)  # the truth as labels: found


@pytest.mark.broad
def test_an_mle_is_over_confident_as_theory_says_and_honest_on_its_own_rows(found):
    numbers = found("training")
    assert numbers["theory"] == pytest.approx(
        [theory.mle(kappa=1 / 12, gamma=2.0).ece, theory.mle(kappa=1 / 40, gamma=2.0).ece]
    )
    for excess, expected in zip(means(numbers["mle"]), numbers["theory"], strict=True):
        assert abs(excess.value - expected) < 3 * excess.se
    assert clear_sign(t_mean(numbers["mle"][0])) == 1
    assert abs(numbers["training rows"].mean(axis=1)).max() < 0.02


@pytest.mark.broad
def test_entropy_is_a_floor_and_comes_in_two_parts(found):
    numbers = found("entropy")
    for fit in ("mle", "bayes"):
        assert (numbers[f"{fit} loss"] > numbers["truth"]).all()
    parts = numbers["chance"] + numbers["model uncertainty"]
    assert parts == pytest.approx(numbers["bayes own"], rel=1e-6)
    assert (numbers["model uncertainty"][0] > 3 * numbers["model uncertainty"][1]).all()


@pytest.mark.broad
def test_cross_entropy_pulls_to_the_probability_and_to_1_only_where_that_is_1(found):
    numbers = found("extremes")
    least = extremes.OUTPUTS[numbers["cost"].argmin(axis=1)]
    assert least == pytest.approx([0.5, 0.7, 0.9, extremes.OUTPUTS[-1]])
    assert (numbers["separated"][1] == 1).all()
    assert (numbers["mle"][1] > 0.9).all()
    assert (numbers["map"][1] < numbers["mle"][1]).all()
    assert abs(numbers["mle"] - numbers["truth"])[0, 1].max() < 0.25


@pytest.mark.broad
def test_networks_approach_the_true_posteriors_under_either_loss(found):
    numbers = found("networks")
    distance = numbers["distance"].mean(axis=-1)
    assert (distance[1, 0] < 0.7 * distance[0, 0]).all()  # a network, both losses
    assert (distance[1, 1] > distance[1, 0]).all()  # a linear softmax stays away
    assert numbers["output"].sum(axis=-2) == pytest.approx(1)
    last = numbers["output"][1, 0, ..., -1] - numbers["true"][1, ..., -1]
    assert np.sqrt((last**2).mean()) == pytest.approx(numbers["distance"][1, 0, 0, -1])


@pytest.mark.broad
def test_a_prior_too_narrow_makes_fits_timid_and_one_too_wide_bold(found):
    bias, kl = found("posterior")["bias"], found("posterior")["kl"]
    right, wide, narrow, _ = bias.mean(axis=-1)
    fit = {name: i for i, name in enumerate(posterior.FITS)}
    assert (narrow[[fit["map"], fit["bayes"]]] < -0.1).all()
    assert wide[fit["map"]] > right[fit["map"]] > narrow[fit["map"]]
    # The MLE and its temperature know no prior: the data sets of the first three are the same.
    assert bias[0, fit["mle"]] == pytest.approx(bias[1, fit["mle"]], abs=1e-3)
    assert (kl > 0).all()


@pytest.mark.broad
def test_softmax_and_logistic_are_one_model_for_two_classes(found):
    numbers = found("output-function")
    assert numbers["apart"].max() < 1e-5
    assert numbers["kl"][:, 0] == pytest.approx(numbers["kl"][:, 1], abs=1e-6)
    assert (numbers["kl"] > 0).all()


@pytest.mark.broad
def test_a_narrow_prior_costs_and_theory_lies_beside(found):
    numbers = found("prior")
    law = theory.map(kappa=0.2, gamma=2.0, prior_scale=0.2)
    assert numbers["theory"][0, 0] == pytest.approx(law.log_loss - law.entropy)
    assert (numbers["kl"][:, 0] > numbers["kl"][:, 1]).all()
    assert (numbers["bias"][:, 0] < 0).all()


@pytest.mark.broad
def test_shifts_that_break_the_relation_cost_every_fit(found):
    kl = found("shift")["kl"].mean(axis=-1)
    none, _, label, noise, rotation = kl
    for broken in (label, noise, rotation):
        assert (broken > 2 * none).all()


# What the pages say


@pytest.mark.parametrize("name", by_default("every-output", of=QUICK))
def test_every_question_has_a_page_of_its_own_numbers(found, name):
    page = gallery.render(question(name), found(name), QUESTIONS)
    assert page == gallery.render(question(name), found(name), QUESTIONS)
    outline = Outline(page)
    assert not outline.open
    assert len(set(outline.ids)) == len(outline.ids)
    assert [t for t, _ in outline.tags].count("script") == 1
    policy = next(a["content"] for t, a in outline.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    for tag, attributes in outline.tags:
        assert not [k for k in attributes if k == "style" or k.startswith("on")], tag
        assert tag not in ("link", "iframe", "img", "object", "base", "form")
        if tag == "a":
            assert re.match(r"index\.html$|https://doi\.org/10\.", attributes["href"])
    assert question(name).title in "".join(outline.text)
    assert "nan" not in page.split("<h2")[0]


def test_the_index_links_to_the_pages_that_are_there():
    page = gallery.render_index(QUESTIONS, ["prior"])
    assert re.findall(r'href="([^"]+)"', page) == ["prior.html"]
    for q in QUESTIONS:
        assert q.title in "".join(Outline(page).text)


def noise(*shape, mean=0.0):
    """Replications along the last axis, whose mean is ``mean`` and scatter 1 in 100."""
    steps = np.linspace(-0.01, 0.01, shape[-1])
    return mean + np.broadcast_to(steps, shape)


def test_sentences_follow_the_numbers():
    calm = {"bias": noise(5, 4, 6), "kl": noise(5, 4, 6, mean=0.1)}
    text = shift.answer(calm).paragraph
    assert text.count("no fit is clearly over- or under-confident") == 5
    assert "under no shift clearly nearer" in text
    bold = {"bias": noise(5, 4, 6, mean=0.2), "kl": calm["kl"]}
    assert shift.answer(bold).paragraph.count("over-confident: mle 0.2") == 5
    shy = {"bias": noise(5, 4, 6, mean=-0.2), "kl": calm["kl"]}
    assert shift.answer(shy).paragraph.count("under-confident: mle") == 5

    kl = noise(2, 4, 6, mean=0.1)
    numbers = {"kl": kl, "apart": noise(2, 6) ** 2}
    assert output_function.answer(numbers).paragraph.count("none is clearly different") == 2
    better = kl - np.array([0, 0, 0.05, 0])[:, None]
    text = output_function.answer({**numbers, "kl": better}).paragraph
    assert text.count("probit is nearer to the truth than softmax by 0.05") == 2


@pytest.mark.broad
def test_a_network_that_does_not_approach_the_truth_is_said_not_to(found):
    numbers = dict(found("networks"))
    flat = noise(2, 2, 2, 6, mean=0.2)
    text = networks.answer({**numbers, "distance": flat}).paragraph
    assert text.startswith("In this run no clear approach")
    falling = flat * np.array([1.0, 0.1])[:, None, None, None]
    text = networks.answer({**numbers, "distance": falling}).paragraph
    assert "under cross-entropy and squared error" in text


@pytest.mark.broad
def test_an_infinite_loss_is_said_and_left_out_of_the_picture(found):
    numbers = {k: v.copy() for k, v in found("entropy").items()}
    numbers["mle loss"][0, 0] = np.inf
    answer = meaning_of_entropy.answer(numbers)
    assert "infinite" in answer.table.rows[0][3].text
    assert "infinite nats more" in answer.paragraph
    assert "nan" not in str(answer.figure.pictures)


@pytest.mark.parametrize(
    ("values", "sign"),
    [([1.0, 1.1, 0.9], 1), ([-1.0, -1.1, -0.9], -1), ([1.0, -1.0, 0.5], 0), ([1.0, np.inf], 1)],
)
def test_what_is_clear(values, sign):
    e = t_mean(np.array(values))
    assert clear_sign(e) == sign
    words = by_sign(e, above="above", below="below", neither="neither")
    assert words == {1: "above", -1: "below", 0: "neither"}[sign]


def test_intervals_are_students():
    # 7/3 -+ 4.3027 * 1.5275 / sqrt(3), the t quantile with two degrees of freedom.
    e = t_mean(np.array([1.0, 2.0, 4.0]))
    assert (e.low, e.high) == pytest.approx((-1.461, 6.128), abs=5e-4)
    assert as_text(e) == "2.33 ± 0.88"


def test_replications_are_the_last_axis_after_every_condition_and_result():
    seen = []

    def once(name, n, r):
        seen.append((name, n, r))
        return {"number": n + r, "pair": [ord(name), r], "true": n == 2}

    found = replicate(once, "ab", [1, 2, 3], repeats=4)
    assert found["number"].shape == (2, 3, 4)
    assert found["pair"].shape == (2, 3, 2, 4)
    assert found["pair"][1, 2].tolist() == [[98] * 4, [0, 1, 2, 3]]
    assert found["true"].sum() == 8
    assert seen[:5] == [("a", 1, 0), ("a", 1, 1), ("a", 1, 2), ("a", 1, 3), ("a", 2, 0)]
    assert replicate(lambda r: {"x": r}, repeats=2)["x"].tolist() == [0, 1]


# The code that is shown


@pytest.mark.parametrize("q", QUESTIONS, ids=lambda q: q.name)
def test_the_code_shown_is_complete(q):
    shown = code(q.experiment)
    names = {"__name__": "shown"}
    exec(compile(shown, q.name, "exec"), names)
    assert not inspect.getclosurevars(names["experiment"]).unbound - {
        # attributes and methods are counted among the names too
        n
        for n in names["experiment"].__code__.co_names
        if re.search(rf"\.{n}\b", shown)
    }
    assert max(map(len, shown.splitlines())) <= 100
    assert inspect.getsource(q.experiment) in shown


@pytest.mark.broad
def test_the_code_shown_is_the_code_run(found):
    names = {"__name__": "shown"}
    exec(compile(code(soft_labels.experiment), "shown", "exec"), names)
    again = names["experiment"](**QUICK["soft-labels"])
    for key, values in found("soft-labels").items():
        assert (again[key] == values).all()


def test_names_and_doi():
    assert len({q.name for q in QUESTIONS}) == len(QUESTIONS) == 10
    modules = (every_output, training, prior)
    assert all(m.QUESTION in QUESTIONS for m in modules)
    for q in QUESTIONS:
        for reference in q.references:
            assert re.match(r"10\.\d{4,}/\S+$", reference.doi) or "arXiv:" in reference.text
