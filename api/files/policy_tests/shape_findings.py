"""Reads parts of a test file by their shapes, and turns what the shapes object to into findings with their places."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from rules.syntax.condition_parser import Notes
from rules.syntax.policy_shapes import MISSING_KEY, UNKNOWN_KEY
from rules.syntax.yaml_document import Node, Path


def load_shape(shape: Schema, raw: Node, path: Path, notes: Notes) -> dict[str, Any]:
    """The values in `raw`, at `path`; none at all if there are mistakes in it, which are noted at their places."""
    if not isinstance(raw, dict):
        notes.add(path, "wrong-type", f"a mapping is expected here, of {', '.join(_keys(shape))}")
        return {}
    try:
        return dict(shape.load(raw))
    except ValidationError as error:
        note_shape_mistakes(shape, error.messages, path, notes)
        return {}


_IN_WORDS = {
    "Not a valid list.": "a list is expected here",
    "Not a valid mapping type.": "a mapping is expected here",
    "Not a valid string.": "a single value is expected here",
    "Invalid input type.": "a mapping is expected here",
    "Field may not be null.": "a value is missing here",
}
"""Marshmallow's own messages, in the wording of the other findings."""


def note_shape_mistakes(
    shape: Schema | None,
    messages: Any,
    path: Path,
    notes: Notes,
    place_of: Callable[[Path], Path] = lambda where: where,
) -> None:
    """Note marshmallow's nested messages as findings at the places they are about. If the shape was given something
    else than the file has, `place_of` turns a place in it into the place in the file.
    """
    for key, inner in messages.items():
        where = path if key in ("_schema", "value", "key") else (*path, key)
        if isinstance(inner, Mapping):
            note_shape_mistakes(_under(shape, key), inner, where, notes, place_of)
            continue
        for message in inner:
            if message == UNKNOWN_KEY:
                notes.add(place_of(where), "unknown-key", f"unknown key '{key}'", _keys(shape), str(key))
            elif message == MISSING_KEY:
                notes.add(place_of(path), "missing-key", f"'{key}' is missing")
            else:
                text = _IN_WORDS.get(message, message)
                is_named = isinstance(key, str) and key != "_schema"
                notes.add(place_of(where), "wrong-type", f"{key}: {text}" if is_named else text)


def _keys(shape: Schema | None) -> list[str]:
    return [item.data_key or name for name, item in shape.fields.items()] if shape else []


def _under(shape: Schema | None, key: Any) -> Schema | None:
    """The shape of what stands under `key`; under the index of a list it is `shape` itself, that of its items."""
    if shape is None or not isinstance(key, str):
        return shape
    value_field = shape.fields.get(key)
    inner = value_field.inner if isinstance(value_field, fields.List) else value_field
    return inner.schema if isinstance(inner, fields.Nested) else None
