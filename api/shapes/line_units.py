"""Units by order line, as requests about some units of an order name them."""

from typing import Any

from marshmallow import fields, validate

from api.shapes.fields import SentUnits, Word


class LineUnits(fields.Dict):
    """Units by line, or by SKU; without it, {}. `empty` says what to do instead of sending none."""

    def __init__(self, *, empty: str, description: str = "units by line, or by SKU", **options: Any) -> None:
        super().__init__(
            keys=Word(),
            values=SentUnits(),
            load_default=dict,
            validate=validate.Length(min=1, error=empty),
            metadata={"description": description, "example": {"1": 2}},
            **options,
        )
