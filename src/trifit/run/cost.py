"""What a comparison should cost, in seconds: its fits, and what follows them.

What depends on no model is known from measured runs (``benchmarks/predicted_time.py``), at the pace
of this machine.
"""

import math
from collections.abc import Collection

from trifit.analyses.posterior import MAX_DRAWS, MAX_VALUES
from trifit.analyses.sensitivity import MAX_ROWS, MAX_WORK
from trifit.cards import Card
from trifit.crossfit.problem import MANY_PARAMS
from trifit.fit import Density
from trifit.fit.loo import MAX_ROWS as LOO_ROWS
from trifit.fit.methods.map_cv import SCALE_FACTORS
from trifit.judge.contestant import MAX_CURVES
from trifit.run.cost_of_fits import Timed, of_fits, usual_draws
from trifit.run.expected import Cost, Expected, between
from trifit.types import Rows

SURELY = 1.3
"""Factor within which what depends on no model is known."""


def expected_cost(
    density: Density,
    rows: Rows,
    card: Card,
    names: Collection[str],
    *,
    n_test: int,
    n_fits: int,
) -> Cost:
    """What a comparison should cost, from a few timed gradients.

    Parameters
    ----------
    density : Density
        On its device.
    rows : Rows
        The first training set.
    card : Card
    names : collection of str
        Of the fits.
    n_test : int
        Test rows, of all training sets together.
    n_fits : int
        Number of training sets.
    """
    timed = Timed.of(density, rows)
    each = of_fits(density, rows, card, names, timed, n_test=n_test // max(1, n_fits - 1))
    few, many = usual_draws(density, card, len(rows))
    sampled = {"bayes", "laplace"} & {*names}
    n_draws = card.sampler.chains * math.sqrt(few * many) if sampled else 0.0
    rest = _afterwards(density, names, n_draws, n_obs=len(rows), n_test=n_test)
    known = {stage: Expected(timed.pace * s, SURELY) for stage, s in rest.items()}
    known["prior sensitivity"] = _prior_sensitivity(
        density,
        each.get("MAP", Expected(0.0, SURELY)).divided(card.optimiser.starts),
        n_draws * ("bayes" in names),
        timed.pace,
        n_obs=len(rows),
        n_test=n_test,
        n_fits=n_fits,
    )
    return Cost(each, known)


def _afterwards(
    density: Density, names: Collection[str], n_draws: float, *, n_obs: int, n_test: int
) -> dict[str, float]:
    """Seconds of the stages that follow the fits, but for refits.

    Parameters
    ----------
    density : Density
    names : collection of str
        Of the fits.
    n_draws : float
        Of a posterior; 0 where there is none.
    n_obs, n_test : int
        Training rows of a fit, and test rows of all.
    """
    n_classes, n_probs = density.n_classes, n_test * density.n_classes
    differences = 0.02 + 2e-5 * n_test
    if n_draws:
        differences += 7e-7 * min(MAX_DRAWS * n_probs, MAX_VALUES)
        differences += 6e-8 * n_draws * n_obs * (n_obs <= LOO_ROWS)
    page = 1.4 + 0.03 * min(n_classes, MAX_CURVES) + 0.45 * ("bayes" in names)
    return {
        "scores and calibration": len(names) * (0.04 + 4.5e-4 * n_probs**0.75),
        "where fits disagree": 0.06 + 3e-3 * math.sqrt(n_test),
        "differences and posterior": differences,
        "writing the page": page + 1e-7 * n_draws * density.n_params,
    }


def _prior_sensitivity(
    density: Density,
    a_map: Expected,
    n_draws: float,
    pace: float,
    *,
    n_obs: int,
    n_test: int,
    n_fits: int,
) -> Expected:
    """Refits of the MAP, known as well as the MAP, and what is known better.

    Parameters
    ----------
    density : Density
    a_map : Expected
        One start of it.
    n_draws : float
        Of NUTS.
    pace : float
    n_obs, n_test, n_fits : int
    """
    n_refits = _n_refits(density, n_obs, n_fits)
    refits = 0.5 * n_refits * a_map.seconds
    n_rows = min(n_test, n_refits // len(SCALE_FACTORS) * MAX_ROWS)
    weighted = 1e-7 * n_draws * n_rows * density.n_classes
    own = pace * (3e-3 * n_refits + weighted)
    return between(own / SURELY + refits / a_map.within, own * SURELY + refits * a_map.within)


def _n_refits(density: Density, n_obs: int, n_fits: int) -> int:
    """How often the MAP is fitted again, under another prior."""
    if density.scales.any() or density.n_params > MANY_PARAMS:
        return 0
    few = density.linear and n_fits * n_obs * density.n_params <= MAX_WORK
    return len(SCALE_FACTORS) * (max(1, n_fits - 1) if few else 1)
