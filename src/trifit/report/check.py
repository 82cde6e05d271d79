"""The page of a checked model: the verdict, the ranks of every quantity, how it was made."""

from functools import partial

from trifit.report.charts.sbc import ecdf_differences, rank_histogram
from trifit.report.charts.style import class_style
from trifit.report.page import document
from trifit.report.parts import Cell, Chart, Key, Table, chart, panels, shape
from trifit.report.svg import with_style
from trifit.results.check import Check, CheckedFit
from trifit.text import counted, p_value
from trifit.words.check import METHOD, check_verdict, fit_verdict, how_judged, left_out_text

HISTOGRAMS = 12
"""Most quantities of a method whose histogram is drawn: those with the smallest p-values."""

MARKS = {"no error found": ("✓", "good"), "not judged": ("○", "warn"), "wrong": ("✗", "bad")}
"""Sign and colour of an outcome."""


def render_check(check: Check) -> str:
    """The page as one HTML document; the same record gives the same bytes."""
    with with_style():
        sections = [
            {
                "name": METHOD[fit.method],
                "text": fit_verdict(check, fit),
                "left_out": left_out_text(check, fit),
                "sign": MARKS[fit.outcome],
                "charts": [_differences(fit), _histograms(fit)] if fit.quantities else [],
                "numbers": _numbers(fit),
            }
            for fit in check.fits
        ]
    return document(
        "check.html.j2",
        title=f"{check.name} · check · trifit",
        r=check,
        verdict=check_verdict(check),
        rule=how_judged(),
        size=f"{counted(check.n_obs, 'row')} · {counted(check.n_features, 'feature')}",
        sections=sections,
    )


def _differences(fit: CheckedFit) -> Chart:
    looks = (class_style(k) for k in range(len(fit.wrong)))
    keys = [Key(q.name, c, shape(m)) for q, (c, m) in zip(fit.wrong, looks, strict=True)]
    return chart(
        f"ecdf-{fit.method}",
        "Of a right posterior 95% of these curves lie wholly within the grey band. Curves above "
        "zero: values rank low, the posterior is too high; an S: too narrow or too wide.",
        partial(ecdf_differences, fit),
        size=(6.4, 3.4),
        keys=keys,
    )


def _histograms(fit: CheckedFit) -> Chart:
    shown = sorted(fit.quantities, key=lambda q: q.p_value)[:HISTOGRAMS]
    caption = "Ranks in equal bins. Of uniform ranks, a bin ends within the grey band with 99%."
    if len(shown) < len(fit.quantities):
        caption += f" Shown are the {len(shown)} quantities with the smallest p-values."
    return panels(
        f"ranks-{fit.method}",
        caption,
        {q.name: partial(rank_histogram, q, fit.method) for q in shown},
        size=(3.0, 2.0),
        alt={q.name: f"ranks in bins: {', '.join(map(str, q.counts))}" for q in shown},
    )


def _numbers(fit: CheckedFit) -> Table:
    return Table(
        caption="p-values of uniform ranks",
        columns=("quantity", "ECDF", "ECDF, adjusted", "chi-square", "the posterior"),
        rows=tuple(
            (
                Cell(q.name),
                Cell(p_value(q.p_value), q.p_value),
                Cell(p_value(q.adjusted), q.adjusted, failed=q in fit.wrong),
                Cell(p_value(q.chi_square), q.chi_square),
                Cell(q.deviation if q in fit.wrong else ""),
            )
            for q in fit.quantities
        ),
    )
