"""What a study would do, and how long that should take."""

from collections import Counter
from collections.abc import Iterator

from trifit.study.cells import axes_of
from trifit.study.measures import seconds_of
from trifit.study.run import checked_cells
from trifit.study.spec import Study
from trifit.text import duration, plain
from trifit.threads import available


def plan(study: Study, jobs: int | None = None) -> Iterator[str]:
    """Lines that name every point with its cells, and the time of all together.

    Estimated on this machine: fits from the time of a gradient, other measures by one
    real cell of every point.

    Raises
    ------
    InputError
        On a study that contradicts itself.
    """
    cells, axes, jobs = checked_cells(study), axes_of(study), jobs or available()
    count = Counter(cell.point for cell in cells)
    yield f"{study.name}: {study.question}"
    seconds = 0.0
    for cell in {cell.point: cell for cell in cells}.values():
        words = (f"{a}={plain(cell.settings[a])}" for a in axes if a in cell.settings)
        yield f"{count[cell.point]:6} x  {', '.join(words)}"
        seconds += count[cell.point] * seconds_of(cell)
    about = duration(seconds / min(jobs, len(cells)))
    yield f"{len(cells)} cells at {len(count)} points, about {about} with {jobs} jobs"
