"""The prior's part in the fits: what the data made of it, what another would have done."""

import numpy as np

from trifit.analyses.sensitivity import sensitivity
from trifit.crossfit.coefficients import Coefficients
from trifit.crossfit.fitted import Fitted
from trifit.fit import Layout
from trifit.results import PriorGroup, PriorPosterior, PriorRecord, PriorRow
from trifit.rounding import rounded
from trifit.seeds import child, generator
from trifit.types import FloatArray

N_DRAWS = 1_000
MAX_COEFFICIENTS = 12
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)


def prior_record(fitted: Fitted, seeds: np.random.SeedSequence) -> PriorRecord:
    """Prior against posterior, and prior sensitivity, where they are defined."""
    return PriorRecord(
        posterior=_prior_posterior(
            fitted, int(child(seeds, "prior draws").generate_state(1)[0] >> 1)
        ),
        sensitivity=sensitivity(fitted, generator(seeds, "prior refits")),
        scales=[each.prior_scale for each in fitted.every if each.prior_scale is not None],
    )


def _prior_posterior(fitted: Fitted, seed: int) -> PriorPosterior | None:
    if fitted.posterior is None:
        return None
    shown = Coefficients.of(fitted)
    prior = shown.prior_draws(fitted.density, N_DRAWS, seed)
    if prior is None:
        return None
    draws, _ = shown.draws(fitted.final.fits[fitted.posterior].flat_draws)
    return against_prior(prior, draws, shown.layout, single=fitted.problem.card.identified)


def against_prior(
    prior: FloatArray, posterior: FloatArray, layout: Layout, *, single: bool
) -> PriorPosterior:
    """Prior against posterior draws; see :class:`trifit.results.PriorPosterior`.

    Parameters
    ----------
    prior, posterior : array of shape (n_draws, layout.size)
    layout : Layout
    single : bool
        Whether single entries mean something: weights that can be permuted do not.
    """
    prior_sd, posterior_sd = prior.std(axis=0, ddof=1), posterior.std(axis=0, ddof=1)
    contraction = 1 - np.divide(
        posterior_sd**2, prior_sd**2, out=np.ones_like(prior_sd), where=prior_sd > 0
    )
    shift = posterior.mean(axis=0) - prior.mean(axis=0)

    def in_units_of(sd: FloatArray) -> FloatArray:
        return np.divide(shift, sd, out=np.zeros_like(shift), where=sd > 0)

    surprise = in_units_of(prior_sd)
    order = np.argsort(-abs(in_units_of(posterior_sd)), kind="stable")[:MAX_COEFFICIENTS]
    names = layout.labels()
    return PriorPosterior(
        n_prior_draws=len(prior),
        groups=_groups(layout, prior_sd, posterior_sd, contraction),
        rows=[
            PriorRow(
                parameter=names[j][0],
                feature=names[j][1],
                label=names[j][2],
                prior=tuple(rounded(np.quantile(prior[:, j], QUANTILES))),
                posterior=tuple(rounded(np.quantile(posterior[:, j], QUANTILES))),
                prior_sd=rounded(prior_sd[j]),
                posterior_sd=rounded(posterior_sd[j]),
                contraction=rounded(contraction[j]),
                surprise=rounded(surprise[j]),
            )
            for j in (order if single else [])
        ],
    )


def _groups(
    layout: Layout, prior_sd: FloatArray, posterior_sd: FloatArray, contraction: FloatArray
) -> list[PriorGroup]:
    before, after, shrunk = (layout.unravel(v) for v in (prior_sd, posterior_sd, contraction))
    return [
        PriorGroup(
            parameter=name,
            n=int(before[name].size),
            prior_sd=rounded(np.median(before[name])),
            posterior_sd=rounded(np.median(after[name])),
            contraction_low=rounded(shrunk[name].min()),
            contraction=rounded(np.median(shrunk[name])),
            contraction_high=rounded(shrunk[name].max()),
        )
        for name in layout.names
    ]
