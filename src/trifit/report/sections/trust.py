"""Can the fits be trusted: status, checks of the draws, ranks and energies."""

from functools import partial
from typing import Any

from trifit.report import charts
from trifit.report.parts import Cell, Chart, Table, chart, class_keys, panels
from trifit.results import ChainDiagnostics, Comparison, LaplaceError, Loo
from trifit.text import significant, with_se

TITLE = "Can the posterior be trusted?"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``trust.html.j2`` shows; parts that are missing are None."""
    if not c.fits:
        return None
    bayes, t, posterior = c.fits.get("bayes"), c.trust, c.posterior_fit
    loo = c.posterior.loo if c.posterior else None
    return {
        "well": not c.failed,
        "checks": bayes and _checks(bayes.diagnostics),
        "chains": t and _chains(t),
        "ranks": t and t.ranks and _ranks(t),
        "energy": t and t.chains and _energy(t),
        "trust": t,
        "laplace": c.laplace_error and _laplace(c, c.laplace_error),
        "elpd": posterior and _elpd(c, posterior, loo),
        "loo": loo,
    }


def _checks(d: dict[str, float | None]) -> Table:
    def both(key: str, digits: int) -> tuple[Cell, Cell]:
        values = d.get(key), d.get(f"prediction_{key}")
        first, second = (Cell(significant(v, digits), v) for v in values)
        return first, second

    def single(key: str, form: str, factor: float = 1.0) -> tuple[Cell, Cell]:
        value = d.get(key)
        text = "–" if value is None else form.format(factor * value)
        return Cell(text, value), Cell("")

    return Table(
        caption="Worst over all training sets; thresholds from Vehtari et al. (2021) and "
        "Betancourt (2016)",
        columns=("check", "parameters", "predicted log probabilities", "required"),
        rows=(
            ("largest R-hat", *both("rhat_max", 5), Cell("at most 1.01")),
            ("smallest bulk ESS", *both("ess_bulk_min", 4), Cell("at least 100 per chain")),
            ("smallest tail ESS", *both("ess_tail_min", 4), Cell("at least 100 per chain")),
            (
                "divergent transitions", *single("divergences", "{:.0f}"),
                Cell("at most 1 in 1,000 draws"),
            ),
            ("smallest E-BFMI", *single("bfmi_min", "{:.2f}"), Cell("at least 0.3")),
            (
                "draws at the tree-depth limit",
                *single("depth_limited_share", "{:.1f}%", 100),
                Cell("at most 1%"),
            ),
            (
                "Monte Carlo error of the scores, share of their standard error",
                Cell(""),
                Cell(significant(d.get("score_error_share"), 2), d.get("score_error_share")),
                Cell("at most 0.1, or as many draws as allowed"),
            ),
            ("leapfrog steps per draw", *single("mean_steps", "{:.1f}"), Cell("")),
        ),
    )  # fmt: skip


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
    word = "meets" if low is not None and low >= 0.3 else "is below"
    caption = (
        f"The smallest E-BFMI, {significant(low)}, {word} the required 0.3. The change of "
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
    k = c.fits["laplace"].diagnostics.get("pareto_k")
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
            Cell(with_se(judged.elpd.value, judged.elpd.se)),
            Cell(with_se(-loss.value, loss.se)),
        )
    ]
    if loo:
        rows.append(
            (
                "leave-one-out (PSIS)",
                Cell(f"{loo.n_obs:,}"),
                Cell(with_se(loo.elpd.value, loo.elpd.se)),
                Cell(with_se(loo.elpd.value / loo.n_obs, loo.elpd.se / loo.n_obs)),
            )
        )
    return Table(
        caption=f"Expected log predictive density of {name}, nats; higher is better",
        columns=("", "rows", "elpd", "per row"),
        rows=tuple(rows),
    )
