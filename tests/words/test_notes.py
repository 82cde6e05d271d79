"""What was noticed, in words."""

import msgspec
import pytest

from made_up import made_up
from trifit.diagnostics import MAX_TEMPERATURE
from trifit.notes import Note, NoteKind
from trifit.results import ChosenScale, Noticed
from trifit.results.noticed import ExpectedMle, WidePrior
from trifit.words import notes
from trifit.words.notes import SENTENCES, note_text, noticed_notes

SAID = [
    (Note(NoteKind.UNUSED_LABELS, ("label:a",)), "left out label columns that are not used: 'lab"),
    (Note(NoteKind.ROW_NAMES), "left out the first column, which has no name and holds row names"),
    (Note(NoteKind.EMPTY_COLUMN, n=2), "left out column 2, which has no name and is empty"),
    (Note(NoteKind.ROW_NUMBERS, ("nr",)), "row numbers: 'nr' (to use as a feature: --keep nr)"),
    (Note(NoteKind.CONSTANT, ("a", "b")), "up to rounding errors: 'a', 'b'"),
    (Note(NoteKind.IGNORED_COLUMNS, ("c",)), "ignored columns that the model does not use: 'c'"),
    (Note(NoteKind.MANY_PARAMS, n=128_871, value=1_000), "of 128,871 coefficients the 1,000 with"),
    (Note(NoteKind.VECTORS, ("emb",), n=3), "'emb' holds vectors of 3 numbers"),
    (Note(NoteKind.DECIMAL_COMMA), "read with a decimal comma (otherwise: --decimal .)"),
    (Note(NoteKind.IDENTIFIERS, ("the id",)), "like an identifier; if it is one: --drop 'the id'"),
    (Note(NoteKind.BEYOND_DOUBLES, ("c",)), "beyond 2**53, rounded to doubles: 'c'; if they"),
    (
        Note(NoteKind.CODES, counts={"a": 4, "b": 9}),
        "values: 'a' (4), 'b' (9); if they are codes: --categorical a",
    ),
    (Note(NoteKind.LEADING_ZEROS, ("zip",)), "read without them: 'zip'; if they are codes: --cat"),
    (
        Note(NoteKind.AMOUNTS, ("x",), text="$12"),
        "'x' holds amounts with a currency or percent sign, such as '$12', and was",
    ),
    (
        Note(NoteKind.DATES, ("the day",), text="31.12.2024"),
        "'the day' holds dates, such as '31.12.2024', and each date was treated as a category of "
        "its own; write them as numbers (days, months, years), --drop 'the day', or --time "
        "'the day' to test on later rows",
    ),
    (
        Note(NoteKind.DATE_FORMAT, ("day",), text="31/12/2024 is 2024-12-31"),
        "'day': every date is read in the same format, in which 31/12/2024 is 2024-12-31",
    ),
    (Note(NoteKind.DROPPED_ROWS, counts={"a": 1}, n_rows=1), "1 row with missing values: 'a' (1)"),
    (Note(NoteKind.DROPPED_UNLABELLED, n_rows=2), "dropped 2 rows without a class"),
    (
        Note(NoteKind.NUMBERS_AS_CLASSES, ("age",), n=43),
        "target 'age' holds 43 different numbers, and each is a class of its own; if it is a",
    ),
    (
        Note(NoteKind.MISSING_LABELS, ("NA",), text="y"),
        "'NA' in target 'y' counts as missing (if it is a class: --na-values '')",
    ),
    (Note(NoteKind.IMPUTED, counts={"a": 1, "b": 2}), "frequencies): 'a' (1), 'b' (2)"),
    (
        Note(NoteKind.UNSEEN, values={"shop": ("c",), "b": ("d", "e")}, n_rows=6),
        "6 rows with a category that no training row has ('shop': 'c'; 'b': 'd', 'e')",
    ),
    (Note(NoteKind.DROPPED_CLASSES, ("a",)), "left out classes without a complete row: 'a'"),
    (
        Note(NoteKind.LEAKS, ("alive",), text="survived"),
        "'survived' is predicted without error by "
        "'alive' alone: is that the label under another name? (to leave it out: --drop alive)",
    ),
    (Note(NoteKind.GROUPS, ("who",), n=30, n_rows=90), "together (30 groups in 90 rows)"),
    (Note(NoteKind.DIVIDED_GROUPS, ("who",), n=3), "3 groups of 'who' are in both"),
    (Note(NoteKind.POSSIBLE_GROUPS, ("who",)), "standard errors count groups: --groups who"),
    (Note(NoteKind.WEIGHTS, ("n",), n=4000, n_rows=90), "'n' counts 4,000 observations in 90 rows"),
    (Note(NoteKind.COUNTS, n=360, n_rows=1200), "count 360 observations in 1,200 rows; each"),
    (Note(NoteKind.SOFT_LABELS), "the posterior is a generalised one"),
    (Note(NoteKind.DIRECTIONS, n=3000, n_rows=40), "at most 40 directions of the 3,000"),
    (Note(NoteKind.SHIFT, n=2, text="noise"), "shifted test set: noise, severity 2 of 5"),
    (Note(NoteKind.HIDDEN_TRUTH), "the true probabilities are those before the noise"),
    (Note(NoteKind.DESIGN_MATRIX, text="y ~ x"), "features are the design matrix of y ~ x"),
    (Note(NoteKind.NEW_GROUPS, ("site",)), "groups of 'site' without training rows"),
    (
        Note(NoteKind.LOGITS_LIKE_PROBABILITIES, ("f",)),
        "the logits of f sum to 1 in each row; if they are probabilities: --probs",
    ),
    (Note(NoteKind.FLOOR, value=1e-6), "probabilities below 1e-06 were raised to it (--floor)"),
    (Note(NoteKind.POSITIONS, ("ant", "bee")), "positions of the classes 'ant', 'bee', from 0 on"),
    (Note(NoteKind.ABSENT_CLASSES, ("bee",)), "no row has the class 'bee'"),
    (
        Note(NoteKind.RULED_OUT, ("it",), n=50, n_rows=1000),
        "it gives probability 0 to the label of 50 of",
    ),
    (
        Note(NoteKind.TAKEN_AS_LOGITS, ("net",), text="columns * of f.csv"),
        "net: columns * of f.csv were read as logits, because",
    ),
    (
        Note(NoteKind.ONE_COLUMN, ("b",), text="net: array p of f.npz"),
        "net: array p of f.npz has one column; it was read as that of b",
    ),
    (
        Note(NoteKind.UNNAMED_CLASSES, ("a", "b"), text="net: array p of f.npz"),
        "net: array p of f.npz names no classes; its columns were read as 'a', 'b'",
    ),
    (
        Note(NoteKind.FAILED_RIVAL, ("bad",), text="ValueError: {n}"),
        "bad failed and was left out: Val",
    ),
    (Note(NoteKind.FAILED_FITS, ("bayes",)), "from fits that failed their checks: 'bayes'"),
    (Note(NoteKind.OTHER_DATA), "the data differ; test rows are paired by number"),
    (Note(NoteKind.PAIRED_BY_NUMBER), "paired by their number in the files, and their labels ag"),
    (Note(NoteKind.GROUPS_OF_ONE, text="'two'"), "groups are those of 'two'; the"),
]


@pytest.mark.parametrize(("note", "text"), SAID, ids=[note.kind for note, _ in SAID])
def test_every_note_has_a_sentence(note, text):
    assert text in note_text(note)


def test_every_kind_of_note_is_in_the_table():
    assert {note.kind for note, _ in SAID} == {*NoteKind} == {*SENTENCES}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            {"wide_prior": WidePrior(scale=2.5, n_features=1000, spread=79.06)},
            "prior scale 2.5 with 1,000 columns gives log-odds a prior standard deviation of 79.1",
        ),
        ({"n_copies": 7}, "7 rows are copies of other rows"),
        ({"n_unseen": 1}, "unseen category or value in 1 test row; its"),
        ({"log_odds_of": "very ill"}, "the log-odds of 'very ill' against 'well' (to swap"),
        ({"log_odds_of": "well"}, "--positive 'very ill')"),
        (
            {
                "expected_mle": ExpectedMle(
                    n_features=90, n_obs=600, inflation=1.234, probability=0.9, occurs=0.851,
                    slope=0.799, signal=2.0,
                )
            },
            "with p/n = 0.15 (90 features, 600 training rows), theory expects the MLE's "
            "coefficients to be 1.23 times too large; of events that it gives probability 0.9, a "
            "share of 0.85 should occur (calibration slope 0.80)",
        ),
    ],
)  # fmt: skip
def test_every_number_has_a_sentence(found, text):
    (note,) = noticed_notes(Noticed(**found), ["well", "very ill"])
    assert text in note


def test_unseen_rows_are_said_once():
    c = made_up()
    for n_rows, times in ((3, 1), (2, 2)):
        unseen = Note(NoteKind.UNSEEN, values={"shop": ("c",)}, n_rows=n_rows)
        data = msgspec.structs.replace(c.data, notes=[unseen])
        said = notes(msgspec.structs.replace(c, data=data, noticed=Noticed(n_unseen=3)))
        assert sum("coefficient counts as zero" in note for note in said) == times


def test_nothing_noticed_is_nothing_said():
    assert notes(made_up()) == ["dropped 1 row without a class"]


def test_chosen_scales_and_temperatures_at_a_bound():
    c = made_up()
    scales = [ChosenScale(value=v, low=v / 2, high=None) for v in (0.5, 0.7, 0.6)]
    c = msgspec.structs.replace(
        c,
        prior=msgspec.structs.replace(c.prior, scales=scales),
        temperatures=[MAX_TEMPERATURE, 1.0, 1 / MAX_TEMPERATURE],
    )
    _, scale, high, low = notes(c)
    assert scale == (
        "the training rows chose the prior scale 0.600 (95% interval 0.300 to ∞), by the largest "
        "evidence; 0.500 to 0.700 in folds"
    )
    assert "at its upper bound: on held-out" in high
    assert "at its lower bound: on held-out" in low
