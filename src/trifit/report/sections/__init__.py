"""The sections of the page in their order, each a component of its own.

A section is a module with a ``TITLE`` and a function ``content(comparison)``
that returns what its template shows, or None where it has nothing to say.
"""

from collections.abc import Callable
from typing import Any

from trifit.report.sections import (
    answer,
    bits,
    decisions,
    diagnostics,
    disagreement,
    ensemble,
    fits,
    gap,
    prevalence,
    provenance,
    reliability,
    sets,
    subgroups,
    truth,
)
from trifit.results import Comparison

type Content = Callable[[Comparison], dict[str, Any] | None]

SECTIONS: dict[str, tuple[str, Content]] = {
    "answer": (answer.TITLE, answer.content),
    "reliability": (reliability.TITLE, reliability.content),
    "gap": (gap.TITLE, gap.content),
    "ensemble": (ensemble.TITLE, ensemble.content),
    "decisions": (decisions.TITLE, decisions.content),
    "subgroups": (subgroups.TITLE, subgroups.content),
    "prevalence": (prevalence.TITLE, prevalence.content),
    "sets": (sets.TITLE, sets.content),
    "disagreement": (disagreement.TITLE, disagreement.content),
    "bits": (bits.TITLE, bits.content),
    "fits": (fits.TITLE, fits.content),
    "diagnostics": (diagnostics.TITLE, diagnostics.content),
    "truth": (truth.TITLE, truth.content),
    "provenance": (provenance.TITLE, provenance.content),
}
"""Keyed by the section's id and the name of its template."""
