"""The shape of a postal address as it is sent, of people and of places of one's own."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes import text_patterns
from api.shapes.base import Strict
from api.shapes.fields import Country
from engine.model.postal_address import PostalAddress

MOST_LINES = 5
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffd]")
"""Control characters, breaks of a line, and what turns the direction of the text around it."""
_PHONE = re.compile(r"[+(]?[0-9][0-9 ./()-]{3,29}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


class AddressText(fields.String):
    """One line of text on a label, up to `most` characters, without blanks at its ends."""

    def __init__(self, most: int, *, form: re.Pattern[str] | None = None, example: str = "", **options: Any) -> None:
        metadata = {"minLength": 1, "maxLength": most, "pattern": text_patterns.ONE_LINE}
        super().__init__(metadata={**metadata, **options.pop("metadata", {})}, **options)
        self._most, self._form, self._example = most, form, example

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text: str = super()._deserialize(value, *args, **more).strip()
        if not text:
            raise ValidationError("it is blank; leave it out instead")
        if len(text) > self._most:
            raise ValidationError(f"it has {len(text)} characters; {self._most} fit on a label")
        unprintable = _UNPRINTABLE.search(text)
        if unprintable:
            raise ValidationError(f"U+{ord(unprintable[0]):04X} can't be printed; write the text on one line")
        if self._form and not self._form.fullmatch(text):
            raise ValidationError(f"write it as {self._example}")
        return text


class PlaceAddressShape(Strict):
    """Of a place of one's own, in the country of its node."""

    company = AddressText(100, required=True)
    name = AddressText(100)
    lines = fields.List(AddressText(100), required=True, validate=validate.Length(min=1, max=MOST_LINES))
    postcode = AddressText(16)
    town = AddressText(80, required=True)
    region = AddressText(80)
    phone = AddressText(30, form=_PHONE, example="+33 1 23 45 67 89")
    email = AddressText(254, form=_EMAIL, example="name@example.com")


class PostalAddressShape(PlaceAddressShape):
    """Of a person, a company, or a person there. Loads a PostalAddress."""

    company = AddressText(100)
    country = Country(required=True)

    @validates_schema
    def _names_somebody(self, data: Mapping[str, Any], **_: Any) -> None:
        if "name" not in data and "company" not in data:
            raise ValidationError("write name, company or both: somebody has to take the parcel", "name")

    @post_load
    def _address(self, data: dict[str, Any], **_: Any) -> PostalAddress:
        return PostalAddress(**{**data, "lines": tuple(data["lines"])})
