"""Requests about transfers."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.fields import Flag, WholeNumber, Word
from api.shapes.limits import MOST_DAYS_AHEAD
from engine.transfers.article_markets import Ends
from engine.transfers.proposals import DAYS, ProposalRequest

_MOST_NAMES = 10_000


def _names(**description: Any) -> fields.List:
    return fields.List(Word(), load_default=(), validate=validate.Length(max=_MOST_NAMES), metadata=description)


class ProposeTransfersQuery(Strict):
    save = Flag(load_default=False, metadata={"description": "store each transfer, as proposed"})


class ProposeTransfersRequest(Strict):
    """Of which articles, and between which nodes; all of them, if it is not said."""

    days = WholeNumber(1, MOST_DAYS_AHEAD, load_default=DAYS)
    skus = _names(description="SKUs", example=["TXT-0059"])
    categories = _names(description="categories of articles")
    origins = fields.List(Word(), data_key="from", metadata={"description": "only from one of these nodes"})
    goals = fields.List(Word(), data_key="to", metadata={"description": "only to one of these nodes"})
    nodes = fields.List(Word(), metadata={"description": "only from or to one of these nodes"})

    @post_load
    def _request(self, data: dict[str, Any], **_: Any) -> ProposalRequest:
        ends = {name: frozenset(data[name]) for name in ("origins", "goals", "nodes") if data.get(name)}
        return ProposalRequest(days=data["days"], skus=data["skus"], categories=data["categories"], ends=Ends(**ends))
