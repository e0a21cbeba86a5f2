"""The keys of a policy file and of a rule, and the type of value that each takes (marshmallow schemas)."""

from typing import Any, TypeAlias

from marshmallow import Schema, fields, validate

from rules.windows import WEEKDAYS

_Messages: TypeAlias = "dict[str, str | list[Any] | dict[Any, Any]]"

LANGUAGE_PATTERN = "[a-z]{2}(-[A-Z]{2})?"
"""A language, optionally with a country (BCP 47): fr, fr-BE."""
ID_PATTERN = "[a-z0-9][a-z0-9_-]{0,63}"
NO_ID = "an id is small letters, digits, - and _, at most 64"
NO_WEEKDAY = "no weekday"
NOT_OFF = "write true, or take the key away: a rule without it is on"
NO_LANGUAGE = "write a language by two letters, as fr"
UNKNOWN_KEY, MISSING_KEY = "Unknown field.", "Missing data for required field."
"""Marshmallow's own messages; whoever turns its mistakes into findings recognises these two by them."""
_ID = validate.Regexp(rf"{ID_PATTERN}\Z", error=NO_ID)
_TEXT = validate.Length(min=1, max=1_000, error="write a text of 1 to 1,000 letters")
_NOT_EMPTY = validate.Length(min=1, error="an empty list")
_NULL = "a value is missing here"
_LIST: _Messages = {"invalid": "a list is expected here, as [a, b] or a line '- a' for each", "null": _NULL}
_SINGLE_VALUE: _Messages = {"invalid": "a single value is expected here", "null": _NULL}
_HOURS = 'write two times, as hours: ["08:00", "18:00"]'


class RuleShape(Schema):
    """The keys of a rule; the values of `because`, `when` and `then` are checked by their own parsers."""

    id = fields.String(required=True, validate=_ID, error_messages=_SINGLE_VALUE)
    because = fields.Raw(required=True, allow_none=True)
    when = fields.Raw(allow_none=True)
    then = fields.Raw(required=True, allow_none=True)
    start = fields.String(data_key="from", error_messages=_SINGLE_VALUE)
    until = fields.String(error_messages=_SINGLE_VALUE)
    disabled = fields.String(validate=validate.Equal("true", error=NOT_OFF), error_messages=_SINGLE_VALUE)
    weekdays = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS, error=NO_WEEKDAY), error_messages=_SINGLE_VALUE),
        validate=_NOT_EMPTY,
        error_messages=_LIST,
    )
    hours = fields.List(
        fields.String(error_messages=_SINGLE_VALUE),
        validate=validate.Length(equal=2, error=_HOURS),
        error_messages=_LIST | {"invalid": _HOURS},
    )
    overrides = fields.List(fields.String(error_messages=_SINGLE_VALUE), error_messages=_LIST)


class PolicyShape(Schema):
    """The keys of a policy file."""

    policy = fields.String(required=True, validate=_ID, error_messages=_SINGLE_VALUE)
    owner = fields.String(validate=_TEXT, error_messages=_SINGLE_VALUE)
    description = fields.String(validate=_TEXT, error_messages=_SINGLE_VALUE)
    language = fields.String(
        validate=validate.Regexp(rf"{LANGUAGE_PATTERN}\Z", error=NO_LANGUAGE), error_messages=_SINGLE_VALUE
    )
    terms = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        error_messages={"invalid": "a mapping of names to conditions is expected here", "null": _NULL},
    )
    rules = fields.List(fields.Nested(RuleShape), required=True, error_messages=_LIST)
