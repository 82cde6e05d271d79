"""What n / p finite does to logistic regression: MLE, MAP and Bayes in closed form.

The setting: two classes, ``p(y = 1 | x) = s(x'beta)`` with the logistic function
``s``, ``p`` independent standard normal features, ``n`` rows; ``n`` and ``p`` grow
together with ``kappa = p / n``, and ``gamma^2 = Var(x'beta)`` is the signal. A prior
is Normal with standard deviation ``prior_scale * gamma / sqrt(p)`` per coefficient:
1 is the right one. In that limit every fit ``b`` is ``alpha beta`` plus independent
Normal noise of standard deviation ``sigma / sqrt(n)``, and its predictions on fresh
rows follow from ``alpha`` and ``sigma``.

>>> fit = mle(kappa=0.2, gamma=5**0.5)
>>> round(fit.alpha, 2), round(fit.slope, 2)
(1.5, 0.38)
"""

from trifit.theory.limit import Limit, bayes, map, mle
from trifit.theory.signal import leave_one_out_sd, signal, signal_of
from trifit.theory.threshold import existence_threshold

__all__ = [
    "Limit",
    "bayes",
    "existence_threshold",
    "leave_one_out_sd",
    "map",
    "mle",
    "signal",
    "signal_of",
]
