"""What is left of an order: the units that no node had, or that a node rejected, decided again by themselves.

A remainder is decided as an order of its own, with these differences. Rules of the order's stage (its value, its units)
see the whole order, as the customer placed it. Shipments that stand count against `max_shipments`; units that were
promised, and then rejected, may travel in one more all the same. `ship_complete` is of the remainder: it ships whole or
not at all, and what already left stays gone. Where shipments stand, the first of a remainder is not the order's first,
and costs its `split_penalty`. `keep_together` is of what is left of the line. Nodes that rejected units of the order
are barred, by SKU.
"""

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.judge import PolicyJudge
from engine.decide.rejected_stock import told
from engine.model.facts import Order, Snapshot

Barred: TypeAlias = Mapping[str, frozenset[str]]
"""By SKU, the nodes that don't come into question."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of `whole`: units by line. `kept` shipments of it stand. `promised`: a node rejected these units,
    and nothing was sent in their stead yet.
    """

    whole: Order
    units: Mapping[str, int]
    barred: Barred = dataclasses.field(default_factory=dict)
    kept: int = 0
    promised: bool = False

    @property
    def order(self) -> Order:
        """The lines that something is left of, with what is left of them."""
        left = (
            dataclasses.replace(line, quantity=self.units[line.id])
            for line in self.whole.lines
            if line.id in self.units
        )
        return dataclasses.replace(self.whole, lines=tuple(left))


def decide_remainder(
    remainder: Remainder, snapshot: Snapshot, matcher: PolicyJudge, now: int, *, held_from: int
) -> Decision:
    """The best assignment of what is left; `snapshot` has all SKUs of the whole order."""
    made = decide(
        remainder.order,
        _without(snapshot, remainder.barred),
        matcher,
        now,
        held_from=held_from,
        whole=remainder.whole,
        kept=remainder.kept,
        promised=remainder.promised,
    )
    return dataclasses.replace(made, unfilled=told(made.unfilled, snapshot, remainder.barred))


def _without(snapshot: Snapshot, barred: Barred) -> Snapshot:
    positions = {
        sku: {node: position for node, position in nodes.items() if node not in barred.get(sku, ())}
        for sku, nodes in snapshot.positions.items()
    }
    return dataclasses.replace(snapshot, positions=positions)
