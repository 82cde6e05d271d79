"""What a prior expects before any data, in words."""

from trifit.results.preview import SURE, Preview

SUSPICIOUS = 0.4
"""A prior that is certain this often was hardly meant."""


def prior_sentence(preview: Preview) -> str:
    """What the prior implies, with its numbers."""
    share, n_classes = preview.extreme_share, preview.probs.shape[2]
    text = (
        f"Before any data, the probability of the most probable of {n_classes} classes has median "
        f"{preview.confidence:.2f} and is above {SURE} in {share:.0%} of the draws"
    )
    if share > SUSPICIOUS:
        text += ": this prior is confident before it sees data; a smaller scale would not be"
    return f"{text}."
