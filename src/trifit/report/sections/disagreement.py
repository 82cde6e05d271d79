"""Where predictions disagree: row by row, away from the data, over a plane."""

from functools import partial
from typing import Any

import numpy as np

from trifit.contestants import CONTESTANTS, Kind, main_of, posterior_of, rivals_of
from trifit.report import charts
from trifit.report.charts.disagreement import WORDS
from trifit.report.parts import Cell, Chart, Key, Table, chart, class_keys, panels, shape
from trifit.results import ByDistance, Comparison, Disagreement, Example, PosteriorRecord
from trifit.text import listed, significant, with_minus

TITLE = "Where the models disagree"


def content(c: Comparison) -> dict[str, Any] | None:
    """What the template ``disagreement.html.j2`` shows; parts that are missing are None."""
    d, p = c.disagreement, c.posterior
    if d is None:
        return None
    return {
        "scatter": _scatter(c, d),
        "examples": d.examples and _examples(c, d),
        "features": d.examples and d.examples[0].features and _features(c, d),
        "between": d.between,
        "entropies": _entropies(c, d),
        "single_draws": p and _single_draws(p),
        "posterior": p,
        "posterior_fit": c.posterior_fit,
        "distance": d.by_distance and _distance(d.by_distance),
        "maps": d.map and _maps(c, d),
    }


def _right_wrong() -> tuple[Key, ...]:
    return tuple(Key(word, colour, shape(marker)) for word, (colour, marker) in WORDS.items())


def _scatter(c: Comparison, d: Disagreement) -> Chart | None:
    a, last = d.between
    known = ("map", "mle+T", last, *(rivals_of(d.rows.probs) if c.fits else ()))
    others = [n for n in known if n in d.rows.probs and n != a]
    at = np.arange(len(d.rows.label))
    truth = {n: np.asarray(d.rows.probs[n])[at, d.rows.label] for n in (a, *others)}
    tv = np.abs(np.asarray(d.rows.probs[a]) - np.asarray(d.rows.probs[last])).sum(axis=1) / 2
    lost = int((truth[a] < 0.01).sum())
    kept = int((truth[last] < 0.01).sum())
    caption = (
        f"{a} and {last} differ by {significant(float(tv.mean()), 2)} on average (total variation, "
        f"0 to 1) and by {significant(float(tv.max()), 2)} at most. {a} gives the true class less "
        f"than 1% on {lost} of {len(at):,} rows, {last} on {kept}."
    )
    if d.rows.n_held_out > len(at):
        caption += f" Shown: {len(at):,} of {d.rows.n_held_out:,} test rows, at random."
    names = c.data.class_names
    draws = {
        f"{a} against {b} (crosses: {b} wrong)": partial(
            charts.probability_scatter, d.rows, a, b, class_names=names
        )
        for b in dict.fromkeys(others)
    }
    return panels("scatter", caption, draws, size=(3.7, 3.7), keys=_right_wrong())


def _examples(c: Comparison, d: Disagreement) -> Chart:
    a, b = d.between
    first = d.examples[0]
    names = c.data.class_names
    caption = (
        f"{a} and {b} differ most on row {first.row}: its true class, {names[first.label]}, has "
        f"probability {first.probs[a][first.label]:.3f} under {a} and "
        f"{first.probs[b][first.label]:.3f} under {b}. Each bar sums to 1; the true class is "
        "outlined."
    )
    fits = main_of(first.probs)
    draw = partial(charts.examples, d.examples, fits, class_names=names)
    each = max(0.58, 0.2 * len(fits))
    return chart(
        "examples", caption, draw, size=(6.6, each * len(d.examples) + 0.7), keys=class_keys(names)
    )


def _features(c: Comparison, d: Disagreement) -> Table:
    a, b = d.between
    widest = max(len(row.features) for row in d.examples)

    def cells(row: Example) -> tuple[Cell | str, ...]:
        shown = [
            Cell(
                f"{f.name} = {'missing' if f.value is None else format(f.value, '.5g')}",
                f.contribution,
                f"{with_minus(f'{f.z:+.1f}')} sd; {_signed(f.contribution)} nats",
            )
            for f in row.features
        ]
        return (
            f"row {row.row}",
            Cell(c.data.class_names[row.label]),
            Cell(significant(row.difference, 3), row.difference),
            *shown,
            *[Cell("")] * (widest - len(shown)),
        )

    return Table(
        caption=f"The {len(d.examples)} test rows on which {a} and {b} differ most, with the "
        "features that contribute most to the log-odds of the MLE's class (beneath: standard "
        "deviations from the training mean, and the contribution)",
        columns=(
            "row",
            "true class",
            "total variation",
            *(f"feature {i + 1}" for i in range(widest)),
        ),
        rows=tuple(cells(row) for row in d.examples),
    )  # fmt: skip


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else ''}{significant(value, 2)}"


def _entropies(c: Comparison, d: Disagreement) -> Chart | None:
    fit = posterior_of(d.rows.probs)
    if fit is None or d.rows.epistemic is None or d.rows.aleatoric is None:
        return None
    chance, doubt = float(np.mean(d.rows.aleatoric)), float(np.mean(d.rows.epistemic))
    share = doubt / (chance + doubt) if chance + doubt else 0.0
    caption = (
        f"{share:.0%} of the entropy of {fit} is epistemic: more data could remove it. The rest is "
        "aleatoric: it would remain if the parameters were known."
    )
    draw = partial(charts.entropies, d.rows, fit, class_names=c.data.class_names)
    return chart("entropies", caption, draw, size=(5, 3.8), keys=_right_wrong())


def _single_draws(p: PosteriorRecord) -> Table:
    words = {
        "log_loss": "log-loss, nats",
        "confidence": "mean confidence",
        "slope": "calibration slope",
    }
    return Table(
        caption=f"{p.n_draws:,} draws from the posterior, each scored as a classifier of its own",
        columns=("", "5%", "median draw", "95%", "averaged"),
        rows=tuple(
            (
                text,
                *(
                    Cell(significant(v), v)
                    for v in (
                        p.draws[key].low,
                        p.draws[key].median,
                        p.draws[key].high,
                        p.draws[key].averaged,
                    )
                ),
            )
            for key, text in words.items()
        ),
    )


def _distance(table: ByDistance) -> Chart:
    fits = main_of(table.confidence)
    far = f"{table.count[-1]} rows furthest from the training rows ({table.distance[-1]:.1f} times"
    both = {n: (table.confidence[n][-1], table.accuracy[n][-1].value) for n in fits}
    parts = [f"{sure:.1%} and {right:.1%} ({n})" for n, (sure, right) in both.items()]
    caption = (
        f"On the {far} the typical distance), confidence and accuracy are {listed(parts)}. Line "
        "and marks: mean confidence; bars: accuracy with 95% intervals."
    )
    lowest = min(
        min(*table.confidence[n], *(share.low for share in table.accuracy[n])) for n in fits
    )
    draws = {n: partial(charts.confidence_by_distance, table, n, lowest=lowest) for n in fits}
    return panels(
        "distance",
        caption,
        draws,
        size=(3.6, 2.6),
        alt={
            n: f"furthest away: confidence {sure:.1%}, accuracy {right:.1%}"
            for n, (sure, right) in both.items()
        },
    )


def _maps(c: Comparison, d: Disagreement) -> Chart:
    plane = d.map
    assert plane is not None
    fits = [*main_of(plane.fits), *(n for n in plane.fits if CONTESTANTS[n].kind is Kind.DERIVED)]
    sure = {n: np.mean(np.asarray(plane.fits[n].probability) > 950) for n in fits}
    alt = {n: f"confidence above 95% on {sure[n]:.0%} of this plane" for n in fits}
    shares_sure = ", ".join(f"{n} {sure[n]:.0%}" for n in fits)
    caption = f"Share of this plane with confidence above 95%: {shares_sure}"
    if plane.kind == "components":
        shares = [a.share for a in plane.axes if a.share is not None]
        caption += (
            f". The plane shows the two leading principal components ({sum(shares):.0%} of the "
            "training variance), with the others at their mean"
        )
    else:
        caption += ". The plane shows the two features"
    caption += (
        ", and extends half a range beyond the training rows (marks). Colour: the most probable "
        "class; intensity: its probability; line: 95%."
    )
    names = c.data.class_names
    draws = {n: partial(charts.probability_map, plane, n, class_names=names) for n in fits}
    return panels("map", caption, draws, size=(3.5, 3.3), keys=class_keys(names), alt=alt)
