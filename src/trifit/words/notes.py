"""Notes above the answer: what a reader should know of data and fits."""

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

import msgspec

from trifit.diagnostics import MAX_TEMPERATURE
from trifit.notes import Note, NoteKind
from trifit.results import ChosenScale, Comparison, Noticed
from trifit.results.noticed import ExpectedMle, WidePrior
from trifit.text import counted, listing, numbered, significant

SENTENCES: Mapping[NoteKind, str] = {
    NoteKind.UNUSED_LABELS: "left out label columns that are not used: {names}",
    NoteKind.ROW_NAMES: "left out the first column, which has no name and holds row names",
    NoteKind.EMPTY_COLUMN: "left out column {n}, which has no name and is empty",
    NoteKind.ROW_NUMBERS: "left out row numbers: {names} (to use as a feature: --keep {option})",
    NoteKind.CONSTANT: "left out columns that are constant, up to rounding errors: {names}",
    NoteKind.IGNORED_COLUMNS: "ignored columns that the model does not use: {names}",
    NoteKind.VECTORS: "{names} holds vectors of {n} numbers, each of which is a feature",
    NoteKind.DECIMAL_COMMA: "numbers are read with a decimal comma (otherwise: --decimal .)",
    NoteKind.IDENTIFIERS: (
        "{names}: a different whole number in every row, like an identifier; if it is one: --drop "
        "{option}"
    ),
    NoteKind.BEYOND_DOUBLES: (
        "whole numbers beyond 2**53, rounded to doubles: {names}; if they identify rows: --drop "
        "{option}"
    ),
    NoteKind.CODES: (
        "treated as numbers, with few whole values: {counts}; if they are codes: --categorical "
        "{option}"
    ),
    NoteKind.LEADING_ZEROS: (
        "numbers with leading zeros, read without them: {names}; if they are codes: --categorical "
        "{option}"
    ),
    NoteKind.AMOUNTS: (
        "{names} holds amounts with a currency or percent sign, such as {text!r}, and was treated "
        "as categories; write them as plain numbers"
    ),
    NoteKind.DATES: (
        "{names} holds dates, such as {text!r}, and each date was treated as a category of its "
        "own; write them as numbers (days, months, years), --drop {option}, or --time {option} to "
        "test on later rows"
    ),
    NoteKind.DATE_FORMAT: "{names}: every date is read in the same format, in which {text}",
    NoteKind.DROPPED_ROWS: "dropped {rows} with missing values: {counts}",
    NoteKind.DROPPED_UNLABELLED: "dropped {rows} without a class",
    NoteKind.NUMBERS_AS_CLASSES: (
        "target {name!r} holds {n} different numbers, and each is a class of its own; if it is a "
        "measurement, put the numbers into a few classes first"
    ),
    NoteKind.MISSING_LABELS: (
        "{names} in target {text!r} counts as missing (if it is a class: --na-values '')"
    ),
    NoteKind.IMPUTED: (
        "missing values imputed from training rows (means; for categories their frequencies): "
        "{counts}"
    ),
    NoteKind.UNSEEN: (
        "{rows} with a category that no training row has ({values}); its coefficient counts as zero"
    ),
    NoteKind.DROPPED_CLASSES: "left out classes without a complete row: {names}",
    NoteKind.LEAKS: (
        "{text!r} is predicted without error by {names} alone: is that the label under another "
        "name? (to leave it out: --drop {option})"
    ),
    NoteKind.GROUPS: (
        "rows with the same {names} belong together ({n} groups in {n_rows} rows): folds keep them "
        "together, and standard errors count groups"
    ),
    NoteKind.DIVIDED_GROUPS: (
        "{n} groups of {names} are in both training and test rows, so the test rows are not all "
        "new to the fits"
    ),
    NoteKind.POSSIBLE_GROUPS: (
        "{names}: each value occurs in a few rows, which may belong together; to keep them "
        "together and let standard errors count groups: --groups {option}"
    ),
    NoteKind.WEIGHTS: (
        "{names} counts {n:,} observations in {n_rows:,} rows; each observation is a row of its own"
    ),
    NoteKind.COUNTS: (
        "the label columns count {n:,} observations in {n_rows:,} rows; each observation is a row "
        "of its own (to score each row of the table once, divide its counts by their sum)"
    ),
    NoteKind.SOFT_LABELS: (
        "labels are distributions: fits minimise the cross-entropy to them, scores are expected "
        "scores, and the posterior is a generalised one (prior times exp(−cross-entropy))"
    ),
    NoteKind.DIRECTIONS: (
        "{n_rows:,} rows span at most {n_rows:,} directions of the {n:,} columns. The fits are "
        "made in these directions, which changes no prediction; outside them the posterior is the "
        "prior. The table of coefficients has the columns with the largest MAP coefficients; "
        "coefficients.nc holds all"
    ),
    NoteKind.MANY_PARAMS: (
        "of {n:,} coefficients the {value:,.0f} with the largest MAP are in tables and "
        "comparison.json, and no other prior scale is tried; classifier.json holds all"
    ),
    NoteKind.SHIFT: "shifted test set: {text}, severity {n} of 5",
    NoteKind.HIDDEN_TRUTH: (
        "feature noise in a world without a closed form: the true probabilities are those before "
        "the noise, so KL includes the information that the noise hides"
    ),
    NoteKind.DESIGN_MATRIX: "features are the design matrix of {text}",
    NoteKind.NEW_GROUPS: (
        "groups of {names} without training rows: their effect is zero in the point fits"
    ),
    NoteKind.LOGITS_LIKE_PROBABILITIES: (
        "the logits of {name} sum to 1 in each row; if they are probabilities: --probs"
    ),
    NoteKind.FLOOR: "probabilities below {value:g} were raised to it (--floor)",
    NoteKind.POSITIONS: (
        "labels are numbers and were read as positions of the classes {names}, from 0 on"
    ),
    NoteKind.ABSENT_CLASSES: "no row has the class {names}",
    NoteKind.RULED_OUT: (
        "{name} gives probability 0 to the label of {n:,} of {n_rows:,} rows, so its log-loss is "
        "infinite (to raise such probabilities: trifit evaluate --floor 1e-6)"
    ),
    NoteKind.TAKEN_AS_LOGITS: (
        "{name}: {text} were read as logits, because most rows are not probabilities"
    ),
    NoteKind.ONE_COLUMN: "{text} has one column; it was read as that of {name}",
    NoteKind.UNNAMED_CLASSES: "{text} names no classes; its columns were read as {names}",
    NoteKind.FAILED_RIVAL: "{name} failed and was left out: {text}",
    NoteKind.FAILED_FITS: "no predictions from fits that failed their checks: {names}",
    NoteKind.OTHER_DATA: "the data differ; test rows are paired by number, and their labels agree",
    NoteKind.PAIRED_BY_NUMBER: (
        "rows are paired by their number in the files, and their labels agree; to pair them by a "
        "column: trifit evaluate --id COLUMN"
    ),
    NoteKind.GROUPS_OF_ONE: "groups are those of {text}; the other run has none",
}
"""What each kind of note says; ``name`` is the first one, ``option`` what a shell takes for it."""


def notes(c: Comparison) -> list[str]:
    """What was decided when the data were read, then what was noticed."""
    found = c.noticed
    if any(n.kind is NoteKind.UNSEEN and n.n_rows >= found.n_unseen for n in c.data.notes):
        found = msgspec.structs.replace(found, n_unseen=0)  # the same rows, told by category
    return [
        *map(note_text, c.data.notes),
        *noticed_notes(found, c.data.class_names),
        *([] if c.prior is None or not c.prior.scales else [_chosen_scale(c.prior.scales)]),
        *_temperatures(c.temperatures),
    ]


def note_text(note: Note) -> str:
    """A note as a sentence."""
    name = next(iter(note.names or note.counts), "")
    return SENTENCES[note.kind].format(
        names=listing(note.names),
        name=name,
        option=quote(name),
        counts=numbered(note.counts),
        values="; ".join(f"{k!r}: {listing(v, most=3)}" for k, v in note.values.items()),
        n=note.n,
        n_rows=note.n_rows,
        rows=counted(note.n_rows, "row"),
        value=note.value,
        text=note.text,
    )


def noticed_notes(found: Noticed, class_names: Sequence[str]) -> Iterator[str]:
    """The sentences of what was noticed."""
    if found.wide_prior is not None:
        yield _wide_prior(found.wide_prior)
    if found.n_copies:
        yield (
            f"{found.n_copies:,} rows are copies of other rows; copies on both sides of a split "
            "make prediction look easier than it is"
        )
    if found.n_unseen:
        rows = counted(found.n_unseen, "test row")
        yield f"unseen category or value in {rows}; its coefficient counts as zero"
    if found.log_odds_of:
        other = next(name for name in class_names if name != found.log_odds_of)
        yield (
            f"coefficients refer to the log-odds of {found.log_odds_of!r} against {other!r} (to "
            f"swap the two: --positive {quote(other)})"
        )
    if found.expected_mle is not None:
        yield _expected_mle(found.expected_mle)


def _wide_prior(found: WidePrior) -> str:
    return (
        f"prior scale {found.scale:g} with {found.n_features:,} columns gives log-odds a prior "
        f"standard deviation of {found.spread:.3g}: the prior expects probabilities near 0 and 1 "
        "(--prior-scale auto: the training rows choose the scale)"
    )


def _expected_mle(found: ExpectedMle) -> str:
    kappa = found.n_features / found.n_obs
    return (
        f"with p/n = {kappa:.2g} ({found.n_features:,} features, {found.n_obs:,} training rows), "
        f"theory expects the MLE's coefficients to be {found.inflation:.2f} times too large; of "
        f"events that it gives probability {found.probability:g}, a share of {found.occurs:.2f} "
        f"should occur (calibration slope {found.slope:.2f}). This assumes Normal features, linear "
        f"log-odds, balanced classes and a signal of sd {found.signal:.2g}, estimated by leaving "
        "rows out"
    )


def _chosen_scale(scales: Sequence[ChosenScale]) -> str:
    """The prior scale chosen on all training rows, and the range of those chosen in folds."""
    chosen, folds = scales[-1], [scale.value for scale in scales[:-1]]
    interval = among = ""
    if chosen.low is not None:
        high = "∞" if chosen.high is None else significant(chosen.high)
        interval = f" (95% interval {significant(chosen.low)} to {high})"
    if folds:
        among = f"; {significant(min(folds))} to {significant(max(folds))} in folds"
    by = "largest evidence" if chosen.by == "evidence" else "lowest log-loss in inner folds"
    return (
        f"the training rows chose the prior scale {significant(chosen.value)}{interval}, by the "
        f"{by}{among}"
    )


def _temperatures(temperatures: Sequence[float]) -> Iterator[str]:
    """What temperatures at a bound mean, if any are."""
    if not temperatures:
        return
    if max(temperatures) == MAX_TEMPERATURE:
        yield (
            "mle+T: the best temperature is at its upper bound: on held-out folds of the training "
            "rows, the MLE's log-odds rank the classes no better than chance, so mle+T gives all "
            "classes the same probability"
        )
    if min(temperatures) == 1 / MAX_TEMPERATURE:
        yield (
            "mle+T: the best temperature is at its lower bound: on held-out folds of the training "
            "rows, even the smallest log-odds of the MLE have the right sign"
        )
