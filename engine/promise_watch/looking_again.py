"""Looks again at shipments whose receipts are late or short, whenever units come free that may serve them."""

from collections.abc import Callable

from engine.errors import DecisionUnreadable
from engine.promise_watch.at_risk import risk_of
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.promise_watch.raising import Rerouting
from engine.store.outcomes import OfferedFirst
from engine.store.waiting.offers import NextPromise, OfferNote


class LookingAgain:
    """On one network. `clock` answers UTC seconds."""

    def __init__(self, shipments: PromisedShipments, rerouting: Rerouting, *, clock: Callable[[], int]) -> None:
        self._shipments = shipments
        self._rerouting = rerouting
        self._clock = clock

    def offer(self, item: NextPromise) -> OfferNote | OfferedFirst | None:
        """Have the shipment ship from what came free, if that is better. None: so it does; or why not, or what has to
        be offered to others first. Raises NotReady, StoreUnavailable.
        """
        key, now = (item.decision, item.number), self._clock()
        shipment = self._shipments.find([key]).get(key)
        risk = risk_of(shipment, now, until=now) if shipment and shipment.waits else None
        if risk is None:
            self._shipments.refresh([item.decision])
            return OfferNote(at=now, detail="its promise is at risk no more")
        try:
            outcome = self._rerouting.run_offered(risk, item.rank)
        except DecisionUnreadable as error:  # which must not keep the units from all others
            return OfferNote(at=now, detail=str(error), failed=True)
        match outcome:
            case "moved":
                self._shipments.refresh([item.decision])
                return None
            case "stays":
                return OfferNote(at=now, detail="nothing arrives in time or earlier")
            case "later":
                return OfferNote(at=now, detail="it has changed meanwhile", failed=True)
        return outcome
