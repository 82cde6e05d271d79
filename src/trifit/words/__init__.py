"""Results as sentences: what terminal and page say about statuses and verdicts."""

from trifit.words.advice import STEPS, advice_text, map_file
from trifit.words.answer import headline
from trifit.words.code import why_not_encoded
from trifit.words.decisions import benefit_sentences, decision_sentences, ranges
from trifit.words.ensemble import ensemble_sentences
from trifit.words.rules import Rule, rules
from trifit.words.sets import set_sentences
from trifit.words.status import status_name, status_text
from trifit.words.verdict import VERDICTS, verdict_text

__all__ = [
    "STEPS",
    "VERDICTS",
    "Rule",
    "advice_text",
    "benefit_sentences",
    "decision_sentences",
    "ensemble_sentences",
    "headline",
    "map_file",
    "ranges",
    "rules",
    "set_sentences",
    "status_name",
    "status_text",
    "verdict_text",
    "why_not_encoded",
]
