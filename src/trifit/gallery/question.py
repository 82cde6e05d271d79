"""What a page of the gallery is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from trifit.report.parts import Chart, Table
from trifit.types import FloatArray

type Numbers = dict[str, FloatArray]
"""What an experiment found: arrays by name, their shapes in the experiment's docstring."""


@dataclass(frozen=True)
class Reference:
    """A published result; ``doi`` is empty for works without one."""

    text: str
    doi: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer drawn from the numbers of one run of its experiment.

    Attributes
    ----------
    paragraph : str
        The answer in plain words. What it says of a result follows the numbers.
    figure : Chart
    table : Table
    """

    paragraph: str
    figure: Chart
    table: Table


@dataclass(frozen=True)
class Question:
    """A question with the experiment that answers it.

    Attributes
    ----------
    name : str
        Of its page, and for ``--only``.
    title : str
        The question.
    how : str
        What the experiment does, in a line.
    experiment : callable
        ``experiment(seed=1)`` computes plain numbers, and is shown on the page.
    answer : callable
        From these numbers to the :class:`Answer`.
    yours : str
        The same question to one's own data: a command, or lines of Python.
    references : tuple of Reference
    """

    name: str
    title: str
    how: str
    experiment: Callable[..., Numbers]
    answer: Callable[[Numbers], Answer]
    yours: str
    references: tuple[Reference, ...] = ()
