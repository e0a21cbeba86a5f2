"""Alternatives of a JSON Schema told apart by type, so that an editor underlines what the author meant.

Of `anyOf` an editor names some alternative that doesn't fit, often not the one meant: of `{at_leats: 5}` it says that
a number is expected. Where the type alone tells the alternatives apart, if-then-else says the same and leaves one. A
value not yet written has no type: it keeps the mapping among its alternatives, for what completion offers, and never
the mapping alone.
"""

from collections.abc import Mapping
from typing import Any

from rules.editor.literal_patterns import Shape

_GUARDED = ("object", "array", "string")


def told_apart(schema: Shape) -> Shape:
    """The same schema, valid for the same documents."""
    return dict(_apart(schema, schema["definitions"]))


def _apart(node: Any, definitions: Mapping[str, Shape]) -> Any:
    if isinstance(node, list):
        return [_apart(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _apart(value, definitions) for key, value in node.items() if key != "anyOf"}
    if "anyOf" in node:
        found |= _guarded([_apart(item, definitions) for item in _flat(node["anyOf"])], definitions)
    return found


def _flat(alternatives: list[Shape]) -> list[Shape]:
    """Without alternatives that are only alternatives themselves."""
    return [inner for item in alternatives for inner in (_flat(item["anyOf"]) if list(item) == ["anyOf"] else [item])]


def _guarded(alternatives: list[Shape], definitions: Mapping[str, Shape]) -> Shape:
    types = [_type(item, definitions) for item in alternatives]
    guards: list[tuple[str, list[Shape]]] = []
    rest = list(alternatives)
    for name in _GUARDED:
        meant = [item for item, type_ in zip(alternatives, types, strict=True) if type_ == name]
        remaining = [item for item in rest if item not in meant]
        if meant and remaining and not (name == "string" and None in types):
            guards.append((name, meant))
            if name != "object" and any(_type(item, definitions) != "object" for item in remaining):
                rest = remaining
    found = _any(rest)
    for name, meant in reversed(guards):
        found = {"if": {"type": name}, "then": _any(meant), "else": found}
    return found


def _any(alternatives: list[Shape]) -> Shape:
    return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}


def _type(shape: Shape, definitions: Mapping[str, Shape]) -> str | None:
    """The one type that the shape takes; None: words of any, but no list and no mapping (`enum`, `not`)."""
    if "$ref" in shape:
        shape = definitions[shape["$ref"].rpartition("/")[2]]
    found = shape.get("type")
    if found is None and not {"enum", "not"} & set(shape):
        raise ValueError(f"alternatives are told apart by type, and this has none: {shape}")
    return found
