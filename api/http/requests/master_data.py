"""Products and nodes as they are sent, checked in shape; what they mean in the network is read by `api.files`."""

from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from api.files.inventory_shapes import ATTRIBUTE, MOST_DECIMALS, MOST_GRAMS, NodeShape
from api.files.master_data import as_written
from api.shapes.base import Strict
from api.shapes.fields import Money, TrueOrFalse, WholeNumber, Word
from rules.vocabulary import LIFECYCLES


class ProductRequest(Strict):
    """As a row of products.csv."""

    name = fields.String(metadata={"description": "for people"})
    category = Word(required=True, metadata={"example": "textile"})
    brand = Word()
    season = Word()
    lifecycle = fields.String(required=True, validate=validate.OneOf(LIFECYCLES))
    weight_g = WholeNumber(0, MOST_GRAMS, required=True, metadata={"description": "of one unit, in grams"})
    tags = fields.List(Word())
    counted = TrueOrFalse(metadata={"description": "false: it needs no stock"})
    unit = Word(metadata={"description": "of its quantities, such as m"})
    decimals = WholeNumber(0, MOST_DECIMALS, metadata={"description": "that its quantities may have"})
    unit_margin = Money(metadata={"description": "what the sale of one unit earns, in the network's currency"})
    attributes = fields.Dict(
        keys=Word(),
        values=fields.Raw(metadata=ATTRIBUTE),
        metadata={"description": "those that the network file declares"},
    )

    @post_load(pass_original=True)
    def _margin_as_a_file_has_it(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        return data | {"unit_margin": as_written(original["unit_margin"])} if "unit_margin" in data else data


class ProductLine(ProductRequest):
    sku = Word(required=True)


class NodeRequest(NodeShape):
    """As a node of network.yaml; opening hours and days off are written out. Amounts may be numbers or texts."""

    class Meta(NodeShape.Meta):
        exclude = ("id",)

    @pre_load
    def _written(self, data: Any, **_: Any) -> Any:
        return as_written(data)

    @post_load(pass_original=True)
    def _as_it_was_sent(self, _: Any, original: Any, **__: Any) -> Any:
        """As it was written: the network reads it."""
        return as_written(original)


class NodeLine(NodeRequest):
    class Meta(NodeShape.Meta):
        pass
