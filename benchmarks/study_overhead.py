"""What the engine of studies costs per cell, beside the cell: the figures of docs/scaling.md.

Empty cells (one row, their wall time) through each backend; the store's bytes and seconds
for cells of a study's size.

    python benchmarks/study_overhead.py
    python benchmarks/study_overhead.py n_cells=200 n_rows=40 n_stored=2000
"""

import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from harness import Part, fresh_by_name, main, peak_bytes

sys.path.append(str(Path(__file__).parents[1] / "tests"))


@dataclass(frozen=True)
class Task:
    """As small as a real one: what to do is a name and a few numbers."""

    study: str
    point: tuple
    seed: int


def nothing(_task):
    return []


def tasks(n):
    return {f"{i:08x}"[::-1]: Task("overhead", (i % 7, 2.5, "softmax"), i) for i in range(n)}


def cpu(process):
    times = process.cpu_times()
    return times.user + times.system


def through(backend, jobs, n_cells):
    """Start of the workers, milliseconds per cell, and CPU of driver and scheduler."""
    from contextlib import ExitStack

    import psutil
    from study_overhead import nothing

    from study_cluster import cluster
    from trifit.study.engine import run_cells
    from trifit.study.store import Store

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        how, scheduler = {"backend": backend, "jobs": jobs}, None
        if backend == "dask":
            how["scheduler"], process = stack.enter_context(cluster(folder, jobs))
            scheduler = psutil.Process(process.pid)
        given, times = tasks(n_cells), []
        first = dict(list(given.items())[: 4 * jobs])
        store = Store(folder / "store")

        def told(_key, _seconds):
            if not times:
                spent.extend([time.process_time(), cpu(scheduler) if scheduler else 0.0])
            times.append(time.perf_counter())

        spent, start = [], time.perf_counter()
        if backend == "dask":  # its workers stay: the first cells make them import
            run_cells(first, nothing, store, **how)
        run_cells(given, nothing, store, advance=told, **how)
        over = len(times) - 1
        return {
            "start": times[0] - start,
            "wall": 1e3 * (times[-1] - times[0]) / over,
            "driver": 1e3 * (time.process_time() - spent[0]) / over,
            "scheduler": 1e3 * ((cpu(scheduler) if scheduler else 0.0) - spent[1]) / over,
        }


def stored(n_cells, n_rows):
    """Bytes and seconds of cells, loose and compacted."""
    import numpy as np

    from trifit.study.store import Row, Store

    numbers = np.random.default_rng(1).standard_normal((n_cells, n_rows))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        cells = {
            key: [Row("bayes", f"quantity_{j}", v) for j, v in enumerate(row)]
            for key, row in zip(tasks(n_cells), numbers.tolist(), strict=True)
        }
        start = time.perf_counter()
        for key, rows in cells.items():
            store.write(key, rows)
        written = time.perf_counter()
        files = [path.stat() for path in store.folder.glob("loose/*/*")]
        start_compact = time.perf_counter()
        store.compact()
        compacted = time.perf_counter()
        part = sum(path.stat().st_size for path in store.folder.glob("parts/*"))
        return {
            "write": 1e3 * (written - start) / n_cells,
            "loose": sum(f.st_size for f in files) / n_cells,
            "disk": sum(512 * f.st_blocks for f in files) / n_cells,
            "compact": 1e3 * (compacted - start_compact) / n_cells,
            "part": part / n_cells,
        }


def many(n_parts, n_rows):
    """Seconds and memory to open a large store: parts of 1,000 cells."""
    import numpy as np
    import pyarrow as pa

    from trifit.study.store import COMPACT_AT, Store, cell_table
    from trifit.study.store import Row as R

    rng = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        keys = list(tasks(n_parts * COMPACT_AT))
        shape = cell_table("some", [R("bayes", f"quantity_{j}", 0.0) for j in range(n_rows)])
        for p in range(n_parts):
            mine = sorted(keys[p * COMPACT_AT : (p + 1) * COMPACT_AT])
            part = pa.concat_tables([shape] * COMPACT_AT)
            part = part.set_column(0, part.field(0), pa.array(np.repeat(mine, n_rows).tolist()))
            values = pa.array(rng.standard_normal(part.num_rows))
            store.keep("unused", part.set_column(3, part.field(3), values))
            target = store.folder / "parts" / f"{p:06d}.parquet"
            target.parent.mkdir(exist_ok=True)
            next(store.folder.glob("loose/*/*")).rename(target)
        before, start = peak_bytes(), time.perf_counter()
        finished = store.finished()
        listed = time.perf_counter()
        table = store.table()
        return {
            "cells": len(finished),
            "rows": table.num_rows,
            "finished": listed - start,
            "table": time.perf_counter() - listed,
            "bytes": peak_bytes() - before,
        }


def held(n):
    """Bytes per task that the driver holds."""
    tracemalloc.start()
    kept = tasks(n)
    done = set(kept)
    return tracemalloc.get_traced_memory()[0] / len(done)


def run(backend, jobs, n_cells):
    return fresh_by_name("study_overhead", "through", backend, jobs, n_cells)


def measure(n_cells=2_000, n_rows=40, n_stored=2_000, n_parts=100):
    rows = []
    for backend, jobs in (("serial", 1), ("loky", 1), ("loky", 2), ("dask", 2)):
        r = run(backend, jobs, n_cells)
        name = backend if backend == "serial" else f"{backend}, {jobs} worker{'s' * (jobs > 1)}"
        costs = [f"{r[key]:.1f}" for key in ("start", "wall", "driver", "scheduler")]
        rows.append([name, *costs] if backend == "dask" else [name, *costs[:-1], ""])
    s = fresh_by_name("study_overhead", "stored", n_stored, n_rows)
    m = fresh_by_name("study_overhead", "many", n_parts, n_rows)
    b = fresh_by_name("study_overhead", "held", 100_000)
    return Part(
        "Overhead of a study, per cell",
        f"{n_cells:,} empty cells, each written to its own file. Store, {n_rows} rows a cell: "
        f"written in {s['write']:.1f} ms (flushed to disk), {s['loose']:,.0f} bytes loose "
        f"({s['disk']:,.0f} on disk), {s['part']:,.0f} compacted, in {s['compact']:.1f} ms. "
        f"{m['cells']:,} cells in {n_parts} parts: keys listed in {m['finished']:.1f} s, the table "
        f"of {m['rows']:,} rows read and sorted in {m['table']:.1f} s with "
        f"{m['bytes'] / 1e9:.2f} GB. The driver holds {b:,.0f} bytes per task.",
        [
            "backend",
            "first cell after, s",
            "ms per cell",
            "driver's CPU, ms",
            "scheduler's CPU, ms",
        ],
        rows,
    )


if __name__ == "__main__":
    main(measure)
