"""NUTS by NumPyro: all chains one program on a device, in blocks of draws.

The sampler is NumPyro's; coordinates, blocks and what is told of each draw are those of
:mod:`trifit.fit.sampling`.
"""

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax import Array
from numpyro.infer.hmc import hmc

from trifit.cards import Sampler
from trifit.devices import Device
from trifit.fit.device.objective import DeviceObjective
from trifit.fit.device.terms import Data, Terms, objective_value
from trifit.fit.sampling import MAX_TREE_DEPTH, Advance
from trifit.fit.whitening import Coordinates

CHUNK = 25
"""Draws of every chain that one call of the device makes: between two, progress is told."""

Chunk = Callable[[Any, Any], tuple[Any, dict[str, Array]]]


def sample_on_device(
    at: Coordinates,
    device: Device,
    sampler: Sampler,
    sizes: list[int],
    seed: int,
    advance: Advance | None,
) -> Generator[dict[str, np.ndarray]]:
    """Draws ``z`` and what NUTS says of each, block by block.

    Parameters
    ----------
    at : Coordinates
        Without a scale, NUTS adapts one of every coordinate.
    device : Device
    sampler : Sampler
    sizes : list of int
        Draws per chain of every block, ascending.
    seed : int
    advance : callable, optional
        Called with the share of draws done.

    Yields
    ------
    dict of str to array of shape (n_chains, n_draws, ...)
        ``z`` and :data:`trifit.fit.sampling.TOLD`.

    References
    ----------
    Phan, Pradhan & Jankowiak (2019), arXiv:1912.11554
    """
    objective = DeviceObjective.of(at.objective, device)
    tune, n_chains = sampler.tune, sampler.chains
    start, go = _programs(objective.terms, tune, sampler.target_accept, adapts=at.scale is None)
    (seeds,) = np.random.SeedSequence(seed).spawn(1)  # not those of the centre
    z = np.random.default_rng(seeds).normal(scale=at.spread, size=(n_chains, len(at.centre)))
    usual = tune + min(sampler.usual_draws, sizes[-1])
    with device.in_force():
        arguments = jax.device_put((objective.data, at.centre, at.scale), device.handle)
        state = start(z, jax.random.split(jax.random.key(seed), n_chains), arguments)
    chunks: list[dict[str, np.ndarray]] = []
    for size in sizes:
        while CHUNK * len(chunks) < tune + size:
            with device.in_force():
                state, told = go(state, arguments)
                chunks.append({name: np.asarray(values) for name, values in told.items()})
            if advance is not None:
                advance(min(1.0, CHUNK * len(chunks) / usual))
        yield _block(chunks, tune, size)


def _block(chunks: list[dict[str, np.ndarray]], tune: int, size: int) -> dict[str, np.ndarray]:
    """The first draws after the warm-up, (n_chains, size, ...)."""
    block = {
        name: np.concatenate([chunk[name] for chunk in chunks])[tune : tune + size].swapaxes(0, 1)
        for name in chunks[0]
    }
    return block | {"depth": 1 + np.log2(block["n_steps"]).astype(np.int64)}


@lru_cache(maxsize=8)
def _programs(
    terms: Terms, tune: int, target_accept: float, *, adapts: bool
) -> tuple[Callable[..., Any], Chunk]:
    """The state of chains that start, and the program that lets them go :data:`CHUNK` draws."""

    def potential_of(data: Data, centre: Array, scale: Array | None) -> Callable[[Array], Array]:
        def potential(z: Array) -> Array:
            theta = centre + (z if scale is None else scale @ z)
            return -objective_value(terms, theta, data, 1.0, 1.0)

        return potential

    begin, step = hmc(potential_fn_gen=potential_of, algo="NUTS")

    def start(z: Array, key: Array, arguments: Any) -> Any:
        return begin(
            z,
            tune,
            adapt_mass_matrix=adapts,
            target_accept_prob=target_accept,
            max_tree_depth=MAX_TREE_DEPTH,
            model_args=arguments,
            rng_key=key,
        )

    def go(state: Any, arguments: Any) -> tuple[Any, dict[str, Array]]:
        def one(state: Any, _: None) -> tuple[Any, dict[str, Array]]:
            state = jax.vmap(step, in_axes=(0, None))(state, arguments)
            return state, {
                "z": state.z,
                "diverging": state.diverging,
                "n_steps": state.num_steps,
                "energy": state.energy,
                "logp": -state.potential_energy,
            }

        state, told = jax.lax.scan(one, state, length=CHUNK)
        return state, told

    return jax.jit(jax.vmap(start, in_axes=(0, 0, None))), jax.jit(go)
