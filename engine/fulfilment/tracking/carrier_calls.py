"""Takes in what carriers tell by calling themselves, if it is they who call."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import InputInvalid, Mistake, NotFound, NotReady, Unauthenticated
from engine.fulfilment.carriers.carriers import Carriers
from engine.fulfilment.carriers.news import NewsUnreadable
from engine.fulfilment.carriers.settings import setting_name
from engine.fulfilment.tracking.tracking import EventOutcome, Tracking

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCall:
    """What became of each event that a carrier sent, and the codes that it does not document."""

    outcomes: tuple[EventOutcome, ...]
    unknown: tuple[str, ...]


class CarrierCalls:
    """Of one network."""

    def __init__(self, carriers: Carriers, tracking: Tracking) -> None:
        self._carriers = carriers
        self._tracking = tracking

    def verify(self, carrier: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise Unauthenticated unless the carrier signed the body, as it came; NotFound if it does not call, NotReady
        if nobody has set its secret. Names of `headers` are in small letters.
        """
        webhook, secret = self._carriers.webhook(carrier) or (None, "")
        if webhook is None:
            raise NotFound(f"carrier '{carrier}' does not call by itself; send its events to /v1/tracking/events")
        if not secret:
            name = setting_name(carrier, "WEBHOOK_SECRET")
            raise NotReady(f"calls of carrier '{carrier}' can't be told from others: set {name}")
        if not webhook.is_genuine(body, headers, secret):
            raise Unauthenticated(f"carrier '{carrier}' has not signed this", presented=True)

    def take(self, carrier: str, body: bytes) -> CarrierCall:
        """Take in what it says. Raises InputInvalid, if it is not what the carrier documents, Contended, NotReady,
        StoreUnavailable.
        """
        webhook, _ = self._carriers.webhook(carrier) or (None, "")
        if webhook is None:
            raise NotFound(f"carrier '{carrier}' does not call by itself")
        try:
            news = webhook.news(body)
        except NewsUnreadable as error:
            raise InputInvalid([Mistake(field="", message=str(error))]) from error
        if news.unknown:
            logger.warning("carrier %s says %s, which it does not document", carrier, ", ".join(news.unknown))
        outcomes = self._tracking.take(news.events, f"webhook:{carrier}") if news.events else []
        return CarrierCall(outcomes=tuple(outcomes), unknown=news.unknown)
