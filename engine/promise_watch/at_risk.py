"""Lists the promises that are at risk: of shipments that have missed a milestone or are about to, and of those that a
carrier has and does not deliver.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from engine.model.milestones import Cause, OnTheWayCause, RiskCause
from engine.promise_watch.held_shipments import ShipmentKey
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import member_of, shipment_of

MOST_LOOKED_AT = 5_000
"""How many shipments are read for one page."""
_MOST_WORKED_OUT = 500
"""How many of those that are estimated are worked out for one page; it may then be short, and leads to the next."""
_AT_ONCE, _AT_LEAST = 200, 20
_BEHIND_ALL = "~"
"""Sorts behind the members of an index."""


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
class OnTheWayRisk:
    """A shipment that a carrier has, whose promise is at risk since the instant `due`, or from then on: when it is to
    be delivered, or when nothing will have been heard of it for long. It arrives by `expected`; None: that is not
    known. `raised`: that was said.
    """

    shipment: WatchedShipment
    cause: OnTheWayCause
    due: int
    expected: int | None
    missed: bool
    raised: bool

    @property
    def late(self) -> bool:
        """Whether it can't arrive in time any more."""
        return self.expected is None


Risk: TypeAlias = AtRisk | OnTheWayRisk


class OnTheWayRisks(Protocol):
    """Shipments that a carrier has."""

    def at_risk(
        self, *, until: int, after: tuple[int, str] | None
    ) -> Iterator[tuple[int, ShipmentKey, OnTheWayRisk | None]]:
        """Those whose promise is at risk by `until`, the first to be due first, behind (instant, member) `after`; None
        of what is not with a carrier any more.
        """
        ...

    def watch(self) -> tuple[OnTheWayRisk, ...]:
        """Say of each that is newly late or lost that it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRequest:
    """Which of them: of milestones due by `until`, of these causes and of this node (None: of any). `after` is the
    instant and the member of the index behind which the page begins.
    """

    until: int
    node: str | None = None
    cause: RiskCause | None = None
    limit: int = 100
    after: tuple[int, str] | None = None

    @property
    def at_once(self) -> int:
        """How many shipments are read together: of all, no more than a page has, if that is not very few."""
        is_of_all = self.node is None and self.cause is None
        return min(_AT_ONCE, max(_AT_LEAST, self.limit)) if is_of_all else _AT_ONCE

    def asks_for(self, risk: Risk) -> bool:
        return self.node in (None, risk.shipment.node) and self.cause in (None, risk.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPage:
    """The first to be due first. The next page begins behind `after`; None: this is the last. A page may have fewer
    than were asked for, or none, and not be the last.
    """

    at: int
    shipments: tuple[Risk, ...]
    after: tuple[int, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A place of an index: instant and member, with the risk of the shipment there, if it has any. `fits`: it belongs
    there. `is_end`: what stands behind it is for another page.
    """

    cursor: tuple[int, str]
    risk: Risk | None = None
    fits: bool = True
    is_end: bool = False


class RiskList:
    """The promises at risk on one network. `clock` answers UTC seconds."""

    def __init__(self, index: PromiseIndex, shipments: PromisedShipments, *, clock: Callable[[], int]) -> None:
        self._index = index
        self._shipments = shipments
        self._clock = clock
        self.on_the_way: OnTheWayRisks | None = None
        """Where what carriers have is listed, too."""

    def page(self, request: RiskRequest) -> RiskPage:
        """A page of them. Raises NotReady, StoreUnavailable."""
        now = self._clock()
        self._shipments.catch_up(now)
        found: list[Risk] = []
        misplaced: set[str] = set()
        after = None
        places = heapq.merge(self._held(request, now), self._on_the_way(request), key=lambda place: place.cursor)
        for looked_at, place in enumerate(places, start=1):
            if not place.fits:
                misplaced.add(shipment_of(place.cursor[1])[0])
            if place.risk is not None and request.asks_for(place.risk):
                found.append(place.risk)
            if len(found) == request.limit or looked_at == MOST_LOOKED_AT or place.is_end:
                after = place.cursor
                break
        self._shipments.refresh(misplaced)
        return RiskPage(at=now, shipments=tuple(found), after=after)

    def _held(self, request: RiskRequest, now: int) -> Iterator[_Place]:
        """Those that have to pass a milestone, as far as that is worked out, which is done as far as it is needed."""
        after, steps = request.after, -(-_MOST_WORKED_OUT // request.at_once)
        for _ in range(steps):
            known_until = self._shipments.work_out(until=request.until, count=request.at_once)
            for place in self._placed(request, now, until=known_until, after=after):
                yield place
                after = place.cursor
            if known_until == request.until:
                return
        end = known_until, _BEHIND_ALL
        yield _Place(cursor=end if after is None else max(end, after), is_end=True)

    def _placed(self, request: RiskRequest, now: int, *, until: int, after: tuple[int, str] | None) -> Iterator[_Place]:
        for batch in self._index.due(until=until, after=after, at_once=request.at_once):
            shipments = self._shipments.find((decision, number) for _, decision, number in batch)
            for at, decision, number in batch:
                shipment = shipments.get((decision, number))
                risk = None if shipment is None else risk_of(shipment, now, until=request.until)
                fits = shipment is not None and shipment.due == at
                yield _Place(cursor=(at, member_of(decision, number)), risk=risk, fits=fits)

    def _on_the_way(self, request: RiskRequest) -> Iterator[_Place]:
        """Those that are still held and have to pass a milestone stand among the others."""
        if self.on_the_way is None:
            return
        listed = self.on_the_way.at_risk(until=request.until, after=request.after)
        while batch := list(itertools.islice(listed, request.at_once)):
            held = self._shipments.find(key for _, key, _ in batch)
            for at, key, risk in batch:
                if (shipment := held.get(key)) is None or shipment.due is None:
                    yield _Place(cursor=(at, member_of(*key)), risk=risk)


def risk_of(shipment: WatchedShipment, now: int, *, until: int) -> AtRisk | None:
    """The risk of a shipment, if its next milestone is due by then, or its receipt is late or short."""
    cause, due = shipment.cause, shipment.due
    if cause is None or due is None or due > until:
        return None
    return AtRisk(shipment=shipment, cause=cause, due=due, expected=shipment.arrival(now), missed=due < now)
