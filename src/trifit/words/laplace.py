"""How far the Laplace posterior is from NUTS's, in a sentence."""

from trifit.results import LaplaceError
from trifit.text import significant


def laplace_sentence(error: LaplaceError) -> str:
    """How far the Laplace posterior is from NUTS's, in one line."""
    of_parameters = ""
    if (p := error.parameters) is not None:
        of_parameters = (
            f"means off by {significant(p.mean_median, 2)} sd (median), at most "
            f"{significant(p.mean_worst, 2)} (NUTS's own error {significant(p.mean_mcse, 2)}); "
            f"sds {significant(p.sd_median)} times as large (median), furthest "
            f"{significant(p.sd_worst)}; "
        )
    return (
        f"laplace against NUTS: {of_parameters}probabilities off by "
        f"{significant(error.probs_mean, 2)} on average (NUTS's own error "
        f"{significant(error.probs_mcse, 2)}), at most {significant(error.probs_worst, 2)} "
        "(total variation)"
    )
