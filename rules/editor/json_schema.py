"""The JSON Schema of policy files, from which editors complete words, show hover texts and underline mistakes.

It is draft-07, which yaml-language-server supports best, with that server's extensions: markdownDescription,
patternErrorMessage, enumDescriptions, defaultSnippets. It is generated from the vocabulary, the operators that fit each
kind, the bounds of effects and the shape of policy files, so it accepts what `rules.loader` accepts. What a schema
can't express (whether a term or a rule exists, which facts are known where an effect is judged) is left to
`pointsman policy check`.
"""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from rules.conditions import PAIRED, SEVERAL, Operator
from rules.editor.literal_patterns import (
    CARBON_PRICE,
    COVER,
    DAYS,
    INSTANT_WITH_TIME,
    SCALAR,
    SHARE,
    UNQUOTED,
    UPLIFT,
    WHOLE_DAYS,
    WORD,
    Shape,
    duration_after,
    literal,
    one_of,
    one_or_more,
    one_value,
)
from rules.editor.schema_branches import branch_by_type
from rules.effects import OF_RETURNS, OF_SHIPMENTS, STAGE_OF
from rules.reserves import PERIODS
from rules.syntax import effect_parser
from rules.syntax.amount_range import UNITS, Range
from rules.syntax.condition_parser import COMBINATORS, accepts_date, are_comparable, fits
from rules.syntax.policy_shapes import ID_PATTERN, LANGUAGE_PATTERN, PolicyShape, RuleShape
from rules.vocabulary import (
    ATTRIBUTE_GROUPS,
    ATTRIBUTE_KINDS,
    CHANNELS,
    DISPOSITIONS,
    VOCABULARY,
    Fact,
    Kind,
    Stage,
    attribute,
    stage_knows,
)
from rules.wording.catalogue import Catalogue, available_languages

_CONDITION = {"$ref": "#/definitions/condition"}
_ATTRIBUTE_KINDS = (Kind.NUMBER, Kind.TAGS, Kind.WORD)
"""The kinds whose operators may compare an extra attribute; true and false have no operator of their own."""


MOST_OFFERED = 2_000
"""Words of a network that completion offers for one fact."""


def policy_schema(
    catalogues: Sequence[Catalogue],
    words: Mapping[str, Collection[str]] | None = None,
    attributes: Collection[str] = (),
) -> dict[str, Any]:
    """The schema, with its hover texts in the languages of `catalogues`. Completion offers the `words` of a network, by
    the fact that has them, and the paths of its extra `attributes`; other words are no mistake to the schema.
    """
    return branch_by_type(_SchemaWriter(catalogues, words or {}, attributes).schema())


class _SchemaWriter:
    def __init__(
        self, catalogues: Sequence[Catalogue], words: Mapping[str, Collection[str]], attributes: Collection[str]
    ) -> None:
        self._catalogues = catalogues
        self._words = words
        self._attributes = attributes

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
                **{_definition(kind): self._compared(kind, literal(kind)) for kind in _KINDS},
                "attribute": self._attribute(),
                **{f"attribute {kind.name.lower()}": self._attribute_operators(kind) for kind in _ATTRIBUTE_KINDS},
                **{fact.path: self._choice(fact) for fact in VOCABULARY.values() if fact.choices},
            },
        }

    def _hover(self, texts: Callable[[Catalogue], Sequence[str]]) -> Shape:
        """The hover text of a word: in each language the texts, one after the other."""
        plain = [catalogue.join("statements", texts(catalogue)) for catalogue in self._catalogues]
        return {
            "description": "\n".join(plain).replace("`", ""),
            "markdownDescription": "\n\n".join(plain),
        }

    def _meaning(self, key: str) -> Shape:
        """The hover text that is one text of the catalogues' section `editor`."""
        return self._hover(lambda catalogue: [catalogue.text(f"editor.{key}")])

    def _keys(self, shape: type[Schema], special: Mapping[str, Shape]) -> Shape:
        """A mapping with the keys of a marshmallow schema; a key's shape is from `special` or else from its field."""
        fields_by_key = {field.data_key or name: field for name, field in shape().fields.items()}
        return {
            "type": "object",
            "properties": {
                key: {**self._meaning(f"keys.{key}"), **(special.get(key) or _field_shape(field))}
                for key, field in fields_by_key.items()
            },
            "required": [key for key, field in fields_by_key.items() if field.required],
            "additionalProperties": False,
        }

    def _file_keys(self) -> dict[str, Shape]:
        return {
            "terms": {"type": "object", "additionalProperties": _CONDITION},
            "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
        }

    def _rule_keys(self) -> dict[str, Shape]:
        text = {"anyOf": [{"type": "string", "minLength": 1}, UNQUOTED]}
        reasons = {
            "type": "object",
            "minProperties": 1,
            "properties": dict.fromkeys(available_languages(), text),
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
            "disabled": one_of([True], "true"),
            "hours": {"type": "array", "items": times, "minItems": 2, "maxItems": 2, "uniqueItems": True},
            "overrides": {"type": "array", "items": _RULE_NAME},
        }

    def _condition(self) -> Shape:
        conditions = {"type": "array", "items": _CONDITION, "minItems": 1}
        combined = {name: {**self._meaning(f"operators.{name}"), **conditions} for name in COMBINATORS}
        combined["is"] = {**self._meaning("operators.is"), **one_or_more(SCALAR)}
        return {
            "type": "object",
            "minProperties": 1,
            "properties": {
                **{fact.path: self._fact(fact) for fact in VOCABULARY.values()},
                **{path: self._attribute_of_rule(path) for path in sorted(self._attributes)},
                **combined,
            },
            "patternProperties": {
                "^" + group.replace(".", r"\.") + "[^.]+$": self._attribute_of_rule(f"{group}x")
                for group in ATTRIBUTE_GROUPS
            },
            "additionalProperties": False,
        }

    def _attribute_of_rule(self, path: str) -> Shape:
        fact = attribute(path, Kind.ANY)
        hover = self._hover(lambda catalogue: [catalogue.text("editor.attribute"), _goes_with(fact, catalogue)])
        return {**hover, "allOf": [{"$ref": "#/definitions/attribute"}]}

    def _fact(self, fact: Fact) -> Shape:
        def texts(catalogue: Catalogue) -> list[str]:
            meaning = catalogue.text(f"editor.facts.{fact.path}")
            kind = catalogue.text(f"editor.kinds.{fact.kind.name.lower()}")
            return [f"{meaning[0].upper()}{meaning[1:]}", kind, _goes_with(fact, catalogue)]

        compared = {"$ref": f"#/definitions/{fact.path if fact.choices else _definition(fact.kind)}"}
        words = () if fact.choices else self._words.get(fact.path, ())
        examples = sorted(words)[:MOST_OFFERED] or _offered(fact)
        offered = {"examples": examples} if examples else {}
        return {**self._hover(texts), "allOf": [compared], **offered}

    def _choice(self, fact: Fact) -> Shape:
        meanings = [
            "; ".join(catalogue.text(f"choices.{word}") for catalogue in self._catalogues) for word in fact.choices
        ]
        return self._compared(Kind.CHOICE, {"enum": list(fact.choices), "enumDescriptions": meanings}, fact.path)

    def _compared(self, kind: Kind, value: Shape, name: str = "") -> Shape:
        """What may follow a fact of this kind: a value, a list of values, or a mapping of operators."""
        itself = {"$ref": f"#/definitions/{name or _definition(kind)}"}
        mapping = self._operators(kind, value, itself, [VOCABULARY[name]] if name else ())
        equal = one_or_more(_fitting(kind, Operator.EQUALS, value))
        return {"anyOf": [*equal["anyOf"], mapping]} if fits(kind, Operator.EQUALS) else mapping

    def _operators(self, kind: Kind, value: Shape, negated: Shape, facts: Sequence[Fact] = ()) -> Shape:
        """A mapping of the operators that compare one of these facts, or else any fact of this kind."""
        fitting = [operator for operator in Operator if operator is not Operator.EQUALS and fits(kind, operator)]
        operators = {
            operator.value: {
                **self._meaning(f"operators.{operator.value}"),
                **_operand(operator, _fitting(kind, operator, value)),
            }
            for operator in fitting
            if operator not in PAIRED
        }
        other = _comparable(facts or [attribute("", kind)])
        operators |= {
            item.value: {**self._meaning(f"operators.{item.value}"), **other} for item in Operator if item in PAIRED
        }
        operators["not"] = {**self._meaning("operators.not"), "allOf": [negated]}
        return {"type": "object", "minProperties": 1, "properties": operators, "additionalProperties": False}

    def _attribute(self) -> Shape:
        mappings = [{"$ref": f"#/definitions/attribute {kind.name.lower()}"} for kind in _ATTRIBUTE_KINDS]
        return {"anyOf": [*one_or_more(WORD)["anyOf"], *mappings]}

    def _attribute_operators(self, kind: Kind) -> Shape:
        """A mapping of the operators that compare an extra attribute as a value of this kind."""
        value = literal(kind, low=None)
        itself = {"$ref": f"#/definitions/attribute {kind.name.lower()}"}
        equal = one_or_more(value)["anyOf"] if fits(kind, Operator.EQUALS) else []
        any_attribute = [attribute("", kind) for kind in ATTRIBUTE_KINDS.values()]
        return self._operators(kind, value, {"anyOf": [*equal, itself]}, any_attribute)

    def _effects(self) -> Shape:
        return {
            "type": "object",
            "minProperties": 1,
            "properties": {
                name: {**self._effect_hover(name, stage), **self._effect(name)} for name, stage in STAGE_OF.items()
            },
            "additionalProperties": False,
        }

    def _effect_hover(self, name: str, stage: Stage) -> Shape:
        stages = (stage, *((Stage.SHIPMENT,) if name in OF_SHIPMENTS else ()))
        stages += (Stage.RETURN,) if name in OF_RETURNS else ()
        return self._hover(
            lambda catalogue: [
                catalogue.text(f"editor.effects.{name}"),
                *(_judged_for(each, catalogue) for each in stages),
            ]
        )

    def _effect(self, name: str) -> Shape:
        words = {
            "exclude": one_of([True, "unless_needed"], "true"),
            "disposition": self._disposition(),
            "as_sku": one_value(self._other_sku()),
            "hold": _hold_shape(effect_parser.RANGES["hold"]),
            "promise_from": {"enum": list(effect_parser.PROMISE_FROM)},
            "haircut": {"anyOf": [SHARE]},
            "preorder_from": {"anyOf": [literal(Kind.DATE)]},
            "uplift": UPLIFT,
            "lookahead": {"anyOf": [{"enum": ["on", True]}, {"type": "string", "pattern": "^true$"}, SHARE]},
        }
        if name in words:
            return words[name]
        others = {
            "carbon_price": CARBON_PRICE,
            "min_shelf_life": DAYS,
            "slack": WHOLE_DAYS,
            "target_cover": COVER,
            "max_shipments": self._shipment_limit(),
        }
        if name in others:
            return {"anyOf": [*_range_shape(effect_parser.RANGES[name])["anyOf"], others[name]]}
        if name in effect_parser.RANGES:
            return _range_shape(effect_parser.RANGES[name])
        if name in effect_parser.ONLY_TRUE:
            return one_of([True], "true")
        if name in effect_parser.ONLY_FALSE:
            return one_of([False], "false")
        units = _range_shape(UNITS)
        if name in ("keep", "alert_below"):
            shares = [SHARE] if name == "keep" else []
            return {"anyOf": [*units["anyOf"], *shares, self._mapping(cover=_COVER)]}
        shapes = {
            "protect": [
                self._for_channel(units=units),
                self._for_channel(share=SHARE),
                self._for_channel(cover=_COVER),
            ],
            "allocate": [
                self._for_channel(units=units, per=_PER),
                self._for_channel({"min": units, "max": units}, share=SHARE, per=_PER),
                self._for_channel({"min": units, "max": units}, cover=_COVER, per=_PER),
            ],
            "cap": [self._for_channel(units=units)],
        }
        return {"anyOf": [*shapes[name], {"type": "array", "items": {"anyOf": shapes[name]}, "minItems": 1}]}

    def _disposition(self) -> Shape:
        meanings = [
            "; ".join(catalogue.text(f"effects.disposition.{word}") for catalogue in self._catalogues)
            for word in DISPOSITIONS
        ]
        return {"enum": list(DISPOSITIONS), "enumDescriptions": meanings}

    def _other_sku(self) -> Shape:
        skus = sorted(self._words.get("product.sku", ()))[:MOST_OFFERED]
        return {**WORD, **({"examples": skus} if skus else {})}

    def _shipment_limit(self) -> Shape:
        parts = {
            "at_most": _range_shape(effect_parser.RANGES["max_shipments"]),
            "unless_needed": one_of([True], "true"),
        }
        return {
            "type": "object",
            "properties": {name: {**self._meaning(f"keys.{name}"), **shape} for name, shape in parts.items()},
            "required": list(parts),
            "additionalProperties": False,
        }

    def _for_channel(self, optional: Mapping[str, Shape] | None = None, /, **required: Shape) -> Shape:
        """A mapping that names a channel."""
        channel = {**WORD, "examples": sorted(self._words.get("order.channel", ())) or list(CHANNELS)}
        return self._mapping(optional, channel=channel, **required)

    def _mapping(self, optional: Mapping[str, Shape] | None = None, /, **required: Shape) -> Shape:
        keys = {**required, **(optional or {})}
        return {
            "type": "object",
            "properties": {name: {**self._meaning(f"keys.{name}"), **shape} for name, shape in keys.items()},
            "required": list(required),
            "additionalProperties": False,
        }


_KINDS = tuple(kind for kind in Kind if kind not in (Kind.CHOICE, Kind.ANY, Kind.NUMBER, Kind.CLOCK))
_PER = {"enum": list(PERIODS)}
_RULE_NAME = {
    "type": "string",
    "pattern": rf"^{ID_PATTERN}/(?:{ID_PATTERN}|\*)$",
    "patternErrorMessage": "write policy/rule, for example clearance/outlets-first, or clearance/* for all its rules",
}


def _comparable(facts: Sequence[Fact]) -> Shape:
    """The paths of facts that may be compared with one of these."""
    paths = [item.path for item in VOCABULARY.values() if any(are_comparable(fact, item) for fact in facts)]
    groups = "|".join(group.replace(".", r"\.") for group in ATTRIBUTE_GROUPS)
    attributes = {"type": "string", "pattern": f"^(?:{groups})[^.]+$"}
    with_attributes = any(fact.kind in (Kind.CHOICE, *ATTRIBUTE_KINDS.values()) for fact in facts)
    return {"anyOf": [*([{"enum": paths}] if paths else []), *([attributes] if with_attributes else [])]}


def _offered(fact: Fact) -> list[Any]:
    """The values that completion offers for a fact."""
    if fact.path == "order.channel":
        return list(CHANNELS)
    return [True, False] if fact.kind is Kind.FLAG else list(fact.choices)


def _rule_body(first: int) -> Shape:
    """A rule to fill in, with tab stops numbered from `first`."""
    stops = (f"${number}" for number in itertools.count(first))
    return {
        "id": next(stops),
        "because": {language: next(stops) for language in available_languages()},
        "when": {next(stops): ""},
        "then": {next(stops): ""},
    }


def _definition(kind: Kind) -> str:
    return f"compared {kind.name.lower()}"


def _snippet(label: str, body: Any) -> Shape:
    return {"label": label, "body": body}


def _goes_with(fact: Fact, catalogue: Catalogue) -> str:
    """Which effects a rule may have that mentions the fact."""
    of_return = stage_knows(Stage.RETURN, fact)
    acting = [
        name for name, stage in STAGE_OF.items() if stage_knows(stage, fact) or (of_return and name in OF_RETURNS)
    ]
    of_shipment = [name for name in STAGE_OF if name in OF_SHIPMENTS]
    names = [f"`{name}`" for name in acting or of_shipment]
    return catalogue.text("editor.goes_with", effects=catalogue.join("commas", names))


def _judged_for(stage: Stage, catalogue: Catalogue) -> str:
    """What an effect of this stage is judged for, and the groups of facts its rule may mention."""
    judged = catalogue.text(f"editor.stages.{stage.name.lower()}")
    # authors write what a clock shows as a fact of the node
    written = [group for group in stage.value if group != "clock"]
    return catalogue.text("editor.judged_for", stage=judged, groups=catalogue.join("commas", written))


def _fitting(kind: Kind, operator: Operator, value: Shape) -> Shape:
    """The shape `value`; but a date with a time, where the operator can't compare an instant with a date alone."""
    return INSTANT_WITH_TIME if kind is Kind.INSTANT and not accepts_date(operator) else value


def _operand(operator: Operator, value: Shape) -> Shape:
    if operator is Operator.KNOWN:
        return one_value(literal(Kind.FLAG))
    if operator is Operator.BETWEEN:
        return {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
    return one_or_more(value) if operator in SEVERAL else one_value(value)


def _range_shape(bounds: Range) -> Shape:
    shape = literal(bounds.kind, low=bounds.low, high=bounds.high)
    return shape if "anyOf" in shape else {"anyOf": [shape]}


_COVER = {"anyOf": [*_range_shape(effect_parser.RANGES["target_cover"])["anyOf"], COVER]}


def _hold_shape(bounds: Range) -> Shape:
    word = effect_parser.UNTIL_SHIPPED
    until_shipped = duration_after(word, low=bounds.low, high=bounds.high)
    return {"anyOf": [literal(bounds.kind, low=bounds.low, high=bounds.high), until_shipped], "examples": [word]}


def _field_shape(field: fields.Field[Any]) -> Shape:
    """A text or a list of words, with the bounds that its validators set."""
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field_shape(field.inner), **_bounds(field, "Items")}
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
