"""Recommendations as sentences: what to do next, and how often that is right."""

from collections.abc import Callable, Iterator, Mapping

from trifit.fits import Status
from trifit.results import Advice, Calibration, Comparison, Judged, Step, Verdict
from trifit.results.folder import map_file
from trifit.scores import wilson
from trifit.text import significant, two_digits, with_se

RARE = 0.1
"""Share of rows outside the most frequent class below which their number is what counts."""

STEPS: Mapping[Step, str] = {
    Step.NONE: "no recommendation",
    Step.USE: "use as is",
    Step.COLLECT: "collect test rows",
    Step.ORDER: "use the order only",
    Step.DISCARD: "use the class frequencies",
    Step.RAISE_ZEROS: "raise zeros",
    Step.RECALIBRATE: "recalibrate",
    Step.EARLY: "stop early",
    Step.PRIOR: "change the prior",
}
"""Every step in a few words."""

RIGHT: Mapping[Step, str] = {
    Step.USE: "no recalibration gained 1% of the labels' entropy on fresh rows",
    Step.COLLECT: "that many rows were enough for a verdict",
}
"""What being right means where it is not a lower log-loss on fresh rows."""

LOWERED = "the log-loss on fresh rows was lower"


def advice_text(c: Comparison, name: str) -> str:
    """What to do next with one contestant's outputs, and how often that is right."""
    step = step_text(c, name)
    success = _success(c.advice[name]) if name in c.advice else ""
    return f"{step} {success}" if success else step


def success_sentences(c: Comparison) -> Iterator[str]:
    """How often the recommendations are right: once for all contestants of which it is the same."""
    alike: dict[str, list[str]] = {}
    for name, advice in c.advice.items():
        if success := _success(advice):
            alike.setdefault(success, []).append(name)
    for success, names in alike.items():
        yield f"How often this is right ({', '.join(names)}): {success[0].lower()}{success[1:]}"


def step_text(c: Comparison, name: str) -> str:
    """What to do next with one contestant's outputs; empty where nothing was recommended."""
    if name not in c.advice:
        return ""
    found = c.advice[name]
    if found.step is Step.NONE:
        return _none(c, name)
    sentence = SENTENCES[found.step](found, c.contestants[name])
    if found.saves_map:
        sentence += f" The map is {map_file(c, name)} in the run's folder."
    return sentence


def _success(found: Advice) -> str:
    step, success = found.step, found.success
    if success is None or step is Step.NONE:
        return ""
    low, high = (
        f"{100 * end:.0f}" for end in wilson(success.right / success.worlds, success.worlds)
    )
    return (
        f"In {success.right} of {success.worlds} simulated worlds {RIGHT.get(step, LOWERED)} "
        f"(95% interval {low} to {high}%)."
    )


def _none(c: Comparison, name: str) -> str:
    if c.contestants[name].verdict is Verdict.FAILED:
        return "No recommendation, because it was not judged."
    derived = name in c.fits and c.fits[name].status is Status.DERIVED_SEPARATED
    why = "it is computed from an MLE that does not exist" if derived else "no MLE exists"
    return f"Use a fit with a prior, because {why}."


def _use(_: Advice, judged: Judged) -> str:
    return "Use its probabilities as they are."


def _collect(found: Advice, judged: Judged) -> str:
    if found.n_rows is None:
        return "Collect more test rows; how many are enough cannot be told."
    return f"Collect {_enough(judged.calibration, found.n_rows)}."


def _enough(c: Calibration, n_rows: int) -> str:
    """How many rows would do, if what is seen stays as it is."""
    times = n_rows / c.n_obs
    few = "at least" if not c.enough_events else "about"
    rows = f"{n_rows:,} test rows ({n_rows - c.n_obs:,} more)"
    if c.n_groups is not None:
        return f"{few} {rows}, in about {two_digits(times * c.n_groups)} groups"
    if c.n_events >= RARE * c.n_obs:
        return f"{few} {rows}"
    outside = f"outside class {c.most_frequent.name}"
    return f"{few} {rows}, with about {two_digits(times * c.n_events)} {outside}"


def _recalibrate(found: Advice, judged: Judged) -> str:
    if found.temperature is None:
        how = f"Recalibrate it with the map {found.method!r}"
    elif found.temperature >= 1:
        how = f"Divide its log-odds by {significant(found.temperature)}"
    else:
        how = f"Multiply its log-odds by {significant(1 / found.temperature)}"
    if found.temperature is not None and judged.verdict is not Verdict.MISCALIBRATED:
        return f"{how}."  # the verdict has the gain
    return f"{how} ({_gain(found)} on rows that the map was not fitted on)."


def _early(found: Advice, judged: Judged) -> str:
    return f"Stop training early, as mle-early does ({_gain(found)})."


def _prior(found: Advice, judged: Judged) -> str:
    factor = found.factor or 1.0
    way = "Narrow" if factor < 1 else "Widen"
    how = (
        f": divide its log density by {factor:.3g}², which makes a Normal prior {factor:.3g} times "
        "as wide"
        if found.prior_scale is None
        else f" to {factor:.3g} times its width, --prior-scale {found.prior_scale:.3g}"
    )
    assert found.gain is not None  # every remedy was measured
    return (
        f"{way} the prior{how}: the best of several widths on these test rows, so its gain, "
        f"{significant(found.gain.value)} nats per row, is optimistic."
    )


def _no_remedy(c: Calibration) -> str:
    """What was tried in vain: with more than 100 classes the temperature alone."""
    only = set(c.gains) == {"temperature"}
    return "temperature scaling alone does not make" if only else "no remedy makes"


def _order(_: Advice, judged: Judged) -> str:
    return (
        f"Do not use its probabilities, only their order: {_no_remedy(judged.calibration)} them "
        "better than the class frequencies."
    )


def _discard(_: Advice, judged: Judged) -> str:
    if judged.uniform:
        return "Use the class frequencies instead."
    reversed_ = judged.calibration.interval()[1] < 0
    why = "have the wrong sign (are classes swapped?)" if reversed_ else "may carry no information"
    return (
        f"Use the class frequencies instead: {_no_remedy(judged.calibration)} its probabilities "
        f"better than these, and its log-odds {why}."
    )


def _gain(found: Advice) -> str:
    gain = found.gain
    assert gain is not None  # every remedy was measured
    return f"gain {with_se(gain.value, gain.se)} nats per row"


def _raise_zeros(_: Advice, judged: Judged) -> str:
    n = judged.scores.n_impossible
    rows = "1 row has" if n == 1 else f"{n:,} rows have"
    return (
        f"Do not use probabilities of 0: {rows} a label with that probability. Judge it again with "
        "--floor 1e-6, which raises smaller probabilities to this value, or change the model so "
        "that it predicts no 0."
    )


SENTENCES: Mapping[Step, Callable[[Advice, Judged], str]] = {
    Step.USE: _use,
    Step.COLLECT: _collect,
    Step.ORDER: _order,
    Step.DISCARD: _discard,
    Step.RAISE_ZEROS: _raise_zeros,
    Step.RECALIBRATE: _recalibrate,
    Step.EARLY: _early,
    Step.PRIOR: _prior,
}
