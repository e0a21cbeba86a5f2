"""Codes the facts in which rows differ, column by column."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from engine.decide.matching.pair_codes import differs_by_row
from engine.decide.matching.signature_table import (
    LATE,
    LOAD,
    UNKNOWN_NUMBER,
    NetworkCodes,
    NumberedFacts,
    Rows,
    codes_shown,
)
from engine.decide.matching.value_classes import Property
from engine.decide.shipping.columns import Integers
from engine.decide.shipping.reach import LATE as LATE_CODES
from rules.vocabulary import Facts

_Column: TypeAlias = Callable[[Rows, Integers], Integers]
"""The codes of some rows."""


class RowCodes:
    """The codes of those of the properties, given by index, in which rows differ."""

    def __init__(self, properties: Mapping[int, Property]) -> None:
        self._node = {index: item for index, item in properties.items() if _of_node(item)}
        self._service = {index: item for index, item in properties.items() if _of_service(item)}
        self._columns = {index: _column(item) for index, item in properties.items() if _is_measured(item)}
        self._columns |= {index: _given(item.path) for index, item in properties.items() if differs_by_row(item)}
        self._clock = {index: item for index, item in properties.items() if _of_clock(item)}
        self._network: NetworkCodes | None = None

    def of_network(self, ways: NumberedFacts) -> NetworkCodes:
        """The codes of the network's nodes and services."""
        network = self._network
        if network is None or network.ways is not ways:
            nodes, services = _codes(self._node, ways.node_facts), _codes(self._service, ways.service_facts)
            network = self._network = NetworkCodes(ways, nodes, services)
        return network

    def of(self, rows: Rows, chosen: Integers) -> dict[int, Integers]:
        """By property, the codes of the chosen rows."""
        network = self.of_network(rows.ways)
        codes = {index: column[rows.node[chosen]] for index, column in network.nodes.items()}
        if rows.service is not None:
            codes |= {index: column[rows.service[chosen]] for index, column in network.services.items()}
        if rows.clocks is not None:
            nodes, clocks = rows.node[chosen], rows.clocks
            codes |= {index: codes_shown(item, clocks)[nodes] for index, item in self._clock.items()}
        return codes | {index: column(rows, chosen) for index, column in self._columns.items()}


def _of_node(item: Property) -> bool:
    """Whether the fact is one of a node that never changes."""
    return item.other is None and item.fact.group == "node" and item.fact.path != LOAD


def _of_service(item: Property) -> bool:
    return item.other is None and item.fact.group == "service"


def _of_clock(item: Property) -> bool:
    return item.other is None and item.fact.group == "clock"


def _is_measured(item: Property) -> bool:
    return item.other is None and (item.fact.path == LOAD or item.fact.group in ("stock", "route", "shipment"))


def _given(path: str) -> _Column:
    """The codes that stand in the rows' own column."""
    return lambda rows, chosen: rows.columns[path]()[chosen]


def _codes(properties: Mapping[int, Property], facts: Sequence[Facts]) -> Mapping[int, Integers]:
    return {index: np.array([item.of(one) for one in facts], dtype=np.int64) for index, item in properties.items()}


def _column(item: Property) -> _Column:
    """Codes a number, or whether an option would be late."""
    path = item.fact.path
    if path == LATE:
        codes = np.array([item.of({LATE: value}) for value in LATE_CODES], dtype=np.int64)
        return lambda rows, chosen: codes[rows.columns[LATE]()[chosen]]
    steps = np.array([UNKNOWN_NUMBER + 1, *(int(step) for step in item.steps[1:])], dtype=np.int64)
    return lambda rows, chosen: steps.searchsorted(rows.columns[path]()[chosen], side="right")
