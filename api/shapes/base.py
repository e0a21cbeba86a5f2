"""Shapes that refuse keys they do not know: a misspelt key must not be ignored."""

from typing import Any, Self

from marshmallow import RAISE, Schema


class Strict(Schema):
    class Meta:
        # marshmallow's default too, but only an explicit setting reaches the OpenAPI page
        unknown = RAISE

    def __deepcopy__(self, _: Any) -> Self:
        """Shapes are immutable once made, and flask-smorest deep-copies them with every decorator."""
        return self


class NoQuery(Strict):
    """Of a call that takes no parameter."""
