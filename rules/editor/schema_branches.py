"""Rewrites `anyOf` in a JSON Schema as if-then-else on the value's type, so that editors report the right mistake.

When no alternative of `anyOf` fits, an editor reports the mistake of any one of them, often not the one the author had
in mind: for `{at_leats: 5}` it says that a number is expected. Where the type of a value alone decides which
alternatives are possible, if-then-else accepts the same values and leaves only those alternatives. A value that is not
written yet has no type and takes the last `else`; the mapping stays among the alternatives there, so that completion
still offers its keys, but never as the only one.
"""

from collections.abc import Mapping
from typing import Any

from rules.editor.literal_patterns import Shape

_BRANCH_TYPES = ("object", "array", "string")


def branch_by_type(schema: Shape) -> Shape:
    """The schema with its alternatives in branches; it accepts the same documents."""
    return dict(_rewritten(schema, schema["definitions"]))


def _rewritten(node: Any, definitions: Mapping[str, Shape]) -> Any:
    if isinstance(node, list):
        return [_rewritten(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _rewritten(value, definitions) for key, value in node.items() if key != "anyOf"}
    if "anyOf" in node:
        schema |= _branches([_rewritten(item, definitions) for item in _flat(node["anyOf"])], definitions)
    return schema


def _flat(alternatives: list[Shape]) -> list[Shape]:
    """The alternatives, with an alternative that is nothing but an `anyOf` replaced by its own alternatives."""
    return [inner for item in alternatives for inner in (_flat(item["anyOf"]) if list(item) == ["anyOf"] else [item])]


def _branches(alternatives: list[Shape], definitions: Mapping[str, Shape]) -> Shape:
    types = [_type(item, definitions) for item in alternatives]
    branches: list[tuple[str, list[Shape]]] = []
    otherwise = list(alternatives)
    for name in _BRANCH_TYPES:
        of_type = [item for item, type_ in zip(alternatives, types, strict=True) if type_ == name]
        remaining = [item for item in otherwise if item not in of_type]
        if of_type and remaining and not (name == "string" and None in types):
            branches.append((name, of_type))
            # the last `else` keeps the mapping, and is never the mapping alone
            if name != "object" and any(_type(item, definitions) != "object" for item in remaining):
                otherwise = remaining
    schema = _any(otherwise)
    for name, of_type in reversed(branches):
        schema = {"if": {"type": name}, "then": _any(of_type), "else": schema}
    return schema


def _any(alternatives: list[Shape]) -> Shape:
    return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}


def _type(shape: Shape, definitions: Mapping[str, Shape]) -> str | None:
    """The type that the shape accepts; None if it accepts scalars of several types (`enum`, `not`)."""
    if "$ref" in shape:
        shape = definitions[shape["$ref"].rpartition("/")[2]]
    type_: str | None = shape.get("type")
    if type_ is None and not {"enum", "not"} & set(shape):
        raise ValueError(f"an alternative needs a type, an enum or a not: {shape}")
    return type_
