"""Can the fits be trusted: status, checks of the draws, ranks and energies."""

from collections.abc import Callable
from functools import partial
from typing import Any

from trifit.diagnostics import (
    MAX_RHAT,
    MIN_BFMI,
    MIN_ESS_PER_CHAIN,
    LaplaceDiagnostics,
    Mixing,
    SamplerDiagnostics,
)
from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, class_keys, estimate_cell, panels
from trifit.results import ChainDiagnostics, Comparison, LaplaceError, Loo
from trifit.text import significant, with_se

TITLE = "Can the posterior be trusted?"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``diagnostics.html.j2`` shows; parts that are missing are None."""
    if not c.fits:
        return None
    bayes, t, posterior = c.fits.get("bayes"), c.chain_diagnostics, c.posterior_fit
    of_bayes = bayes and bayes.diagnostics
    loo = c.posterior.loo if c.posterior else None
    return {
        "well": not c.failed,
        "checks": isinstance(of_bayes, SamplerDiagnostics) and _checks(of_bayes),
        "proposals": isinstance(of_bayes, SamplerDiagnostics) and of_bayes.accepted is not None,
        "nuts": isinstance(of_bayes, SamplerDiagnostics) and of_bayes.by_nuts,
        "chains": t and _chains(t),
        "ranks": t and t.ranks and _ranks(t),
        "energy": t and t.chains and _energy(t),
        "laplace": c.laplace_error and _laplace(c, c.laplace_error),
        "elpd": posterior and _elpd(c, posterior, loo),
        "loo": loo,
    }


def _checks(d: SamplerDiagnostics) -> Table:
    def both(read: Callable[[Mixing], float | None], digits: int) -> tuple[Cell, Cell]:
        values = read(d.parameters), read(d.predictions) if d.predictions else None
        first, second = (Cell(significant(v, digits), v) for v in values)
        return first, second

    def single(value: float | None, form: str, factor: float = 1.0) -> tuple[Cell, Cell]:
        text = "–" if value is None else form.format(factor * value)
        return Cell(text, value), Cell("")

    enough = Cell(f"at least {MIN_ESS_PER_CHAIN} per chain")
    return Table(
        caption="Worst over all training sets; thresholds from Vehtari et al. (2021) and "
        "Betancourt (2016)",
        columns=("check", "parameters", "predicted log probabilities", "required"),
        rows=(
            ("largest R-hat", *both(lambda m: m.rhat_max, 5), Cell(f"at most {MAX_RHAT}")),
            ("smallest bulk ESS", *both(lambda m: m.ess_bulk_min, 4), enough),
            ("smallest tail ESS", *both(lambda m: m.ess_tail_min, 4), enough),
            (
                "divergent transitions", *single(d.divergences, "{:.0f}"),
                Cell("at most 1 in 1,000 draws"),
            ),
            ("smallest E-BFMI", *single(d.bfmi_min, "{:.2f}"), Cell(f"at least {MIN_BFMI}")),
            (
                "draws at the tree-depth limit",
                *single(d.depth_limited_share, "{:.1f}%", 100),
                Cell("at most 1%"),
            ),
            (
                "Monte Carlo error of the scores, share of their standard error",
                Cell(""),
                Cell(significant(d.score_error_share, 2), d.score_error_share),
                Cell("at most 0.1, or as many draws as allowed"),
            ),
            *_transitions(d, single),
        ),
    )  # fmt: skip


def _transitions(
    d: SamplerDiagnostics, single: Callable[..., tuple[Cell, Cell]]
) -> list[tuple[Cell | str, ...]]:
    """What NUTS, normal proposals, or in different training sets both of them did."""
    rows: list[tuple[Cell | str, ...]] = []
    if d.by_nuts:
        rows.append(("leapfrog steps per draw", *single(d.mean_steps, "{:.1f}"), Cell("")))
    if d.accepted is not None:
        required = Cell("Pareto k at most 0.5, or NUTS samples")
        accepted = single(d.accepted, "{:.0f}%", 100)
        rows.append(("normal proposals accepted", *accepted, required))
    return rows


def _chains(t: ChainDiagnostics) -> Table:
    return Table(
        caption=f"Chains of training set {t.training_set} of {t.n_training_sets}, "
        f"{t.n_draws:,} draws each",
        columns=("chain", "E-BFMI", "divergences", "at the tree-depth limit"),
        rows=tuple(
            (
                str(i + 1),
                Cell(significant(chain.bfmi), chain.bfmi),
                Cell(str(chain.divergences), chain.divergences),
                Cell(str(chain.depth_limited), chain.depth_limited),
            )
            for i, chain in enumerate(t.chains)
        ),
    )


def _ranks(t: ChainDiagnostics) -> Chart:
    def name(r: Any) -> str:
        if r.kind == "prediction":
            return f"log probability of {r.label}, row {r.name}"
        return " · ".join(filter(None, [r.feature or r.name, r.label]))

    worst = max(
        abs(count - sum(counts) / len(counts)) / (sum(counts) / len(counts))
        for r in t.ranks
        for counts in r.counts
        for count in counts
    )
    what = " and ".join(f"{name(r)} (R-hat {significant(r.rhat, 4)})" for r in t.ranks)
    caption = (
        f"Largest R-hat: {what}. No bin of a chain is more than {worst:.0%} from its expected "
        "count. Chains that agree are flat (dashed line)."
    )
    draws = {f"{r.kind}: {name(r)}": partial(charts.ranks, r) for r in t.ranks}
    keys = class_keys([f"chain {j + 1}" for j in range(len(t.chains))])
    return panels("ranks", caption, draws, size=(4.3, 2.5), keys=keys)


def _energy(t: ChainDiagnostics) -> Chart:
    low = min((c.bfmi for c in t.chains if c.bfmi is not None), default=None)
    word = "meets" if low is not None and low >= MIN_BFMI else "is below"
    caption = (
        f"The smallest E-BFMI, {significant(low)}, {word} the required {MIN_BFMI}. The change of "
        "energy from draw to draw (filled) should be about as wide as the energy (outline)."
    )
    return chart("energy", caption, partial(charts.energy, t), size=(5, 2.6))


def _laplace(c: Comparison, e: LaplaceError) -> Table:
    rows: list[tuple[Cell | str, ...]] = []
    if (p := e.parameters) is not None:
        rows = [
            (
                "means, in posterior sds (NUTS)",
                Cell(f"{significant(p.mean_median, 2)} (median)"),
                Cell(f"{significant(p.mean_worst, 2)} ({p.worst})"),
                Cell(significant(p.mean_mcse, 2)),
            ),
            (
                "sds, relative to NUTS",
                Cell(f"{significant(p.sd_median)} (median)"),
                Cell(significant(p.sd_worst)),
                Cell(significant(p.sd_mcse, 2)),
            ),
        ]
    rows.append(
        (
            "probabilities (total variation)",
            Cell(f"{significant(e.probs_mean, 2)} (mean)"),
            Cell(significant(e.probs_worst, 2)),
            Cell(significant(e.probs_mcse, 2)),
        )
    )
    d = c.fits["laplace"].diagnostics
    k = d.pareto_k if isinstance(d, LaplaceDiagnostics) else None
    return Table(
        caption=f"Error of laplace, compared with NUTS (bayes); Pareto k {significant(k, 2)}",
        columns=("", "typical", "worst", "Monte Carlo error of NUTS"),
        rows=tuple(rows),
    )


def _elpd(c: Comparison, name: str, loo: Loo | None) -> Table:
    judged = c.contestants[name]
    loss = judged.scores.log_loss
    rows: list[tuple[Cell | str, ...]] = [
        (
            "test rows",
            Cell(f"{c.evaluation.n_test:,}"),
            estimate_cell(judged.elpd),
            Cell(with_se(-loss.value, loss.se)),
        )
    ]
    if loo:
        rows.append(
            (
                "leave-one-out (PSIS)",
                Cell(f"{loo.n_obs:,}"),
                estimate_cell(loo.elpd),
                Cell(with_se(loo.elpd.value / loo.n_obs, loo.elpd.se / loo.n_obs)),
            )
        )
    return Table(
        caption=f"Expected log predictive density of {name}, nats; higher is better",
        columns=("", "rows", "elpd", "per row"),
        rows=tuple(rows),
    )
