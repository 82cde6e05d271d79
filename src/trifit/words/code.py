"""Why labels were not encoded."""

from trifit.results import Code, Encoding


def why_not_encoded(code: Code, n_obs: int) -> str:
    """A sentence for a code that was not written; empty for one that was."""
    if code.outcome is Encoding.SOFT_LABELS:
        return "not encoded: the labels are distributions, not symbols"
    if code.outcome is Encoding.IMPOSSIBLE:
        return (
            f"not written: {code.n_impossible} of {n_obs} labels have a probability below the "
            "least number the coder can hold (1e-308)"
        )
    if code.outcome is Encoding.NO_CODER:
        return "not encoded: pip install 'trifit[code]'"
    return ""
