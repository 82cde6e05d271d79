"""Which rows were scored, in words."""

from trifit.results import Evaluation


def rows_text(evaluation: Evaluation) -> str:
    """How many rows there are; those of a test set that was given apart."""
    n_train, n_test = evaluation.n_train, evaluation.n_test
    if evaluation.kind == "predictions":
        return f"{n_test:,} rows"
    if evaluation.kind == "given":
        return f"{n_train:,} training and {n_test:,} test rows"
    n_obs = n_test if evaluation.kind == "cv" else n_train + n_test
    return f"{n_obs:,} rows"


def errors_text(evaluation: Evaluation) -> str:
    """What the errors count, where that is not rows."""
    if evaluation.n_groups is None:
        return ""
    by = f" of {evaluation.grouped_by!r}" if evaluation.grouped_by else ""
    return f"errors and intervals count the {evaluation.n_groups:,} groups{by}, not rows"
