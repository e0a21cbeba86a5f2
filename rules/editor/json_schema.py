"""The JSON Schema of policy files for editors: completion, hover texts and squiggles while one writes.

Draft-07, which yaml-language-server reads best, and its extensions: markdownDescription, patternErrorMessage,
enumDescriptions, defaultSnippets. Made of the vocabulary, the operators that fit each kind, the effects' bounds and
the shape of files, so that it says what `rules.loader` says. What it can't say (whether a term or a rule exists, what
is known where an effect is judged) `pointsman policy check` does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rules.conditions import SEVERAL, Operator
from rules.editor.literal_patterns import MOMENT, SCALAR, SHARE, UNQUOTED, WORD, Shape, literal, one, some, words
from rules.editor.schema_branches import told_apart
from rules.effects import STAGE_OF
from rules.syntax import effect_parser
from rules.syntax.condition_parser import COMBINATORS, accepts_date, fits
from rules.syntax.policy_shapes import ID_PATTERN, LANGUAGE_PATTERN, PolicyShape, RuleShape
from rules.vocabulary import (
    ATTRIBUTE_GROUPS,
    CHANNELS,
    VOCABULARY,
    Fact,
    Kind,
    Stage,
    attribute,
    stage_knows,
)
from rules.wording import glossary
from rules.wording.bilingual import LANGUAGES, Said
from rules.wording.fact_phrases import CHOICES

_ATTRIBUTE = Said("What the network file says of it besides", "Ce que le fichier du réseau en dit en plus")
_CONDITION = {"$ref": "#/definitions/condition"}
_ATTRIBUTE_KINDS = (Kind.NUMBER, Kind.TAGS, Kind.WORD)
"""What operators may take an extra attribute for; true and false have none of their own."""


def policy_schema(languages: Iterable[str] = LANGUAGES) -> dict[str, Any]:
    """The schema, its hover texts in `languages`."""
    return told_apart(_Writer(tuple(languages)).schema())


class _Writer:
    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = languages

    def schema(self) -> dict[str, Any]:
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            **self._keys(PolicyShape, self._file_keys()),
            "defaultSnippets": [_snippet("a policy", {"policy": "$1", "owner": "$2", "rules": [_rule_body(3)]})],
            "definitions": {
                "rule": {
                    **self._keys(RuleShape, self._rule_keys()),
                    "defaultSnippets": [_snippet("a rule", _rule_body(1))],
                },
                "condition": self._condition(),
                "effects": self._effects(),
                **{_name(kind): self._compared(kind, literal(kind)) for kind in _KINDS},
                "attribute": self._attribute(),
                **{f"attribute {kind.name.lower()}": self._of_attribute(kind) for kind in _ATTRIBUTE_KINDS},
                **{fact.path: self._chosen(fact) for fact in VOCABULARY.values() if fact.choices},
            },
        }

    def _told(self, said: Said, *more: Said) -> Shape:
        texts = [said, *more]
        plain = [". ".join(text.to(language) for text in texts) for language in self._languages]
        return {
            "description": "\n".join(plain).replace("`", ""),
            "markdownDescription": "\n\n".join(plain),
        }

    def _keys(self, shape: type[Schema], special: Mapping[str, Shape]) -> Shape:
        """A mapping with the keys of a marshmallow schema, each as `special` says or as its field does."""
        named = {field.data_key or name: field for name, field in shape().fields.items()}
        return {
            "type": "object",
            "properties": {
                name: {**self._told(glossary.KEYS[name]), **(special.get(name) or _of_field(field))}
                for name, field in named.items()
            },
            "required": [name for name, field in named.items() if field.required],
            "additionalProperties": False,
        }

    def _file_keys(self) -> dict[str, Shape]:
        return {
            "terms": {"type": "object", "additionalProperties": _CONDITION},
            "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
        }

    def _rule_keys(self) -> dict[str, Shape]:
        text = {"anyOf": [{"type": "string", "minLength": 1}, UNQUOTED]}
        named = dict.fromkeys(LANGUAGES, text)
        reasons = {
            "type": "object",
            "minProperties": 1,
            "properties": named,
            "patternProperties": {f"^{LANGUAGE_PATTERN}$": text},
            "additionalProperties": False,
        }
        instant, times = literal(Kind.INSTANT), literal(Kind.TIME)
        return {
            "because": {"anyOf": [*text["anyOf"], reasons]},
            "when": {"allOf": [_CONDITION]},
            "then": {"allOf": [{"$ref": "#/definitions/effects"}]},
            "from": instant,
            "until": instant,
            "hours": {"type": "array", "items": times, "minItems": 2, "maxItems": 2, "uniqueItems": True},
            "overrides": {"type": "array", "items": _RULE_NAME},
        }

    def _condition(self) -> Shape:
        listed = {"type": "array", "items": _CONDITION, "minItems": 1}
        combined = {name: {**self._told(glossary.OPERATORS[name]), **listed} for name in COMBINATORS}
        combined["is"] = {**self._told(glossary.OPERATORS["is"]), **some(SCALAR)}
        return {
            "type": "object",
            "minProperties": 1,
            "properties": {**{fact.path: self._fact(fact) for fact in VOCABULARY.values()}, **combined},
            "patternProperties": {
                "^" + group.replace(".", r"\.") + "[^.]+$": {
                    **self._told(_ATTRIBUTE, _goes_with(attribute(f"{group}x", Kind.ANY))),
                    "allOf": [{"$ref": "#/definitions/attribute"}],
                }
                for group in ATTRIBUTE_GROUPS
            },
            "additionalProperties": False,
        }

    def _fact(self, fact: Fact) -> Shape:
        said = Said(fact.en[0].upper() + fact.en[1:], fact.fr[0].upper() + fact.fr[1:])
        compared = {"$ref": f"#/definitions/{fact.path if fact.choices else _name(fact.kind)}"}
        offered = {"examples": _offered(fact)} if _offered(fact) else {}
        return {**self._told(said, glossary.KINDS[fact.kind], _goes_with(fact)), "allOf": [compared], **offered}

    def _chosen(self, fact: Fact) -> Shape:
        told = ["; ".join(CHOICES[word].to(language) for language in self._languages) for word in fact.choices]
        return self._compared(Kind.CHOICE, {"enum": list(fact.choices), "enumDescriptions": told}, fact.path)

    def _compared(self, kind: Kind, value: Shape, name: str = "") -> Shape:
        """What may stand after a fact of this kind: a value, a list of them, or a mapping of operators."""
        itself = {"$ref": f"#/definitions/{name or _name(kind)}"}
        mapping = self._operators(kind, value, itself)
        equal = some(_fitting(kind, Operator.EQUALS, value))
        return {"anyOf": [*equal["anyOf"], mapping]} if fits(kind, Operator.EQUALS) else mapping

    def _operators(self, kind: Kind, value: Shape, negated: Shape) -> Shape:
        operators = {
            operator.value: {
                **self._told(glossary.OPERATORS[operator.value]),
                **_operand(operator, _fitting(kind, operator, value)),
            }
            for operator in Operator
            if operator is not Operator.EQUALS and fits(kind, operator)
        }
        operators["not"] = {**self._told(glossary.OPERATORS["not"]), "allOf": [negated]}
        return {"type": "object", "minProperties": 1, "properties": operators, "additionalProperties": False}

    def _attribute(self) -> Shape:
        mappings = [{"$ref": f"#/definitions/attribute {kind.name.lower()}"} for kind in _ATTRIBUTE_KINDS]
        return {"anyOf": [*some(WORD)["anyOf"], *mappings]}

    def _of_attribute(self, kind: Kind) -> Shape:
        """A mapping of operators that take an extra attribute for this kind."""
        value = literal(kind, low=None)
        itself = {"$ref": f"#/definitions/attribute {kind.name.lower()}"}
        equal = some(value)["anyOf"] if fits(kind, Operator.EQUALS) else []
        return self._operators(kind, value, {"anyOf": [*equal, itself]})

    def _effects(self) -> Shape:
        return {
            "type": "object",
            "minProperties": 1,
            "properties": {
                name: {**self._told(glossary.EFFECTS[name], _judged_for(stage)), **self._effect(name)}
                for name, stage in STAGE_OF.items()
            },
            "additionalProperties": False,
        }

    def _effect(self, name: str) -> Shape:
        if name in effect_parser.RANGES:
            return _ranged(effect_parser.RANGES[name])
        if name in effect_parser.ONLY_TRUE:
            return words([True], "true")
        if name == "exclude":
            return words([True, "unless_needed"], "true")
        units = _ranged(effect_parser.UNITS)
        if name == "keep":
            return {"anyOf": [*units["anyOf"], SHARE]}
        either = {"anyOf": [self._protection("units", units), self._protection("share", SHARE)]}
        return {"anyOf": [*either["anyOf"], {"type": "array", "items": either, "minItems": 1}]}

    def _protection(self, size: str, value: Shape) -> Shape:
        channel = {**WORD, "examples": list(CHANNELS)}
        sizes = {"channel": channel, size: value}
        return {
            "type": "object",
            "properties": {name: {**self._told(glossary.KEYS[name]), **shape} for name, shape in sizes.items()},
            "required": list(sizes),
            "additionalProperties": False,
        }


_KINDS = tuple(kind for kind in Kind if kind not in (Kind.CHOICE, Kind.ANY, Kind.NUMBER))
_RULE_NAME = {
    "type": "string",
    "pattern": f"^{ID_PATTERN}/{ID_PATTERN}$",
    "patternErrorMessage": "write policy/rule, for example clearance/outlets-first",
}


def _offered(fact: Fact) -> list[Any]:
    """Values that completion offers of a fact."""
    if fact.path == "order.channel":
        return list(CHANNELS)
    return [True, False] if fact.kind is Kind.FLAG else list(fact.choices)


def _rule_body(first: int) -> Shape:
    """A rule to fill in, its tab stops from `first` on."""
    stops = [f"${first + index}" for index in range(5)]
    return {"id": stops[0], "because": {"en": stops[1], "fr": stops[2]}, "when": {stops[3]: ""}, "then": {stops[4]: ""}}


def _name(kind: Kind) -> str:
    return f"compared {kind.name.lower()}"


def _snippet(label: str, body: Any) -> Shape:
    return {"label": label, "body": body}


def _goes_with(fact: Fact) -> Said:
    names = ", ".join(f"`{name}`" for name, stage in STAGE_OF.items() if stage_knows(stage, fact))
    return Said(f"Goes with {names}", f"Va avec {names}")


def _judged_for(stage: Stage) -> Said:
    said = glossary.STAGES[stage]
    groups = ", ".join(stage.value)
    return Said(f"Judged for {said.en}; may mention {groups}", f"Jugé pour {said.fr} ; peut citer {groups}")


def _fitting(kind: Kind, operator: Operator, value: Shape) -> Shape:
    return MOMENT if kind is Kind.INSTANT and not accepts_date(operator) else value


def _operand(operator: Operator, value: Shape) -> Shape:
    if operator is Operator.KNOWN:
        return one(literal(Kind.FLAG))
    if operator is Operator.BETWEEN:
        return {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
    return some(value) if operator in SEVERAL else one(value)


def _ranged(bounds: effect_parser.Range) -> Shape:
    shape = literal(bounds.kind, low=bounds.low, high=bounds.high)
    return shape if "anyOf" in shape else {"anyOf": [shape]}


def _of_field(field: fields.Field[Any]) -> Shape:
    """A text or a list of words, with the bounds that its validators set."""
    if isinstance(field, fields.List):
        return {"type": "array", "items": _of_field(field.inner), **_bounds(field, "Items")}
    for check in field.validators:
        if isinstance(check, validate.OneOf):
            return {"enum": list(check.choices)}
        if isinstance(check, validate.Regexp):
            return {"type": "string", "pattern": f"^{ID_PATTERN}$", "patternErrorMessage": check.error}
    return {"anyOf": [{"type": "string", **_bounds(field, "Length")}, UNQUOTED]}


def _bounds(field: fields.Field[Any], what: str) -> Shape:
    """The Length of a field, as minItems and maxItems or minLength and maxLength."""
    length = next((check for check in field.validators if isinstance(check, validate.Length)), validate.Length())
    return {f"{end}{what}": size for end, size in (("min", length.min), ("max", length.max)) if size is not None}
