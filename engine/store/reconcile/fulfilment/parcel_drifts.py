"""Compares what is stored of parcels with what the log says. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from engine.store.fulfilment.stored_shipment import StoredShipment
from engine.store.fulfilment.tracking_serials import StoredRange
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.fulfilment.expected_parcels import ExpectedParcels
from engine.store.reconcile.fulfilment.parcel_hashes import ParcelHash, parcel_hash
from engine.store.reconcile.log_replay import LogReplay

_WHAT: Mapping[ParcelHash, str] = {
    "shipments": "parcels of shipment {}",
    "parcel_numbers": "parcel of the number {}",
    "open_packings": "packing {}, which is to be handed over",
    "manifests": "manifest {}",
    "serials": "next serial reference of the SSCCs {}",
    "tracking_serials": "next serial of the tracking numbers {}",
}


def expected_fields(parcels: ExpectedParcels, kind: ParcelHash) -> Mapping[str, str]:
    """By field, what the hash should have; of serials of either kind, the least that may be next."""
    match kind:
        case "shipments":
            return parcels.shipments
        case "parcel_numbers":
            return parcels.numbers
        case "open_packings":
            return parcels.open
        case "manifests":
            return parcels.manifests
        case "serials":
            return {name: str(serial) for name, serial in parcels.serials.items()}
    return {name: str(serial) for name, serial in parcels.tracking_serials.items()}


def parcel_drifts(keys: Keys, replay: LogReplay, kind: ParcelHash, name: str, found: str | None) -> Iterator[Drift]:
    """Of one field of a hash."""
    if kind == "serials":
        yield from _serial_drifts(keys, replay.parcels, name, found)
        return
    if kind == "tracking_serials":
        yield from _number_drifts(keys, replay.parcels, name, found)
        return
    expected = expected_fields(replay.parcels, kind).get(name)
    if found != expected:
        yield Drift(
            what=_WHAT[kind].format(name),
            expected=_amount(kind, expected),
            found=_amount(kind, found),
            writes=(Write(key=parcel_hash(keys, kind), field=name, before=found, after=expected),),
            suspect=(kind, name),
        )


def _amount(kind: ParcelHash, text: str | None) -> int:
    """How much a field has: a shipment its packings, so that a damaged log that lacks one of them takes none away;
    anything else itself.
    """
    if kind != "shipments" or text is None:
        return int(text is not None)
    try:
        return len(StoredShipment.decode(text).packings)
    except msgspec.MsgspecError:
        return 0


def _serial_drifts(keys: Keys, parcels: ExpectedParcels, name: str, found: str | None) -> Iterator[Drift]:
    """A serial that was given out must not be next again; that some are left out is no drift."""
    least = parcels.serials.get(name, 0)
    parts = (found or "").split(" ")
    next_serial, reserved = (int(parts[0]), int(parts[2])) if found else (0, 0)
    if next_serial < least:
        ahead, mark = max(least, reserved), parts[4] if found else 0
        yield Drift(
            what=_WHAT["serials"].format(name),
            expected=least,
            found=next_serial,
            writes=(Write(key=keys.serials, field=name, before=found, after=f"{ahead} {ahead} {ahead} - {mark}"),),
            suspect=("serials", name),
        )


def _number_drifts(keys: Keys, parcels: ExpectedParcels, name: str, found: str | None) -> Iterator[Drift]:
    """The same of a range of tracking numbers."""
    least, stored = parcels.tracking_serials.get(name, 0), StoredRange.of(found)
    if stored.next < least:
        ahead = max(least, stored.reserved)
        yield Drift(
            what=_WHAT["tracking_serials"].format(name.replace("\t", ", from serial ")),
            expected=least,
            found=stored.next,
            writes=(
                Write(
                    key=keys.tracking_serials,
                    field=name,
                    before=found,
                    after=replace(stored, next=ahead, reserved=ahead, run="-").text,
                ),
            ),
            suspect=("tracking_serials", name),
        )
