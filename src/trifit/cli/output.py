"""What the commands print: tables, verdicts, a model (rich)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trifit.contestants import shows
from trifit.results import LOGARITHMIC, Comparison, Estimate, FitRecord, Truth
from trifit.results.diff import Checked, RunDiff
from trifit.results.preview import Preview
from trifit.text import probability, signed_with_se, with_minus, with_se
from trifit.words import (
    IN_PART,
    VERDICTS,
    decision_sentences,
    ensemble_sentences,
    errors_text,
    laplace_sentence,
    notes,
    prevalence_sentences,
    prior_sentence,
    rows_text,
    set_sentences,
    split_text,
    status_name,
    step_text,
    subgroup_sentences,
    success_sentences,
    verdict_text,
)
from trifit.words.diff import (
    CHANGES,
    CONDITIONS,
    DIFFERENCES,
    change_rows,
    condition_rows,
    measure_rows,
    sentences,
    title,
)

WIDE = 110
"""Columns of a terminal from which the tables are shown whole."""


def print_comparison(comparison: Comparison) -> None:
    """The scoreboard, the paired differences and a verdict per fit, on stdout."""
    console = _console()
    data, evaluation = comparison.data, comparison.evaluation
    features = f"{data.n_features:,} features, " if data.n_features else ""
    console.print(
        f"\n{data.name}: {rows_text(evaluation)}, {features}{data.n_classes} classes; "
        f"{split_text(evaluation, data.n_obs)}",
        highlight=False,
        markup=False,
    )
    for note in [*notes(comparison), *filter(None, [errors_text(evaluation)])]:
        console.print(f"note: {note}", highlight=False, markup=False)
    narrow = console.width < WIDE
    console.print(scores_table(comparison, narrow=narrow))
    if comparison.differences:
        console.print(differences_table(comparison, narrow=narrow))
    if comparison.truth is not None:
        console.print(_truth(comparison.truth))
    for sentence in _sentences(comparison):
        console.print(sentence, highlight=False, markup=False)
    for name, judged in comparison.contestants.items():
        text = verdict_text(judged, comparison.fits.get(name))
        said = step_text(comparison, name)
        what = f" [italic]{escape(said)}[/italic]" if said else ""
        console.print(
            f"[bold]{name}[/bold]: [bold]{VERDICTS[judged.verdict]}[/bold]. {escape(text)}{what}",
            highlight=False,
        )
    for sentence in success_sentences(comparison):
        console.print(sentence, highlight=False, markup=False)


def _sentences(comparison: Comparison) -> Iterator[str]:
    """What there is to say besides scores and verdicts, as far as it was asked for."""
    if comparison.laplace_error is not None:
        yield laplace_sentence(comparison.laplace_error)
    if comparison.ensemble is not None:
        yield from ensemble_sentences(comparison.ensemble)
    if comparison.consequences is not None:
        yield from decision_sentences(comparison.consequences)
    for division in comparison.divisions:
        yield from subgroup_sentences(division)
    if comparison.divisions:
        yield IN_PART
    if comparison.prevalence_shift is not None:
        yield from prevalence_sentences(comparison.prevalence_shift, comparison.data.class_names)
    if comparison.prediction_sets is not None:
        yield from set_sentences(comparison.prediction_sets)


def _console() -> Console:
    """Stdout: a pipe has no width of its own, and without colours there is no bold either."""
    console = Console()
    if not console.is_terminal:
        return Console(width=140)
    return Console(color_system=None) if console.no_color else console


def scoreboard(comparison: Comparison) -> dict[str, Any]:
    """For machines: every contestant's verdict and recommended step, failed checks, the numbers."""
    judged = comparison.contestants.items()
    return {
        "verdicts": {name: contestant.verdict for name, contestant in judged},
        "advice": {name: advice.step for name, advice in comparison.advice.items()},
        "failed_checks": comparison.failed,
        "metrics": comparison.metrics(),
    }


def print_preview(preview: Preview) -> None:
    """A model's graph and its prior class probabilities, as TOML comments."""
    lines = ["", "The model:"]
    for node in preview.nodes:
        dims = f"  [{', '.join(node.dims)}]" if node.dims else ""
        lines.append(f"  {node.name} ~ {node.law}{dims}")
    lines += ["", f"Class probabilities of the prior, {len(preview.probs)} draws:"]
    shares = preview.histogram()
    for i, share in enumerate(shares):
        bar = "█" * round(40 * share / shares.max())
        lines.append(f"  {i / 10:.1f} to {(i + 1) / 10:.1f} {share:4.0%} {bar}")
    lines += ["", prior_sentence(preview)]
    for line in lines:
        click.echo(f"# {line}".rstrip())


def scores_table(comparison: Comparison, *, narrow: bool) -> Table:
    """The scoreboard; narrow: without bits, errors beneath, for 80 columns."""
    units = "nats" if narrow else "nats and bits"
    table = Table(
        title=f"Scores on test rows (log-loss in {units}; ± standard error)",
        title_justify="left",
        box=SIMPLE,
        padding=0 if narrow else (0, 1, 0, 0),
    )

    def cell(estimate: Estimate | None) -> str:
        if estimate is None:
            return "–"
        text = with_se(estimate.value, estimate.se)
        return text.replace(" ± ", "\n±") if narrow else text

    table.add_column("model")
    headings = {
        "log_loss": "log-loss",
        "log_loss_bits": "bits",
        "brier": "Brier",
        "accuracy": "accuracy",
        "calibration_error": "calibration error",
        "gain": "gain",
    }
    if narrow:
        del headings["log_loss_bits"]
    for heading in (*headings.values(), "slope"):
        table.add_column(heading, justify="right")
    if comparison.fits:
        table.add_column("status")
    for name, row in comparison.scoreboard.items():
        if name == next(iter(comparison.baselines)):
            table.add_section()
        judged, fit = comparison.contestants.get(name), comparison.fits.get(name)
        scores = [
            cell(row[key]) if key in row else "" if judged is None else "–" for key in headings
        ]
        if comparison.infinite(name):
            scores = [
                "∞" if key in LOGARITHMIC else text
                for key, text in zip(headings, scores, strict=True)
            ]
        slope = "" if judged is None else cell(judged.calibration.slope)
        rival = "rival" if name in comparison.sources else ""
        status = [rival if fit is None else _status(fit)] if comparison.fits else []
        table.add_row(name, *scores, slope, *status)
    table.caption = (
        "calibration error: of the most probable class, 0 is calibrated; gain: log-loss that "
        "temperature scaling saves on rows it was not fitted on, 0 or below is calibrated; slope: "
        "calibration slope, 1 is calibrated, below 1 over-confident"
    )
    table.caption_justify = "left"
    return table


def _status(fit: FitRecord) -> str:
    name = status_name(fit.status)
    return f"[bold red]failed: {name}[/]" if fit.status.failed else name


def _truth(truth: Truth) -> Table:
    intervals = "; ".join(
        f"{c.level:.0%} credible intervals contain {c.coverage:.0%} of the true probabilities"
        for c in truth.intervals
    )
    table = Table(
        title="Compared with the true class probabilities (± standard error)",
        caption=f"lowest possible log-loss {truth.entropy:.4f} nats; {intervals}",
        box=SIMPLE,
    )
    table.title_justify = table.caption_justify = "left"
    table.add_column("model")
    for heading in ("excess log-loss", "calibration error", "over-confidence", "calibration slope"):
        table.add_column(heading, justify="right")
    for name, fit in truth.fits.items():
        table.add_row(
            name,
            with_se(fit.kl.value, fit.kl.se),
            with_se(fit.calibration_error.value, fit.calibration_error.se),
            signed_with_se(fit.confidence_bias.value, fit.confidence_bias.se),
            "–" if fit.slope is None else with_minus(f"{fit.slope:z.3f}"),
        )
    return table


def differences_table(comparison: Comparison, *, narrow: bool) -> Table:
    """The paired differences; narrow: without what they show."""
    table = Table(
        title="Paired differences of log-loss, nats (negative: the first is better)",
        caption="first better: Bayesian-bootstrap probability that the first predicts better",
        box=SIMPLE,
    )
    table.title_justify = table.caption_justify = "left"
    headings = ("pair", "difference", "first better", "what it shows")
    for heading in headings[: 3 if narrow else 4]:
        table.add_column(heading)
    for row in comparison.differences:
        infinite = comparison.infinite(row.a, row.b)
        cells = (
            f"{row.a} − {row.b}",
            infinite or signed_with_se(row.log_loss.value, row.log_loss.se),
            "–" if infinite else probability(row.probability_better),
            shows(row.a, row.b),
        )
        table.add_row(*cells[: len(table.columns)])
    return table


def print_diff(diff: RunDiff, checked: Sequence[Checked]) -> None:
    """Two runs: paired measures, what else changed, conditions, a sentence per model, on stdout."""
    console = _console()
    for line in title(diff):
        console.print(line, highlight=False, markup=False)
    console.print(_plain(DIFFERENCES, measure_rows(diff), right=range(2, 6)))
    for headings, rows in ((CHANGES, change_rows(diff)), (CONDITIONS, condition_rows(checked))):
        table = _plain(headings, rows)
        if table.row_count:
            console.print(table)
    for sentence in sentences(diff):
        console.print(sentence, highlight=False, markup=False)


def _plain(
    headings: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()
) -> Table:
    """A table in which a name stands only in the first of its rows.

    Parameters
    ----------
    headings : sequence of str
    rows : iterable of sequence of str
    right : collection of int
        Columns whose cells stand to the right.
    """
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for k, heading in enumerate(headings):
        table.add_column(heading, justify="right" if k in right else "left")
    before = None
    for name, *cells in rows:
        table.add_row(*map(escape, ("" if name == before else name, *cells)))
        before = name
    return table
