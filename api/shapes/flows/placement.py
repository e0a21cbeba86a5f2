"""The question where a unit would go if it came back, checked in shape."""

from collections.abc import Mapping
from typing import Any

from api.shapes.base import Strict
from api.shapes.fields import SentUnits, WholeNumber, Word
from api.shapes.language import language_field
from api.shapes.quantities import Quantities
from engine.returns.placement_question import PlacementQuestion
from engine.service import Pointsman

MOST_DAYS = 36_500
"""Since the delivery: a hundred years."""


class PlaceReturnRequest(Strict):
    """Units of an article that came back, lie at `node` and are of this grade. Without a grade they were not inspected
    yet.
    """

    sku = Word(required=True)
    node = Word(required=True, metadata={"description": "where they lie"})
    quantity = SentUnits(load_default=None, metadata={"description": "one, if it is left out"})
    grade = Word(load_default=None)
    reason = Word(load_default=None)
    days_since_delivery = WholeNumber(0, MOST_DAYS, load_default=None)


def placement_question(pointsman: Pointsman, body: Mapping[str, Any]) -> PlacementQuestion:
    """Of a request, or of what the command line has. Raises InputInvalid."""
    quantity = body["quantity"]
    if quantity is not None:
        quantity = Quantities.of(pointsman).smallest(body["sku"], quantity, field="quantity")
    return PlacementQuestion(**{**body, "quantity": quantity})


class PlacementQuery(Strict):
    lang = language_field("sentences")
