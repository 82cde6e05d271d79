"""``bayes``: the full posterior by NUTS (nutpie), in whitened coordinates where that helps.

Where a mode describes the posterior, sampling starts there:
``theta = map + scale @ z`` with ``scale @ scale.T`` the inverse of minus the
Hessian of the log posterior at the MAP, so that the posterior of ``z`` is close
to a standard normal: fewer leapfrog steps per draw and a short warm-up. Where
minus the Hessian is not positive definite there are plain coordinates, as there
are for networks and models with learned prior scales, from dispersed starts:
measured on networks of 33 to 130 weights, whitening at one of their many modes
took 1.2 to 1.7 times as many steps per draw.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trifit.cards import Card, Sampler
from trifit.errors import InputError
from trifit.fit.density import Density, Objective, covariance_root
from trifit.fit.diagnostics import (
    diagnose_draws,
    diagnose_parameters,
    diagnose_predictions,
    posterior_status,
)
from trifit.fit.prediction import prediction_draws
from trifit.fit.training import Training
from trifit.fits import Fit, Sampling
from trifit.threads import cores, limited
from trifit.types import FloatArray

MAX_TREE_DEPTH = 10

MAX_PARAMS = 5_000
"""Most parameters that are sampled: a few thousand take up to an hour on two cores."""

DISPERSION = 0.5
"""Standard deviation of the chains' starts in plain coordinates."""

Advance = Callable[[float], None]


def check(density: Density, card: Card) -> None:
    """Refuse, with advice, a model that NUTS would take many hours for."""
    if density.n_params > MAX_PARAMS:
        raise InputError(
            f"the model has {density.n_params:,} parameters, too many for NUTS here (at most "
            f"{MAX_PARAMS:,}): use fewer features or hidden units"
        )


def fit(training: Training) -> Fit:
    """The posterior of one training set, judged by its predictions for held-out rows.

    And by its parameters, where these are identified.
    """
    density, card, rows = training.density, training.card, training.rows
    centre = None
    if describes_by_mode(density, identified=card.identified):
        centre = training.fit("map").theta
    bayes = fit_bayes(
        density,
        density.bind(rows.X, rows.labels),
        centre,
        card.sampler,
        seed=training.seed("sampler"),
        advance=partial(training.tell, "posterior"),
    )
    each = diagnose_draws(prediction_draws(density, bayes, training.held_out.X))
    diagnostics = {**bayes.diagnostics, **diagnose_predictions(each)}
    status = posterior_status(diagnostics, len(bayes.draws), parameters=card.identified)
    assert bayes.sampling is not None  # NUTS ran
    rhat = {**bayes.sampling.rhat, "prediction": each["rhat"]}
    sampling = replace(bayes.sampling, rhat=rhat)
    return replace(bayes, status=status, diagnostics=diagnostics, sampling=sampling)


def fit_bayes(
    density: Density,
    objective: Objective,
    centre: FloatArray | None,
    sampler: Sampler,
    *,
    seed: int,
    advance: Advance | None = None,
) -> Fit:
    """Sample the posterior with NUTS.

    Parameters
    ----------
    density : Density
    objective : Objective
        Bound to the training rows.
    centre : array of shape (n_params,) or None
        The MAP's theta, around which to whiten; None for plain coordinates.
    sampler : Sampler
    seed : int
        The same seed gives the same draws on one machine, however many cores
        the chains share.
    advance : callable, optional
        Called with the share of draws done, from another thread.
    """
    from trifit.fit.fast.callback import nutpie_model  # nutpie imports all of ArviZ

    start = time.perf_counter()
    if centre is None:
        centre = density.start(np.random.default_rng(seed))
        scale: FloatArray | None = None
    else:
        scale = covariance_root(objective.hessian(centre, prior=1.0, jacobian=1.0))

    spread = 1.0 if scale is not None else DISPERSION
    model = nutpie_model(objective, centre, scale, spread)
    trace = _sample(model, sampler, seed, advance)
    z, n_chains, n_draws = trace["z"], sampler.chains, sampler.draws
    thetas = centre + (z if scale is None else z @ scale.T)
    flat = thetas.reshape(n_chains * n_draws, -1)
    draws = density.constrain(flat)
    stats = {
        "diverging": trace["diverging"],
        "tree_depth": trace["depth"].astype(np.int64),
        "n_steps": trace["n_steps"].astype(np.int64),
        "energy": trace["energy"],
        "lp": trace["logp"],
        "log_prior": density.log_priors(flat).reshape(n_chains, n_draws),
    }
    shaped = draws.reshape(n_chains, n_draws, -1)
    each = diagnose_draws(shaped)
    diagnostics = diagnose_parameters(each, stats, max_depth=MAX_TREE_DEPTH)
    return Fit(
        method="bayes",
        draws=shaped,
        status=posterior_status(diagnostics, n_chains),
        seconds=time.perf_counter() - start,
        diagnostics=diagnostics,
        sampling=Sampling(stats, np.median(flat, axis=0), {"parameter": each["rhat"]}),
    )


def describes_by_mode(density: Density, *, identified: bool) -> bool:
    """Whether sampling starts at the mode and is whitened there: not for networks or scales."""
    return identified and not density.scales.any()


def _sample(
    model: Any, sampler: Sampler, seed: int, advance: Advance | None
) -> dict[str, np.ndarray]:
    """Draws ``z`` and what nutpie says of each: (n_chains, n_draws, ...) after the warm-up."""
    import nutpie

    def report(chains: Any) -> None:
        done = sum(c.finished_draws for c in chains)
        total = sum(c.total_draws for c in chains)
        if advance is not None and total:
            advance(done / total)

    with limited():
        raw = nutpie.sample(
            model,
            draws=sampler.draws,
            tune=sampler.tune,
            chains=sampler.chains,
            cores=min(cores(), sampler.chains),
            target_accept=sampler.target_accept,
            maxdepth=MAX_TREE_DEPTH,
            seed=seed,
            save_warmup=False,
            progress_bar=False,
            progress_callback=report if advance is not None else None,
            return_raw_trace=True,
        )
    chains = list(zip(*raw.get_arrow_trace(), strict=True))
    kept = [~_column(stats, "tuning") for _, stats in chains]
    if [int(rows.sum()) for rows in kept] != [sampler.draws] * sampler.chains:
        # nutpie answers Ctrl-C with the draws so far; half a posterior is none.
        raise KeyboardInterrupt("sampling was interrupted")

    def of_chains(name: str, part: int) -> np.ndarray:
        each = zip(chains, kept, strict=True)
        return np.array([_column(chain[part], name)[rows] for chain, rows in each])

    told = ("diverging", "depth", "n_steps", "energy", "logp")
    return {"z": of_chains("z", 0), **{name: of_chains(name, 1) for name in told}}


def _column(batch: Any, name: str) -> np.ndarray:
    """A column of an Arrow record batch, (n_rows, ...)."""
    import pyarrow as pa

    column = pa.array(batch.column(name))
    if pa.types.is_large_list(column.type):
        return np.asarray(column.flatten()).reshape(len(column), -1)
    return np.asarray(column)
