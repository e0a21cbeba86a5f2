"""The values of a rule that a form can change, each with its name and a sentence of help."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from rules.conditions import PAIRED, Operator
from rules.editor.rule_values import RuleValue
from rules.editor.vocabulary_shapes import DAYS, kind_name
from rules.syntax.effect_parser import AMOUNT_KINDS
from rules.vocabulary import VOCABULARY, Kind
from rules.wording.catalogue import Catalogue

_FIRST_PART = re.compile(r"(?:(?!\s?[;:]\s|, comme |, as |\. |\().)+")


class RuleValueRecord(Record, frozen=True):
    """A value of a rule that stands in its text on one line."""

    path: Annotated[str, Meta(description="where it stands within the rule, as a JSON Pointer (RFC 6901)")]
    value: Annotated[str, Meta(description="as it is written; empty: the rule has none")]
    label: str
    help: str
    subject: Annotated[str, Meta(description="the fact or the effect that it belongs to, or the key of the rule")]
    choices: Annotated[list[str], Meta(description="if it is one of these words alone")]
    choice_names: Annotated[
        dict[str, str], Meta(description="what these words are called in the reader's language, as far as it has names")
    ]
    kind: Annotated[str, Meta(description="of value, as in the vocabulary: money, duration, date; empty: any text")]

    @classmethod
    def of(cls, value: RuleValue, catalogue: Catalogue, terms: Sequence[str]) -> "RuleValueRecord":
        """`terms` are those of its policy."""
        fact = VOCABULARY.get(value.subject)
        compared = value.part in {"", Operator.HAS.value, "has_any", "has_all", "not"}
        choices = terms if _names_term(value) else fact.choices if fact and compared else ()
        return cls(
            path=value.pointer,
            value=value.text,
            label=_label(value, catalogue),
            help=" ".join(_help(value, catalogue)).replace("`", ""),
            subject=value.subject,
            choices=list(choices),
            choice_names={
                word: catalogue.text(f"choices.{word}")
                for word in (fact.choices if choices and fact else ())
                if f"choices.{word}" in catalogue.texts
            },
            kind=_kind_name(value),
        )


def _names_term(value: RuleValue) -> bool:
    return value.keys[0] == "when" and value.subject == "is"


def _label(value: RuleValue, catalogue: Catalogue) -> str:
    if _names_term(value):
        return _first_part(catalogue.text("editor.terms.name"))
    section = {"when": "facts", "then": "effects"}.get(str(value.keys[0]), "keys")
    key = f"editor.{section}.{value.subject}"
    text = catalogue.text(key) if key in catalogue.texts else value.subject
    if value.keys[0] == "because":
        return f"{_first_part(text)} ({value.part})" if value.part else _first_part(text)
    return value.subject if text.startswith("`") else _first_part(text)


def _help(value: RuleValue, catalogue: Catalogue) -> Iterator[str]:
    """What its part means, and how it is written."""
    if _names_term(value):
        yield f"{catalogue.text('editor.terms.help')}."
    for section in ("operators", "keys"):
        key = f"editor.{section}.{value.part}"
        if value.keys[0] != "because" and value.part and key in catalogue.texts:
            yield f"{catalogue.text(key)}."
            break
    if value.keys[0] in ("from", "until"):
        yield f"{catalogue.text(f'editor.keys.{value.subject}')}."
    kind = _kind(value)
    key = f"editor.kinds.{kind.name.lower()}" if kind else ""
    if key in catalogue.texts:
        yield f"{catalogue.text(key)}."


def _kind(value: RuleValue) -> Kind | None:
    if value.keys[0] == "when":
        fact = VOCABULARY.get(value.subject)
        return fact.kind if fact else None
    return AMOUNT_KINDS.get(value.subject) if value.keys[0] == "then" and not value.part else None


def _kind_name(value: RuleValue) -> str:
    if value.keys[0] in ("from", "until"):
        return kind_name(Kind.INSTANT)
    if value.subject in ("min_shelf_life", "target_cover") or value.part == "cover":
        return DAYS
    if value.part in (Operator.MATCHES.value, Operator.KNOWN.value, *(item.value for item in PAIRED)):
        return ""
    kind = _kind(value)
    return kind_name(kind) if kind else ""


def _first_part(text: str) -> str:
    """Up to where it goes on to explain itself: `So many units, as 3` is `So many units`."""
    match = _FIRST_PART.match(text)
    first = (match[0] if match else text).strip().replace("`", "")
    return f"{first[0].upper()}{first[1:]}" if first else text
