"""How this was made: command, card, versions, definitions, downloads."""

from collections.abc import Mapping
from typing import Any

from trifit.cards import Card, Optimiser, Sampler
from trifit.report.downloads import downloads
from trifit.results import Comparison
from trifit.text import significant

TITLE = "How this was made"


def content(c: Comparison) -> dict[str, Any]:
    """What the template ``made.html.j2`` shows."""
    return {"facts": _facts(c), "downloads": downloads(c)}


def _facts(c: Comparison) -> dict[str, str]:
    """Names and values, in the order of the page."""
    provenance = c.provenance
    counts = zip(c.data.class_names, c.data.class_counts, strict=True)
    facts = {
        "seed": str(provenance.seed),
        "data": c.data.source,
        "data fingerprint (SHA-256)": c.data.fingerprint,
        "classes": ", ".join(f"{name} ({n:g})" for name, n in counts),
    }
    if c.card is not None:
        facts |= _of_card(c.card, sampled="bayes" in c.fits)
    fits = ", ".join(f"{name} {significant(fit.seconds, 2)}" for name, fit in c.fits.items())
    stages = ", ".join(f"{k} {significant(v, 2)}" for k, v in provenance.seconds.items())
    facts |= {
        "seconds": f"{fits}; stages: {stages}" if fits else stages,
        "versions": ", ".join(f"{k} {v}" for k, v in provenance.versions.items()),
        "settings": ", ".join(f"{k} = {v}" for k, v in provenance.settings.items()),
    }
    if c.card is not None and c.card.references:
        facts["references"] = "; ".join(c.card.references)
    return facts


def _of_card(card: Card, *, sampled: bool) -> dict[str, str]:
    scaled = "" if card.feature_sd == 1 else f", scaled to sd {card.feature_sd:g}"
    return {
        "card": f"{card.name}: {card.builder}{_settings(card.hyperparameters)}",
        "features": f"{'standardised' if card.standardize else 'as given'}{scaled}",
        "optimiser": _optimiser(card.optimiser),
        **({"sampler": _sampler(card.sampler)} if sampled else {}),
    }


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
    draws = f"up to {s.max_draws:,}" if s.fixed_draws is None else f"{s.fixed_draws:,}"
    return f"{s.chains} chains of {s.tune:,} + {draws} draws, target acceptance {s.target_accept:g}"
