"""Decides the remainder of an order again: the units that no node had, or that a node rejected.

A remainder is decided as an order of its own, with these differences:

- rules of the order's stage (its value, its units) see the whole order, as the customer placed it;
- shipments that stand count against `max_shipments`; units that were promised and then rejected may always travel in
  one more shipment;
- `ship_complete` is about the remainder: it ships whole or not at all, whatever shipped before;
- where shipments stand, the first shipment of the remainder is not the order's first, and costs its `split_penalty`;
- `keep_together` is about what is left of the line;
- nodes that rejected units of the order are barred, by SKU.
"""

import dataclasses
from collections.abc import Container, Mapping, Sequence
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from engine.decide.decide import choose, decision
from engine.decide.decision import NOTHING_LEFT, Decision, LeftToOthers, PromiseTerms
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judge import PolicyJudge
from engine.decide.rejected_stock import RejectedPosition, after_rejection, count_rejected_stock
from engine.model.facts import Order, Snapshot

Barred: TypeAlias = Mapping[str, frozenset[str]]
"""By SKU, the nodes that may not ship it."""


def without_barred(barred: Barred, pairs: Container[tuple[str, str]]) -> Barred:
    """What stays barred if these SKUs may be shipped by these nodes, all the same."""
    left = {sku: frozenset(node for node in nodes if (sku, node) not in pairs) for sku, nodes in barred.items()}
    return {sku: nodes for sku, nodes in left.items() if nodes}


def barred_record(barred: Barred) -> dict[str, list[str]] | UnsetType:
    """As `FollowsRecord.barred` has it."""
    return {sku: sorted(nodes) for sku, nodes in sorted(barred.items())} if barred else UNSET


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of `whole_order`: units by line id. Some of its shipments may stand. `promised`: a node rejected
    these units, and nothing was sent in their place yet. `rejected` are the positions of those that it rejects now, and
    are still held there.
    """

    whole_order: Order
    units: Mapping[str, int]
    barred: Barred = dataclasses.field(default_factory=dict)
    standing_shipments: int = 0
    promised: bool = False
    rejected: Sequence[RejectedPosition] = ()

    @property
    def order(self) -> Order:
        """The lines that have units left, with that many units."""
        if all(self.units.get(line.id) == line.quantity for line in self.whole_order.lines):
            return self.whole_order
        lines = (
            dataclasses.replace(line, quantity=self.units[line.id])
            for line in self.whole_order.lines
            if line.id in self.units
        )
        return dataclasses.replace(self.whole_order, lines=tuple(lines))


def decide_remainder(
    remainder: Remainder,
    snapshot: Snapshot,
    matcher: PolicyJudge,
    now: int,
    *,
    held_from: int,
    requested_minutes: int | None = None,
    left: LeftToOthers = NOTHING_LEFT,
    terms: PromiseTerms | None = None,
) -> Decision:
    """The best assignment of what remains, which takes nothing that is `left` and keeps a promise on these `terms` if
    it can; held as `decide` says. `snapshot` has all SKUs of the whole order.
    """
    evaluation = evaluate_remainder(remainder, snapshot, matcher, now)
    choice = choose(Candidates(evaluation, left), terms)
    made = decision(evaluation, choice, held_from=held_from, requested_minutes=requested_minutes, left=left)
    return with_rejected_stock(made, remainder, snapshot)


def evaluate_remainder(remainder: Remainder, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> Evaluation:
    """What remains, against the snapshot without the positions that are barred."""
    return Evaluation(
        order=remainder.order,
        snapshot=_without_barred(snapshot, remainder.barred),
        matcher=matcher,
        now=now,
        whole_order=remainder.whole_order,
        standing_shipments=remainder.standing_shipments,
        promised=remainder.promised,
    )


def with_rejected_stock(made: Decision, remainder: Remainder, snapshot: Snapshot) -> Decision:
    """The decision, with the units at barred nodes among the reasons of what stays unfilled."""
    if not remainder.barred:
        return made
    freed = after_rejection(snapshot, remainder.rejected)
    return dataclasses.replace(made, unfilled=count_rejected_stock(made.unfilled, freed, remainder.barred))


def _without_barred(snapshot: Snapshot, barred: Barred) -> Snapshot:
    if not barred:
        return snapshot
    positions = {
        sku: {node: position for node, position in nodes.items() if node not in barred.get(sku, ())}
        for sku, nodes in snapshot.positions.items()
    }
    return dataclasses.replace(snapshot, positions=positions)
