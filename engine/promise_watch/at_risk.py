"""Lists the promises that are at risk: of shipments that have missed a milestone, or are about to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.model.milestones import Cause
from engine.promise_watch.promised_shipments import PromisedShipments, ShipmentKey
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import member_of

MOST_LOOKED_AT = 5_000
"""How many shipments are read for one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """A shipment whose promise is at risk since the instant `due`, or from then on: the last second for the milestone
    that it has not passed, or when its receipt turned out to be late or short. It arrives by `expected` at the
    earliest, as it stands at the instant of the list; None: that is not known.
    """

    shipment: WatchedShipment
    cause: Cause
    due: int
    expected: int | None
    missed: bool

    @property
    def late(self) -> bool:
        """Whether it can't arrive in time any more."""
        return self.expected is None or self.expected > self.shipment.promised

    @property
    def key(self) -> ShipmentKey:
        return self.shipment.decision, self.shipment.number

    @property
    def details(self) -> dict[str, Any]:
        """As the log has it; instants in UTC seconds."""
        shipment = self.shipment
        of_receipt = {} if shipment.mark is None else {"receipt_expected_at": shipment.mark.expected_at}
        return {
            "node": shipment.node,
            "service": shipment.service,
            "cause": self.cause,
            "due": self.due,
            "promised": shipment.promised,
            "planned": shipment.planned,
            "expected": self.expected,
        } | of_receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRequest:
    """Which of them: of milestones due by `until`, of these causes and of this node (None: of any). `after` is the
    instant and the member of the index behind which the page begins.
    """

    until: int
    node: str | None = None
    cause: Cause | None = None
    limit: int = 100
    after: tuple[int, str] | None = None

    def asks_for(self, risk: AtRisk) -> bool:
        return self.node in (None, risk.shipment.node) and self.cause in (None, risk.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPage:
    """The first to be due first. The next page begins behind `after`; None: this is the last. A page may have fewer
    than were asked for, or none, and not be the last.
    """

    at: int
    shipments: tuple[AtRisk, ...]
    after: tuple[int, str] | None


class RiskList:
    """The promises at risk on one network. `clock` answers UTC seconds."""

    def __init__(self, index: PromiseIndex, shipments: PromisedShipments, *, clock: Callable[[], int]) -> None:
        self._index = index
        self._shipments = shipments
        self._clock = clock

    def page(self, request: RiskRequest) -> RiskPage:
        """A page of them. Raises NotReady, StoreUnavailable."""
        now = self._clock()
        self._shipments.catch_up(now)
        found: list[AtRisk] = []
        misplaced: set[str] = set()
        after = None
        for looked_at, (at, shipment_key, shipment) in enumerate(self._places(request), start=1):
            if shipment is None or shipment.due != at:
                misplaced.add(shipment_key[0])
            risk = None if shipment is None else risk_of(shipment, now, until=request.until)
            if risk is not None and request.asks_for(risk):
                found.append(risk)
            if len(found) == request.limit or looked_at == MOST_LOOKED_AT:
                after = at, member_of(*shipment_key)
                break
        self._shipments.refresh(misplaced)
        return RiskPage(at=now, shipments=tuple(found), after=after)

    def _places(self, request: RiskRequest) -> Iterator[tuple[int, ShipmentKey, WatchedShipment | None]]:
        """The places of the index, each with the shipment there, if it is held."""
        for batch in self._index.due(until=request.until, after=request.after):
            shipments = self._shipments.find((decision, number) for _, decision, number in batch)
            for at, decision, number in batch:
                yield at, (decision, number), shipments.get((decision, number))


def risk_of(shipment: WatchedShipment, now: int, *, until: int) -> AtRisk | None:
    """The risk of a shipment, if its next milestone is due by then, or its receipt is late or short."""
    cause, due = shipment.cause, shipment.due
    if cause is None or due is None or due > until:
        return None
    return AtRisk(shipment=shipment, cause=cause, due=due, expected=shipment.arrival(now), missed=due < now)
