"""Reads whom parcels go to from a JSON file."""

from pathlib import Path

from api.files.file_content import read_content, unusable
from api.shapes.mistakes import mistakes_of
from api.shapes.postal_address import PostalAddressShape
from api.shapes.strict_json import NotJson, read_json
from engine.errors import InputInvalid, Mistake
from engine.model.postal_address import PostalAddress


def read_addressee(path: Path) -> PostalAddress:
    """As `PUT /v1/orders/{id}/addressee` takes it; raises InputInvalid with every mistake."""
    try:
        raw = read_json(read_content(path))
    except NotJson as error:
        raise unusable(path, str(error)) from None
    shape = PostalAddressShape()
    if not isinstance(raw, dict):
        raise unusable(
            path, 'write an object, such as {"name": "...", "lines": ["..."], "town": "...", "country": "FR"}'
        )
    errors = shape.validate(raw)
    if errors:
        raise InputInvalid(
            [Mistake(where=str(path), field=item.field, message=item.message) for item in mistakes_of(errors)]
        )
    address: PostalAddress = shape.load(raw)
    return address
