"""Common questions, each answered by an experiment.

One module per question, with one structure: ``experiment(seed=1)`` computes plain
numbers, ``answer(numbers)`` explains and draws them. Every sentence about a result
follows from the numbers.
"""

from trifit.gallery import (
    every_output,
    extremes,
    meaning_of_entropy,
    networks,
    output_function,
    posterior,
    prior,
    shift,
    soft_labels,
    training,
)
from trifit.gallery.pages import build, render, render_index
from trifit.gallery.question import Answer, Numbers, Question, Reference

QUESTIONS = tuple(
    module.QUESTION
    for module in (
        every_output,
        soft_labels,
        training,
        meaning_of_entropy,
        extremes,
        networks,
        posterior,
        output_function,
        prior,
        shift,
    )
)
"""All questions, in the order of the index."""

__all__ = [
    "QUESTIONS",
    "Answer",
    "Numbers",
    "Question",
    "Reference",
    "build",
    "render",
    "render_index",
]
