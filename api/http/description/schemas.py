"""Mends the schemas that flask-smorest and msgspec make, so that they say what is sent, and generated clients have
names for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.events.event import EVENT_TYPES
from engine.model.scopes import SCOPES
from engine.orders.order_state import STATES
from rules.gate import GATE_FIGURES
from rules.vocabulary import DELIVERIES, DISPOSITIONS

_REFERENCES = "#/components/schemas/"
_CHOICES: Mapping[frozenset[str], str] = {
    frozenset(DELIVERIES): "Delivery",
    frozenset(DISPOSITIONS): "Disposition",
    frozenset(EVENT_TYPES): "EventType",
    frozenset(GATE_FIGURES): "Figure",
    frozenset(SCOPES): "Scope",
    frozenset(STATES): "OrderSearchState",
}
"""Words of which one is sent, by the name that they have together: a component, since more than one place has them or
they may be null.
"""


def mend_schemas(page: dict[str, Any]) -> None:
    """Change the document in place."""
    for schema in _dicts_in(page):
        _mend(schema)
    for parameter in _dicts_in(page["paths"]):
        if "in" in parameter and "schema" in parameter:
            _mend_parameter(parameter["schema"], in_header=parameter["in"] == "header")
    choices: dict[str, Any] = {}
    _name_choices(page, choices)
    page["components"]["schemas"] |= dict(sorted(choices.items()))


def _dicts_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _dicts_in(item)
    elif isinstance(value, dict):
        yield value
        for item in list(value.values()):
            yield from _dicts_in(item)


def _mend(schema: dict[str, Any]) -> None:
    """Patterns as JSON Schema has them (ECMA-262: not Python's), no default that its own schema refuses, or that says
    nothing, and bounds of objects.
    """
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and pattern.endswith("\\Z"):
        schema["pattern"] = f"^(?:{pattern.removesuffix(chr(92) + 'Z')})$"
    if "type" in schema or "anyOf" in schema:  # not of fields that are called default
        _mend_default(schema)
    if schema.get("type") == "object" and "minLength" in schema:
        schema["minProperties"] = schema.pop("minLength")


def _mend_default(schema: dict[str, Any]) -> None:
    default = schema.get("default", "")
    # a default as it is read, such as minutes, is none that can be sent
    unsendable = not isinstance(default, str) or len(default) < schema.get("minLength", 0)
    if default is None or (schema.get("type") == "string" and "default" in schema and unsendable):
        del schema["default"]


def _mend_parameter(schema: dict[str, Any], *, in_header: bool) -> None:
    """Nothing in an address, a query or a header is null."""
    if isinstance(schema.get("type"), list):
        kinds = [kind for kind in schema["type"] if kind != "null"]
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "enum" in schema:
        schema["enum"] = [word for word in schema["enum"] if word is not None]
    if schema.get("type") == "string" and "enum" not in schema and not in_header:
        schema.setdefault("minLength", 1)


def _name_choices(value: Any, choices: dict[str, Any]) -> None:
    """Refer to components in place of the words; `choices` takes up those components."""
    if isinstance(value, list):
        for item in value:
            _name_choices(item, choices)
    elif isinstance(value, dict):
        for item in value.values():
            _name_choices(item, choices)
        words = [word for word in value.get("enum", ()) if word is not None]
        name = _CHOICES.get(frozenset(words)) if words else None
        if name is not None:
            choices[name] = {"type": "string", "enum": words}
            reference = {"$ref": _REFERENCES + name}
            nullable = "null" in value.pop("type")
            del value["enum"]
            value |= {"anyOf": [reference, {"type": "null"}]} if nullable else reference
