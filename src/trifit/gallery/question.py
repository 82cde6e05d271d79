"""The parts of a gallery page."""

from collections.abc import Callable
from dataclasses import dataclass

from trifit.report.parts import Chart, Table
from trifit.types import FloatArray

type Numbers = dict[str, FloatArray]
"""Results of an experiment: arrays by name, with shapes in its docstring."""


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
        The answer in plain words, computed from the numbers.
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
        Name of its page, and for ``--only``.
    title : str
        The question.
    how : str
        The experiment in one line.
    experiment : callable
        ``experiment(seed=1)`` computes plain numbers; the page shows its code.
    answer : callable
        Maps these numbers to the :class:`Answer`.
    yours : str
        The same question for your own data: a command, or lines of Python.
    references : tuple of Reference
    """

    name: str
    title: str
    how: str
    experiment: Callable[..., Numbers]
    answer: Callable[[Numbers], Answer]
    yours: str
    references: tuple[Reference, ...] = ()
