"""NUTS by nutpie, in blocks of draws: each block holds the draws of the blocks before it.

Chains rest while a block is judged. What they have drawn beyond it is cut off, so the blocks
depend on the seed alone: not on the cores, and not on the clock.
"""

import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import numpy as np

from trifit.cards import Sampler
from trifit.threads import cores, limited

MAX_TREE_DEPTH = 10

FIRST_BLOCK = 500
"""Draws per chain of the first block; every further block doubles them."""

MAX_VALUES = 20_000_000
"""Numbers in all draws of a posterior (160 MB) up to which more than the usual draws are made."""

TOLD = ("diverging", "depth", "n_steps", "energy", "logp")
"""What nutpie says of each draw."""

PAUSE, RATE = 0.002, 5
"""Seconds between two looks at the chains, milliseconds between two of their reports."""

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
    ([300], [500, 1000, 2000, 4000])
    """
    if sampler.fixed_draws is not None:
        return [sampler.fixed_draws]
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

    Closing the iterator ends the chains.

    Parameters
    ----------
    model : nutpie model
    sampler : Sampler
    sizes : list of int
        Draws per chain of every block, ascending.
    seed : int
    advance : callable, optional
        Called with the share of draws done.

    Yields
    ------
    dict of str to array of shape (n_chains, n_draws, ...)
        ``z`` and :data:`TOLD`.
    """
    seeds = np.random.SeedSequence(seed).generate_state(sampler.chains).tolist()
    chains = [_Chain(model, sampler, sizes[-1], each) for each in seeds]
    usual = sampler.chains * (sampler.tune + min(sampler.usual_draws, sizes[-1]))
    try:
        with limited():
            for size in sizes:
                for _ in _in_turns(chains, sampler.tune + size, cores()):
                    if advance is not None:
                        advance(min(1.0, sum(chain.done for chain in chains) / usual))
                each = [chain.draws(size) for chain in chains]
                yield {name: np.array([told[name] for told in each]) for name in each[0]}
    finally:
        for chain in chains:
            chain.end()


def _in_turns(chains: list["_Chain"], n_steps: int, n_cores: int) -> Iterator[None]:
    """Let every chain go so many steps, as many at a time as there are cores."""
    waiting, running = list(chains), list[_Chain]()
    while waiting or running:
        while waiting and len(running) < n_cores:
            running.append(waiting.pop(0))
            running[-1].go()
        time.sleep(PAUSE)
        for chain in [chain for chain in running if chain.reached(n_steps)]:
            chain.rest()
            running.remove(chain)
        yield


class _Chain:
    """One chain, in a thread of nutpie's, which goes and rests as it is told."""

    def __init__(self, model: Any, sampler: Sampler, n_draws: int, seed: int) -> None:
        self._start = partial(_started, model, sampler, n_draws, seed, self._report)
        self._run: Any = None
        self._trace: Any = None
        self.done = 0

    def _report(self, told: Any) -> None:
        self.done = told[0].finished_draws

    def go(self) -> None:
        """Start or go on."""
        if self._run is None:
            self._run = self._start()
        elif self._trace is None:
            self._run.resume()

    def reached(self, n_steps: int) -> bool:
        """Whether so many steps are done, the warm-up's included.

        Raises
        ------
        RuntimeError
            What ended the chain before.
        """
        if self._trace is None and _finished(self._run):
            self._trace = self._run.wait().get_arrow_trace()  # may be taken once only
        return self._trace is not None or self.done >= n_steps

    def rest(self) -> None:
        """Stop until told to go on."""
        if self._trace is None:
            self._run.pause()

    def draws(self, size: int) -> dict[str, np.ndarray]:
        """The first draws after the warm-up, and what is said of them: (size, ...)."""
        (draws,), (told,) = self._trace or self._run.inspect().get_arrow_trace()
        rows = np.flatnonzero(~_column(told, "tuning"))[:size]
        if len(rows) < size:
            raise RuntimeError(f"nutpie ended after {len(rows)} of {size} draws")
        return {"z": _column(draws, "z")[rows], **{n: _column(told, n)[rows] for n in TOLD}}

    def end(self) -> None:
        """Stop for good."""
        if self._run is not None and self._trace is None:
            self._run.cancel()


def _started(
    model: Any, sampler: Sampler, n_draws: int, seed: int, report: Callable[[Any], None]
) -> Any:
    import nutpie

    return nutpie.sample(
        model,
        draws=n_draws,
        tune=sampler.tune,
        chains=1,
        cores=1,
        target_accept=sampler.target_accept,
        maxdepth=MAX_TREE_DEPTH,
        seed=seed,
        save_warmup=False,
        progress_bar=False,
        progress_callback=report,
        progress_rate=RATE,
        return_raw_trace=True,
        blocking=False,
    )


def _finished(run: Any) -> bool:
    """Whether a chain has ended; nutpie answers "no" by a timeout."""
    try:
        return bool(run.is_finished)
    except TimeoutError:
        return False


def _column(batch: Any, name: str) -> np.ndarray:
    """A column of an Arrow record batch, (n_rows, ...)."""
    import pyarrow as pa

    column = pa.array(batch.column(name))
    if pa.types.is_large_list(column.type):
        return np.asarray(column.flatten()).reshape(len(column), -1)
    return np.asarray(column)
