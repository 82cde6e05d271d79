"""Options that several commands have, and the one object that a command takes for them."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from trifit.cli.options import Option, Words

data_option, evaluation_option, file_option = (
    partial(click.option, cls=Option, heading=heading)
    for heading in ("Data", "Evaluation", "Predictions")
)

type Decorator = Callable[[Callable[..., None]], Callable[..., None]]

TABLE = (
    data_option("--target", help="Column with the class."),
    data_option(
        "--missing",
        type=click.Choice(["error", "drop", "impute"]),
        default="error",
        show_default=True,
        help="What to do with missing feature values.",
    ),
    data_option(
        "--drop",
        metavar="COLUMN",
        multiple=True,
        help="Leave out a column ('': columns without a name).",
    ),
    data_option(
        "--keep",
        metavar="COLUMN",
        multiple=True,
        help="Keep a column that looks like row numbers or an identifier.",
    ),
    data_option(
        "--categorical", metavar="COLUMN", multiple=True, help="Read a column as categories."
    ),
    data_option(
        "--na-values",
        type=Words(),
        metavar="A,B,...",
        help="Texts that mean missing, besides empty cells [default: NA, NaN and similar].",
    ),
    data_option("--decimal", type=click.Choice([".", ","]), help="Decimal mark of text files."),
    data_option("--thousands", metavar="MARK", help="Thousands mark of text files."),
    data_option(
        "--positive", metavar="CLASS", help="Of two classes, the one whose log-odds are modelled."
    ),
)
"""How a table is read: arguments of ``trifit.load_dataset``."""


def reads_table(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a table to a command that takes its ``target``, and ``reading``.

    ``reading`` has the further arguments of ``trifit.load_dataset`` that were given.
    """

    @wraps(command)
    def with_reading(
        *arguments: Any,
        missing: str,
        drop: tuple[str, ...],
        keep: tuple[str, ...],
        categorical: tuple[str, ...],
        na_values: list[str] | None,
        decimal: str | None,
        thousands: str | None,
        positive: str | None,
        **rest: Any,
    ) -> None:
        reading = {
            "missing": None if missing == "error" else missing,
            "drop": list(drop), "keep": list(keep), "categorical": list(categorical),
            "na_values": na_values, "decimal": decimal, "thousands": thousands,
            "positive": positive,
        }  # fmt: skip
        given = {name: value for name, value in reading.items() if value}
        command(*arguments, reading=given, **rest)

    return with_options(with_reading, *TABLE)


COLUMNS = (
    file_option("--probs", metavar="PATTERN", help="Columns of probabilities: 'p_*', or a,b,c."),
    file_option("--logits", metavar="PATTERN", help="Columns of logits, instead of --probs."),
    file_option("--positive", metavar="CLASS", help="Of two classes, the one in a single column."),
)
"""What a file of predictions holds: arguments of ``trifit.predictions.Reading``."""


def reads_predictions(row_id: str) -> Decorator:
    """Add the options of a file of predictions to a command that takes ``columns``.

    ``columns`` are arguments of ``Reading`` as above; ``row_id`` is the help of ``--id``.
    """

    def decorator(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_columns(
            *arguments: Any,
            probs: str | None,
            logits: str | None,
            row_id: str | None,
            positive: str | None,
            **rest: Any,
        ) -> None:
            columns = {"probs": probs, "logits": logits, "row_id": row_id, "positive": positive}
            command(*arguments, columns=columns, **rest)

        rows = file_option("--id", "row_id", metavar="COLUMN", help=row_id)
        return with_options(with_columns, *COLUMNS, rows)

    return decorator


DECISIONS = (
    evaluation_option(
        "--cost", metavar="FILE", help="TOML file: what every action costs in every class."
    ),
    evaluation_option(
        "--thresholds",
        metavar="[CLASS=]LOW:HIGH",
        help="Range of probabilities above which a class is acted on, e.g. 0.05:0.5; adds net "
        "benefit curves.",
    ),
    evaluation_option(
        "--by",
        metavar="COLUMN[:PARTS]",
        multiple=True,
        help="Judge subgroups too: by the values of a column (region), or its numbers cut into "
        "parts (age:4); repeatable.",
    ),
    evaluation_option(
        "--prevalence",
        metavar="CLASS=SHARE",
        help="Correct probabilities for other class shares and score them there, e.g. yes=0.02.",
    ),
)
SETS = evaluation_option(
    "--sets",
    type=float,
    metavar="LEVEL",
    help="Sets of classes that should contain the label with this probability, e.g. 0.9 (needs "
    "trifit[conformal]).",
)


def asks(*, unlabelled: str, sampling: Decorator) -> Decorator:
    """Add what is asked beyond scores to a command that takes ``questions``.

    It also takes what needs the data: columns ``by``, and the file ``prevalence_from``.

    Parameters
    ----------
    unlabelled : str
        The help of ``--prevalence-from``.
    sampling : decorator
        The option by which training rows are said to be sampled by class, named as
        :class:`trifit.questions.Questions` has it.
    """

    def decorator(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_questions(
            *arguments: Any,
            cost: str | None,
            thresholds: str | None,
            prevalence: str | None,
            sets: float | None,
            undo_sampling: bool = False,
            training_shares: str | None = None,
            **rest: Any,
        ) -> None:
            from trifit.questions import Questions

            asked = Questions(
                costs=cost,
                thresholds=thresholds,
                prevalence=prevalence,
                undo_sampling=undo_sampling,
                training_shares=training_shares,
                sets=sets,
            )
            command(*arguments, questions=asked, **rest)

        file = click.Path(path_type=Path)
        shares = evaluation_option("--prevalence-from", metavar="FILE", type=file, help=unlabelled)
        return with_options(with_questions, *DECISIONS, shares, sampling, SETS)

    return decorator


def with_options(command: Callable[..., None], *options: Decorator) -> Callable[..., None]:
    """A command with options, which its help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command
