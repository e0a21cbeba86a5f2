"""Shapes that refuse keys they do not know: a misspelt key must not be ignored."""

from marshmallow import RAISE, Schema


class Strict(Schema):
    class Meta:
        # marshmallow's default too, but only an explicit setting reaches the OpenAPI page
        unknown = RAISE


class NoQuery(Strict):
    """Of a call that takes no parameter."""
