"""Refusals of carriers in words of ours: which field of a shipment they mind, and where that is mended."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from engine.errors import CarrierRefused, Mistake, NotPackable
from engine.fulfilment.carriers.settings import setting_name

_MOST_TEXT = 300
_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MENDED: Mapping[str, str] = {
    "addressee": "PUT /v1/orders/{id}/addressee",
    "sender": "the node's `address` in network.yaml",
    "parcels": "the parcels that were sent",
    "carrier_product": "`carrier_product` in network.yaml: that of the service, or of `returns`",
}
"""By the first word of a field: where it stands."""


def refused(carrier: str, message: str, *, fields: Iterable[tuple[str, str]] = ()) -> CarrierRefused:
    """`fields` are pairs of a field, such as addressee.postcode, and what the carrier says of it."""
    return CarrierRefused(
        _one_line(message),
        carrier=carrier,
        mistakes=[Mistake(field=field, message=f"{_one_line(text)}{_mended(field)}") for field, text in fields],
    )


def other_content(carrier: str, reference: str) -> NotPackable:
    """What was paid under the reference is to go elsewhere than what is asked for now. It is no CarrierRefused: what
    is paid stays until it is given back.
    """
    return NotPackable(
        f"other content was bought of carrier '{carrier}' as '{reference}', before something was changed: cancel that"
        " first, which gives it back (POST /v1/shipments/{decision}/{number}/cancel, or: pointsman shipment cancel"
        " DECISION/NUMBER; of a return DELETE /v1/returns/{id}/label, or: pointsman return label RETURN --give-back),"
        " then ask again"
    )


def refused_key(carrier: str, status: int) -> CarrierRefused | None:
    """If that is what the status means."""
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return refused(carrier, "the account has no money left, or no way to pay: settle that with the carrier")
    if status not in _KEY_REFUSED:
        return None
    names = " and ".join(setting_name(carrier, word) for word in ("KEY", "SECRET"))
    return refused(carrier, f"it does not take the key ({status}); {names} say which it is: pointsman carrier check")


def _mended(field: str) -> str:
    place = _MENDED.get(field.partition(".")[0])
    return f" (mend it in {place})" if place else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MOST_TEXT]
