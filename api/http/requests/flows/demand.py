"""Requests about demand."""

from api.shapes.base import Strict
from api.shapes.fields import Flag, Word


class DemandQuery(Strict):
    sku = Word(required=True, metadata={"example": "TXT-0059"})


class LearnQuery(Strict):
    dry_run = Flag(load_default=False, metadata={"description": "only say what would be learnt"})
