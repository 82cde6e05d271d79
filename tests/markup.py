"""A comparison whose texts would be code if they were not text."""

import re

import msgspec

from made_up import made_up
from trifit.notes import NoteKind
from trifit.results import Comparison

NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]> --> </style> <!-- _$x_1$ $\\frac$",
    "javascript:alert(1)",
    "'\" onmouseover=alert(1) \x00\x07\x1b[31m\u202e\n%41#b",
]
"""Text that would do something if it were not text."""


def nasty():
    """The comparison with markup in every text that comes from data, cards and files."""
    document = msgspec.to_builtins(made_up())
    names = NASTY[:3]
    document["data"] |= {
        "name": NASTY[0],
        "source": NASTY[3],
        "class_names": names,
        "notes": [
            {"kind": kind, "names": [text], "text": text} for kind in NoteKind for text in NASTY
        ],
        "feature_names": NASTY[3:],
    }
    document["card"] |= {
        "note": NASTY[0],
        "name": NASTY[1],
        "references": NASTY,
        "hyperparameters": {NASTY[0]: NASTY[1]},
    }
    document["provenance"] |= {"command": NASTY[0], "settings": {NASTY[1]: NASTY[2]}}
    for i, row in enumerate(document["parameters"]):
        row |= {"feature": NASTY[i % 5], "class": names[i % 3], "parameter": NASTY[1]}
    for i, row in enumerate(document["prior"]["posterior"]["rows"]):
        row |= {"feature": NASTY[i], "class": names[i]}
    for example in document["disagreement"]["examples"]:
        for i, feature in enumerate(example["features"]):
            feature["name"] = NASTY[i]
    for i, axis in enumerate(document["disagreement"]["map"]["axes"]):
        axis["name"] = NASTY[i]
    for ranks in document["chain_diagnostics"]["ranks"]:
        ranks |= {"feature": NASTY[0], "class": NASTY[1]}
    for judged in document["contestants"].values():
        for k, found in enumerate(judged["calibration"]["classes"]):
            found |= {"name": names[k], "p_value": 1e-9, "odds_low": 2.0, "odds_high": 3.0}
        judged |= {"outputs": "miscalibrated", "verdict": "miscalibrated"}
    table = document["consequences"]["costs"]
    actions = dict(zip(table["always"], NASTY[3:], strict=True))
    table["costs"] = {
        "unit": NASTY[1],
        "costs": {new: dict.fromkeys(names, 1.0) for new in actions.values()},
    }
    table["always"] = {new: table["always"][old] for old, new in actions.items()}
    for record in table["contestants"].values():
        record["actions"] = dict.fromkeys(actions.values(), 0.5)
    document["consequences"]["net_benefit"]["positive"] = NASTY[0]
    return msgspec.convert(document, Comparison)


def without_drawings(html):
    """A section with the values of its pictures, but not their lines: those are matplotlib's."""

    def values(match):
        tips = re.findall(r'data-tip="([^"]*)"', match[0])
        title = re.search(r'aria-label="([^"]*)"', match[0])[1]
        return "\n".join([f"<picture: {title}>", *(f"  <{tip}>" for tip in tips)])

    html = re.sub(r'<svg viewBox="0 0 .*?</svg>', values, html, flags=re.DOTALL)
    return re.sub(r'href="data:.*?"', 'href="data:..."', html).strip() + "\n"
