"""The questions people really ask, each answered by an experiment of this package.

One question, one module, all alike: ``experiment(seed=1)`` computes plain numbers,
``answer(numbers)`` says and draws what they mean. What a page says of a result
follows its numbers.
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
