"""Finds values that are read without a mistake, and that hardly mean what they say."""

import re
from collections.abc import Iterator

from rules.conditions import Operator
from rules.effects import Effect, LookaheadWeight
from rules.errors import Finding
from rules.policy import Policy
from rules.reserves import NO_RESERVE, Allotment, Protection
from rules.syntax import literals
from rules.syntax.references import Reference, references
from rules.syntax.typo_hints import is_negation, operator_hint
from rules.syntax.yaml_document import Document
from rules.vocabulary import VOCABULARY, Kind

LARGE_CARBON_PRICE = 2 * literals.MICROS
"""Micros for a kilogram of CO2e: 2,000 a tonne is above what anybody reckons with."""
_COMPARED_WHOLE = frozenset({Operator.EQUALS, Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL})
_COUNTRIES = frozenset({"order.country", "node.country"})
_COUNTRY = re.compile(r"[A-Z]{2}")
_POSTCODES = frozenset({"order.postcode", "order.outward_code"})
_QUOTED = re.compile(r"[\u2018-\u201f\u00ab\u2039]\s*(.*?)\s*[\u2018-\u201f\u00bb\u203a]", re.DOTALL)
"""A word between typographic quotation marks, as word processors write them: to YAML they are letters of it."""
_WITHOUT_EFFECT = {
    "prefer": 0,
    "avoid": 0,
    "carbon_price": 0,
    "split_penalty": 0,
    "min_shelf_life": 0,
    "slack": 0,
    "haircut": 0,
    "multiple_of": 1,
    "min": 0,
    "target_cover": 0,
}
"""By effect, the amount that holds without it; so does 0 of `keep`, `protect`, `allocate` and `alert_below`."""

_NAMED_FREELY = frozenset({"product.category", "product.brand", "product.season", "order.segment", "order.customer"})
"""Facts whose words may well begin like a "not": the category "non food", the segment "pas cher"."""


def find_suspicious_values(document: Document, policy: Policy) -> Iterator[Finding]:
    """The warnings about values of a file without mistakes."""
    for index, rule in enumerate(policy.rules):
        for effect in rule.effects:
            if _changes_nothing(effect) and not rule.overrides:
                message = f"'{effect.name}' of '{rule.id}' changes nothing: {_why(effect)}"
                yield document.finding(("rules", index, "then", effect.name), "no-effect", message)
        amounts = {effect.name: effect.value for effect in rule.effects}
        least, most = amounts.get("min"), amounts.get("max")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            message = f"'max' of '{rule.id}' never counts: its 'min' {least} is more than {most}, and comes before it"
            yield document.finding(("rules", index, "then", "max"), "min-above-max", message)
    for mention in references(document):
        yield from _words(mention)
        if mention.subject == "carbon_price" and "/" not in mention.text:
            price = literals.carbon_price(mention.text)
            if price > LARGE_CARBON_PRICE:
                message = f"'{mention.text}' counts for each kilogram of CO2e; for a tonne write {mention.text} EUR/t"
                yield mention.finding("large-carbon-price", message)


def _changes_nothing(effect: Effect) -> bool:
    match effect.value:
        case Protection(reserve=reserve):
            return reserve == NO_RESERVE
        case LookaheadWeight(share=0):
            return True
        case Allotment(units=0, share=0, cover=0, least=0):
            return True
    return effect.value == NO_RESERVE or _WITHOUT_EFFECT.get(effect.name) == effect.value


def _why(effect: Effect) -> str:
    """Why nothing changes, and what to write where another rule's amount is meant."""
    several = "amounts add up" if effect.name in ("prefer", "avoid") else "of several the largest counts"
    return f"{several}; to switch another rule off, name it under overrides"


def _words(mention: Reference) -> Iterator[Finding]:
    """Words that a fact is compared with, and that were meant as a fact, as a comparison or as another word."""
    fact = VOCABULARY.get(mention.subject)
    if fact is None or fact.kind not in (Kind.WORD, Kind.TAGS) or mention.operator not in _COMPARED_WHOLE:
        return
    if fact.kind is Kind.TAGS:
        yield from _impossible_words(mention)
    elif mention.text in VOCABULARY:
        operator = "not_same_as" if "not" in mention.path else "same_as"
        message = f"'{mention.text}' is compared as a word; for the fact write {{{operator}: {mention.text}}}"
        yield mention.finding("fact-as-word", message)
    elif mention.subject not in _NAMED_FREELY and is_negation(mention.text):
        message = f"'{mention.text}' is compared as a word{operator_hint(mention.text)}"
        yield mention.finding("operator-as-word", message)
    else:
        yield from _impossible_words(mention)


def _impossible_words(mention: Reference) -> Iterator[Finding]:
    text, subject = mention.text, mention.subject
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        message = (
            f"{subject}: the quotation marks of '{text}' count as part of the word; write it between straight ones"
        )
        yield mention.finding("impossible-word", message, quoted[1])
    elif subject in _COUNTRIES and not _COUNTRY.fullmatch(text):
        capitals = text.upper() if _COUNTRY.fullmatch(text.upper()) else ""
        message = f"{subject}: '{text}' is no code of a country, which is two capital letters, such as FR"
        yield mention.finding("impossible-word", message, capitals)
    elif subject in _POSTCODES and ("*" in text or "?" in text):
        message = (
            f"{subject}: no postcode has a * or ? in it; for all that are like '{text}' write {{matches: '{text}'}}"
        )
        yield mention.finding("impossible-word", message)
