"""What is wrong with the fields of a row, as far as that can be told without the network: by the shape of its call."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError

from api.connectors.applying.incoming import plain, units_by_line, without
from api.connectors.language.kinds import INBOUND, NOT_IN_BODY
from api.shapes.line_units import LineUnits
from api.shapes.mistakes import mistakes_of
from engine.errors import Mistake


def mistakes_offline(kind: str, fields: Mapping[str, Any]) -> list[Mistake]:
    """Of a field that the kind's address has, one that is missing; of the others what their shape says."""
    inbound = INBOUND[kind]
    body = without(fields, *inbound.address, *inbound.optional_address, *NOT_IN_BODY.get(kind, ()))
    shape = _shape(kind)
    for name, field in shape.fields.items():
        if isinstance(field, LineUnits) and name in body:
            body[name] = units_by_line(body[name])
    if "op" in shape.fields:
        body.setdefault("op", "the operation")
    try:
        shape.load(plain(body))
    except ValidationError as error:
        return mistakes_of(error.messages)
    return []


@cache
def _shape(kind: str) -> Schema:
    return INBOUND[kind].body()
