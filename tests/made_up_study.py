"""A study and a check that nobody ran: every part of their pages, with text up to no good."""

from trifit.results.check import Check, CheckedFit, RankedQuantity
from trifit.results.study import (
    Failed,
    Finding,
    Line,
    Numbers,
    Outcome,
    Picture,
    Posteriors,
    Replicated,
    StudyRecord,
    Tested,
    TheoryCurve,
    Tile,
)

NASTY = "</script><script>alert(1)</script>"


def over(value, half=0.1):
    return Replicated(value=value, low=value - half, high=value + half, n=8)


def lines(panel):
    fits = {"mle": 0.6, "map": 0.9, "bayes": 1.0}
    return [
        Line(name=fit, panel=panel, x=[0.1, 0.2], y=[over(at), over(at - 0.1)])
        for fit, at in fits.items()
    ]


def made_up_study():
    common = {"x": "features per row", "lines": [], "tiles": [], "curves": []}
    over_rows = Picture(
        title="Calibration slope", quantity="calibration slope", y="", best=1.0, logarithmic=False,
        **common | {
            "lines": [*lines("signal 1"), *lines("signal 2")],
            "curves": [
                TheoryCurve(name="mle", panel="signal 1", x=[0.1, 0.15, 0.2], y=[0.7, 0.6, 0.5])
            ],
        },
    )  # fmt: skip
    loss = Picture(
        title="Excess", quantity="excess log-loss, nats", y="", best=0.0, logarithmic=True,
        **common | {"lines": [
            Line(name="kernel", panel=NASTY, x=[1.0, 100.0], y=[over(2.0), over(0.02, 0.01)]),
            Line(name="mle+T", panel=NASTY, x=[1.0, 100.0],
                 y=[over(1.0), Replicated(value=None, low=None, high=None, n=0)]),
        ]},
    )  # fmt: skip
    values = {(0.1, 1.0): 0.0, (0.1, 2.0): 0.4, (0.2, 1.0): 0.7, (0.2, 2.0): 1.0}
    phases = Picture(
        title="Share", quantity="share without an MLE", y="signal", best=None, logarithmic=False,
        **common | {
            "tiles": [Tile(panel="mle", x=x, y=y, value=over(v)) for (x, y), v in values.items()],
            "curves": [TheoryCurve(name="threshold", panel="mle", x=[0.1, 0.2], y=[2.0, 1.0])],
        },
    )  # fmt: skip
    tested = Tested(settings={"kappa": 0.1}, found=over(0.6), n_cells=8)
    return StudyRecord(
        study={
            "name": "made-up",
            "question": f"Is it {NASTY}?",
            "expects": "Not at all.",
            "seed": 1,
            "summary": "mean",
            "references": ["Nobody (2026)"],
        },
        cards={},
        axes={"kappa": "features per row"},
        labels={"slope": "calibration slope", "excess": "excess log-loss, nats"},
        n_cells=24,
        failed=[Failed(settings={"kappa": 0.1}, error=f"ValueError: {NASTY}")],
        n_failed=1,
        findings=[
            Finding(says=f"It is {o}", outcome=o, n_points=1, n_telling=1, telling=[tested])
            for o in Outcome
        ],
        pictures=[over_rows, loss, phases],
        posteriors=Posteriors(
            n=8, trusted=0.75, rhat=1.012, prediction_rhat=1.008, prediction_ess=812.0
        ),
        numbers=[
            Numbers(settings={"kappa": k}, fit=f, quantities={"slope": over(k), "excess": over(1)})
            for k in (0.1, 0.2)
            for f in ("mle", "bayes")
        ],
        seconds=4000.0,
        command=f"trifit study {NASTY}",
        versions={"trifit": "0.1.0"},
    )


def made_up_check():
    """Of one method, with one quantity that is wrong."""
    quantity = RankedQuantity(
        name="beta", counts=[2, 3, 3, 2], difference=[0.1, 0.0, -0.1], p_value=0.001,
        adjusted=0.002, chi_square=0.3, deviation="too narrow",
    )  # fmt: skip
    fit = CheckedFit(
        method="bayes", outcome="wrong", n_ranked=10, left_out={"divergent": 1},
        low=[-0.3, -0.3, -0.3], high=[0.3, 0.3, 0.3], quantities=[quantity],
    )  # fmt: skip
    return Check(
        card={"name": "made"}, data=NASTY, n_obs=20, n_features=2, n_classes=3,
        replications=11, n_failed=0, errors=[], n_draws=3, fits=[fit], seed=1,
        seconds=1.0, command="trifit check made", versions={},
    )  # fmt: skip
