"""What Sendcloud sends when the status of a parcel changes, and its signature.

https://sendcloud.dev/api/v3/webhooks and https://sendcloud.dev/api/v3/webhooks/parcel-status-changed
"""

import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from engine.fulfilment.carriers.news import (
    CarrierNews,
    CarrierStatus,
    CarrierWebhook,
    NewsUnreadable,
    instant_of_unix,
    news_of,
)
from engine.fulfilment.carriers.sendcloud.states import CODES, STATES, code_of

SIGNATURE = "sendcloud-signature"
_ACTION = "parcel_status_changed"


class _Status(msgspec.Struct, frozen=True):
    id: int | None = None
    code: str | None = None
    message: str = ""

    @property
    def name(self) -> str:
        if self.code:
            return code_of(self.code)
        return CODES.get(self.id, str(self.id)) if self.id is not None else code_of(self.message)


class _Parcel(msgspec.Struct, frozen=True):
    status: _Status
    tracking_number: str | None = None


class _Call(msgspec.Struct, frozen=True):
    action: str
    timestamp: float = 0
    carrier_status_change_timestamp: float | None = None
    parcel: _Parcel | None = None


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether it is signed with the integration's secret key or webhook signature key: HMAC-SHA256 of the body, hex."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").strip().lower().encode())


def news(body: bytes) -> CarrierNews:
    """Calls about other things, as that the integration was changed, have no news. Raises NewsUnreadable."""
    try:
        call = msgspec.json.decode(body, type=_Call)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NewsUnreadable(str(error)) from error
    if call.action != _ACTION or call.parcel is None:
        return CarrierNews()
    status = CarrierStatus(
        tracking_number=call.parcel.tracking_number or "",
        code=call.parcel.status.name,
        at=instant_of_unix(call.carrier_status_change_timestamp or call.timestamp),
        text=call.parcel.status.message,
    )
    return news_of([status], STATES)


WEBHOOK = CarrierWebhook(is_genuine=is_genuine, news=news)
