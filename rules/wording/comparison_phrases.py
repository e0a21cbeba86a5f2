"""One comparison as a clause: "the order is worth at least 50.00", "le lieu n'est pas un magasin"."""

import json
import re
from collections.abc import Mapping

from rules.conditions import ORDERED, Compare, Operator
from rules.vocabulary import Fact, Kind, Value, is_attribute
from rules.wording import amounts
from rules.wording.bilingual import Said
from rules.wording.fact_phrases import CHOICES, FLAGS, KNOWN_AS, TRUTHS, wording

_SIMPLE = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_TAKEN = frozenset({"and", "or", "not", "like", "known", "et", "ou", "comme"})
"""Words that sentences are made of."""
_NUMBERS: Mapping[Operator, Said] = {
    Operator.AT_LEAST: Said("at least {}", "au moins {}"),
    Operator.MORE_THAN: Said("more than {}", "plus de {}"),
    Operator.AT_MOST: Said("at most {}", "au plus {}"),
    Operator.LESS_THAN: Said("less than {}", "moins de {}"),
    Operator.BETWEEN: Said("between {} and {}", "entre {} et {}"),
    Operator.EQUALS: Said("{}", "{}"),
}
_COUNTS = {**_NUMBERS, Operator.LESS_THAN: Said("fewer than {}", "moins de {}")}
_SPANS = {**_NUMBERS, Operator.BETWEEN: Said("{} to {}", "{} à {}")}
_DAYS: Mapping[Operator, Said] = {
    Operator.AT_LEAST: Said("on or after {}", "à partir du {}"),
    Operator.MORE_THAN: Said("after {}", "après le {}"),
    Operator.AT_MOST: Said("on or before {}", "au plus tard le {}"),
    Operator.LESS_THAN: Said("before {}", "avant le {}"),
    Operator.BETWEEN: Said("between {} and {} inclusive", "entre le {} et le {} inclus"),
    Operator.EQUALS: Said("on {}", "le {}"),
}
_CLOCKS: Mapping[Operator, Said] = {
    Operator.AT_LEAST: Said("{} or later", "{} ou plus tard"),
    Operator.MORE_THAN: Said("after {}", "après {}"),
    Operator.AT_MOST: Said("{} or earlier", "{} ou plus tôt"),
    Operator.LESS_THAN: Said("before {}", "avant {}"),
    Operator.BETWEEN: Said("between {} and {} inclusive", "entre {} et {} inclus"),
    Operator.EQUALS: Said("{}", "{}"),
}
_PHRASES = {Kind.COUNT: _COUNTS, Kind.DURATION: _SPANS, Kind.DATE: _DAYS, Kind.INSTANT: _DAYS, Kind.TIME: _CLOCKS}
_TAGS: Mapping[Operator, Said] = {
    Operator.HAS: Said("the tag {}", "l'étiquette {}"),
    Operator.HAS_ANY: Said("at least one of the tags {}", "au moins une des étiquettes {}"),
    Operator.HAS_ALL: Said("all of the tags {}", "toutes les étiquettes {}"),
}
_OR, _AND = Said("or", "ou"), Said("and", "et")
_KNOWN = Said("{} is known{}|{} is not known{}", "on connaît {}{}|on ne connaît pas {}{}")


def clause(comparison: Compare, language: str, *, denied: bool = False) -> str:
    """What the comparison asks, or that it doesn't hold."""
    fact, operator = comparison.fact, comparison.operator
    said = wording(fact, word(fact.path.rpartition(".")[2])).to(language)
    if operator is Operator.KNOWN:
        kind = KNOWN_AS[fact.kind].to(language) if is_attribute(fact.path) and fact.kind in KNOWN_AS else ""
        known = comparison.operands[0] is not denied
        return _KNOWN.to(language).split("|")[0 if known else 1].format(said.noun, kind)
    template = said.denied if denied else said.affirmed
    if fact.kind is Kind.COUNT:
        template = _counted(template, comparison.operands, language)
    return template.format(_operands(comparison, language))


def word(text: str) -> str:
    """A word of the author's: as it is, or in quotes where it could be taken for words of ours."""
    return text if _SIMPLE.fullmatch(text) and text not in _TAKEN else json.dumps(text, ensure_ascii=False)


def listed(words: list[str], conjunction: str) -> str:
    """Words in a row: a, a or b, a, b or c."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def _operands(comparison: Compare, language: str) -> str:
    fact, operator = comparison.fact, comparison.operator
    if operator in _TAGS:
        tags = [word(str(tag)) for tag in comparison.operands]
        joined = listed(tags, (_AND if operator is Operator.HAS_ALL else _OR).to(language))
        return _TAGS[operator].to(language).format(joined)
    words = [_value(fact, operator, value, language) for value in comparison.operands]
    if operator in ORDERED:
        return _PHRASES.get(fact.kind, _NUMBERS)[operator].to(language).format(*words)
    if fact.kind in _PHRASES:
        words = [_PHRASES[fact.kind][operator].to(language).format(item) for item in words]
    return listed(words, _OR.to(language))


def _value(fact: Fact, operator: Operator, value: Value, language: str) -> str:
    if operator is Operator.MATCHES:
        return f"{'comme' if language == 'fr' else 'like'} {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, bool):
        return FLAGS.get(fact.path, TRUTHS)[value].to(language)
    if isinstance(value, int):
        return amounts.amount(fact.kind, value, language)
    if fact.kind is Kind.CHOICE:
        return CHOICES[str(value)].to(language)
    # in quotes, so that the word "5" of an extra attribute isn't its number 5
    return json.dumps(value, ensure_ascii=False) if is_attribute(fact.path) else word(str(value))


def _counted(template: str, operands: tuple[Value, ...], language: str) -> str:
    """The noun after a number in its singular or plural; the last of several numbers decides."""
    last = operands[-1]
    return template.replace("[s]", amounts.plural("", last, language) if isinstance(last, int) else "s")
