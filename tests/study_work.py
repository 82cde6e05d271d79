"""Toy cells that workers can import: numbers of a seed, and ways to go wrong."""

import os
import signal
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import effective_n_jobs
from threadpoolctl import threadpool_info

from trifit.errors import InputError
from trifit.study.store import Row
from trifit.threads import cores


@dataclass(frozen=True)
class Task:
    """A cell's seed, where it leaves a trace of being computed, and what it does.

    ``trouble``: "" (none), "error", "bad input", "no row", "warning", "kill" (its process,
    always), "kill once", "interrupt".
    """

    key: str
    seed: int
    traces: str
    trouble: str = ""
    seconds: float = 0.0


def many(n, traces, seconds=0.0, **trouble):
    """Tasks by key; ``trouble`` by key."""
    Path(traces).mkdir(exist_ok=True)
    keys = [f"c{i:03d}" for i in range(n)]
    return {
        key: Task(key, 1_000 + i, str(traces), trouble.get(key, ""), seconds)
        for i, key in enumerate(keys)
    }


def blas_threads():
    return max(lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas")


def numbers(task):
    """Draws and a product that BLAS computes, big enough to be shared between threads."""
    rng = np.random.default_rng(task.seed)
    X = rng.standard_normal((600, 300))
    product = X.T @ X / len(X)
    return [
        Row("mle", "trace", float(np.trace(product))),
        Row("mle", "sum", float(product.sum())),
        Row("bayes", "log_det", float(np.linalg.slogdet(product)[1])),
        Row("", "nan", float("nan")),
        Row("", "inf", float("-inf")),
        Row("", "cores", cores()),
        Row("", "blas threads", blas_threads()),
        Row("", "joblib's jobs", effective_n_jobs(-1)),
    ]


def work(task):
    """The cell, after its trouble."""
    trace = Path(task.traces) / task.key
    before = trace.stat().st_size if trace.exists() else 0
    with trace.open("a") as file:
        file.write("x")
    time.sleep(task.seconds)
    match task.trouble:
        case "error":
            raise ZeroDivisionError("seed\nnot liked")
        case "bad input":
            raise InputError("n: 3, expected more")
        case "no row":
            return [("mle", 1.0)]
        case "warning":
            warnings.warn("a fit did not converge", RuntimeWarning, stacklevel=1)
        case "interrupt":
            raise KeyboardInterrupt
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "kill once" if before == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return numbers(task)


def runs(traces):
    """How often each cell was begun."""
    return {path.name: path.stat().st_size for path in Path(traces).iterdir()}
