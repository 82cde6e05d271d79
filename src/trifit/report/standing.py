"""What may be said to stand out: differences and fits that are clear of the noise."""

from collections.abc import Mapping

from trifit.report.charts import Z95
from trifit.results import Comparison, Difference


def clear(d: Difference) -> bool:
    """Whether the 95 % interval of a paired difference excludes zero."""
    return abs(d.log_loss_diff) > Z95 * d.se


def ranked(c: Comparison, scores: Mapping[str, float] | None = None) -> list[str]:
    """The fits that are what they claim to be, lowest score (else log-loss) first."""
    of = scores if scores is not None else {n: f.log_loss for n, f in c.fits.items()}
    return sorted((n for n in of if c.fits[n].trustworthy), key=lambda n: of[n])


def clear_best(c: Comparison, scores: Mapping[str, float] | None = None) -> str | None:
    """The fit with the lowest score, if its log-loss is clearly below the next one's.

    None where the paired difference of the two does not say so, or was not computed:
    then nothing stands out.

    Parameters
    ----------
    c : Comparison
    scores : mapping of fit to score, optional
        The lower the better; the log-losses where not given.
    """
    order = ranked(c, scores)
    if len(order) < 2:
        return order[0] if order else None
    first, second = order[:2]
    below = {(d.a, d.b): d.log_loss_diff < 0 for d in c.differences if clear(d)}
    if below.get((first, second)) is True or below.get((second, first)) is False:
        return first
    return None
