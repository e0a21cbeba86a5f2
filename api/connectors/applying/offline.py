"""What is wrong with the fields of a row, as far as that can be told without the network: by the shape of its call."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError

from api.connectors.applying.incoming import (
    folded,
    loaded_addressee,
    plain,
    without,
    without_empty_lines,
    without_empty_parcels,
)
from api.connectors.language.kinds import INBOUND, NOT_IN_BODY
from api.shapes.mistakes import mistakes_of
from engine.errors import Mistake


def mistakes_offline(kind: str, fields: Mapping[str, Any]) -> list[Mistake]:
    """Of a field that the kind's address has, one that is missing; of the others what their shape says."""
    inbound = INBOUND[kind]
    body = without(fields, *inbound.address, *inbound.optional_address, *NOT_IN_BODY.get(kind, ()))
    shape = _shape(kind)
    if kind == "confirmations":
        body = without_empty_lines(body)
    if kind == "packings":
        body = without_empty_parcels(body)
    try:
        body = folded(shape, body)
        if "op" in shape.fields:
            body.setdefault("op", "the operation")
        shape.load(plain(body))
        if "addressee" in fields and kind == "orders":
            loaded_addressee(fields["addressee"])
    except ValidationError as error:
        return mistakes_of(error.messages)
    return []


@cache
def _shape(kind: str) -> Schema:
    return INBOUND[kind].body()
