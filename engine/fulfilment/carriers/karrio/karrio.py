"""Karrio, API v1 (https://docs.karrio.io/reference/api/shipments).

A draft is created without cost, and purchased by a rate of it; purchased once, Karrio refuses to purchase it again
(409, state_error). References are not unique.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable
from engine.fulfilment.carriers.asking.http import CarrierHttp, Reply
from engine.fulfilment.carriers.asking.label_bytes import decoded
from engine.fulfilment.carriers.asking.parcel_by_parcel import ParcelByParcel, Piece
from engine.fulfilment.carriers.asking.refusals import refused, refused_key
from engine.fulfilment.carriers.carrier import Booking, Bought
from engine.fulfilment.carriers.karrio.shapes import (
    Document,
    Message,
    Rate,
    Refusal,
    Shipment,
    ShipmentList,
    shipment_body,
)
from engine.fulfilment.carriers.karrio.states import STATES
from engine.fulfilment.carriers.karrio.trackers import Tracker
from engine.fulfilment.carriers.news import CarrierNews, NewsUnreadable, news_of
from engine.model.carriers import CarrierAccount
from engine.model.parcels import Parcel
from engine.store.fulfilment.begun_bookings import BegunBookings

_MOST_NAMED = 12
_MADE = (HTTPStatus.OK, HTTPStatus.CREATED)
_CANCELLED = (HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NOT_MODIFIED)
_FIELDS: Final = {
    "recipient": "addressee",
    "shipper": "sender",
    "person_name": "name",
    "company_name": "company",
    "address_line1": "lines",
    "address_line2": "lines",
    "city": "town",
    "state_code": "region",
    "postal_code": "postcode",
    "country_code": "country",
    "phone_number": "phone",
}
"""Karrio's names of fields, and ours."""


def authorization(key: str) -> str:
    """https://docs.karrio.io/reference/authentication"""
    return f"Token {key}"


class Karrio:
    """A Carrier, and its own PieceShop."""

    def __init__(self, account: CarrierAccount, http: CarrierHttp, bookings: BegunBookings) -> None:
        self._account, self._http = account, http
        self._purchases = ParcelByParcel(carrier=account.id, shop=self, bookings=bookings)

    def buy(self, booking: Booking) -> Bought:
        return self._purchases.buy(booking)

    def cancel(self, booking: str, reference: str) -> None:
        self._purchases.cancel(booking, reference)

    def track(self, tracking_numbers: Sequence[str]) -> CarrierNews:
        """https://docs.karrio.io/reference/api/trackers"""
        statuses = []
        for number in tracking_numbers:
            reply = self._http.ask("GET", f"/v1/trackers/{quote(number, safe='')}")
            if reply.status == HTTPStatus.NOT_FOUND:
                continue
            if reply.status != HTTPStatus.OK:
                raise self._refusal(reply)
            try:
                statuses += list(reply.read(Tracker).statuses())
            except NewsUnreadable as error:
                raise CarrierUnavailable(f"its answer makes no sense: {error}", carrier=self._account.id) from error
        return news_of(statuses, STATES)

    def check(self) -> None:
        self._list({"limit": "1"})

    def find(self, reference: str) -> Piece | None:
        found = [item.piece() for item in self._list({"reference": reference}) if item.reference == reference]
        return max(found, key=lambda piece: (piece.is_paid, not piece.is_void), default=None)

    def get(self, piece: str) -> Piece | None:
        reply = self._http.ask("GET", f"/v1/shipments/{quote(piece, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        return self._read(reply).piece()

    def begin(self, booking: Booking, parcel: Parcel, reference: str) -> Piece:
        body = shipment_body(booking, parcel, reference=reference, contract=self._account.contract)
        return self._read(self._http.ask("POST", "/v1/shipments", body=body)).piece()

    def pay(self, piece: str, booking: Booking) -> Piece:
        shipment = self._read(self._http.ask("GET", f"/v1/shipments/{quote(piece, safe='')}"))
        body = {
            "selected_rate_id": self._rate(shipment, booking.product).id,
            "label_type": booking.label_format.upper(),
        }
        return self._read(self._http.ask("POST", f"/v1/shipments/{quote(piece, safe='')}/purchase", body=body)).piece()

    def label(self, piece: str, booking: Booking) -> bytes:  # noqa: ARG002 its format was said when it was bought
        reply = self._http.ask("POST", f"/v1/shipments/{quote(piece, safe='')}/documents/label", body={})
        if reply.status not in _MADE:
            return b""
        return decoded(reply.read(Document).base64 or "")

    def give_back(self, piece: str) -> None:
        reply = self._http.ask("POST", f"/v1/shipments/{quote(piece, safe='')}/cancel", body={})
        if reply.status not in _CANCELLED:
            wrong_key = refused_key(self._account.id, reply.status)
            raise wrong_key or CarrierHasNoSuch(
                f"carrier '{self._account.id}' does not take '{piece}' back: {self._refusal(reply)}"
            )

    def _list(self, query: dict[str, str]) -> list[Shipment]:
        reply = self._http.ask("GET", "/v1/shipments", query=query)
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply)
        return reply.read(ShipmentList).results

    def _read(self, reply: Reply) -> Shipment:
        if reply.status not in _MADE:
            raise self._refusal(reply)
        return reply.read(Shipment)

    def _rate(self, shipment: Shipment, product: str) -> Rate:
        for rate in shipment.rates:
            if rate.service == product:
                return rate
        offered = ", ".join(sorted({rate.service for rate in shipment.rates})[:_MOST_NAMED])
        reasons = "; ".join(message.text for message in shipment.messages[:_MOST_NAMED])
        raise refused(
            self._account.id,
            f"it does not offer '{product}' for this shipment{f' ({reasons})' if reasons else ''}",
            fields=[("carrier_product", f"it offers {offered}" if offered else "it offers nothing")],
        )

    def _refusal(self, reply: Reply) -> CarrierRefused:
        wrong_key = refused_key(self._account.id, reply.status)
        if wrong_key is not None:
            return wrong_key
        answer = reply.read(Refusal)
        notes = [*answer.errors, *answer.messages]
        fields = [placed for note in notes for placed in _placed(note)]
        return refused(self._account.id, "; ".join(note.text for note in notes) or str(reply.status), fields=fields)


def _placed(note: Message) -> Iterator[tuple[str, str]]:
    """The fields that Karrio names in the details of an error: `{"recipient": {"postal_code": {"message": ...}}}`."""
    if isinstance(note.details, dict):
        yield from _leaves(note.details, ())


def _leaves(details: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(details, dict) and not (path and isinstance(details.get("message"), str)):
        for name, item in details.items():
            yield from _leaves(item, (*path, _FIELDS.get(str(name), str(name))))
        return
    text = details.get("message") if isinstance(details, dict) else details
    if isinstance(text, list):
        text = "; ".join(str(item) for item in text)
    yield ".".join(path), str(text)
