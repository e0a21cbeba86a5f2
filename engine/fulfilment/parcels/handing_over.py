"""Hands packed shipments over to a carrier's driver: closes a manifest, and confirms what is on it."""

import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.actor import by_itself
from engine.errors import (
    AwaitingApproval,
    Contended,
    DecisionUnreadable,
    HoldEnded,
    InputInvalid,
    Mistake,
    NotFound,
    NotPackable,
    PointsmanError,
    StockConflict,
    StoreUnavailable,
)
from engine.fulfilment.parcels.packed_papers import PackedPapers
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.paper_texts import manifest_texts
from engine.fulfilment.parcels.parcels import OpenFilter, Parcels
from engine.fulfilment.parcels.shipment_reader import ShipmentReader
from engine.fulfilment.parcels.shipment_reading import ShipmentReading, packings_let_go
from engine.idempotency import name_reused, operation
from engine.inventory.holds import DecisionHolds
from engine.model.parcels import Manifest, ManifestedPacking, PackedShipment, Packing, ShipmentKey
from engine.store.fulfilment.manifests import (
    ClosedManifest,
    ManifestDiffers,
    ManifestOutcome,
    Manifests,
    about_manifest,
)
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.holds import Holds
from engine.store.outcomes import OperationReused

MOST_PACKINGS = 2_000
"""On one manifest; those packed last wait for the next."""

_AT_ONCE = 100
"""Shipments that are read together."""
_UNREADABLE = (DecisionUnreadable, NotFound)
_NOT_CONFIRMED = (*_UNREADABLE, HoldEnded, InputInvalid, StockConflict, AwaitingApproval)

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRequest:
    """Hand over everything that is packed at a node for a carrier. With `confirms`, its units have left."""

    node: str
    carrier: str
    confirms: bool = True
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same name."""
        return f"manifest {self.carrier} {self.confirms}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestView:
    """`shipments` are those on it, with the packing of each that is; `refused` are those that could not be confirmed,
    and why.
    """

    manifest: Manifest
    shipments: tuple[tuple[PackedShipment, Packing], ...]
    refused: Mapping[ShipmentKey, str]
    again: bool = False
    """Whether it was closed before."""


class HandingOver:
    """The manifests of one network."""

    def __init__(self, parts: PackingParts, parcels: Parcels, holds: DecisionHolds) -> None:
        self._parts = parts
        self._parcels = parcels
        self._confirms = holds
        self._holds = Holds(parts.client, parts.keys)
        self._manifests = Manifests(parts.client, parts.keys)
        self._papers = PackedPapers(parts.new_id)
        self._reader = ShipmentReader(parts.client, parts.keys, parts.shipments, clock=parts.clock)

    def close(self, request: ManifestRequest) -> ManifestView:
        """Close a manifest of all that is packed and on none; then confirm its shipments, each once. Sent again with
        the same operation, it goes on with those that are not confirmed yet. Raises InputInvalid, NotPackable if
        nothing is to be handed over, KeyReused, Contended, StoreUnavailable.
        """
        self._verify_node(request.node)
        named = operation(request.fingerprint, request.op)
        if request.op is not None:
            stored = self._holds.operation(about_manifest(request.node), named.name)
            if stored is not None:
                fingerprint, _, name = stored.partition("\n")
                if fingerprint != named.request:
                    raise name_reused(request.op)
                return replace(self._handed_over(name), again=True)
        for _ in range(MOST_TRIES):
            chosen, let_go = self._chosen(request)
            if not chosen:
                raise NotPackable(
                    f"nothing is packed at node '{request.node}' for carrier '{request.carrier}' that is on no manifest"
                )
            match self._close(request, chosen):
                case ClosedManifest(id=name, again=again):
                    view = self._handed_over(name)
                    return replace(view, again=again, refused={**let_go, **view.refused})
                case OperationReused():
                    raise name_reused(request.op)
        raise Contended(f"what is packed at node '{request.node}' changes again and again; try again")

    def _chosen(self, request: ManifestRequest) -> tuple[list[tuple[PackedShipment, Packing]], dict[ShipmentKey, str]]:
        """What is to be handed over; and why not, of what is packed there and whose units are to leave no more."""
        wanted = OpenFilter(node=request.node, carrier=request.carrier, state="packed")
        found = self._parcels.list_open(wanted, limit=MOST_PACKINGS)
        unreadable: dict[ShipmentKey, str] = {}
        let_go: set[tuple[ShipmentKey, int]] = set()
        for keys in _batches(list(dict.fromkeys(shipment.key for shipment, _ in found))):
            readings, not_read = self._read_all(keys)
            unreadable |= not_read
            let_go |= {(reading.key, packing.number) for reading in readings for packing in packings_let_go(reading)}
        chosen = [
            (shipment, packing)
            for shipment, packing in found
            if shipment.key not in unreadable and (shipment.key, packing.number) not in let_go
        ]
        gone = {key for key, _ in let_go}
        whys = dict.fromkeys(gone, "units of it are to leave no more, so it is not handed over") | unreadable
        return chosen, dict(sorted(whys.items()))

    def _close(self, request: ManifestRequest, chosen: list[tuple[PackedShipment, Packing]]) -> ManifestOutcome:
        now, name = self._parts.clock(), f"m-{uuid.uuid4().hex[:12]}"
        wanted = {(shipment.key, packing.number) for shipment, packing in chosen}
        keys = list(dict.fromkeys(shipment.key for shipment, _ in chosen))
        pairs = []
        for before in self._parts.shipments.read_all(keys):
            after = before.shipment
            if after is None:
                continue
            for packing in after.packings:
                if packing.is_open and (after.key, packing.number) in wanted:
                    after = after.with_packing(replace(packing, manifest=name))
                    wanted.discard((after.key, packing.number))
            pairs.append((before, after))
        if wanted:  # others handed it over, or gave it back, since it was chosen
            return ManifestDiffers()
        network = self._parts.facts.network_and_products([], fresh=True)[0]
        node = network.nodes.get(request.node)
        manifest = Manifest(
            id=name,
            node=request.node,
            carrier=request.carrier,
            closed_at=now,
            confirms=request.confirms,
            packings=tuple(ManifestedPacking(shipment.key, packing.number) for shipment, packing in chosen),
            texts=None if node is None else manifest_texts(network, node, request.carrier),
        )
        jobs = self._papers.of(network, request.node, "manifest", name, now)
        return self._manifests.close(
            manifest, pairs, jobs, operation(request.fingerprint, request.op), micros=self._parts.micros()
        )

    def show(self, name: str, *, after: int = 0, limit: int | None = None) -> ManifestView:
        """With all that is on it or, with a `limit`, so many packings `after` the first so many. Raises NotFound."""
        manifest = self._find(name)
        chosen = manifest.packings[after : None if limit is None else after + limit]
        return ManifestView(manifest=manifest, shipments=tuple(self._packings(chosen)), refused={})

    def _handed_over(self, name: str) -> ManifestView:
        """The manifest, once what is on it is confirmed as far as it can be."""
        shown = self.show(name)
        if not shown.manifest.confirms:
            return shown
        packings: dict[ShipmentKey, list[Packing]] = {}
        for shipment, packing in shown.shipments:
            if packing.manifest == name:  # others did not leave with it
                packings.setdefault(shipment.key, []).append(packing)
        refused: dict[ShipmentKey, str] = {}
        for keys in _batches(list(packings)):
            readings, unreadable = self._read_all(keys)
            refused |= unreadable
            for reading in readings:
                refusal = self._confirm_shipment(reading, packings[reading.key], name)
                if refusal:
                    refused[reading.key] = refusal
        self._manifests.note_confirmed(name)
        return replace(shown, refused=refused)

    def go_on(self) -> list[str]:
        """Confirm what is on manifests whose closing was broken off before all of it was; the ids of those that are
        done. What can't be confirmed now is logged, and tried again the next time. Raises StoreUnavailable.
        """
        done: list[str] = []
        for name in self._manifests.unconfirmed(self._parts.clock()):
            try:
                with by_itself():
                    view = self._handed_over(name)
            except StoreUnavailable:
                raise
            except PointsmanError as error:
                logger.warning("manifest %s is not confirmed yet: %s", name, error)
                continue
            for shipment, why in view.refused.items():
                logger.warning("shipment %s of manifest %s is not confirmed: %s", shipment, name, why)
            done.append(name)
        return done

    def _read_all(self, keys: Sequence[ShipmentKey]) -> tuple[list[ShipmentReading], dict[ShipmentKey, str]]:
        """These shipments; and those that can't be read, with why. Where one can't be, they are read one at a time."""
        with contextlib.suppress(*_UNREADABLE):
            return self._reader.read_all(keys), {}
        readings: list[ShipmentReading] = []
        unreadable: dict[ShipmentKey, str] = {}
        for key in keys:
            try:
                readings.append(self._reader.read(key))
            except _UNREADABLE as error:
                unreadable[key] = str(error)
        return readings, unreadable

    def _confirm_shipment(self, reading: ShipmentReading, packings: Sequence[Packing], manifest: str) -> str:
        """The units of these packings of it have left; why not, of the last that could not be confirmed. It was read
        a while ago: where others may have changed it since, it is read again.
        """
        refusal = ""
        for place, packing in enumerate(packings):
            try:
                try:
                    self._confirm(reading if place == 0 else self._reader.read(reading.key), packing, manifest)
                except _NOT_CONFIRMED:
                    self._confirm(self._reader.read(reading.key), packing, manifest)
            except _NOT_CONFIRMED as error:
                refusal = str(error)
        return refusal

    def _confirm(self, reading: ShipmentReading, packing: Packing, manifest: str) -> None:
        """Its units have left, as far as that was not said before."""
        key, units = reading.key, reading.hold.shipments[reading.key.number]
        gone, left = handed_over(reading.packed), units.lines("confirmed")
        leaving = {
            line: min(count, gone[line] - left.get(line, 0))
            for line, count in packing.units.items()
            if gone[line] > left.get(line, 0)
        }
        if leaving:
            self._confirms.confirm(
                key.decision,
                shipments=[units.name],
                lines=leaving,
                op=f"manifest {manifest} {key}/{packing.number}",
            )

    def _packings(self, chosen: Sequence[ManifestedPacking]) -> Iterator[tuple[PackedShipment, Packing]]:
        keys = [item.shipment for item in chosen]
        for item, stored in zip(chosen, self._parts.shipments.read_all(keys), strict=True):
            for packing in stored.shipment.packings if stored.shipment else ():
                if stored.shipment is not None and packing.number == item.packing:
                    yield stored.shipment, packing

    def _find(self, name: str) -> Manifest:
        found = self._manifests.find(name)
        if found is None:
            raise NotFound(f"no manifest goes by the id '{name}'")
        return found

    def _verify_node(self, name: str) -> None:
        nodes = self._parts.facts.network_and_products([], fresh=True)[0].nodes
        if name not in nodes:
            raise InputInvalid([Mistake(field="node", message=f"no node goes by the id '{name}'")])


def _batches(keys: Sequence[ShipmentKey]) -> Iterator[Sequence[ShipmentKey]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def handed_over(shipment: PackedShipment) -> Counter[str]:
    """Units by line of a shipment that are on manifests."""
    return sum((Counter(item.units) for item in shipment.valid if item.manifest is not None), Counter())
