"""What the ledger should have of parcels by its log: shipments, their numbers, what is to be handed over, manifests."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from engine.store.fulfilment.stored_shipment import (
    StoredManifest,
    StoredShipment,
    numbers_of,
    open_packings,
    shipment_key,
    tracking_serials_of,
)
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import LateChanges, SuspectKind


@dataclass(slots=True, kw_only=True)
class ExpectedParcels:
    """Each as the hash of the ledger has it, by field."""

    late: LateChanges
    shipments: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, str] = field(default_factory=dict)
    serials: dict[str, int] = field(default_factory=dict)
    """By range, the least serial that may be next."""
    tracking_serials: dict[str, int] = field(default_factory=dict)
    """The same of ranges of tracking numbers."""

    def change(self, entry: Entry) -> None:
        if entry.kind == "manifested":
            self._hand_over(entry.decision, entry.manifest)
            return
        body = entry.packing
        name = f"{entry.decision}/{body.number}"
        known = self.shipments.get(name)
        packings = () if known is None else StoredShipment.decode(known).packings
        before = StoredShipment(order=body.order, first=body.first, node=body.node, packings=packings)
        self._put(name, before.with_packing(body.packing))
        self.take(body.serials, body.ranges)

    def take(self, serials: tuple[str, int] | None, ranges: str) -> None:
        """Numbers were taken, as `PackingBody` has it."""
        if serials:
            name, next_serial = serials
            self.serials[name] = max(self.serials.get(name, 0), next_serial)
            self.late.note("serials", name)
        for name, next_serial in tracking_serials_of(ranges).items():
            self.tracking_serials[name] = max(self.tracking_serials.get(name, 0), next_serial)
            self.late.note("tracking_serials", name)

    def restore(
        self,
        shipments: Mapping[str, str],
        manifests: Mapping[str, str],
        serials: Mapping[str, int],
        tracking_serials: Mapping[str, int],
    ) -> None:
        """As they were after an earlier entry."""
        for name, text in shipments.items():
            self._put(name, StoredShipment.decode(text))
        self.manifests.update(manifests)
        self.serials.update(serials)
        self.tracking_serials.update(tracking_serials)

    def _put(self, name: str, shipment: StoredShipment) -> None:
        before, key = self.shipments.get(name), shipment_key(name)
        if before is not None:
            known = StoredShipment.decode(before)
            self._forget(self.numbers, numbers_of(key, known.packings), "parcel_numbers")
            self._forget(self.open, open_packings(key, known), "open_packings")
        self.shipments[name] = shipment.encode()
        self._add(self.numbers, numbers_of(key, shipment.packings), "parcel_numbers")
        self._add(self.open, open_packings(key, shipment), "open_packings")
        self.late.note("shipments", name)

    def _hand_over(self, name: str, manifest: StoredManifest) -> None:
        self.manifests[name] = manifest.encode()
        self.late.note("manifests", name)
        for shipment, number in manifest.packings:
            stored = StoredShipment.decode(self.shipments[shipment])
            packings = tuple(
                replace(item, manifest=name) if item.number == number else item for item in stored.packings
            )
            self._put(shipment, replace(stored, packings=packings))

    def _add(self, into: dict[str, str], fields: Mapping[str, str], kind: SuspectKind) -> None:
        for name, value in fields.items():
            into[name] = value
            self.late.note(kind, name)

    def _forget(self, of: dict[str, str], fields: Mapping[str, str], kind: SuspectKind) -> None:
        for name in fields:
            of.pop(name, None)
            self.late.note(kind, name)
