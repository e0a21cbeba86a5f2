"""The words that policy files are written with: what each means, how facts are compared and effects are written."""

from collections.abc import Collection, Mapping
from typing import Annotated

from msgspec import Meta

from engine.decide.network_fit import Attribute
from engine.decide.order_record import Record
from rules.conditions import PAIRED
from rules.editor.vocabulary_shapes import (
    EFFECT_WAYS,
    REPEATED,
    Part,
    Takes,
    comparable_facts,
    kind_name,
    operators_of,
    takes,
)
from rules.vocabulary import VOCABULARY, attribute
from rules.wording.catalogue import Catalogue

MOST_WORDS = 200
"""Of one fact that are offered."""
_PAIRED = frozenset(operator.value for operator in PAIRED)
"""An extra attribute can be compared with others, too; which of them are of its kind, a form does not offer."""


class VocabularyWordRecord(Record, frozen=True, kw_only=True):
    """A word of the policy language, what it means, and the words that may stand behind it."""

    word: str
    means: str
    values: list[str]


class FactWordRecord(VocabularyWordRecord, frozen=True, kw_only=True):
    """A fact that conditions compare."""

    kind: Annotated[str, Meta(description="of its values: money, weight, choice, tags, ...")]
    written: Annotated[str, Meta(description="how its value is written, with an example")]
    value_names: Annotated[
        dict[str, str], Meta(description="what these words are called in the reader's language, as far as it has names")
    ]
    operators: Annotated[
        list[str], Meta(description="those that compare it; equals is a bare value, or a list of them")
    ]
    comparable: Annotated[list[str], Meta(description="the facts that it can be compared with, by same_as")]


class EffectPartRecord(Record, frozen=True, kw_only=True):
    """A value of an effect, or one of several."""

    key: Annotated[str, Meta(description="under which it stands; empty: it is the only one, and stands alone")]
    means: Annotated[str, Meta(description="what the key means; empty without one")]
    kind: Annotated[str, Meta(description="as of a fact, or days: a whole number of them")]
    values: Annotated[list[str], Meta(description="the words that it may be, or that the network has")]
    closed: Annotated[bool, Meta(description="whether it is one of these words alone")]
    optional: bool


class EffectWordRecord(VocabularyWordRecord, frozen=True, kw_only=True):
    """An effect, and the ways in which its value can be written."""

    written: Annotated[str, Meta(description="how its value is written, with an example; empty: by one of its words")]
    ways: list[list[EffectPartRecord]]
    repeated: Annotated[bool, Meta(description="whether a rule may have a list of it, for several channels")]


class OperatorWordRecord(VocabularyWordRecord, frozen=True, kw_only=True):
    """A word that compares a fact, or combines conditions."""

    takes: Annotated[
        Takes,
        Meta(description="what stands behind it: a value, several, two, true or false, a fact, conditions, terms"),
    ]


class VocabularyRecord(Record, frozen=True):
    """The words of policy files, for editors that complete them and forms that are built from them."""

    language: str
    facts: list[FactWordRecord]
    effects: list[EffectWordRecord]
    operators: list[OperatorWordRecord]
    keys: list[VocabularyWordRecord]

    @classmethod
    def of(
        cls, catalogue: Catalogue, words: Mapping[str, Collection[str]], attributes: Mapping[str, Attribute]
    ) -> "VocabularyRecord":
        """`words` are those of the network, by the fact that has them, and `attributes` those that it adds."""
        return cls(
            language=catalogue.language,
            facts=[
                *(_fact(path, catalogue, words) for path in VOCABULARY),
                *(_attribute(path, its, catalogue) for path, its in sorted(attributes.items())),
            ],
            effects=[_effect(name, catalogue, words) for name in EFFECT_WAYS],
            operators=[_operator(key, catalogue) for key in _section(catalogue, "operators")],
            keys=[
                VocabularyWordRecord(word=key, means=_text(catalogue, f"keys.{key}"), values=[])
                for key in _section(catalogue, "keys")
            ],
        )


def _section(catalogue: Catalogue, section: str) -> list[str]:
    start = f"editor.{section}."
    return [key.removeprefix(start) for key in catalogue.texts if key.startswith(start)]


def _text(catalogue: Catalogue, key: str) -> str:
    full = f"editor.{key}"
    return catalogue.text(full).replace("`", "") if full in catalogue.texts else ""


def _fact(path: str, catalogue: Catalogue, words: Mapping[str, Collection[str]]) -> FactWordRecord:
    fact = VOCABULARY[path]
    return FactWordRecord(
        word=path,
        means=_text(catalogue, f"facts.{path}"),
        values=list(fact.choices) or sorted(words.get(path, ()))[:MOST_WORDS],
        kind=kind_name(fact.kind),
        written=_text(catalogue, f"kinds.{kind_name(fact.kind)}"),
        operators=operators_of(fact),
        value_names=_value_names(fact.choices, catalogue),
        comparable=comparable_facts(fact),
    )


def _attribute(path: str, its: Attribute, catalogue: Catalogue) -> FactWordRecord:
    fact = attribute(path, its.kind)
    return FactWordRecord(
        word=path,
        means=catalogue.text(f"attributes.{fact.group}.noun", name=path.rpartition(".")[2]),
        values=sorted(its.words)[:MOST_WORDS],
        kind=kind_name(fact.kind),
        written=_text(catalogue, f"kinds.{kind_name(fact.kind)}"),
        operators=[word for word in operators_of(fact) if word not in _PAIRED],
        value_names={},
        comparable=[],
    )


def _value_names(choices: Collection[str], catalogue: Catalogue) -> dict[str, str]:
    return {word: catalogue.text(f"choices.{word}") for word in choices if f"choices.{word}" in catalogue.texts}


def _effect(name: str, catalogue: Catalogue, words: Mapping[str, Collection[str]]) -> EffectWordRecord:
    ways = EFFECT_WAYS[name]
    return EffectWordRecord(
        word=name,
        means=_text(catalogue, f"effects.{name}"),
        values=[],
        written=_text(catalogue, f"kinds.{ways[0][0].kind}") if not ways[0][0].words else "",
        ways=[[_part(part, catalogue, words) for part in way] for way in ways],
        repeated=name in REPEATED,
    )


def _part(part: Part, catalogue: Catalogue, words: Mapping[str, Collection[str]]) -> EffectPartRecord:
    return EffectPartRecord(
        key=part.key,
        means=_text(catalogue, f"keys.{part.key}") if part.key else "",
        kind=part.kind,
        values=list(part.words) or sorted(words.get(part.fact, ()))[:MOST_WORDS],
        closed=bool(part.words),
        optional=part.optional,
    )


def _operator(word: str, catalogue: Catalogue) -> OperatorWordRecord:
    return OperatorWordRecord(
        word=word,
        means=_text(catalogue, f"operators.{word}"),
        values=[],
        takes=takes(word),
    )
