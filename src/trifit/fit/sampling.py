"""NUTS by nutpie, in blocks of draws: each block holds the draws of the blocks before it.

Chains run in the background while a block is judged. What they have drawn beyond it is
cut off, so the blocks depend on the seed alone: not on the cores, and not on the clock.
"""

import time
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from trifit.cards import Sampler
from trifit.threads import limited

MAX_TREE_DEPTH = 10

FIRST_BLOCK = 250
"""Draws per chain of the first block; every further block doubles them."""

MAX_VALUES = 20_000_000
"""Numbers in all draws of a posterior (160 MB) up to which a fifth block and more are drawn."""

TOLD = ("diverging", "depth", "n_steps", "energy", "logp")
"""What nutpie says of each draw."""

PAUSE = 0.005
"""Seconds between two looks at the chains."""

Advance = Callable[[float], None]


def blocks(sampler: Sampler, n_params: int) -> list[int]:
    """Draws per chain after which a posterior is judged.

    Parameters
    ----------
    sampler : Sampler
        Whose ``draws`` are a number (one block), or ``"auto"``.
    n_params : int

    Examples
    --------
    >>> blocks(Sampler(draws=300), 10), blocks(Sampler(), 10)
    ([300], [250, 500, 1000, 2000, 4000])
    """
    if sampler.draws != "auto":
        return [sampler.draws]
    most = max(sampler.usual_draws, MAX_VALUES // (sampler.chains * max(n_params, 1)))
    most = min(most, sampler.max_draws)
    sizes = [FIRST_BLOCK]
    while 2 * sizes[-1] <= most:
        sizes.append(2 * sizes[-1])
    return sizes if sizes[0] <= most else [most]


def sample(
    model: Any, sampler: Sampler, sizes: list[int], seed: int, advance: Advance | None
) -> Generator[dict[str, np.ndarray]]:
    """Draws ``z`` and what nutpie says of each, block by block.

    Closing the iterator stops the chains.

    Parameters
    ----------
    model : nutpie model
    sampler : Sampler
    sizes : list of int
        Draws per chain of every block, ascending.
    seed : int
    advance : callable, optional
        Called with the share of draws done, from another thread.

    Yields
    ------
    dict of str to array of shape (n_chains, n_draws, ...)
        ``z`` and :data:`TOLD`.
    """
    import nutpie

    done = [0] * sampler.chains

    def report(chains: Any) -> None:
        done[:] = (c.finished_draws for c in chains)
        if advance is not None:
            usual = sampler.tune + min(sampler.usual_draws, sizes[-1])
            advance(min(1.0, sum(done) / (usual * sampler.chains)))

    with limited():
        chains = nutpie.sample(
            model,
            draws=sizes[-1],
            tune=sampler.tune,
            chains=sampler.chains,
            cores=sampler.chains,  # all advance together; the system shares the cores
            target_accept=sampler.target_accept,
            maxdepth=MAX_TREE_DEPTH,
            seed=seed,
            save_warmup=False,
            progress_bar=False,
            progress_callback=report,
            progress_rate=20,
            return_raw_trace=True,
            blocking=False,
        )
        whole = None
        try:
            for size in sizes:
                while whole is None and (size == sizes[-1] or min(done) < sampler.tune + size):
                    if _finished(chains):
                        whole = chains.wait()
                    else:
                        time.sleep(PAUSE)
                yield _arrays(chains.inspect() if whole is None else whole, size)
        finally:
            if whole is None:
                chains.cancel()


def _finished(chains: Any) -> bool:
    """Whether all chains have ended; nutpie answers "no" by a timeout."""
    try:
        return bool(chains.is_finished)
    except TimeoutError:
        return False


def _arrays(trace: Any, size: int) -> dict[str, np.ndarray]:
    """The first draws after the warm-up of every chain, and what is said of them."""
    chains = list(zip(*trace.get_arrow_trace(), strict=True))
    kept = [np.flatnonzero(~_column(told, "tuning"))[:size] for _, told in chains]
    if [len(rows) for rows in kept] != [size] * len(chains):
        raise RuntimeError(f"nutpie ended after {[len(rows) for rows in kept]} draws, not {size}")

    def of_chains(name: str, part: int) -> np.ndarray:
        each = zip(chains, kept, strict=True)
        return np.array([_column(chain[part], name)[rows] for chain, rows in each])

    return {"z": of_chains("z", 0), **{name: of_chains(name, 1) for name in TOLD}}


def _column(batch: Any, name: str) -> np.ndarray:
    """A column of an Arrow record batch, (n_rows, ...)."""
    import pyarrow as pa

    column = pa.array(batch.column(name))
    if pa.types.is_large_list(column.type):
        return np.asarray(column.flatten()).reshape(len(column), -1)
    return np.asarray(column)
