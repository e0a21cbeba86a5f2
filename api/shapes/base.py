"""Shapes that take nothing they do not know: a word misspelt must not be passed over."""

from marshmallow import RAISE, Schema


class Strict(Schema):
    class Meta:
        # marshmallow would do so unsaid, but only what is said is in the OpenAPI page
        unknown = RAISE
