"""What a study would do, and how long that should take."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from trifit.durations import duration
from trifit.study.cells import Cell, axes_of
from trifit.study.measures import measure, seconds_of
from trifit.study.spec import Study
from trifit.study.tables import OpenTable, Tables
from trifit.study.validation import validated_cells
from trifit.text import plain
from trifit.threads import available, limited


def plan(study: Study, jobs: int | None = None) -> Iterator[str]:
    """Lines that name every point with its cells, and the time of all together.

    Raises
    ------
    InputError
        On a study that contradicts itself.
    """
    tables = Tables()
    cells, jobs = validated_cells(study, tables), jobs or available()
    axes = axes_of(study, cells)
    count = Counter(cell.point for cell in cells)
    points = {cell.point: cell for cell in cells}
    yield f"{study.name}: {study.question}"
    for point, cell in points.items():
        words = (f"{a}={plain(cell.settings[a])}" for a in axes if a in cell.settings)
        yield f"{count[point]:6} x  {', '.join(words)}"
    each = estimated_seconds(points, tables)
    total = sum(count[point] * seconds for point, seconds in each.items())
    about = duration(total / min(jobs, len(cells)))
    yield f"{len(cells)} cells at {len(count)} points, about {about} with {jobs} jobs"


def estimated_seconds(points: Mapping[str, Cell], tables: OpenTable) -> dict[str, float]:
    """Seconds that one cell of every point should take in one thread.

    Fits are estimated from the time of a gradient. How many of them a posterior takes is
    not known beforehand, so two real cells, the quickest and the median one by that
    estimate, bring it to this study: ``seconds = a estimate^b``. Other measures are run.
    """
    rough = {point: seconds_of(cell, tables) for point, cell in points.items()}
    if any(cell.measure != "fits" for cell in points.values()) or len(points) < 2:
        return rough
    ordered = sorted(rough, key=rough.__getitem__)
    probes = ordered[0], ordered[len(ordered) // 2]
    _seconds(points[probes[0]], tables)  # a worker compiles once
    real = np.log([_seconds(points[p], tables) for p in probes])
    modelled = np.log([rough[p] for p in probes])
    apart = modelled[1] - modelled[0]
    b = float(np.clip((real[1] - real[0]) / apart, 0, 1)) if apart > 0 else 1.0
    return {p: float(np.exp(real[0] + b * (np.log(s) - modelled[0]))) for p, s in rough.items()}


def _seconds(cell: Cell, tables: OpenTable) -> float:
    start = time.perf_counter()
    with limited(1):
        measure(cell, tables)
    return time.perf_counter() - start
