"""A tracker of EasyPost, as it is answered and sent by webhook: all that the carrier said of one parcel.

https://docs.easypost.com/docs/trackers, https://docs.easypost.com/docs/webhooks
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from engine.fulfilment.carriers.easypost.states import STATES
from engine.fulfilment.carriers.news import (
    CarrierNews,
    CarrierStatus,
    CarrierWebhook,
    NewsUnreadable,
    instant_of,
    news_of,
)

SIGNATURE = "x-hmac-signature"
_SCHEME = "hmac-sha256-hex="


class _Location(msgspec.Struct, frozen=True):
    city: str | None = None
    country: str | None = None


class _Detail(msgspec.Struct, frozen=True):
    status: str
    datetime: str
    message: str | None = None
    tracking_location: _Location | None = None


class Tracker(msgspec.Struct, frozen=True):
    """What is read of it."""

    tracking_code: str
    tracking_details: list[_Detail] = []

    def statuses(self) -> Iterable[CarrierStatus]:
        """Raises NewsUnreadable."""
        for detail in self.tracking_details:
            place = detail.tracking_location or _Location()
            yield CarrierStatus(
                tracking_number=self.tracking_code,
                code=detail.status,
                at=instant_of(detail.datetime),
                town=place.city or "",
                country=place.country or "",
                text=detail.message or "",
            )


class _Object(msgspec.Struct, frozen=True):
    object: str = ""


class _Event(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw(b"{}")


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether it is signed with the webhook's secret: HMAC-SHA256 of the body, its key in normal form NFKD."""
    key = unicodedata.normalize("NFKD", secret).encode()
    expected = _SCHEME + hmac.new(key, body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").strip().encode())


def news(body: bytes) -> CarrierNews:
    """Events of other objects than trackers have no news. Raises NewsUnreadable."""
    try:
        result = msgspec.json.decode(body, type=_Event).result
        if msgspec.json.decode(result, type=_Object).object != "Tracker":
            return CarrierNews()
        tracker = msgspec.json.decode(result, type=Tracker)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NewsUnreadable(str(error)) from error
    return news_of(tracker.statuses(), STATES)


WEBHOOK = CarrierWebhook(is_genuine=is_genuine, news=news)
