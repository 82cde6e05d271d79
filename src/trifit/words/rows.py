"""Which rows were scored, in words."""

from trifit.results import Evaluation
from trifit.types import SplitBy, SplitRule


def rows_text(evaluation: Evaluation) -> str:
    """How many rows there are; those of a test set that was given apart."""
    n_train, n_test = evaluation.n_train, evaluation.n_test
    if evaluation.kind == "predictions":
        return f"{n_test:,} rows"
    if evaluation.kind == "given":
        return f"{n_train:,} training and {n_test:,} test rows"
    n_obs = n_test if evaluation.kind == "cv" else n_train + n_test
    return f"{n_obs:,} rows"


def split_text(evaluation: Evaluation, n_obs: int) -> str:
    """How the test rows of so many were chosen."""
    rule, n_test = evaluation.rule, evaluation.n_test
    if rule is None:
        return "given predictions"
    share = f"{n_test / n_obs:.0%} of the rows ({n_test:,}"
    if rule.by is SplitBy.TEST_SET:
        return f"a given test set of {n_test:,} rows"
    if rule.by is SplitBy.TIME:
        return f"the latest {share}) by {rule.time!r} are test rows"
    if rule.by is SplitBy.SPLITTER:
        return _splitter(evaluation, rule, n_obs)
    why = "as requested"
    if rule.n_coefficients is not None and rule.most is not None:
        size = f"{n_obs:,} rows x {rule.n_coefficients:,} coefficients = "
        size += f"{n_obs * rule.n_coefficients:,}"
        if n_obs * rule.n_coefficients <= rule.most:
            why = f"the default for small tables ({size}; small is up to {rule.most:,})"
        else:
            why = (
                f"the default for large tables ({size}; large is above {rule.most:,}; --cv 5 "
                "tests every row, in more time)"
            )
    groups = None if evaluation.n_groups is None else repr(evaluation.grouped_by or "groups")
    if evaluation.kind == "cv":
        whole = "" if groups is None else f", groups of {groups} kept whole"
        return f"{evaluation.n_parts}-fold cross-validation, {why}{whole}"
    how = "stratified" if groups is None else f"whole groups of {groups}"
    return f"{share}, {how}) are test rows, {why}"


def _splitter(evaluation: Evaluation, rule: SplitRule, n_obs: int) -> str:
    n_splits, n_test = evaluation.n_parts, evaluation.n_test
    text = f"{n_splits} splits of {rule.splitter}"
    if n_splits == 1:
        text = f"the split of {rule.splitter}"
    if n_test < n_obs:
        text += f", in which {n_test:,} of {n_obs:,} rows are tested"
    if rule.n_both:
        text += f"; up to {rule.n_both:,} groups are on both sides of a split"
    return text


def errors_text(evaluation: Evaluation) -> str:
    """What the errors count, where that is not rows."""
    if evaluation.n_groups is None:
        return ""
    by = f" of {evaluation.grouped_by!r}" if evaluation.grouped_by else ""
    return f"errors and intervals count the {evaluation.n_groups:,} groups{by}, not rows"
