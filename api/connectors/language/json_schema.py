"""The JSON Schema of connectors' files and of their tests, from which editors complete keys and underline mistakes.

It is made of the shapes that read the files. Which fields a kind has, it knows; paths are left to `pointsman connector
check`.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from api.connectors.language.format_shapes import FORMATS, SegmentTemplates
from api.connectors.language.kinds import INBOUND, OPEN, OUTBOUND, Target, targets
from api.connectors.language.shapes import (
    READS,
    SENDS,
    ConnectorShape,
    FieldShape,
    LookupFileShape,
    LookupRowsShape,
    RowTestShape,
)
from api.connectors.language.values import NumberOrField, OnlySecret, SecretWord, Servers, Several, TextOrSecret
from api.connectors.testing.shapes import ConnectorTestFileShape

_Shape = dict[str, Any]
_DRAFT = "http://json-schema.org/draft-07/schema#"
_SINGLE: _Shape = {"not": {"type": ["array", "object"]}}
_LIST_OF_TEXTS: _Shape = {"type": "array", "minItems": 1, "items": _SINGLE}
_SEVERAL: _Shape = {"anyOf": [_SINGLE, _LIST_OF_TEXTS]}
_SECRET: _Shape = {
    "type": "object",
    "properties": {"secret": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}},
    "required": ["secret"],
    "additionalProperties": False,
}
_FIELD: _Shape = {"$ref": "#/definitions/field"}
_FIELDS: _Shape = {"type": "object", "additionalProperties": _FIELD}


def connector_schema() -> _Shape:
    """The schema, in draft-07 as that of policy files."""
    special = {
        "kind": {"enum": [*INBOUND, *(kind for kind in OUTBOUND if kind not in INBOUND)]},
        "because": {"anyOf": [_SINGLE, _by_name(_SINGLE)]},
        "reads": _one_of(READS),
        "sends": _one_of(SENDS),
        "format": _formats(),
        "when": _by_name({"anyOf": [_SINGLE, _LIST_OF_TEXTS, _keys(RowTestShape())]}),
        "must": _by_name({"anyOf": [_SINGLE, _LIST_OF_TEXTS, _keys(RowTestShape())]}),
        "lookups": _by_name({"anyOf": [_keys(LookupFileShape()), _keys(LookupRowsShape()), _by_name(_SINGLE)]}),
        "fields": _FIELDS,
        "answer": _FIELDS,
    }
    inner = {"join": {"type": "array", "items": _FIELD}, "fields": _FIELDS, "times": {"anyOf": [_SINGLE, _FIELD]}}
    field = {"anyOf": [_SINGLE, _LIST_OF_TEXTS, _keys(FieldShape(), inner)]}
    return {
        "$schema": _DRAFT,
        **_keys(ConnectorShape(), special),
        "allOf": [_of_kind(kind) for kind in INBOUND],
        "definitions": {"field": field},
    }


def connector_test_schema() -> _Shape:
    return {"$schema": _DRAFT, **_keys(ConnectorTestFileShape())}


def _of_kind(kind: str) -> _Shape:
    """Which fields a kind that is read has."""
    known = targets(kind)
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind", "reads"]},
        "then": {"properties": {"fields": _of_targets(known)}},
    }


def _of_targets(known: Mapping[str, Target]) -> _Shape:
    prefixes = [name.removesuffix(OPEN) for name in known if name.endswith(OPEN)]
    shape: _Shape = {
        "properties": {name: _FIELD for name in known if not name.endswith(OPEN)},
        "required": [name for name, target in known.items() if target.required],
        "additionalProperties": False,
    }
    if prefixes:
        shape["patternProperties"] = {f"^{prefix.replace('.', '[.]')}.": _FIELD for prefix in prefixes}
    return shape


def _formats() -> _Shape:
    options = {name: _keys(shape()) for name, shape in FORMATS.items()}
    named = [{"type": "object", "properties": {name: shape}, "required": [name], "additionalProperties": False}
             for name, shape in options.items()]  # fmt: skip
    return {"anyOf": [{"enum": list(options)}, *named]}


def _one_of(shapes: Mapping[str, type[Schema]]) -> _Shape:
    return {"anyOf": [_keys(shape()) for shape in shapes.values()]}


def _keys(shape: Schema, special: Mapping[str, _Shape] = {}) -> _Shape:  # never changed
    by_key = {field.data_key or name: field for name, field in shape.fields.items()}
    return {
        "type": "object",
        "properties": {key: special[key] if key in special else _field(field) for key, field in by_key.items()},
        "required": [key for key, field in by_key.items() if field.required],
        "additionalProperties": False,
    }


_OWN: tuple[tuple[type[fields.Field[Any]], _Shape], ...] = (
    (Several, _SEVERAL),
    (SecretWord, {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}),
    (Servers, {"anyOf": [_SINGLE, _LIST_OF_TEXTS, _SECRET]}),
    (OnlySecret, _SECRET),
    (TextOrSecret, {"anyOf": [_SINGLE, _SECRET]}),
    (NumberOrField, {}),
    (SegmentTemplates, {"type": "array", "minItems": 1}),
)


def _field(field: fields.Field[Any]) -> _Shape:
    own = next((shape for kind, shape in _OWN if isinstance(field, kind)), None)
    if own is not None:
        return own
    match field:
        case fields.Nested():
            return _keys(field.schema)
        case fields.List():
            return {"type": "array", "items": _field(field.inner)}
        case fields.Dict():
            return _by_name({} if field.value_field is None else _field(field.value_field))
        case fields.Raw():
            return {}
    choices = next((check.choices for check in field.validators if isinstance(check, validate.OneOf)), None)
    return _SINGLE if choices is None else {"enum": list(choices)}


def _by_name(shape: _Shape) -> _Shape:
    return {"type": "object", "additionalProperties": shape}
