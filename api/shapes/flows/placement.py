"""The question where a unit would go if it came back, checked in shape."""

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.fields import WholeNumber, Word
from api.shapes.limits import MOST_UNITS
from rules.wording.catalogue import available_languages

MOST_DAYS = 36_500
"""Since the delivery: a hundred years."""


class PlaceReturnRequest(Strict):
    """Units of an article that came back, lie at `node` and are of this grade. Without a grade they were not inspected
    yet.
    """

    sku = Word(required=True)
    node = Word(required=True, metadata={"description": "where they lie"})
    quantity = WholeNumber(1, MOST_UNITS, load_default=None, metadata={"description": "one, if it is left out"})
    grade = Word(load_default=None)
    reason = Word(load_default=None)
    days_since_delivery = WholeNumber(0, MOST_DAYS, load_default=None)


class PlacementQuery(Strict):
    lang = fields.String(
        load_default=None,
        validate=validate.OneOf(available_languages()),
        metadata={
            "description": "of the sentences; if it is left out, Accept-Language says it, and else it is English"
        },
    )
