"""Requests about parcels, checked in shape, and read into requests of the engine."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.cursors import PackingsCursor
from api.shapes.fields import Note, QueryNumber, TrueOrFalse, WholeNumber, Word
from api.shapes.fulfilment.paper_fields import paper_format_field, paper_language_field
from api.shapes.limits import MOST_PACKINGS
from api.shapes.line_units import LineUnits
from api.shapes.postal_address import PostalAddressShape
from api.shapes.quantities import Quantities, skus_of_decision
from engine.errors import NotFound
from engine.fulfilment.parcels import handing_over
from engine.fulfilment.parcels.pack_request import EMPTY_PARCEL, MOST_PARCEL_GRAMS, PackRequest, ParcelRequest
from engine.model.parcels import MOST_PARCELS, PackingState, ParcelSize, ShipmentKey
from engine.service import Pointsman

MOST_MILLIMETRES = 100_000
_OPEN_STATES = [state for state in get_args(PackingState) if state != "cancelled"]
TRACKING_NUMBER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{2,48})[A-Za-z0-9]\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def _given_number(description: str) -> fields.String:
    return fields.String(
        load_default=None,
        validate=validate.Regexp(
            TRACKING_NUMBER, error="write 4 to 50 letters and digits, also with blanks or hyphens between them"
        ),
        metadata={"description": description},
    )


class ParcelSizeRequest(Strict):
    """Outer measures in millimetres."""

    length = WholeNumber(1, MOST_MILLIMETRES, required=True)
    width = WholeNumber(1, MOST_MILLIMETRES, required=True)
    height = WholeNumber(1, MOST_MILLIMETRES, required=True)


class ParcelRequestShape(Strict):
    """One box. Its weight is that of its articles and of the packing unless it is said."""

    lines = LineUnits(empty=EMPTY_PARCEL)
    weight_g = WholeNumber(1, MOST_PARCEL_GRAMS, load_default=None, metadata={"description": "gross, in grams"})
    size_mm = fields.Nested(ParcelSizeRequest, load_default=None)
    tracking_number = _given_number("that its carrier gave already; none is taken or bought for it")


class PackShipmentRequest(Strict):
    """Without `parcels`, all that is left of the shipment is in one. Every unit is in just one parcel, unless `partial`
    says that the rest follows. `addressee` is whom it goes to, in place of the order's. The same `op` again is answered
    the same.
    """

    parcels = fields.List(
        fields.Nested(ParcelRequestShape),
        load_default=list,
        validate=validate.Length(
            min=1, max=MOST_PARCELS, error="name 1 to {max} parcels, or leave this out: all is in one then"
        ),
    )
    partial = TrueOrFalse(load_default=False)
    tracking_number = _given_number("of all parcels that have none of their own, where their carrier gave one for all")
    addressee = fields.Nested(PostalAddressShape, load_default=None)
    op = Word(load_default=None)


class CancelPackingRequest(Strict):
    """Which `packing` of the shipment is none any more, or all, and why."""

    packing = WholeNumber(1, MOST_PARCELS, load_default=None)
    because = Note(load_default="")
    op = Word(load_default=None)


class LabelQuery(Strict):
    format = paper_format_field()
    parcel = QueryNumber(
        1,
        MOST_PARCELS,
        load_default=None,
        metadata={"description": "its number in the shipment; without, the first parcel that is packed"},
    )
    lang = paper_language_field("without, that of the country where it goes")


class NoteQuery(Strict):
    parcel = QueryNumber(
        1, MOST_PARCELS, load_default=None, metadata={"description": "of one; without, of the whole shipment"}
    )
    lang = paper_language_field("without, that of the country where it goes")


class ShipmentsQuery(Strict):
    node = Word(load_default=None, metadata={"description": "Only what is packed there"})
    carrier = Word(load_default=None, metadata={"description": "Only what it takes"})
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(_OPEN_STATES),
        metadata={"description": "booking: its carrier is being asked for labels; cancelling: to take them back"},
    )
    limit = QueryNumber(1, MOST_PACKINGS, load_default=100, metadata={"description": "at most so many"})
    after = PackingsCursor(load_default=None, metadata={"description": "`next` of the page before"})


class ManifestQuery(Strict):
    """Which part of a manifest is told; without, all of it."""

    limit = QueryNumber(
        1, MOST_PACKINGS, load_default=None, metadata={"description": "at most so many packings; by default all"}
    )
    after = QueryNumber(
        0, handing_over.MOST_PACKINGS, load_default=0, metadata={"description": "`next` of the page before"}
    )


class CloseManifestRequest(Strict):
    """All that is packed at the node for the carrier, and on no manifest, is handed over: its units have left, unless
    `confirm` is false.
    """

    node = Word(required=True)
    carrier = Word(required=True)
    confirm = TrueOrFalse(load_default=True)
    op = Word(load_default=None)


class ManifestPageQuery(Strict):
    lang = paper_language_field("without, that of the node's country")


def shipment_key(decision: str, number: str) -> ShipmentKey:
    """As a path names it; raises NotFound."""
    if not _NUMBER.fullmatch(number):
        raise NotFound(f"'{number}' is no number of a shipment; write its place in the decision, from 0")
    return ShipmentKey(decision, int(number))


def pack_request(pointsman: Pointsman, shipment: ShipmentKey, body: Mapping[str, Any]) -> PackRequest:
    """Raises InputInvalid, NotFound."""
    quantities = Quantities.of(pointsman)
    parcels = tuple(
        ParcelRequest(
            lines=quantities.by_line(
                item["lines"],
                lambda: skus_of_decision(pointsman, shipment.decision),
                field=f"parcels.{number}.lines",
            ),
            grams=item["weight_g"],
            size=None if item["size_mm"] is None else ParcelSize(**item["size_mm"]),
            tracking_number=item["tracking_number"],
        )
        for number, item in enumerate(body["parcels"])
    )
    return PackRequest(
        shipment=shipment,
        parcels=parcels,
        partial=body["partial"],
        addressee=body["addressee"],
        tracking_number=body["tracking_number"],
        op=body["op"],
    )
