"""The JSON Schema of `*_test.yaml`, from which editors complete keys and words of lists, and underline unknown ones.

It is made of the shapes that read the files. Amounts and comparisons are left to `pointsman policy test`.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from api.files.policy_tests.policy_test_file import LIKE
from api.files.policy_tests.shapes import (
    ExpectShape,
    PolicyTestFileShape,
    PolicyTestShape,
    ReturnShape,
    ScenarioOrderShape,
    ScenarioShapes,
)
from engine.decide.policy_tests.expectation import TOTAL_FACTS
from engine.decide.reasons import REASON_CODES

_Shape = dict[str, Any]
_ANYTHING: _Shape = {}
_SINGLE_VALUE: _Shape = {"not": {"type": ["array", "object"]}}
_REASONS = {"enum": sorted(REASON_CODES)}


def policy_test_schema() -> _Shape:
    """The schema, in draft-07 as that of policy files."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_keys(PolicyTestFileShape(), _fixtures() | _named_fixtures() | {"tests": _listed(_test())}),
    }


def _test() -> _Shape:
    order, stock = _order(), _stock()
    named_or_written = {"order": _either(order), "stock": _either(stock)}
    special = {"expect": _expect(), "return": _keys(ReturnShape())}
    return _keys(PolicyTestShape(), _fixtures() | named_or_written | special)


def _fixtures() -> dict[str, _Shape]:
    """What may stand for the whole file and for a case alone."""
    shapes = ScenarioShapes()
    by_name = {"nodes": shapes.node, "services": shapes.service, "products": shapes.product}
    return {name: _by_name(_keys(shape)) for name, shape in by_name.items()}


def _named_fixtures() -> dict[str, _Shape]:
    return {"orders": _by_name(_order()), "stock": _by_name(_stock())}


def _order() -> _Shape:
    order = _keys(ScenarioOrderShape(), {"lines": _ANYTHING, "destination": _ANYTHING})
    return {**order, "properties": {LIKE: _SINGLE_VALUE, **order["properties"]}}


def _stock() -> _Shape:
    """By SKU, then by node: units, or a mapping; with `like` beside the SKUs."""
    position = _either(_keys(ScenarioShapes().position))
    return {"type": "object", "properties": {LIKE: _SINGLE_VALUE}, "additionalProperties": _by_name(position)}


def _expect() -> _Shape:
    reasons = {"anyOf": [_REASONS, _listed(_REASONS)]}
    unfilled = {
        "type": "object",
        "properties": {"units": _ANYTHING, "reason": reasons, "by": _ANYTHING},
        "additionalProperties": False,
    }
    totals = {
        "type": "object",
        "properties": dict.fromkeys(TOTAL_FACTS, _ANYTHING),
        "additionalProperties": False,
    }
    return _keys(ExpectShape(), {"totals": totals, "unfilled": _by_name(_unless_bound(unfilled))})


def _unless_bound(shape: _Shape) -> _Shape:
    """The shape, or a comparison of units as `3` or `{at_least: 3}`."""
    compared = {"type": "object", "not": {"anyOf": [{"required": [key]} for key in shape["properties"]]}}
    return {"anyOf": [_SINGLE_VALUE, shape, compared]}


def _keys(shape: Schema, special: Mapping[str, _Shape] = {}) -> _Shape:  # never changed
    """A mapping with the keys of the shape, of which only those of the frame are required."""
    by_key = {field.data_key or name: field for name, field in shape.fields.items() if not field.dump_only}
    frame = isinstance(shape, (PolicyTestShape, PolicyTestFileShape))
    return {
        "type": "object",
        "properties": {key: special[key] if key in special else _field(field) for key, field in by_key.items()},
        **({"required": [key for key, field in by_key.items() if field.required]} if frame else {}),
        "additionalProperties": False,
    }


def _field(field: fields.Field[Any]) -> _Shape:
    if isinstance(field, fields.Nested):
        return _keys(field.schema)
    if isinstance(field, fields.List):
        return _listed(_field(field.inner))
    if isinstance(field, fields.Dict):
        return _by_name(_ANYTHING if field.value_field is None else _field(field.value_field))
    if isinstance(field, fields.Raw):
        return _ANYTHING
    choices = next((check.choices for check in field.validators if isinstance(check, validate.OneOf)), None)
    return _SINGLE_VALUE if choices is None else {"enum": list(choices)}


def _listed(shape: _Shape) -> _Shape:
    return {"type": "array", "items": shape}


def _by_name(shape: _Shape) -> _Shape:
    return {"type": "object", "additionalProperties": shape}


def _either(shape: _Shape) -> _Shape:
    """The shape, or a single value: a name, or a number of units."""
    return {"anyOf": [_SINGLE_VALUE, shape]}
