"""From the cells of the atlas to its record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from trifit.atlas.bootstrap import over_tables, share_over_tables
from trifit.atlas.entries import Entry
from trifit.atlas.rule import rule_of_thumb
from trifit.atlas.study import SHARES, sizes_of
from trifit.results import Verdict
from trifit.results.atlas import (
    CLOSE,
    ROWS,
    AtlasCell,
    AtlasRecord,
    AtlasTable,
    Behaving,
    Loss,
    MedianOverTables,
    Outcome,
    OverTables,
    range_of,
)
from trifit.results.study import StudyRecord
from trifit.study.cells import Cell
from trifit.study.points import Point, points_of
from trifit.study.scored import QUANTITY_OF
from trifit.types import Dataset
from trifit.words.atlas import WAYS

if TYPE_CHECKING:
    import pyarrow as pa

FAILURES = (Verdict.OVER_CONFIDENT, Verdict.UNDER_CONFIDENT, Verdict.MISCALIBRATED, Verdict.FAILED)
"""Verdicts with which a posterior fails."""

ALL = "all sizes"


def record_of(
    run: StudyRecord,
    entries: Sequence[Entry],
    datasets: Mapping[str, Dataset],
    cells: Sequence[Cell],
    found: "pa.Table",
) -> AtlasRecord:
    """All that the page says.

    Parameters
    ----------
    run : StudyRecord
        The study behind it.
    entries : sequence of Entry
    datasets : mapping of str to Dataset
        Their rows.
    cells : sequence of Cell
        What was asked for.
    found : pyarrow.Table
        What they gave.
    """
    atlas = [cell for p in points_of(cells, found) for cell in _cells_of(p, datasets)]
    return AtlasRecord(
        card=str(run.study["model"]["card"]),
        tables=[_table(entry, datasets[entry.name]) for entry in entries],
        cells=atlas,
        failed=run.failed,
        n_failed=run.n_failed,
        **summarised(atlas),
        rule=rule_of_thumb(atlas, {name: d.X.shape[1] for name, d in datasets.items()}),
        seed=run.study["seed"],
        replications=run.study["replications"],
        seconds=run.seconds,
        command=run.command,
        versions=run.versions,
    )


def summarised(cells: Sequence[AtlasCell]) -> dict[str, Any]:
    """The fields of a record that are about all tables together."""
    sizes = {name: [c for c in cells if c.share == share] for share, name in NAMES.items()}
    ranges = {
        name: [c for c in cells if range_of(c.effective) == name]
        for name in map(range_of, ROWS[:-1])
    }
    parts = {**sizes, ALL: cells}
    return {
        "by_size": _behaving(sizes),
        "by_rows": _behaving(ranges),
        "losses": [_loss(name, part) for name, part in parts.items()],
        "one_temperature": {
            name: share_over_tables(_by_table(part, _temperature_does))
            for name, part in parts.items()
        },
        "posterior_fails": _failing(sizes[NAMES[SHARES[0]]]),
    }


NAMES = {share: "full size" if share == 1 else f"{share:.0%} of full size" for share in SHARES}
"""Sizes in words."""


def _table(entry: Entry, dataset: Dataset) -> AtlasTable:
    assert entry.table is not None  # its rows were opened
    counts = np.bincount(dataset.y, minlength=dataset.n_classes).tolist()
    return AtlasTable(
        name=entry.name,
        title=entry.title,
        field=entry.field,
        origin=entry.origin,
        shipped_by=entry.shipped_by,
        licence=entry.licence,
        licence_from=entry.licence_from,
        target=entry.target,
        groups=entry.groups,
        left_out=entry.left_out,
        rows=dataset.n_obs,
        rows_left_out=entry.table.rows_left_out,
        columns=dataset.X.shape[1],
        held_out=sizes_of(dataset)[1],
        class_counts=dict(zip(dataset.class_names, counts, strict=True)),
    )


def _cells_of(point: Point, datasets: Mapping[str, Dataset]) -> list[AtlasCell]:
    """The replications of one table at one size that did not fail."""
    settings, dataset = point.settings, datasets[str(point.settings["source"])]
    n, full = int(settings["n"]), sizes_of(dataset)[0][0]  # type: ignore[arg-type]
    share = min(SHARES, key=lambda s: abs(round(s * full) - n))
    fits = [fit for fit, quantity in point.values if quantity == "trusted"]
    return [
        AtlasCell(
            table=dataset.name,
            share=share,
            n=n,
            replication=replication,
            classes=dataset.n_classes,
            effective=effective_rows(dataset, n),
            exists=not gone,
            posterior="bayes" if settings["nuts"] else "laplace",
            outcomes={fit: _outcome(point, fit, replication) for fit in fits},
        )
        for replication, gone in sorted(point.values.get(("mle", "no_mle"), {}).items())
    ]


def effective_rows(dataset: Dataset, n: int) -> float:
    """Training rows outside the most frequent class, per coefficient.

    By the class shares of the whole table, which every draw of training rows keeps up to
    rounding; where whole groups are drawn, about.

    Parameters
    ----------
    dataset : Dataset
    n : int
        Training rows.

    Examples
    --------
    >>> from trifit.data import load_dataset
    >>> round(effective_rows(load_dataset("iris"), 100), 2)  # 67 of 100 rows, 4 x 2 coefficients
    8.33
    """
    counts = np.bincount(dataset.y, minlength=dataset.n_classes)
    others = 1 - counts.max() / dataset.n_obs
    return float(n * others / (dataset.X.shape[1] * (dataset.n_classes - 1)))


def _outcome(point: Point, fit: str, replication: int) -> Outcome:
    def number(quantity: str) -> float:
        return point.values.get((fit, quantity), {}).get(replication, np.nan)

    def finite(quantity: str) -> float | None:
        return number(quantity) if np.isfinite(number(quantity)) else None

    given = [verdict for verdict, quantity in QUANTITY_OF.items() if number(quantity) == 1]
    return Outcome(
        verdict=Verdict.NO_MLE if Verdict.NO_MLE in given else given[0],
        slope=finite("slope"),
        log_loss=finite("log_loss"),
        trusted=number("trusted") == 1,
        **{name: finite(name) for name in ("slope_low", "slope_high", "gain", "temperature")},
    )


def _by_table(
    cells: Iterable[AtlasCell], value: Callable[[AtlasCell], float | None]
) -> dict[str, float]:
    """The mean of each table over those of its cells that have the number."""
    out = {}
    for table, own in groupby(sorted(cells, key=lambda c: c.table), key=lambda c: c.table):
        numbers = [v for cell in own if (v := value(cell)) is not None]
        if numbers:
            out[table] = float(np.mean(numbers))
    return out


def _behaving(parts: Mapping[str, Sequence[AtlasCell]]) -> list[Behaving]:
    return [
        Behaving(part=name, fit=fit, shares=_shares(cells, fit))
        for name, cells in parts.items()
        for fit in WAYS
        if cells
    ]


def _shares(cells: Sequence[AtlasCell], fit: str) -> dict[str, OverTables]:
    def is_a(verdict: Verdict) -> Callable[[AtlasCell], float | None]:
        def share(cell: AtlasCell) -> float | None:
            found = cell.outcome(fit)
            return None if found is None else float(found.verdict is verdict)

        return share

    return {v.value: share_over_tables(_by_table(cells, is_a(v))) for v in Verdict}


def _loss(name: str, cells: Sequence[AtlasCell]) -> Loss:
    """The steps from the MLE to the posterior, over cells that have all of them."""
    steps = ("mle", "map", "mean", "posterior")
    whole = [c for c in cells if c.exists and None not in [c.log_loss(fit) for fit in steps]]

    def gains(before: str, after: str) -> dict[str, float]:
        return _by_table(whole, lambda cell: cell.behind(before, after))

    sizes = {table: abs(loss) for table, loss in gains("mle", "posterior").items()}
    largest = max(sizes, key=lambda table: sizes[table]) if any(sizes.values()) else None
    return Loss(
        part=name,
        whole=_median(gains("mle", "posterior")),
        prior=_median(gains("mle", "map")),
        location=_median(gains("map", "mean")),
        averaging=_median(gains("mean", "posterior")),
        largest=largest,
        largest_share=None if largest is None else sizes[largest] / sum(sizes.values()),
        cells=len(whole),
    )


def _median(values: Mapping[str, float]) -> MedianOverTables:
    """The median, which no single table decides, and the mean beside it."""
    found = over_tables(values, np.median)
    mean = float(np.mean(list(values.values()))) if values else None
    return MedianOverTables(value=found.value, low=found.low, high=found.high, n=found.n, mean=mean)


def _temperature_does(cell: AtlasCell) -> float | None:
    """Whether one temperature does as well as the posterior; an infinite loss does not."""
    if cell.log_loss("posterior") is None:
        return None
    behind = cell.behind("mle+T")
    return float(behind is not None and behind <= CLOSE)


def _failing(cells: Iterable[AtlasCell]) -> dict[str, list[str]]:
    """Tables whose posterior fails at full size, and how."""
    out: dict[str, list[str]] = {}
    for cell in cells:
        found = cell.outcome("posterior")
        if found is not None and found.verdict in FAILURES:
            verdicts = out.setdefault(cell.table, [])
            if found.verdict.value not in verdicts:
                verdicts.append(found.verdict.value)
    return out
