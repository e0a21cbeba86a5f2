"""Nodes that rest after a rejection, as JSON."""

from engine.decide.kept_facts.rest_record import RestingRecord
from engine.decide.order_record import Record


class RestsRecord(Record, frozen=True):
    """The nodes that rest now, by id."""

    nodes: list[RestingRecord]
