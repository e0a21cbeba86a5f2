"""Reads the shipments that carriers have, with where their parcels are and how they were promised; and stores what
follows of what is heard of them.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import UnsetType

from engine.decide.address.address import address_of
from engine.decide.order_record import order_of
from engine.decide.record import DecisionRecord
from engine.decide.shipping.ways import Ways
from engine.facts_reader import FactsReader
from engine.fulfilment.tracking.advance import ShipmentNews, advance
from engine.fulfilment.tracking.tracked_shipment import Goal, TrackedShipment
from engine.model.facts import Network
from engine.model.parcels import PackedShipment, Packing, Parcel, ShipmentKey
from engine.model.tracking import number_name
from engine.promise_watch.watched_shipment import watched
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.order_key import OrderKey
from engine.store.fulfilment.scans import ScanCodec
from engine.store.fulfilment.shipments import Shipments
from engine.store.fulfilment.tracked_parcels import ParcelPlace, StoredScans, Taken, TrackedParcels, TrackingStep
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import UNREADABLE, parse_entry
from engine.store.personal.order_keys import Erased, Secrets, key_of, read_secrets


@dataclass(frozen=True, kw_only=True)
class ReadShipment:
    """A shipment as it was read, and what encodes the events of its parcels."""

    shipment: TrackedShipment
    codec: ScanCodec


@dataclass(frozen=True, kw_only=True)
class TrackingCall:
    """The `news` of a shipment, whose parcels go by the numbers of `places`."""

    read: ReadShipment
    news: ShipmentNews
    places: Mapping[str, ParcelPlace] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NumberedParcel:
    """What goes by a number: a parcel of a shipment, or several of those that its carrier gave one number for; `parcel`
    is the first of `parcels`.
    """

    read: ReadShipment
    place: ParcelPlace
    parcel: Parcel
    parcels: tuple[Parcel, ...]


class TrackedShipments:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, packed: Shipments) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._packed = packed
        self._store = TrackedParcels(client, keys)

    def find(self, keys: Sequence[ShipmentKey]) -> dict[ShipmentKey, ReadShipment]:
        """Those of them that a carrier has, or had and delivered. Raises NotReady, StoreUnavailable."""
        shipments = list(dict.fromkeys(keys))
        if not shipments:
            return {}
        read = (stored.shipment for stored in self._packed.read_all(shipments))
        packed = {item.key: item for item in read if item is not None and _carried(item)}
        stored = self._store.read(list(packed))
        records = self._records(dict.fromkeys(key.decision for key in packed))
        ways = self._facts.network_caches().get(Ways)
        secrets = read_secrets(self._client, self._keys, {record.first for record in records.values()})
        return {
            key: self._read(item, stored[key], records[key.decision], ways, secrets)
            for key, item in packed.items()
            if key.decision in records
        }

    def numbered(self, numbers: Iterable[str]) -> dict[str, NumberedParcel]:
        """By number, as `number_name` has it, the parcel that goes by it and is with a carrier, or was."""
        places = self._store.places(list(dict.fromkeys(numbers)))
        found = self.find([place.shipment for place in places.values()])
        return {
            number: NumberedParcel(read=read, place=place, parcel=parcel, parcels=_named(number, read, parcel))
            for number, place in places.items()
            if (read := found.get(place.shipment)) is not None
            for parcel in read.shipment.parcels
            if parcel.number == place.parcel
        }

    def _records(self, decisions: Iterable[str]) -> dict[str, DecisionRecord]:
        names = list(decisions)
        if not names:
            return {}
        with faults():
            places = self._client.redis.hmget(self._keys.decisions, names)
        stored = decision_log.stored_entries(self._client, self._keys, [place for place in places if place])
        secrets = decision_log.secrets_of(self._client, self._keys, stored)
        records = {}
        for raw in stored:
            with contextlib.suppress(*UNREADABLE):  # the ledger check tells of it
                entry = parse_entry(*raw, secrets)
                records[entry.decision] = entry.record
        return records

    def _read(
        self, packed: PackedShipment, stored: StoredScans, record: DecisionRecord, ways: Ways, secrets: Secrets
    ) -> ReadShipment:
        secret = secrets[record.first]
        if secret is None:  # the order has none yet
            key = key_of(self._client, self._keys, record.first)
            secret = key.secret if isinstance(key, OrderKey) else key
        codec = ScanCodec(None if isinstance(secret, Erased) else secret)
        (promise,) = watched(record, {packed.key.number: ""}, {}, ways)
        packings = _carried(packed)
        ssccs = [parcel.sscc for packing in packings for parcel in packing.parcels]
        shipment = TrackedShipment(
            key=packed.key,
            order=packed.order,
            goal=_goal(record, packed.key.number, ways.network),
            packings=packings,
            promise=promise,
            stored=stored,
            tracking={
                carrier: account.tracking
                for carrier, account in ways.network.carriers.items()
                if account.tracking is not None
            },
            scans={sscc: codec.decode(sscc, stored.events.get(sscc)) for sscc in ssccs},
        )
        return ReadShipment(shipment=shipment, codec=codec)

    def take(self, calls: Sequence[TrackingCall]) -> list[Taken | None]:
        """Store what follows of each; what became of it, None if nothing follows."""
        steps = [_step(call) for call in calls]
        outcomes: Iterator[Taken] = iter(self._store.take([step for step in steps if step is not None]))
        return [None if step is None else next(outcomes) for step in steps]


def _step(call: TrackingCall) -> TrackingStep | None:
    shipment = call.read.shipment
    following = advance(shipment, call.news)
    if following is None:
        return None
    return TrackingStep(
        shipment=shipment.key,
        stored=shipment.stored,
        events={sscc: call.read.codec.encode(sscc, scans) for sscc, scans in following.scans.items()},
        carriers=_carriers(shipment, following.scans),
        last_heard_at=following.last_heard_at,
        looked=following.looked,
        dues=following.dues,
        change=following.change,
        places=call.places,
        now=call.news.now,
    )


def _carriers(shipment: TrackedShipment, ssccs: Iterable[str]) -> list[str]:
    """Those of these parcels."""
    return sorted({carrier for sscc in ssccs if (carrier := shipment.packing_of(sscc).carrier) is not None})


def _named(number: str, read: ReadShipment, first: Parcel) -> tuple[Parcel, ...]:
    """The parcels of the shipment that go by the number."""
    if number == first.sscc:
        return (first,)
    return tuple(parcel for parcel in read.shipment.parcels if number_name(parcel.tracking_number or "") == number) or (
        first,
    )


def _carried(packed: PackedShipment) -> tuple[Packing, ...]:
    """What of it a carrier has."""
    return tuple(packing for packing in packed.packings if packing.state == "packed" and packing.carrier is not None)


def _goal(record: DecisionRecord, number: int, network: Network) -> Goal:
    """Where a shipment goes."""
    order, shipment = order_of(record.order), record.shipments[number]
    collect_at = order.collect_at if isinstance(shipment.collect_at, UnsetType) else shipment.collect_at
    node = None if collect_at is None else network.nodes.get(collect_at)
    if node is not None:
        return Goal(country=node.country, place=node.place, collected_at=node.id, zone=network.zone_of(node))
    address = address_of(order, network)
    return Goal(country=address.country or "", place=address.place)
