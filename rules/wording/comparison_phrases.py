"""One comparison as a clause: "the order is worth at least 50.00", "le lieu n'est pas un magasin"."""

import json
import re
from collections.abc import Mapping

from rules.conditions import ORDERED, TAGGED, Compare, Operator
from rules.vocabulary import ATTRIBUTE_KINDS, Fact, Kind, Value, is_attribute
from rules.wording import amounts
from rules.wording.catalogue import Catalogue

_SIMPLE_WORD = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_COMPARED_AS: Mapping[Kind, str] = {
    Kind.COUNT: "count",
    Kind.NUMBER: "number",
    Kind.MONEY: "number",
    Kind.WEIGHT: "number",
    Kind.DISTANCE: "number",
    Kind.CARBON: "number",
    Kind.SHARE: "number",
    Kind.DURATION: "duration",
    Kind.DATE: "date",
    Kind.INSTANT: "date",
    Kind.TIME: "time",
}
"""Under which name the catalogue's `comparisons` have the phrases of a kind that has an order."""


def clause(comparison: Compare, catalogue: Catalogue, *, negated: bool = False) -> str:
    """The comparison as a statement or, if `negated`, as the statement that it does not hold."""
    fact, operator, operands = comparison.fact, comparison.operator, comparison.operands
    if comparison.other is not None:
        nouns = {"noun": _noun(fact, catalogue), "other": _noun(comparison.other, catalogue)}
        return catalogue.text(f"conditions.{operator.value}.{'false' if negated else 'true'}", **nouns)
    attribute = is_attribute(fact.path)
    key, name = _key(fact), _name(fact, catalogue)
    if operator is Operator.KNOWN:
        state = "unknown" if operands[0] is negated else "known"
        kind = fact.kind.name.lower() if attribute and fact.kind in ATTRIBUTE_KINDS.values() else "plain"
        return catalogue.text(f"conditions.{state}.{kind}", noun=_noun(fact, catalogue))
    verb = "has" if attribute and fact.kind is Kind.TAGS else "is"
    key, value = f"{key}.{verb}_not" if negated else f"{key}.{verb}", _value_phrase(comparison, catalogue)
    if fact.kind is Kind.COUNT and isinstance(operands[-1], int):
        # of several numbers the last decides whether a singular or a plural follows
        return catalogue.counted(key, operands[-1], value=value)
    return catalogue.text(key, name=name, value=value)


def _key(fact: Fact) -> str:
    """Where the catalogue has the phrases about the fact."""
    return f"attributes.{fact.group}" if is_attribute(fact.path) else f"facts.{fact.path}"


def _name(fact: Fact, catalogue: Catalogue) -> str:
    """What the author calls the fact, an extra attribute."""
    return quoted(fact.path.rpartition(".")[2], catalogue)


def _noun(fact: Fact, catalogue: Catalogue) -> str:
    return catalogue.text(f"{_key(fact)}.noun", name=_name(fact, catalogue))


def quoted(text: str, catalogue: Catalogue) -> str:
    """A word of the author's; in quotes where it could be taken for a word of the sentence."""
    if _SIMPLE_WORD.fullmatch(text) and text not in catalogue.grammar.quoted_words:
        return text
    return json.dumps(text, ensure_ascii=False)


def _value_phrase(comparison: Compare, catalogue: Catalogue) -> str:
    """What the fact is compared with: "at least 50.00", "web or app", "the tag gift"."""
    fact, operator = comparison.fact, comparison.operator
    if operator in TAGGED:
        tags = [quoted(str(tag), catalogue) for tag in comparison.operands]
        listed = catalogue.join("and" if operator is Operator.HAS_ALL else "or", tags)
        return catalogue.text(f"comparisons.tags.{operator.value}", tags=listed)
    words = [_operand(fact, operator, operand, catalogue) for operand in comparison.operands]
    if operator is Operator.BETWEEN:
        low, high = words
        return catalogue.text(f"comparisons.{_COMPARED_AS[fact.kind]}.between", low=low, high=high)
    if operator in ORDERED:
        (word,) = words
        return catalogue.text(f"comparisons.{_COMPARED_AS[fact.kind]}.{operator.value}", value=word)
    if fact.kind in _COMPARED_AS:
        words = [catalogue.text(f"comparisons.{_COMPARED_AS[fact.kind]}.equals", value=word) for word in words]
    return catalogue.join("or", words)


def _operand(fact: Fact, operator: Operator, value: Value, catalogue: Catalogue) -> str:
    if operator is Operator.MATCHES:
        return catalogue.text("comparisons.matches", pattern=json.dumps(value, ensure_ascii=False))
    if isinstance(value, bool):
        owner = "attribute" if is_attribute(fact.path) else fact.path
        return catalogue.text(f"flags.{owner}.{str(value).lower()}")
    if isinstance(value, int):
        return amounts.amount(fact.kind, value, catalogue)
    if fact.kind is Kind.CHOICE:
        return catalogue.text(f"choices.{value}")
    # in quotes, so that the word "5" of an extra attribute isn't its number 5
    return json.dumps(value, ensure_ascii=False) if is_attribute(fact.path) else quoted(str(value), catalogue)
