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
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from trifit.cards import Card, Sampler
from trifit.errors import InputError
from trifit.fit.density import Density, Objective, covariance_root
from trifit.fit.diagnostics import diagnose_parameters, diagnose_predictions, posterior_status
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
    diagnostics = {
        **bayes.diagnostics,
        **diagnose_predictions(prediction_draws(density, bayes, training.held_out.X)),
    }
    status = posterior_status(diagnostics, len(bayes.draws), parameters=card.identified)
    return replace(bayes, status=status, diagnostics=diagnostics)


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
    z = np.asarray(trace["posterior"]["z"].values)
    n_chains, n_draws, _ = z.shape
    if (n_chains, n_draws) != (sampler.chains, sampler.draws) or np.isnan(z).any():
        # nutpie answers Ctrl-C with the draws so far; half a posterior is none.
        raise KeyboardInterrupt("sampling was interrupted")
    thetas = centre + (z if scale is None else z @ scale.T)
    flat = thetas.reshape(n_chains * n_draws, -1)
    draws = density.constrain(flat)
    raw = trace["sample_stats"]
    stats = {
        "diverging": np.asarray(raw["diverging"].values, dtype=bool),
        "tree_depth": np.asarray(raw["depth"].values, dtype=np.int64),
        "n_steps": np.asarray(raw["n_steps"].values, dtype=np.int64),
        "energy": np.asarray(raw["energy"].values, dtype=np.float64),
        "lp": np.asarray(raw["logp"].values, dtype=np.float64),
        "log_prior": density.log_priors(flat).reshape(n_chains, n_draws),
    }
    shaped = draws.reshape(n_chains, n_draws, -1)
    diagnostics = diagnose_parameters(shaped, stats, max_depth=MAX_TREE_DEPTH)
    return Fit(
        method="bayes",
        draws=shaped,
        status=posterior_status(diagnostics, n_chains),
        seconds=time.perf_counter() - start,
        diagnostics=diagnostics,
        sampling=Sampling(stats, np.median(flat, axis=0)),
    )


def describes_by_mode(density: Density, *, identified: bool) -> bool:
    """Whether sampling starts at the mode and is whitened there: not for networks or scales."""
    return identified and not density.scales.any()


def _sample(model: Any, sampler: Sampler, seed: int, advance: Advance | None) -> Any:
    import nutpie

    def report(chains: Any) -> None:
        done = sum(c.finished_draws for c in chains)
        total = sum(c.total_draws for c in chains)
        if advance is not None and total:
            advance(done / total)

    with limited(), warnings.catch_warnings():
        # Said of a run that Ctrl-C cut short, which is not used.
        warnings.filterwarnings("ignore", message="Found chain dimension")
        return nutpie.sample(
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
        )
