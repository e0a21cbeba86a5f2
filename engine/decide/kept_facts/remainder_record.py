"""What of an order was decided again, as JSON: part of the facts of a decision that follows another."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import OrderLineRecord, Record, line_of
from engine.decide.rejected_stock import after_rejection
from engine.decide.remainder import Barred, Remainder
from engine.model.facts import Order, Snapshot, StockPosition


class BarredStockRecord(Record, frozen=True):
    on_hand: int
    held: int


class RemainderRecord(Record, frozen=True, omit_defaults=True):
    """The remainder that a decision which follows another is about."""

    whole_order: Annotated[
        list[OrderLineRecord] | UnsetType, Meta(description="the lines of the whole order, which rules are judged by")
    ] = UNSET
    units: Annotated[
        dict[str, int] | UnsetType,
        Meta(description="by line, of an amendment, whose record has the whole order: units that it decides"),
    ] = UNSET
    standing_shipments: Annotated[int, Meta(description="shipments of the order that stand")] = 0
    promised: Annotated[bool, Meta(description="whether a node rejected the units, and nothing was sent yet")] = False
    barred: Annotated[
        dict[str, dict[str, BarredStockRecord]] | UnsetType,
        Meta(description="by SKU, what there was at nodes that were out of the question, after the rejection"),
    ] = UNSET
    rejecting_load: Annotated[int, Meta(description="shipments of the day of the node that rejected units")] = 0
    parked: Annotated[bool, Meta(description="whether the amended order awaited approval before")] = False

    @classmethod
    def of(
        cls,
        remainder: Remainder,
        snapshot: Snapshot,
        *,
        amends: bool = False,
        parked: bool = False,
        rejecting: str | None = None,
    ) -> "RemainderRecord":
        """`rejecting` is the node that rejects the units."""
        whole = remainder.whole_order
        is_whole = amends or remainder.order is whole
        return cls(
            whole_order=UNSET if is_whole else [OrderLineRecord.of(line) for line in whole.lines],
            units=dict(remainder.units) if amends else UNSET,
            standing_shipments=remainder.standing_shipments,
            promised=remainder.promised,
            barred=_barred_stock(remainder, snapshot) or UNSET,
            rejecting_load=0 if rejecting is None else snapshot.loads.get(rejecting, 0),
            parked=parked,
        )

    def remainder(self, order: Order, barred: Barred) -> Remainder:
        """The remainder that this was made of, but for what is being rejected; `order` is that of the decision's record
        and `barred` what was out of the question.
        """
        whole, units = order, {line.id: line.quantity for line in order.lines}
        if self.whole_order is not UNSET:
            whole = dataclasses.replace(order, lines=tuple(map(line_of, self.whole_order)))
        return Remainder(
            whole_order=whole,
            units=units if self.units is UNSET else self.units,
            barred=barred,
            standing_shipments=self.standing_shipments,
            promised=self.promised,
        )

    def barred_positions(self, paces: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, StockPosition]]:
        """By SKU, the positions of nodes that were out of the question, given the paces of sale."""
        return {
            sku: {
                node: StockPosition(on_hand=stock.on_hand, held=stock.held, pace=paces[sku].get(node))
                for node, stock in nodes.items()
            }
            for sku, nodes in (self.barred or {}).items()
        }


def _barred_stock(remainder: Remainder, snapshot: Snapshot) -> dict[str, dict[str, BarredStockRecord]]:
    if not remainder.barred:
        return {}
    positions = after_rejection(snapshot, remainder.rejected).positions
    stock = {
        sku: {
            node: BarredStockRecord(on_hand=positions[sku][node].on_hand, held=positions[sku][node].held)
            for node in sorted(remainder.barred.get(sku, ()))
            if node in positions[sku]
        }
        for sku in remainder.order.skus
    }
    return {sku: nodes for sku, nodes in stock.items() if nodes}
