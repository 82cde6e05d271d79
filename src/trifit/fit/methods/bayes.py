"""``bayes``: the full posterior, by NUTS or normal proposals, in coordinates that suit it.

Where a mode describes the posterior, sampling starts there:
``theta = map + scale @ z`` with ``scale @ scale.T`` the inverse of minus the
Hessian of the log posterior at the MAP, so that the posterior of ``z`` is close
to a standard normal: fewer leapfrog steps per draw and a short warm-up. Where
minus the Hessian is not positive definite there are plain coordinates. Networks have
plain ones too, from dispersed starts (measured with 33 to 130 weights, whitening at one
of their many modes took 1.2 to 1.7 times as many steps per draw), but for the radius of a layer
whose precision is learned (docs/decisions/019-radial-coordinates.md). One learned prior scale
has coordinates given the scale (docs/decisions/014-given-the-scale.md).

Many rows are sampled by normal proposals where the posterior is nearly normal
(docs/decisions/013-normal-proposals.md), everything else by NUTS: nutpie's, or NumPyro's
where the objective is on a device that JAX sees.
"""

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial

import msgspec
import numpy as np

from trifit.cards import USUAL_DRAWS, Card, Sampler
from trifit.devices import Device
from trifit.diagnostics import SamplerDiagnostics, at_most
from trifit.errors import InputError
from trifit.fit.blocks import WORDS_PER_ENTRY
from trifit.fit.density import Density, Objective
from trifit.fit.diagnostics import (
    diagnose_draws,
    diagnose_sampler,
    mixing,
    posterior_status,
    sampler_status,
    score_error,
)
from trifit.fit.given_scale import given_scale
from trifit.fit.prediction import draws_of_rows, prediction_draws
from trifit.fit.proposals import sample_by_proposals, suit
from trifit.fit.radial import radial
from trifit.fit.sampling import MAX_TREE_DEPTH, Advance, blocks, sample
from trifit.fit.training import Training
from trifit.fit.whitening import Coordinates, is_dense, plain, whitened
from trifit.fits import Fit, Sampling, Status
from trifit.inputs import label_probs
from trifit.memory import check_memory
from trifit.rounding import finite
from trifit.spacing import evenly_spaced
from trifit.types import FloatArray

LOG = logging.getLogger(__name__)

MAX_PARAMS = 5_000
"""Most parameters that are sampled where each step reads a matrix of n_params squared, or there
is no whitening: a few thousand take up to an hour on two cores."""

MAX_TURNED = 25_000
"""Most parameters that are sampled in Kronecker coordinates unless draws are asked for: 4 x 1,000
draws of them hold 0.8 GB. What a step costs is announced."""

MAX_SCORE_ERROR = 0.1
"""Monte Carlo error of a score, as a share of its standard error, that is small enough."""

SMALL_STEPS = 0.95
"""Target acceptance that is tried once where transitions diverge under a lower one: 0.8 is quickest
where the posterior is nearly normal, as most whitened ones are."""

HOPELESS_RHAT = 1.1
"""R-hat beyond which chains that usually agree by now will not come to agree."""

MAX_SCORE_VALUES = 8_000_000
"""Log probabilities (draws x rows x classes) from which that error is told."""


def check(density: Density, card: Card) -> None:
    """Refuse, with advice, a model whose posterior would take many hours or gigabytes."""
    sampler, n_params = card.sampler, density.n_params
    turned = describes_by_mode(density, identified=card.identified) and not is_dense(density)
    most = MAX_TURNED if turned else MAX_PARAMS
    if n_params > most and not (turned and sampler.fixed_draws):
        remedy = "or ask for a number of draws (--set draws=300)" if turned else "or hidden units"
        raise InputError(
            f"the model has {n_params:,} parameters, too many for NUTS here (at most {most:,}): "
            f"leave the posterior out (--no-nuts), use fewer features, {remedy}"
        )
    if turned:
        check_memory(
            f"the posterior of {n_params:,} parameters with {density.n_classes:,} classes",
            WORDS_PER_ENTRY * n_params * (density.n_classes - 1),  # from draws to log-odds
            "leave it out (--no-nuts), or use fewer features",
        )
    draws = sampler.chains * sampler.usual_draws
    check_memory(
        f"{draws:,} draws of {n_params:,} parameters",
        3 * draws * n_params,  # as they are sampled, transformed and diagnosed
        "take fewer draws or chains",
    )


def fit(training: Training) -> Fit:
    """The posterior of one training set, judged by its predictions for held-out rows.

    And by its parameters, where these are identified.
    """
    density, card, rows = training.density, training.card, training.rows
    centre = None
    if describes_by_mode(density, identified=card.identified):
        centre = training.fit("map").theta
    return fit_bayes(
        density,
        density.bind(rows.X, rows.labels),
        centre,
        card.sampler,
        seed=training.seed("sampler"),
        identified=card.identified,
        advance=partial(training.tell, "posterior"),
        judge=partial(_by_predictions, training),
    )


def _by_predictions(training: Training, fit: Fit) -> Fit:
    """A fit with the diagnostics of what it predicts for held-out rows, and its status."""
    density, card, held_out = training.density, training.card, training.held_out
    n_rows = max(2, MAX_SCORE_VALUES // (len(fit.flat_draws) * density.n_classes))
    some = held_out.take(evenly_spaced(len(held_out), n_rows))
    each = diagnose_draws(prediction_draws(density, fit, held_out.X))
    diagnostics = msgspec.structs.replace(
        _diagnostics(fit),
        predictions=mixing(each),
        score_error_share=finite(
            score_error(
                draws_of_rows(density, fit, some.X),
                label_probs(some.labels, density.n_classes),
                len(held_out),
            )
        ),
    )
    status = posterior_status(diagnostics, len(fit.draws), parameters=card.identified)
    assert fit.sampling is not None  # it was sampled
    sampling = replace(fit.sampling, rhat={**fit.sampling.rhat, "prediction": each["rhat"]})
    return replace(fit, status=status, diagnostics=diagnostics, sampling=sampling)


def fit_bayes(
    density: Density,
    objective: Objective,
    centre: FloatArray | None,
    sampler: Sampler,
    *,
    seed: int,
    identified: bool = False,
    advance: Advance | None = None,
    judge: Callable[[Fit], Fit] | None = None,
) -> Fit:
    """Sample the posterior until the draws suffice.

    With NUTS, or, where it is nearly normal, by normal proposals. Where transitions diverge, once
    more from the start with the smaller steps of :data:`SMALL_STEPS`.

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
    identified : bool
        Whether the data determine the parameters: then there may be coordinates that suit
        a learned scale.
    advance : callable, optional
        Called with the share of draws done.
    judge : callable, optional
        Adds diagnostics, and the status they lead to, to a fit.
    """
    start = time.perf_counter()
    if centre is not None:
        at = whitened(density, objective, centre)
    else:
        begin = density.start(np.random.default_rng(seed))
        at = (
            (identified and given_scale(density, objective, begin))
            or radial(density, objective, begin)
            or plain(objective, begin)
        )
    sizes = blocks(sampler, density.n_params)
    with closing(_draws(at, objective.device, sampler, sizes, seed, advance)) as each_block:
        for block in each_block:
            fit = _fit_of(density, at.theta(block["z"]), block)
            if judge is not None:
                fit = judge(fit)
            enough = suffices(fit)
            LOG.info("%d draws per chain: %s, enough: %s", fit.draws.shape[1], fit.status, enough)
            if enough:
                break
    if fit.status is Status.DIVERGENT and sampler.target_accept < SMALL_STEPS:
        fit = fit_bayes(
            density,
            objective,
            centre,
            msgspec.structs.replace(sampler, target_accept=SMALL_STEPS),
            seed=seed,
            identified=identified,
            advance=advance,
            judge=judge,
        )
    return replace(fit, seconds=time.perf_counter() - start)


def _draws(
    at: Coordinates,
    device: Device | None,
    sampler: Sampler,
    sizes: list[int],
    seed: int,
    advance: Advance | None,
) -> Generator[dict[str, np.ndarray]]:
    """Blocks of draws: normal proposals where the posterior is nearly normal, else NUTS."""
    if at.scale is not None and suit(at.objective):
        if (yield from sample_by_proposals(at, sampler, sizes, seed, advance)):
            return
    if device is None:
        from trifit.fit.fast.callback import nutpie_model  # nutpie: half a second

        yield from sample(nutpie_model(at), sampler, sizes, seed, advance)
    else:
        from trifit.fit.device.sampling import sample_on_device

        yield from sample_on_device(at, device, sampler, sizes, seed, advance)


def _fit_of(density: Density, thetas: FloatArray, told: Mapping[str, np.ndarray]) -> Fit:
    """A fit of draws of theta, (n_chains, n_draws, n_params), judged by its parameters."""
    n_chains, n_draws, n_params = thetas.shape
    flat = thetas.reshape(-1, n_params)
    draws = density.constrain(flat).reshape(n_chains, n_draws, -1)
    stats = {
        "diverging": told["diverging"],
        "tree_depth": told["depth"].astype(np.int64),
        "n_steps": told["n_steps"].astype(np.int64),
        "energy": told["energy"],
        "lp": told["logp"],
        "log_prior": density.log_priors(flat).reshape(n_chains, n_draws),
    }
    if "accepted" in told:
        stats["accepted"] = told["accepted"]
    each = diagnose_draws(draws)
    diagnostics = diagnose_sampler(each, stats, max_depth=MAX_TREE_DEPTH)
    return Fit(
        method="bayes",
        draws=draws,
        status=posterior_status(diagnostics, n_chains),
        seconds=0.0,
        diagnostics=diagnostics,
        sampling=Sampling(stats, np.median(flat, axis=0), {"parameter": each["rhat"]}),
    )


def suffices(fit: Fit) -> bool:
    """Whether to stop drawing: every check passes and scores are exact enough, or it is in vain.

    In vain, once there are as many draws as usually suffice, is what no further draws would
    mend: chains far apart, divergent transitions, a low E-BFMI, a limit of the tree depth.
    """
    d = _diagnostics(fit)
    if not fit.status.failed:
        return at_most(d.score_error_share or 0.0, MAX_SCORE_ERROR)
    if fit.draws.shape[1] < USUAL_DRAWS:
        return False
    told = d.predictions or d.parameters
    apart = fit.status is Status.UNMIXED and not at_most(told.rhat_max, HOPELESS_RHAT)
    return apart or sampler_status(d).failed


def _diagnostics(fit: Fit) -> SamplerDiagnostics:
    """Those of a fit that was sampled."""
    assert isinstance(fit.diagnostics, SamplerDiagnostics)
    return fit.diagnostics


def describes_by_mode(density: Density, *, identified: bool) -> bool:
    """Whether sampling starts at the mode and is whitened there: not for networks or scales."""
    return identified and not density.scales.any()
