"""Finds values that are read without a mistake, and that hardly mean what they say."""

from collections.abc import Iterator

from rules.conditions import Operator
from rules.effects import Effect
from rules.errors import Finding
from rules.policy import Policy
from rules.reserves import NO_RESERVE, Allotment, Protection
from rules.syntax import literals
from rules.syntax.references import Reference, references
from rules.syntax.typo_hints import operator_hint
from rules.syntax.yaml_document import Document
from rules.vocabulary import VOCABULARY, Kind

LARGE_CARBON_PRICE = 2 * literals.MICROS
"""Micros for a kilogram of CO2e: 2,000 a tonne is above what anybody reckons with."""
_NOTHING_AT_ZERO = frozenset({"prefer", "avoid", "carbon_price", "split_penalty", "min_shelf_life"})
"""Effects of which an amount of 0 is what holds without them; so it is of `keep`, `protect` and
`allocate`."""


def find_suspicious_values(document: Document, policy: Policy) -> Iterator[Finding]:
    """The warnings about values of a file without mistakes."""
    for index, rule in enumerate(policy.rules):
        for effect in rule.effects:
            if _changes_nothing(effect) and not rule.overrides:
                message = f"'{effect.name}' of '{rule.id}' changes nothing: {_why(effect)}"
                yield document.finding(("rules", index, "then", effect.name), "no-effect", message)
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
        case Allotment(units=0, share=0, least=0):
            return True
    return effect.value == NO_RESERVE or (effect.name in _NOTHING_AT_ZERO and effect.value == 0)


def _why(effect: Effect) -> str:
    """Why nothing changes, and what to write where another rule's amount is meant."""
    several = "amounts add up" if effect.name in ("prefer", "avoid") else "of several the largest counts"
    return f"{several}; to switch another rule off, name it under overrides"


def _words(mention: Reference) -> Iterator[Finding]:
    """Words that a fact is compared with, and that were meant as a fact or as a comparison."""
    fact = VOCABULARY.get(mention.subject)
    if mention.operator is not Operator.EQUALS or fact is None or fact.kind is not Kind.WORD:
        return
    if mention.text in VOCABULARY:
        operator = "not_same_as" if "not" in mention.path else "same_as"
        message = f"'{mention.text}' is compared as a word; for the fact write {{{operator}: {mention.text}}}"
        yield mention.finding("fact-as-word", message)
    elif operator_hint(mention.text):
        message = f"'{mention.text}' is compared as a word{operator_hint(mention.text)}"
        yield mention.finding("operator-as-word", message)
