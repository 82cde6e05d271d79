"""The fits themselves: coefficients, the certificate, optimiser paths, the prior's part."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from trifit.cards import Card
from trifit.notes import NoteKind
from trifit.report import charts
from trifit.report.charts import parameter_name
from trifit.report.charts.fits import ARROWS, runs_to
from trifit.report.parts import Cell, Chart, Key, Table, chart, fit_keys, shape
from trifit.results import Comparison, Parameter, PriorPosterior, PriorSensitivity
from trifit.text import listing, significant

TITLE = "The fits themselves"

MAX_COEFFICIENTS = 24

RISE = 0.1
"""Rise of the test cross-entropy above its minimum, as a share, from which it is reported."""

MAX_RUNNING = 12
"""Most diverging coefficients that are named."""

AUXILIARY = ("_z", "_raw")
"""Endings of variables that a named coefficient is made of."""


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``fits.html.j2`` shows; parts that are missing are None."""
    if c.card is None:
        return None
    rows = ranked(c.parameters)
    shown = bool(rows) and c.card.identified
    n_rows, prior = sum(p.units == "model" for p in c.parameters), c.prior
    posterior = prior and prior.posterior
    running = [p for p in c.parameters if p.units == "model" and p.mle_runs_to]
    leaks = c.data.leaks if running else []
    return {
        "posterior": c.posterior_fit,
        "n_model_rows": n_rows,
        "n_params": next((n.n for n in c.data.notes if n.kind is NoteKind.MANY_PARAMS), n_rows),
        "rows": rows,
        "coefficients": _coefficients(rows, c.posterior_fit) if shown else None,
        "table": _table(rows) if shown else None,
        "leaks": listing(leaks),
        "running": []
        if leaks
        else [
            f"{parameter_name(p)} to {'+∞' if p.mle_runs_to > 0 else '−∞'}"
            for p in running[:MAX_RUNNING]
        ],
        "n_more_running": len(running) - MAX_RUNNING,
        "path": _path(c) if any(f.path for f in c.fits.values()) else None,
        "prior": posterior and posterior.rows and _prior(posterior),
        "groups": posterior and _groups(posterior, identified=c.card.identified),
        "sensitivity": prior and prior.sensitivity and _sensitivity(prior.sensitivity, c.card),
    }


def ranked(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The coefficients that stand out most, in the model's units."""
    rows = [
        p
        for p in parameters
        if p.units == "model" and not p.parameter.partition("[")[0].endswith(AUXILIARY)
    ]

    def weight(p: Parameter) -> float:
        return abs(p.map) if p.mean is None else abs(p.mean) / (p.sd or 1.0)

    kept = {id(p) for p in sorted(rows, key=weight, reverse=True)[:MAX_COEFFICIENTS]}
    return [p for p in rows if id(p) in kept]


def _coefficients(rows: list[Parameter], posterior: str | None) -> Chart:
    clear = sum(r.low * r.high > 0 for r in rows if r.low is not None and r.high is not None)
    off = sum(bool(r.mle_runs_to) for r in rows)
    sentences = [
        f"{clear} of the {len(rows)} coefficients shown {_have(clear)} a 95% interval that "
        "excludes zero."
        if posterior
        else "No posterior was fitted, so there are no intervals."
    ]
    if off:
        sentences.append(f"{off} of the {len(rows)} {_have(off)} no finite MLE.")
    if posterior:
        sentences.append(f"Lines: 95% intervals of {posterior}.")
    caption = " ".join([*sentences, "Arrows: the MLE is off the chart."])
    draw = partial(charts.coefficients, rows, posterior=posterior or "")
    keys = fit_keys([n for n in (posterior, "map", "mle") if n])
    return chart("coefficients", caption, draw, size=(6.6, 0.26 * len(rows) + 0.8), keys=keys)


def _have(n: int) -> str:
    return "has" if n == 1 else "have"


def _table(rows: list[Parameter]) -> Table:
    return Table(
        caption="In the model's units; interval: 95% equal-tailed",
        columns=(
            "coefficient", "mle", "map", "posterior mean", "sd", "interval", "R-hat", "bulk ESS",
        ),
        rows=tuple(
            (
                parameter_name(p),
                Cell(f"{significant(p.mle)}{ARROWS[runs_to(p)]}", p.mle),
                _number(p.map),
                _number(p.mean),
                _number(p.sd),
                Cell(_interval(p), p.low),
                Cell(significant(p.rhat, 4), p.rhat),
                _number(p.ess_bulk),
            )
            for p in rows
        ),
    )  # fmt: skip


def _interval(p: Parameter) -> str:
    if p.low is None or p.high is None:
        return "–"
    return f"{significant(p.low)} to {significant(p.high)}"


def _number(value: float | None) -> Cell:
    return Cell(significant(value), value)


def _path(c: Comparison) -> Chart:
    held_out = [
        (p.held_out, p.step)
        for p in (c.fits["mle"].path if "mle" in c.fits else [])
        if p.held_out is not None
    ]
    caption = "Cross-entropy on the first training set (solid) and on its test rows (dashed)."
    if held_out:
        (low, step), last = min(held_out), held_out[-1][0]
        if last > (1 + RISE) * low:
            caption += (
                f" For the MLE, the cross-entropy on test rows is lowest at step {step} "
                f"({significant(low)} nats) and rises to {significant(last)}: it over-fits."
            )
        else:
            caption += f" For the MLE, the latter ends less than {RISE:.0%} above its minimum."
    draw = partial(charts.path, c.fits, legends=False)
    keys = fit_keys(n for n, f in c.fits.items() if f.path)
    return chart("path", caption, draw, size=(6.6, 3), keys=keys)


def _prior(p: PriorPosterior) -> Chart:
    least = min(p.rows, key=lambda r: r.contraction)
    caption = (
        f"Of the {len(p.rows)} coefficients furthest from their prior, {parameter_name(least)} "
        f"learned least from the data: its variance shrank by {max(0.0, least.contraction):.0%}. "
        "Thick lines: 50% intervals; thin lines: 95%."
    )
    grey, diamond = charts.style(""), charts.style("bayes")
    keys = [Key("prior", grey[0], shape(grey[1])), Key("posterior", diamond[0], shape(diamond[1]))]
    draw = partial(charts.prior_posterior, p.rows)
    return chart("prior", caption, draw, size=(6.6, 0.34 * len(p.rows) + 0.8), keys=keys)


def _groups(p: PriorPosterior, *, identified: bool) -> Table:
    traded = "" if identified else "; negative values also occur where weights can be permuted"
    return Table(
        caption="Contraction 1 − var(posterior) / var(prior): 1 if the data determine the "
        f"parameter, 0 if only the prior does{traded} ({p.n_prior_draws:,} draws from the prior)",
        columns=(
            "parameter", "entries", "prior sd", "posterior sd", "minimum", "median", "maximum",
        ),
        rows=tuple(
            (
                g.parameter,
                Cell(f"{g.n:,}", g.n),
                _number(g.prior_sd),
                _number(g.posterior_sd),
                _number(g.contraction_low),
                _number(g.contraction),
                _number(g.contraction_high),
            )
            for g in p.groups
        ),
    )  # fmt: skip


def _sensitivity(record: PriorSensitivity, card: Card) -> Chart:
    known = [s for s in record.map if s.log_loss is not None]
    best = min(known, key=lambda s: s.log_loss or 0.0)
    clear = best.difference is not None and best.difference.high < 0
    if best.factor == 1:
        caption = "The MAP predicts best with the card's own prior"
    else:
        caption = (
            f"The MAP predicts best with a prior {best.factor:g} times as wide as the card's"
            f"{'' if clear else ', though not clearly better than with the card’s own'}"
        )
    reach = [s.factor for s in record.bayes or [] if s.log_loss is not None]
    if len(reach) == 1:
        caption += "; the draws of the posterior cannot be reweighted to any other width"
    elif reach:
        caption += (
            "; reweighted draws of the posterior are reliable for widths × "
            f"{significant(min(reach), 2)} to × {significant(max(reach), 2)}"
        )
    caption += f". {record.n_obs:,} test rows; bars: 95% intervals of the change."
    if card.times_as_wide(2.0) != 2.0:
        caption += (
            " Widths are those of Normal priors: the log density of this one is divided by the "
            "square of the width."
        )
    draw = partial(charts.sensitivity, record, legends=False)
    keys = fit_keys(["map", "bayes"] if record.bayes else ["map"])
    return chart("sensitivity", caption, draw, size=(6.6, 3), keys=keys)
