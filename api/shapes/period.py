"""A period of a query, from an instant on and before another."""

from marshmallow import ValidationError


def verify_period(start: int | None, end: int | None) -> None:
    """Refuse, at the field `until`, one that ends before it begins. An instant that is None is open."""
    if start is not None and end is not None and end <= start:
        raise ValidationError("the period ends before it begins: write an instant after 'from'", "until")
