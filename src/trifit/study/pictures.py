"""From the points of a grid to what is drawn of them, as plain numbers."""

from collections.abc import Iterable, Sequence

import numpy as np

from trifit import theory
from trifit.errors import InputError
from trifit.results.study import Line, Picture, TheoryCurve, Tile
from trifit.study.cells import number
from trifit.study.limits import FITS, OF_THE_WORLD, check_assumed, follows, limiting_value, moved
from trifit.study.points import Point, Summary
from trifit.study.quantities import NAMES, QUANTITIES
from trifit.study.spec import Figure, Study
from trifit.text import plain

CURVE_POINTS = 25


def picture(study: Study, figure: Figure, points: Sequence[Point]) -> Picture:
    """One figure.

    Parameters
    ----------
    study : Study
    figure : Figure
    points : sequence of Point
        All of the study; those of the figure are chosen.

    Raises
    ------
    InputError
        If points of one line differ in more than the horizontal axis.
    """
    quantity = QUANTITIES[figure.quantity]
    axes = {figure.x, figure.y or figure.x}
    shown = [p for p in points if p.agrees(figure.where) and axes <= p.settings.keys()]
    label = quantity.label
    if figure.minus is not None:
        label = f"{label},\nminus that of {figure.minus}"
    tiles, lines, curves = [], [], []
    if figure.y is not None:
        tiles = [t for fit in figure.fits for t in _tiles(study, figure, fit, figure.y, shown)]
        if figure.threshold and tiles:
            curves = _threshold(figure, figure.y, shown)
    else:
        panels = _panels(figure, shown)
        for panel, inside in panels.items():
            for fit in figure.fits:
                line = _line(figure, fit, panel, inside, study.summary)
                if line.x:
                    lines.append(line)
                if figure.theory and fit in FITS:
                    curves.append(_curve(figure, fit, panel, inside))
    drawn = [y.value for line in lines for y in line.y if y.value is not None]
    return Picture(
        title=figure.title,
        quantity=label,
        x=NAMES.get(figure.x, figure.x),
        y="" if figure.y is None else NAMES.get(figure.y, figure.y),
        best=0.0 if figure.minus is not None else quantity.best,
        logarithmic=quantity.logarithmic and figure.minus is None and all(v > 0 for v in drawn),
        ends=quantity.ends if figure.minus is None else None,
        lines=lines,
        tiles=tiles,
        curves=[c for c in curves if c.x],
    )


def _panels(figure: Figure, points: Sequence[Point]) -> dict[str, list[Point]]:
    out: dict[str, list[Point]] = {}
    for point in points:
        value = "" if figure.panels is None else point.settings.get(figure.panels, "")
        name = "" if figure.panels is None else f"{figure.panels} {plain(value)}"
        if figure.panels in ("world", "shift"):
            name = plain(value)
        out.setdefault(name, []).append(point)
    return out


def _line(figure: Figure, fit: str, panel: str, points: Sequence[Point], summary: Summary) -> Line:
    found = {}
    rest = None
    for point in points:
        x = number(figure.x, point.settings[figure.x])
        values = point.replicated(fit, figure.quantity, figure.minus)
        if not len(values):
            continue
        if x in found:
            raise InputError(_several(figure, f"{figure.x} = {x:g}"))
        own = {
            k: v for k, v in point.settings.items() if k not in follows(point.settings, figure.x)
        }
        differ = [k for k in own if rest is not None and own[k] != rest.get(k)]
        if differ:
            raise InputError(
                f"figure {figure.title!r}: points of one line differ in {differ[0]} too; choose "
                "one with where, or give it panels"
            )
        rest = own
        found[x] = point.summarise(fit, figure.quantity, summary, minus=figure.minus)
    xs = sorted(found)
    return Line(name=fit, panel=panel, x=xs, y=[found[x] for x in xs])


def _several(figure: Figure, where: str) -> str:
    return (
        f"figure {figure.title!r}: several points have {where}; choose one with where, or give "
        "them panels"
    )


def _curve(figure: Figure, fit: str, panel: str, points: Sequence[Point]) -> TheoryCurve:
    """Theory along the horizontal axis, all else as in the panel's points."""
    at = [number(figure.x, p.settings[figure.x]) for p in points]
    if figure.x in ("prior_ratio", "n", "rows_per_feature"):
        xs = np.geomspace(min(at), max(at), CURVE_POINTS)
    else:
        xs = np.linspace(min(at), max(at), CURVE_POINTS)
    check_assumed(points[0].settings, f"figure {figure.title!r}, theory")
    drawn_x, drawn_y = [], []
    for x in xs.tolist():
        there = moved(points[0].settings, figure.x, x)
        try:
            value = limiting_value(there, fit, figure.quantity)
            minus = figure.minus and limiting_value(there, figure.minus, figure.quantity)
        except InputError:  # too near to where no MLE exists
            continue
        if value is not None and (figure.minus is None or minus is not None):
            drawn_x.append(x)
            drawn_y.append(value - float(minus or 0.0))
    return TheoryCurve(name=fit, panel=panel, x=drawn_x, y=drawn_y)


def _tiles(
    study: Study, figure: Figure, fit: str, y: str, points: Sequence[Point]
) -> Iterable[Tile]:
    seen = set()
    for point in points:
        at = number(figure.x, point.settings[figure.x]), number(y, point.settings[y])
        if at in seen:
            raise InputError(_several(figure, f"{figure.x} = {at[0]:g} and {y} = {at[1]:g}"))
        seen.add(at)
        value = point.summarise(fit, figure.quantity, study.summary, minus=figure.minus)
        yield Tile(panel=fit, x=at[0], y=at[1], value=value)


def _threshold(figure: Figure, y: str, points: Sequence[Point]) -> list[TheoryCurve]:
    """Where the MLE ceases to exist, over kappa (one axis) and signal (the other)."""
    if {figure.x, y} != {"kappa", "signal"}:
        raise InputError(f"figure {figure.title!r}: threshold needs the axes kappa and signal")
    check_assumed(points[0].settings, f"figure {figure.title!r}, threshold", OF_THE_WORLD)
    signals = [number("signal", p.settings["signal"]) for p in points]
    gammas = np.linspace(min(signals), max(signals), CURVE_POINTS).tolist()
    kappas = [theory.existence_threshold(gamma=g) for g in gammas]
    xs, ys = (kappas, gammas) if figure.x == "kappa" else (gammas, kappas)
    return [TheoryCurve(name="threshold", panel="mle", x=xs, y=ys)]
