"""Results as sentences: what terminal and page say about statuses and verdicts."""

from trifit.words.advice import STEPS, advice_text, step_text, success_sentences
from trifit.words.answer import headline
from trifit.words.code import why_not_encoded
from trifit.words.decisions import benefit_sentences, decision_sentences, ranges
from trifit.words.ensemble import ensemble_sentences
from trifit.words.laplace import laplace_sentence
from trifit.words.notes import note_text, notes
from trifit.words.prevalence import prevalence_sentences
from trifit.words.prior import prior_sentence
from trifit.words.rows import errors_text, rows_text, split_text
from trifit.words.rules import Rule, rules
from trifit.words.sets import set_sentences
from trifit.words.status import optimiser_sentences, status_name, status_text
from trifit.words.subgroups import IN_PART, subgroup_sentences
from trifit.words.verdict import VERDICTS, verdict_text

__all__ = [
    "IN_PART",
    "STEPS",
    "VERDICTS",
    "Rule",
    "advice_text",
    "benefit_sentences",
    "decision_sentences",
    "ensemble_sentences",
    "errors_text",
    "headline",
    "laplace_sentence",
    "note_text",
    "notes",
    "optimiser_sentences",
    "prevalence_sentences",
    "prior_sentence",
    "ranges",
    "rows_text",
    "rules",
    "set_sentences",
    "split_text",
    "status_name",
    "status_text",
    "step_text",
    "subgroup_sentences",
    "success_sentences",
    "verdict_text",
    "why_not_encoded",
]
