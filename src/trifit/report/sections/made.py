"""How this was made: command, card, versions, definitions, downloads."""

from collections.abc import Mapping
from typing import Any

from trifit.cards import Optimiser, Sampler
from trifit.report.downloads import downloads
from trifit.results import Comparison
from trifit.text import significant

TITLE = "How this was made"


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``made.html.j2`` shows."""
    return {"facts": _facts(c), "downloads": downloads(c)}


def _facts(c: Comparison) -> dict[str, str]:
    """Names and values, in the order of the page."""
    card, provenance = c.card, c.provenance
    counts = zip(c.data.class_names, c.data.class_counts, strict=True)
    facts = {
        "seed": str(provenance.seed),
        "data": c.data.source,
        "data fingerprint (SHA-256)": c.data.fingerprint,
        "classes": ", ".join(f"{name} ({n:g})" for name, n in counts),
        "card": f"{card.name}: {card.builder}{_settings(card.hyperparameters)}",
        "features": "standardised" if card.standardize else "as they came",
        "optimiser": _optimiser(card.optimiser),
        **({"sampler": _sampler(card.sampler)} if "bayes" in c.fits else {}),
        "seconds": ", ".join(
            f"{name} {significant(fit.seconds, 2)}" for name, fit in c.fits.items()
        )
        + "; stages: "
        + ", ".join(f"{k} {significant(v, 2)}" for k, v in provenance.seconds.items()),
        "versions": ", ".join(f"{k} {v}" for k, v in provenance.versions.items()),
        "settings": ", ".join(f"{k} = {v}" for k, v in provenance.settings.items()),
    }
    if card.feature_sd != 1:
        facts["features"] += f", scaled to sd {card.feature_sd:g}"
    if card.references:
        facts["references"] = "; ".join(card.references)
    return facts


def _settings(values: Mapping[str, object]) -> str:
    return "".join(f", {k} = {v}" for k, v in values.items())


def _optimiser(o: Optimiser) -> str:
    text = str(o.method)
    if o.starts > 1:
        text += f" from {o.starts} starts"
    if o.validation:
        text += f", stopped early on {100 * o.validation:.0f}% of the training rows"
    return text


def _sampler(s: Sampler) -> str:
    return (
        f"{s.chains} chains of {s.tune:,} + {s.draws:,} draws, "
        f"target acceptance {s.target_accept:g}"
    )
