"""Lines that are to be shipped from one of some nodes, as a shop asks which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.fields import Word
from api.shapes.order import OrderRequest
from engine.model.facts import Order

MOST_NODES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRanking:
    """`nodes` are ours, by the names that the answer has for them; empty for a name that is none of ours."""

    order: Order
    nodes: Mapping[str, str]


class NamedNodeRequest(Strict):
    name = Word(required=True)
    node = Word(load_default="")


class NodeRankingRequest(OrderRequest):
    """Lines of an order before it is one, and the nodes that are to be ranked. `id` is what the lines are called."""

    class Meta(Strict.Meta):
        exclude = ("placed_at", "promise_by", "deliver_on")

    nodes = fields.List(fields.Nested(NamedNodeRequest), required=True, validate=validate.Length(min=1, max=MOST_NODES))

    @post_load
    def _read(self, data: dict[str, Any], **_: Any) -> SentRanking:
        nodes = {item["name"]: item["node"] for item in data.pop("nodes")}
        return SentRanking(order=self._order({**data, "placed_at": 0, "promise_by": None}), nodes=nodes)
