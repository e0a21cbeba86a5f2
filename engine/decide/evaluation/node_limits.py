"""How much the nodes of a network may ship, by what rules say of them and by the network itself: before it is taken off
what they were given. Rules mostly say the same of the nodes from one order to the next, so it is remembered.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from engine.decide.matching.judgement_table import JudgementTable
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers
from engine.decide.shipping.ways import Ways
from engine.model.facts import Network
from engine.model.node_loads import grams_field, units_field

_MOST_KEPT = 1_000


class NodeLimits(NamedTuple):
    """By node. `shipments` are the most on its date, and in its hour, a row each; `capacities` the most units and the
    most grams on its date; NO_LIMIT: any number. `fields` name the loads of units, then those of grams, of the nodes
    `limited` in either.
    """

    shipments: Integers
    some_shipments: Flags
    """Where `shipments` has a limit."""
    capacities: Integers
    limited: Integers
    fields: tuple[str, ...]

    @classmethod
    def of(cls, table: JudgementTable, ways: Ways, numbers: Integers) -> "NodeLimits":
        """`numbers` are those of the judgements of the nodes."""
        shipments = np.minimum(table.limits()[:, numbers], ways.most_shipments)
        capacities = np.minimum(table.capacities()[:, numbers], ways.capacities)
        limited = np.flatnonzero((capacities < NO_LIMIT).any(axis=0))
        names = [ways.node_ids[node] for node in limited.tolist()]
        fields = (*map(units_field, names), *map(grams_field, names))
        return cls(shipments, shipments < NO_LIMIT, capacities, limited, fields)

    def rooms(self, loads: Integers, hourly_loads: Integers | None) -> Integers:
        """How many more shipments each node may take that was given so many on its date and in its hour (None: hours
        are not counted); NO_LIMIT: any number.
        """
        if hourly_loads is None:
            return np.where(self.some_shipments[0], np.maximum(self.shipments[0] - loads, 0), NO_LIMIT)
        left = np.maximum(self.shipments - (loads, hourly_loads), 0)
        rooms: Integers = np.where(self.some_shipments, left, NO_LIMIT).min(axis=0)
        return rooms

    def capacities_left(self, loads: Mapping[str, int]) -> Integers | None:
        """How many more units and grams each node may ship, given the loads by field; NO_LIMIT: any number. None: no
        node has such a limit.
        """
        if not self.fields:
            return None
        given = np.array([loads.get(field, 0) for field in self.fields], dtype=np.int64).reshape(2, -1)
        left, most = self.capacities.copy(), self.capacities[:, self.limited]
        left[:, self.limited] = np.where(most < NO_LIMIT, np.maximum(most - given, 0), NO_LIMIT)
        return left

    def with_loads(self, left: Integers | None, node: int, loads: Mapping[str, int], name: str) -> Integers | None:
        """What `capacities_left` answered, after the loads of one node changed."""
        if left is None:
            return None
        left, fields = left.copy(), (units_field(name), grams_field(name))
        for row, (field, most) in enumerate(zip(fields, self.capacities[:, node].tolist(), strict=True)):
            left[row, node] = NO_LIMIT if most >= NO_LIMIT else max(0, most - loads.get(field, 0))
        return left


class KnownNodeLimits:
    """The limits of the nodes of a network, by the judgements of the nodes, under the rules last asked about."""

    def __init__(self, _: Network) -> None:
        self._known: tuple[JudgementTable | None, dict[bytes, NodeLimits]] = (None, {})

    def of(self, table: JudgementTable, ways: Ways, numbers: Integers) -> NodeLimits:
        known_table, known = self._known
        if known_table is not table or len(known) >= _MOST_KEPT:
            known = {}
            self._known = table, known
        key = numbers.tobytes()
        limits = known.get(key)
        if limits is None:
            limits = known[key] = NodeLimits.of(table, ways, numbers)
        return limits
