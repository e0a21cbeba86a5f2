"""What events need to know of a decision that an entry of the log names."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.events.payloads import EventLineRecord, EventLinksRecord, EventSkuUnitsRecord, EventUnitsRecord
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import HoldUnits, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShipment:
    node: str
    service: str
    units: Units


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDecision:
    """A decision of an order; `skus` are those of its lines."""

    id: str
    order: str
    skus: Mapping[str, str]
    shipments: tuple[KnownShipment, ...]

    @classmethod
    def of(cls, record: DecisionRecord) -> Self:
        return cls(
            id=record.id or "",
            order=record.order.id,
            skus={line.id: line.sku for line in record.order.lines},
            shipments=tuple(
                KnownShipment(
                    node=shipment.node,
                    service=shipment.service,
                    units=tuple((line.sku, line.quantity) for line in shipment.lines),
                )
                for shipment in record.shipments
            ),
        )

    @property
    def links(self) -> EventLinksRecord:
        return links_of(self.order, self.id)

    def lines(self, units: Mapping[str, int]) -> list[EventLineRecord]:
        """Units by line. A line that the order has only since an amendment has no SKU here."""
        return [
            EventLineRecord(line=line, sku=self.skus.get(line, UNSET), quantity=count) for line, count in units.items()
        ]

    def ended(self, entry: Entry) -> list[EventUnitsRecord]:
        """The units of its shipments that an entry is about, which says how they ended."""
        body = entry.units
        if body is not None:
            return [item for hold in body.holds for item in self.parts(hold)]
        numbers = range(len(self.shipments)) if entry.shipments is None else entry.shipments
        return [self.units(number, entry.ended_units.get(number, self.shipments[number].units)) for number in numbers]

    def parts(self, hold: HoldUnits) -> list[EventUnitsRecord]:
        """Each shipment once, though its units may have come from several states."""
        units: dict[tuple[int, str, str], Counter[str]] = {}
        for part in hold.parts:
            units.setdefault((part.number, part.node, part.service), Counter()).update(dict(part.units))
        return [
            EventUnitsRecord(
                decision=hold.decision,
                shipment=number,
                node=node,
                service=service,
                lines=_by_sku(tuple(by_sku.items())),
            )
            for (number, node, service), by_sku in units.items()
        ]

    def units(self, number: int, units: Units) -> EventUnitsRecord:
        shipment = self.shipments[number]
        return EventUnitsRecord(
            decision=self.id,
            shipment=number,
            node=shipment.node,
            service=shipment.service,
            lines=_by_sku(units),
        )


def links_of(order: str, decision: str) -> EventLinksRecord:
    return EventLinksRecord(
        order=f"/v1/orders/{quote(order, safe='')}", decision=f"/v1/decisions/{quote(decision, safe='')}"
    )


def _by_sku(units: Units) -> list[EventSkuUnitsRecord]:
    return [EventSkuUnitsRecord(sku=sku, quantity=count) for sku, count in units]
