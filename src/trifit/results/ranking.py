"""What may be said to stand out: contestants that are clear of the noise."""

from collections.abc import Mapping

from trifit.results.comparison import Comparison


def ranked(c: Comparison, scores: Mapping[str, float] | None = None) -> list[str]:
    """The contestants whose fits did not fail, lowest score (else log-loss) first.

    Without those whose log-loss is infinite.
    """
    if scores is None:
        scores = {n: judged.scores.log_loss.value for n, judged in c.contestants.items()}
    of = scores
    left = (n for n in of if n not in c.failed and not c.infinite(n))
    return sorted(left, key=lambda n: of[n])


def clear_best(c: Comparison, scores: Mapping[str, float] | None = None) -> str | None:
    """The contestant with the lowest score, if its log-loss is clearly below the next one's.

    None where the paired difference of the two does not say so, or was not computed:
    then nothing stands out.

    Parameters
    ----------
    c : Comparison
    scores : mapping of str to float, optional
        The lower the better; the log-losses where not given.
    """
    order = ranked(c, scores)
    if len(order) < 2:
        return order[0] if order else None
    first, second = order[:2]
    below = {(d.a, d.b): d.log_loss.value < 0 for d in c.differences if d.log_loss.clear}
    if below.get((first, second)) is True or below.get((second, first)) is False:
        return first
    return None
