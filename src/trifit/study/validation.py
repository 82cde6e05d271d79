"""What a study names is looked up before anything runs."""

from collections.abc import Sequence

from trifit.errors import InputError
from trifit.fit import check_fits
from trifit.study.cells import Cell, axes_of, cells_of
from trifit.study.findings import finding
from trifit.study.measures import (
    TEST_SETTINGS,
    card_of,
    fits_of,
    gives,
    problem_of,
    texts,
)
from trifit.study.pictures import picture
from trifit.study.points import Point
from trifit.study.quantities import QUANTITIES
from trifit.study.sources import source_of, whole
from trifit.study.spec import Claim, Figure, Study
from trifit.study.tables import OpenTable, Tables


def validated_cells(study: Study, tables: Tables | None = None) -> list[Cell]:
    """The cells of a study, everything it names looked up.

    Parameters
    ----------
    study : Study
    tables : Tables, optional
        Where its tables are, or will be, read.

    Raises
    ------
    InputError
        On a world, card, setting, fit or quantity that does not exist, or a figure
        or claim that its grid cannot answer.
    """
    tables = Tables() if tables is None else tables
    cells = cells_of(study, tables)
    points = {cell.point: cell for cell in cells}
    for cell in points.values():
        _check_data(cell, tables)
    _check_models(list(points.values()), tables)
    fits = {fit for cell in points.values() for fit in fits_of(cell)}
    given = {quantity for cell in points.values() for quantity in gives(cell)}
    if study.rows_needed and (study.measure != "fits" or axes_of(study, cells) != ["n"]):
        raise InputError(
            "rows_needed: it needs the measure 'fits' and several n, and nothing else that varies"
        )
    questions: list[Figure | Claim] = [*study.figures, *study.claims]
    for asked in questions:
        _check_asked(study, asked, fits, given)
    _try_out(study, list(points.values()))
    return cells


def _check_data(cell: Cell, tables: OpenTable) -> None:
    if cell.measure == "calibration-tests":
        unknown = cell.data.keys() - TEST_SETTINGS.keys()
        if unknown or not {"n", "classes"} <= cell.data.keys():
            raise InputError(
                f"measure 'calibration-tests': data settings are {', '.join(TEST_SETTINGS)}, n and "
                f"classes always; the study gives {', '.join(sorted(cell.data))}"
            )
        for name, least in (("n", 2), ("classes", 2), ("repeats", 1)):
            whole(name, cell.data.get(name, TEST_SETTINGS[name]), least)
        return
    source_of(cell.data, tables).check()


def _check_models(cells: Sequence[Cell], tables: OpenTable) -> None:
    """Cards and their settings; a model is built once for every kind of it."""
    if cells[0].measure != "fits":
        for cell in cells:
            if cell.model:
                raise InputError(
                    f"measure {cell.measure!r} fits no model; leave out model.{min(cell.model)}"
                )
        return
    built = set()
    for cell in sorted(cells, key=lambda c: int(c.data.get("features", 1))):  # type: ignore[arg-type]
        card, nuts = card_of(cell.model, cell.folder), cell.model.get("nuts", True)
        if not isinstance(nuts, bool):
            raise InputError(f"model.nuts = {nuts!r}: expected true or false")
        extra = texts(cell.model, "methods")
        classes = cell.data.get("classes")  # of many tables the one of fewest columns is built
        kind = (card.builder, repr(card.hyperparameters), nuts, *extra, classes)
        if kind not in built:
            built.add(kind)
            sample = source_of(cell.data, tables).sample()
            check_fits(problem_of(sample, card).density, card, extra, nuts=nuts)


def _check_asked(study: Study, asked: Figure | Claim, fits: set[str], given: set[str]) -> None:
    what = f"figure {asked.title!r}" if isinstance(asked, Figure) else f"claim {asked.says!r}"
    named = asked.fits if isinstance(asked, Figure) else [asked.fit]
    quantity = QUANTITIES[asked.quantity]
    if asked.quantity not in given:
        real = " without the true probabilities" if study.measure == "fits" else ""
        raise InputError(f"{what}: measure {study.measure!r} gives no {asked.quantity}{real}")
    if not named:
        raise InputError(f"{what}: give fits, some of {', '.join(sorted(fits))}")
    for fit in (*named, *([asked.minus] if asked.minus else [])):
        if quantity.of and fit not in quantity.of:
            only = " and ".join(repr(f) for f in quantity.of)
            raise InputError(f"{what}: fit {fit!r} has no {asked.quantity}; only {only} has it")
        if not quantity.of and fit not in fits and not study.is_quick:  # known of the whole one
            raise InputError(
                f"{what}: no fit {fit!r} in this study; there are {', '.join(sorted(fits))}"
            )


def _try_out(study: Study, cells: Sequence[Cell]) -> None:
    """Draw every figure and judge every claim on made-up numbers."""
    points = [Point(cell.settings) for cell in cells]
    for point, cell in zip(points, cells, strict=True):
        for fit in fits_of(cell):
            for quantity in gives(cell):
                point.values[fit, quantity] = {0: 0.4, 1: 0.6}
    axes = axes_of(study, cells)
    for figure in study.figures:
        picture(study, figure, points)
    for claim in study.claims:
        finding(claim, points, study.summary, axes)
