"""Why labels were not encoded."""

from trifit.results import Code, Encoding


def why_not_encoded(code: Code, n_obs: int) -> str:
    """Why a code was not written; empty for one that was."""
    if code.outcome is Encoding.SOFT_LABELS:
        return "not encoded: the labels are distributions, not classes"
    if code.outcome is Encoding.IMPOSSIBLE:
        return (
            f"not encoded: {code.n_impossible} of {n_obs} labels have a probability below 1e-308, "
            "the smallest number that the coder can represent"
        )
    if code.outcome is Encoding.NO_CODER:
        return "not encoded; to encode: pip install 'trifit[code]'"
    return ""
