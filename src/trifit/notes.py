"""Notes on how data and forecasts were read: kinds and figures, made where something is decided.

Their sentences are in :mod:`trifit.words.notes`.
"""

from enum import StrEnum

import msgspec


class NoteKind(StrEnum):
    """What was decided or found; with each, the figures of a :class:`Note` that it has."""

    UNUSED_LABELS = "unused labels"
    """Label columns that were left out: ``names``."""
    ROW_NAMES = "row names"
    """The first column has no name, and was left out."""
    EMPTY_COLUMN = "empty column"
    """The ``n``-th column has neither name nor cells, and was left out."""
    ROW_NUMBERS = "row numbers"
    """Columns that were left out: ``names``."""
    CONSTANT = "constant"
    """Columns that were left out: ``names``."""
    IGNORED_COLUMNS = "ignored columns"
    """Columns of further rows that the model does not use: ``names``."""

    VECTORS = "vectors"
    """Column ``names`` holds vectors of ``n`` numbers."""
    DECIMAL_COMMA = "decimal comma"
    """Numbers are read with one."""
    IDENTIFIERS = "identifiers"
    """Columns with another whole number in every row: ``names``."""
    BEYOND_DOUBLES = "beyond doubles"
    """Columns of whole numbers that were rounded: ``names``."""
    CODES = "codes"
    """Columns of numbers with few whole values, and how many: ``counts``."""
    LEADING_ZEROS = "leading zeros"
    """Columns of numbers that lost them: ``names``."""
    AMOUNTS = "amounts"
    """Column ``names`` holds numbers with a sign, such as ``text``, and is a category."""
    DATES = "dates"
    """Column ``names`` holds dates, such as ``text``, and is a category."""
    DATE_FORMAT = "date format"
    """Times ``names`` are dates of one format, of which ``text`` is an example."""

    DROPPED_ROWS = "dropped rows"
    """``n_rows`` with missing values, by column: ``counts``."""
    DROPPED_UNLABELLED = "dropped unlabelled rows"
    """``n_rows`` without a class."""
    NUMBERS_AS_CLASSES = "numbers as classes"
    """Target ``names`` holds ``n`` different numbers, each a class."""
    MISSING_LABELS = "missing labels"
    """Texts of the target ``text`` that count as missing: ``names``."""
    IMPUTED = "imputed"
    """Rows with imputed values, by column: ``counts``."""
    UNSEEN = "unseen categories"
    """``n_rows`` with categories that no training row has, by column: ``values``."""
    DROPPED_CLASSES = "dropped classes"
    """Classes without a complete row: ``names``."""
    LEAKS = "leaks"
    """Columns that each determine the target ``text``: ``names``."""

    GROUPS = "groups"
    """Column ``names`` marks ``n`` groups of ``n_rows``."""
    DIVIDED_GROUPS = "divided groups"
    """``n`` groups of the column ``names`` have both training and test rows."""
    POSSIBLE_GROUPS = "possible groups"
    """Columns that look like groups but are none: ``names``."""
    WEIGHTS = "weights"
    """Column ``names`` counts ``n`` observations in ``n_rows``."""
    COUNTS = "counts"
    """Label columns count ``n`` observations in ``n_rows``."""
    SOFT_LABELS = "soft labels"
    """Labels are distributions."""

    DIRECTIONS = "directions"
    """``n_rows`` span fewer directions than there are ``n`` columns."""
    MANY_PARAMS = "many parameters"
    """Of ``n`` parameters, tables hold ``value``."""
    SHIFT = "shift"
    """Test rows of a world are shifted: ``text``, with severity ``n``."""
    HIDDEN_TRUTH = "hidden truth"
    """True probabilities are those before noise on the features."""
    DESIGN_MATRIX = "design matrix"
    """Features are the design matrix of the formula ``text``."""
    NEW_GROUPS = "new groups"
    """Factors of which a new group has no effect: ``names``."""

    LOGITS_LIKE_PROBABILITIES = "logits like probabilities"
    """Logits of the contestant ``names`` sum to 1 in each row."""
    FLOOR = "floor"
    """Probabilities below ``value`` were raised to it."""
    POSITIONS = "positions"
    """Labels are positions of the classes ``names``."""
    ABSENT_CLASSES = "absent classes"
    """Classes that no row has: ``names``."""
    RULED_OUT = "ruled out"
    """Contestant ``names`` gives probability 0 to ``n`` labels of ``n_rows``."""
    TAKEN_AS_LOGITS = "taken as logits"
    """Columns or array ``text`` of the contestant ``names``: most rows are no probabilities."""
    ONE_COLUMN = "one column"
    """The only column of the array ``text`` was taken as that of the class ``names``."""
    UNNAMED_CLASSES = "unnamed classes"
    """Columns of the array ``text`` were taken as those of the classes ``names``."""
    FAILED_RIVAL = "failed rival"
    """Rival ``names`` was left out, since ``text``."""
    FAILED_FITS = "failed fits"
    """Fits that do not predict: ``names``."""

    OTHER_DATA = "other data"
    """Two runs differ in data, and agree in the labels of their test rows."""
    PAIRED_BY_NUMBER = "paired by number"
    """Rows of two runs are paired by their numbers in the files of predictions."""
    GROUPS_OF_ONE = "groups of one run"
    """Of two runs, ``text`` has groups."""


class Note(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    repr_omit_defaults=True,
):
    """Something that was decided or found; which figures there are depends on the kind.

    Attributes
    ----------
    kind : NoteKind
    names : tuple of str
        Columns, classes or contestants that it is about.
    counts : dict of str to int
        A number for each of several columns.
    values : dict of str to tuple of str
        Texts for each of several columns.
    n, n_rows : int
        A number of things, and of rows.
    value : float
    text : str
    """

    kind: NoteKind
    names: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    values: dict[str, tuple[str, ...]] = {}
    n: int = 0
    n_rows: int = 0
    value: float = 0.0
    text: str = ""
