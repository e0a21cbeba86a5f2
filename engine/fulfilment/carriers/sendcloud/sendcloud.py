"""Sendcloud, Shipments API v3 (https://sendcloud.dev/api/v3/shipments).

Bought once: a shipment has an `external_reference_id`, and a second one with the same is answered with 409 and the
first. Announced without success it is not billed, but uses its reference up; so does one that was cancelled. The next
attempt then has the next reference.
"""

import base64
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable
from engine.fulfilment.carriers.asking.content import content_of
from engine.fulfilment.carriers.asking.http import CarrierHttp, Reply
from engine.fulfilment.carriers.asking.label_bytes import format_of
from engine.fulfilment.carriers.asking.refusals import other_content, refused, refused_key
from engine.fulfilment.carriers.carrier import Booking, Bought, BoughtLabel
from engine.fulfilment.carriers.news import CarrierNews, CarrierStatus, NewsUnreadable, instant_of, news_of
from engine.fulfilment.carriers.sendcloud.shapes import (
    MIME_TYPES,
    MOST_PARCELS,
    Answer,
    Failure,
    ShipmentList,
    Sold,
    SoldParcel,
    announcement,
)
from engine.fulfilment.carriers.sendcloud.states import STATES, code_of
from engine.model.carriers import CarrierAccount
from engine.model.parcels import LabelFormat

ADDRESS: Final = "https://panel.sendcloud.sc/api/v3"
_MOST_ATTEMPTS = 20
_SECONDS_UNTIL_ANNOUNCED = 5
_GONE = frozenset({"CANCELLED", "CANCELLED_UPSTREAM", "CANCELLING", "CANCELLING_UPSTREAM"})
_FAILED = frozenset({"ANNOUNCEMENT_FAILED", "NO_LABEL"})
_UNDER_WAY = frozenset({"ANNOUNCING", ""})
_FIELDS: Final = {
    "to_address": "addressee",
    "from_address": "sender",
    "ship_with": "carrier_product",
    "company_name": "company",
    "address_line_1": "lines",
    "address_line_2": "lines",
    "house_number": "lines",
    "postal_code": "postcode",
    "city": "town",
    "state_province_code": "region",
    "country_code": "country",
    "phone_number": "phone",
}
"""Sendcloud's names of fields, and ours."""


class _Event(msgspec.Struct, frozen=True):
    event_at: str
    status_code: str
    status_description: str = ""


class _Tracking(msgspec.Struct, frozen=True):
    events: list[_Event] = []


def authorization(key: str, secret: str) -> str:
    """Basic authentication by public and secret key (https://sendcloud.dev/docs/getting-started/authentication)."""
    return f"Basic {base64.b64encode(f'{key}:{secret}'.encode()).decode()}"


class Sendcloud:
    """A Carrier."""

    def __init__(self, account: CarrierAccount, http: CarrierHttp) -> None:
        self._account, self._http = account, http

    def buy(self, booking: Booking) -> Bought:
        self._verify_takes(booking)
        content = content_of(booking)
        for reference in _references(booking.reference):
            body = announcement(booking, contract=self._account.contract, reference=reference, content=content)
            reply = self._http.ask("POST", "/shipments/announce", body=body)
            sold = self._sold(reply)
            if reply.status == HTTPStatus.CONFLICT and sold.codes & (_FAILED | _GONE):
                continue  # an attempt before came to nothing, and used its reference up
            if sold.codes & _FAILED:
                raise self._failed(sold)
            return self._bought(sold, booking, content)
        raise refused(self._account.id, f"'{booking.reference}' was announced {_MOST_ATTEMPTS} times to no avail")

    def cancel(self, booking: str, reference: str) -> None:
        for shipment in [booking] if booking else self._living(reference):
            reply = self._http.ask("POST", f"/shipments/{quote(shipment, safe='')}/cancel")
            if reply.status == HTTPStatus.CONFLICT and self._is_gone(shipment):
                continue
            if reply.status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
                raise self._not_cancelled(reply)

    def track(self, tracking_numbers: Sequence[str]) -> CarrierNews:
        return news_of([status for number in tracking_numbers for status in self._statuses(number)], STATES)

    def check(self) -> None:
        self._list({"page_size": "1"})

    def _verify_takes(self, booking: Booking) -> None:
        if booking.is_return:
            raise CarrierHasNoSuch(
                f"carrier '{self._account.id}' sells no labels of returns here: make them in its own panel"
            )
        if len(booking.parcels) > MOST_PARCELS:
            message = f"it takes {MOST_PARCELS} parcels in one shipment, and these are {len(booking.parcels)}"
            raise refused(self._account.id, message, fields=[("parcels", "pack fewer")])

    def _sold(self, reply: Reply) -> Sold:
        """The shipment of an answer, new or the one that has the reference already."""
        if reply.status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT):
            sold = reply.read(Answer).data
            if sold is not None:
                return sold
        raise self._refusal(reply)

    def _bought(self, sold: Sold, booking: Booking, content: str) -> Bought:
        if sold.reference is not None and sold.reference != content:
            raise other_content(self._account.id, booking.reference)
        if sold.codes & _UNDER_WAY or len(sold.parcels) != len(booking.parcels):
            raise self._unavailable("it is still announcing the shipment", retry_after=_SECONDS_UNTIL_ANNOUNCED)
        pairs = zip(booking.parcels, sold.parcels, strict=True)
        return Bought(
            booking=sold.id,
            labels=tuple(self._label(parcel.number, item, booking.label_format) for parcel, item in pairs),
        )

    def _label(self, number: int, parcel: SoldParcel, wanted: LabelFormat) -> BoughtLabel:
        """https://sendcloud.dev/api/v3/parcel-documents/retrieve-a-parcel-document"""
        if parcel.id is None or not parcel.tracking_number:
            raise self._unavailable(f"parcel {number} has no tracking number there yet")
        reply = self._http.ask("GET", f"/parcels/{parcel.id}/documents/label", accept=MIME_TYPES[wanted])
        found = format_of(reply.body) if reply.status == HTTPStatus.OK else None
        if found is None:
            raise self._unavailable(f"the label of parcel {number} can't be fetched yet ({reply.status})")
        return BoughtLabel(parcel=number, tracking_number=parcel.tracking_number, label=reply.body, format=found)

    def _failed(self, sold: Sold) -> CarrierRefused | CarrierUnavailable:
        """A shipment that was not announced; it costs nothing."""
        errors = sold.errors or []
        if errors and all(error.status.startswith("5") for error in errors):
            return self._unavailable(f"it could not announce the shipment: {errors[0].text}")
        return self._refusal_of(errors)

    def _living(self, reference: str) -> Iterator[str]:
        """The shipments under the reference that were announced and not cancelled."""
        for attempt in _references(reference):
            found = self._list({"external_reference_id": attempt})
            if not found:
                return
            yield from (sold.id for sold in found if not sold.codes & (_FAILED | _GONE))

    def _is_gone(self, shipment: str) -> bool:
        reply = self._http.ask("GET", f"/shipments/{quote(shipment, safe='')}")
        return bool(self._sold(reply).codes & _GONE)

    def _list(self, query: dict[str, str]) -> list[Sold]:
        """https://sendcloud.dev/api/v3/shipments/retrieve-shipments"""
        reply = self._http.ask("GET", "/shipments", query=query)
        if reply.status == HTTPStatus.NOT_FOUND:
            return []
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply)
        return reply.read(ShipmentList).data

    def _statuses(self, number: str) -> Iterator[CarrierStatus]:
        """https://sendcloud.dev/api/v3/parcel-tracking/retrieve-tracking-information-for-a-parcel"""
        reply = self._http.ask("GET", f"/parcels/tracking/{quote(number, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply)
        for event in reply.read(_Tracking).events:
            try:
                at = instant_of(event.event_at)
            except NewsUnreadable as error:
                raise self._unavailable(f"its answer makes no sense: {error}") from error
            code = code_of(event.status_code)
            yield CarrierStatus(tracking_number=number, code=code, at=at, text=event.status_description)

    def _not_cancelled(self, reply: Reply) -> CarrierRefused | CarrierHasNoSuch:
        if reply.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return self._refusal(reply)
        errors = reply.read(Answer).errors or [Failure(detail="it has no such shipment")]
        return CarrierHasNoSuch(f"carrier '{self._account.id}' does not take it back: {errors[0].text}")

    def _refusal(self, reply: Reply) -> CarrierRefused:
        wrong_key = refused_key(self._account.id, reply.status)
        return wrong_key or self._refusal_of(reply.read(Answer).errors or [])

    def _refusal_of(self, errors: Sequence[Failure]) -> CarrierRefused:
        placed = [
            (_field(error.source.pointer), error.text) for error in errors if error.source and error.source.pointer
        ]
        message = "; ".join(error.text for error in errors if not (error.source and error.source.pointer))
        return refused(self._account.id, message or "the shipment, as it is", fields=placed)

    def _unavailable(self, message: str, *, retry_after: int | None = None) -> CarrierUnavailable:
        return CarrierUnavailable(message, carrier=self._account.id, retry_after=retry_after)


def _references(reference: str) -> Iterator[str]:
    """Of the attempts, one after the other."""
    yield reference
    yield from (f"{reference}.{number}" for number in range(2, _MOST_ATTEMPTS + 1))


def _field(pointer: str) -> str:
    """`/to_address/postal_code` as `addressee.postcode`, `/parcels/0/weight` as `parcels.1.weight`."""
    parts = pointer.strip("/").split("/")
    return ".".join(str(int(part) + 1) if part.isdigit() else _FIELDS.get(part, part) for part in parts)
