"""EasyPost, API v2 (https://docs.easypost.com/docs/shipments).

A shipment is created without cost, and bought by a rate of it; bought once, it is not sold again. References may be
used in place of ids, but EasyPost does not keep them unique (https://docs.easypost.com/docs/easypost-objects).
"""

import base64
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable
from engine.fulfilment.carriers.asking.http import CarrierHttp, Reply
from engine.fulfilment.carriers.asking.parcel_by_parcel import ParcelByParcel, Piece
from engine.fulfilment.carriers.asking.refusals import refused, refused_key
from engine.fulfilment.carriers.carrier import Booking, Bought
from engine.fulfilment.carriers.easypost.shapes import FieldError, Rate, Refusal, Shipment, shipment_body
from engine.fulfilment.carriers.easypost.states import STATES
from engine.fulfilment.carriers.easypost.trackers import Tracker
from engine.fulfilment.carriers.news import CarrierNews, NewsUnreadable, news_of
from engine.model.carriers import CarrierAccount
from engine.model.parcels import Parcel
from engine.store.fulfilment.begun_bookings import BegunBookings

ADDRESS: Final = "https://api.easypost.com/v2"
_MOST_NAMED = 12
_MADE = (HTTPStatus.OK, HTTPStatus.CREATED)
_FIELDS: Final = {
    "to_address": "addressee",
    "from_address": "sender",
    "address": "addressee.lines",
    "street1": "addressee.lines",
    "street2": "addressee.lines",
    "city": "addressee.town",
    "state": "addressee.region",
    "zip": "addressee.postcode",
    "country": "addressee.country",
    "phone": "addressee.phone",
    "email": "addressee.email",
    "name": "addressee.name",
    "parcel": "parcels",
    "weight": "parcels.weight",
}
"""EasyPost's names of fields, and ours. It does not say which address it means; it checks the addressee's."""


class _Trackers(msgspec.Struct, frozen=True):
    trackers: list[Tracker] = []


def authorization(key: str) -> str:
    """Basic authentication by the API key (https://docs.easypost.com/docs/authentication)."""
    return f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"


class EasyPost:
    """A Carrier, and its own PieceShop."""

    def __init__(self, account: CarrierAccount, http: CarrierHttp, bookings: BegunBookings) -> None:
        self._account, self._http = account, http
        self._purchases = ParcelByParcel(carrier=account.id, shop=self, bookings=bookings)

    def buy(self, booking: Booking) -> Bought:
        return self._purchases.buy(booking)

    def cancel(self, booking: str, reference: str) -> None:
        self._purchases.cancel(booking, reference)

    def track(self, tracking_numbers: Sequence[str]) -> CarrierNews:
        """Of each number that EasyPost sold, it has a tracker (https://docs.easypost.com/docs/trackers)."""
        statuses = []
        for number in tracking_numbers:
            reply = self._http.ask("GET", "/trackers", query={"tracking_code": number, "page_size": "10"})
            if reply.status != HTTPStatus.OK:
                raise self._refusal(reply)
            try:
                for tracker in reply.read(_Trackers).trackers:
                    statuses += list(tracker.statuses()) if tracker.tracking_code == number else []
            except NewsUnreadable as error:
                raise CarrierUnavailable(f"its answer makes no sense: {error}", carrier=self._account.id) from error
        return news_of(statuses, STATES)

    def check(self) -> None:
        reply = self._http.ask("GET", "/shipments", query={"page_size": "1"})
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply)

    def find(self, reference: str) -> Piece | None:
        return self.get(reference)

    def get(self, piece: str) -> Piece | None:
        found = self._shipment(piece)
        return None if found is None else found.piece()

    def begin(self, booking: Booking, parcel: Parcel, reference: str) -> Piece:
        body = shipment_body(booking, parcel, reference=reference, contract=self._account.contract)
        reply = self._http.ask("POST", "/shipments", body=body)
        if reply.status not in _MADE:
            raise self._refusal(reply)
        return reply.read(Shipment).piece()

    def pay(self, piece: str, booking: Booking) -> Piece:
        """https://docs.easypost.com/docs/shipments#buy-a-shipment"""
        shipment = self._there(piece)
        body = {"rate": {"id": self._rate(shipment, booking.product).id}}
        reply = self._http.ask("POST", f"/shipments/{quote(piece, safe='')}/buy", body=body)
        if reply.status not in _MADE:
            raise self._refusal(reply)
        return reply.read(Shipment).piece()

    def label(self, piece: str, booking: Booking) -> bytes:  # noqa: ARG002 its format was said when it was begun
        shipment = self._there(piece)
        if shipment.postage_label is None:
            return b""
        return self._http.download(shipment.postage_label.label_url)

    def give_back(self, piece: str) -> None:
        """https://docs.easypost.com/docs/shipments/shipping-refund"""
        reply = self._http.ask("POST", f"/shipments/{quote(piece, safe='')}/refund")
        wrong_key = refused_key(self._account.id, reply.status)
        if wrong_key is not None:
            raise wrong_key
        if reply.status in _MADE:
            shipment = reply.read(Shipment)
            if shipment.piece().is_void:
                return
            status = shipment.refund_status
            reason = f"refund {status}" if status else "refund not known"
        else:
            reason = str(self._refusal(reply))
        again = self._shipment(piece)  # it may have been given back before
        if again is None or not again.piece().is_void:
            raise CarrierHasNoSuch(f"carrier '{self._account.id}' does not take '{piece}' back: {reason}")

    def _shipment(self, name: str) -> Shipment | None:
        """https://docs.easypost.com/docs/shipments#retrieve-a-shipment"""
        reply = self._http.ask("GET", f"/shipments/{quote(name, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply)
        return reply.read(Shipment)

    def _there(self, name: str) -> Shipment:
        shipment = self._shipment(name)
        if shipment is None:
            raise CarrierUnavailable(f"it does not know its own shipment '{name}' yet", carrier=self._account.id)
        return shipment

    def _rate(self, shipment: Shipment, product: str) -> Rate:
        account = self._account.contract
        for rate in shipment.rates:
            if rate.product == product and account in ("", rate.carrier_account_id):
                return rate
        offered = ", ".join(sorted({rate.product for rate in shipment.rates})[:_MOST_NAMED])
        reasons = "; ".join(f"{message.carrier}: {message.message}" for message in shipment.messages[:_MOST_NAMED])
        raise refused(
            self._account.id,
            f"it does not offer '{product}' for this shipment{f' ({reasons})' if reasons else ''}",
            fields=[("carrier_product", f"it offers {offered}" if offered else "it offers nothing")],
        )

    def _refusal(self, reply: Reply) -> CarrierRefused:
        wrong_key = refused_key(self._account.id, reply.status)
        if wrong_key is not None:
            return wrong_key
        error = reply.read(Refusal).error
        return refused(self._account.id, f"{error.message} ({error.code})", fields=_placed(error.errors))


def _placed(errors: Iterable[FieldError | str]) -> Iterable[tuple[str, str]]:
    for error in errors:
        if isinstance(error, str):
            yield "", error
        else:
            hint = f"; it suggests '{error.suggestion}'" if error.suggestion else ""
            yield _field(error.field), error.message + hint


def _field(name: str) -> str:
    """`to_address.zip` as `addressee.postcode`."""
    end, _, rest = name.removeprefix("shipment.").partition(".")
    part = _FIELDS.get(rest, rest).removeprefix("addressee.")
    return f"{_FIELDS.get(end, end)}.{part}" if rest else _FIELDS.get(end, end)
