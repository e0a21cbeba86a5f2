"""The stock of a SKU on which a decision was made, as JSON: columns, so that no position takes an object."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import DecidedStock
from engine.decide.order_record import Record, Timestamp, seconds, timestamp
from engine.model.facts import TakenUnits
from engine.model.lots import NEVER, NO_LOT, Lot, date_of, expiry_of, lot_label, name_of
from engine.model.position_columns import PositionColumns
from engine.model.receipts import Receipt, ReceiptSource, ReceiptStatus
from rules.reserves import Tally


class TakenRecord(Record, frozen=True):
    """Units that one channel has taken in a period."""

    channel: str
    per: Annotated[str, Meta(description="day, week, or window and the window of the rule")]
    units: Sequence[int]


class LotStockRecord(Record, frozen=True):
    """What there was of a lot; units that were of none have no name."""

    lot: str | None
    expires: Annotated[str | None, Meta(description="null: it does not expire")]
    on_hand: int
    held: int

    @classmethod
    def of(cls, lot: Lot) -> "LotStockRecord":
        return cls(lot=name_of(lot.label) or None, expires=date_of(lot.label), on_hand=lot.on_hand, held=lot.held)

    @property
    def lot_stock(self) -> Lot:
        """The lot that `of` wrote."""
        if self.lot is None:
            return Lot(NO_LOT, self.on_hand, self.held)
        expiry = NEVER if self.expires is None else expiry_of(self.expires)
        return Lot(lot_label(self.lot, expiry), self.on_hand, self.held)


class ReceiptRecord(Record, frozen=True):
    """An open receipt: of its `quantity`, so many units were there already, and of those that are to come, so many were
    promised.
    """

    id: str
    source: ReceiptSource
    status: ReceiptStatus
    quantity: int
    received: int
    promised: int
    expected_at: Timestamp

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptRecord":
        return cls(
            id=receipt.id,
            source=receipt.source,
            status=receipt.status,
            quantity=receipt.quantity,
            received=receipt.received,
            promised=receipt.promised,
            expected_at=timestamp(receipt.expected_at),
        )

    def receipt(self, sku: str, node: str) -> Receipt:
        """The receipt that `of` wrote."""
        return Receipt(
            id=self.id,
            source=self.source,
            node=node,
            sku=sku,
            quantity=self.quantity,
            expected_at=seconds(self.expected_at),
            status=self.status,
            received=self.received,
            promised=self.promised,
        )


class StockColumnsRecord(Record, frozen=True):
    """The stock of a SKU at the nodes that had any: the first of each list belongs to the first node, and so on."""

    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]
    floor: Annotated[Sequence[int], Meta(description="units this order could not take; below 0: so many more")]
    taken: Annotated[
        list[TakenRecord] | UnsetType,
        Meta(description="units that channels had taken in the periods of their allotments, where rules have some"),
    ] = UNSET
    lots: Annotated[
        dict[str, list[LotStockRecord]] | UnsetType,
        Meta(
            description="by node, where there are any: the first to expire first, last the units of no lot; those that"
            " had expired and that nobody held are not on hand above"
        ),
    ] = UNSET
    receipts: Annotated[
        dict[str, list[ReceiptRecord]] | UnsetType,
        Meta(description="by node, the open receipts, the next to arrive first, if what is to come made a difference"),
    ] = UNSET
    empty: Annotated[list[str] | UnsetType, Meta(description="nodes that have the SKU, and none of it on hand")] = UNSET
    held_of_empty: Annotated[
        dict[str, int] | UnsetType, Meta(description="of those at which units are held all the same, how many")
    ] = UNSET

    @classmethod
    def of(cls, stock: DecidedStock) -> "StockColumnsRecord":
        return cls(
            nodes=stock.nodes,
            on_hand=stock.on_hand,
            held=stock.held,
            floor=stock.floor,
            taken=[
                TakenRecord(channel=tally.channel, per=tally.per, units=units)
                for tally, units in sorted(stock.taken.items())
            ]
            or UNSET,
            lots={node: list(map(LotStockRecord.of, lots)) for node, lots in sorted(stock.lots.items())} or UNSET,
            receipts={node: list(map(ReceiptRecord.of, its)) for node, its in sorted(stock.receipts.items())} or UNSET,
            empty=list(stock.empty) or UNSET,
            held_of_empty=dict(stock.held_of_empty) or UNSET,
        )

    def positions(self, paces: Mapping[str, int]) -> PositionColumns:
        """Given the paces of sale. Raises ValueError if a node stands twice, or if the columns differ in length."""
        empty = self.empty or ()
        if not empty:
            return PositionColumns(self.nodes, self.on_hand, self.held, paces)
        held = self.held_of_empty or {}
        return PositionColumns(
            [*self.nodes, *empty],
            [*self.on_hand, *[0] * len(empty)],
            [*self.held, *[held.get(node, 0) for node in empty]],
            paces,
        )

    @property
    def taken_units(self) -> TakenUnits:
        return {
            Tally(item.channel, item.per): dict(zip(self.nodes, item.units, strict=True)) for item in self.taken or ()
        }

    def receipts_by_node(self, sku: str) -> dict[str, tuple[Receipt, ...]]:
        """Those of this SKU."""
        return {node: tuple(item.receipt(sku, node) for item in its) for node, its in (self.receipts or {}).items()}

    @property
    def lots_by_node(self) -> dict[str, tuple[Lot, ...]]:
        return {node: tuple(item.lot_stock for item in items) for node, items in (self.lots or {}).items()}
