"""How much the nodes of a network may ship, by what rules say of them and by the network itself: before it is taken off
what they were given. Rules mostly say the same of the nodes from one order to the next, so it is remembered.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.decide.matching.judgement_table import JudgementTable
from engine.decide.shipping.columns import NO_LIMIT, Integers, filled, integers
from engine.decide.shipping.ways import Ways
from engine.model.facts import Network
from engine.model.node_loads import grams_field, units_field

_MOST_KEPT = 1_000


class NodeLimits(NamedTuple):
    """By node. `shipments` are the most on its date, and in its hour, a row each; `capacities` the most units and the
    most grams on its date; NO_LIMIT: any number. `fields` name the loads of units, then those of grams, of the nodes
    `limited` in either, with these `names`; `daily` and `hourly` are the nodes with a limit of shipments.
    """

    shipments: Integers
    daily: Integers
    hourly: Integers
    capacities: Integers
    limited: Integers
    names: Sequence[str]
    fields: tuple[str, ...]
    most: Sequence[int]
    """By field."""

    @classmethod
    def of(cls, table: JudgementTable, ways: Ways, numbers: Integers) -> "NodeLimits":
        """`numbers` are those of the judgements of the nodes."""
        shipments = np.minimum(table.limits()[:, numbers], ways.most_shipments)
        capacities = np.minimum(table.capacities()[:, numbers], ways.capacities)
        limited = np.flatnonzero((capacities < NO_LIMIT).any(axis=0))
        names = [ways.node_ids[node] for node in limited.tolist()]
        fields = (*map(units_field, names), *map(grams_field, names))
        daily, hourly = (np.flatnonzero(row < NO_LIMIT) for row in shipments)
        most = capacities[:, limited].ravel().tolist()
        return cls(shipments, daily, hourly, capacities, limited, names, fields, most)

    def rooms(self, loads: Integers, hourly_loads: Integers | None) -> Integers:
        """How many more shipments each node may take that was given so many on its date and in its hour (None: hours
        are not counted); NO_LIMIT: any number.
        """
        rooms = filled(len(loads), NO_LIMIT)
        rooms[self.daily] = np.maximum(self.shipments[0][self.daily] - loads[self.daily], 0)
        if hourly_loads is not None:
            left = np.maximum(self.shipments[1][self.hourly] - hourly_loads[self.hourly], 0)
            rooms[self.hourly] = np.minimum(rooms[self.hourly], left)
        return rooms

    def left(self, loads: Mapping[str, int]) -> list[int]:
        """By field, how much more its node may ship, given the loads by field; NO_LIMIT: any number."""
        pairs = zip(self.fields, self.most, strict=True)
        return [most if most >= NO_LIMIT else max(0, most - loads.get(field, 0)) for field, most in pairs]

    def capacities_left(self, left: list[int]) -> Integers | None:
        """The same by node, a row for units and one for grams. None: no node has such a limit."""
        if not self.fields:
            return None
        capacities = self.capacities.copy()
        capacities[:, self.limited] = integers(left).reshape(2, -1)
        return capacities

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
