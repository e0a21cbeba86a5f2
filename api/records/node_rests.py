"""Nodes that rest after a rejection, as JSON."""

from engine.decide.order_record import Record
from engine.decide.record import RestingRecord


class RestsRecord(Record, frozen=True):
    """The nodes that rest now, by id."""

    nodes: list[RestingRecord]
