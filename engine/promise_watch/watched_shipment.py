"""A shipment that is held, against its promise: when it has to pass each milestone, how far it has come, and whether it
still arrives in time. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from msgspec import UNSET

from engine.decide.order_record import order_of, seconds
from engine.decide.record import DecisionRecord
from engine.decide.shipping.calendar import EVER
from engine.decide.shipping.ways import Ways
from engine.model.facts import Order
from engine.model.milestones import CAUSE_OF, MILESTONES, Cause, Milestone
from engine.promise_watch.promised_instant import promised_instant
from engine.promise_watch.shipment_times import ShipmentTimes, times_of
from engine.store.flows.promise_state import PromiseState
from engine.store.flows.receipt_mark import ReceiptMark


@dataclass(frozen=True, kw_only=True)
class WatchedShipment:
    """Shipment `number` of a decision, made at `decided_at`. It is to arrive by `promised`, and arrives by `planned` as
    it was decided; of what `skus` it has units. `times` is None if the network has its way no more; `reports` says
    whether its node reports milestones before it hands over. All instants are in UTC seconds.
    """

    decision: str
    number: int
    order: Order
    node: str
    service: str
    decided_at: int
    ships_at: int
    planned: int
    promised: int
    skus: tuple[str, ...]
    times: ShipmentTimes | None
    reports: bool
    ready_at: int | None
    """Of a shipment that waits for goods that are to come, or for a day, from when on it is prepared."""
    expected: Mapping[str, int]
    """By receipt on which it was promised, when that was expected then."""
    stored: str
    """What is stored of its promise, as it is stored."""
    moved: bool = False
    """Whether it ships from here because another place was about to be late."""
    mark: ReceiptMark | None = None
    """Of a shipment that is held on a receipt that is late or short, that, and since when."""

    @cached_property
    def state(self) -> PromiseState:
        """What is known of its promise."""
        return PromiseState.of(self.stored)

    @cached_property
    def milestones(self) -> Mapping[Milestone, int]:
        """By milestone that it has to pass, the last second for it. Where it is not known how it travels, it is to be
        handed over when the decision said so.
        """
        return (self.times and self.times.milestones(self.promised)) or {"handed_over": self.ships_at}

    @property
    def next(self) -> Milestone | None:
        """The milestone that it has to pass next, as far as its node reports them; None: it was handed over."""
        last = self.state.last
        if last == "handed_over":
            return None
        if (last is None and not self.reports) or self.times is None:
            return "handed_over"
        behind = 0 if last is None else MILESTONES.index(last) + 1
        return next(name for name in MILESTONES[behind:] if name == "handed_over" or name in self.times.shares)

    @cached_property
    def due(self) -> int | None:
        """The last second for the next milestone, or since when its receipt is late or short; None: there is none."""
        name = self.next
        if name is None:
            return None
        if self.mark is not None:
            return self.mark.at
        latest = self.times.latest(name, self.promised) if self.times else None
        return self.ships_at if latest is None else latest

    @property
    def cause(self) -> Cause | None:
        """Why the promise is at risk, once that is due."""
        if self.next is None:
            return None
        return CAUSE_OF[self.next] if self.mark is None else self.mark.cause

    @property
    def waits(self) -> bool:
        """Whether it stays although its receipt is late or short, so that it is offered what comes free."""
        return self.mark is not None and self.next is not None and self.state.rerouted

    @property
    def is_raised(self) -> bool:
        """Whether it was said that its promise is at risk for its cause; of a receipt that is late or short, since it
        was last moved, or lost units of the shipment.
        """
        news_is_told = self.mark is None or self.state.receipt_news == self.mark.news
        return self.cause in self.state.raised and news_is_told

    def arrival(self, now: int) -> int | None:
        """When it arrives, if from now on nothing is lost any more: what is known to have passed a milestone goes on
        from there, and what has not passed the next one does so now at the earliest; what stands on a receipt is
        released as that arrives, which is now at the earliest. None: never, or nobody knows; what travels in a way that
        is not known arrives as planned.
        """
        if self.mark is not None and self.mark.cause == "receipt_short":
            return None
        if self.times is None:
            return max(self.planned, self.planned + now - self.ships_at) if self.next else self.planned
        last, following = self.state.last, self.next
        arrivals = [self.planned] if last is None else [self.times.arrival(last, self.state.passed[last])]
        if following is not None:
            arrivals.append(self.times.arrival(following, now))
        if self.mark is not None:
            ready_at = self._ready_later(self.mark.receipt, max(now, self.mark.expected_at or now))
            arrivals.append(replace(self.times, came_in=ready_at).arrival("released", ready_at))
        latest = max(arrivals)
        return None if latest >= EVER else latest

    def _ready_later(self, receipt: str, expected_at: int) -> int:
        """From when on it is prepared, if the receipt is expected then by now."""
        ready_at = self.decided_at if self.ready_at is None else self.ready_at
        return ready_at + max(0, expected_at - self.expected.get(receipt, expected_at))


def watched(
    record: DecisionRecord, states: Mapping[int, str], marks: Mapping[int, ReceiptMark], ways: Ways
) -> list[WatchedShipment]:
    """The shipments of a decision that are held, each with what is stored of its promise, on the network as it is. Of
    those in `marks`, the receipt is late or short.
    """
    order, decided_at = order_of(record.order), seconds(record.decided_at)
    shipments = (
        _watched(record, number, state, order=order, decided_at=decided_at, ways=ways)
        for number, state in sorted(states.items())
    )
    return [_marked(shipment, marks.get(shipment.number)) for shipment in shipments]


def _marked(shipment: WatchedShipment, mark: ReceiptMark | None) -> WatchedShipment:
    """A receipt that is late by what it said last may still come no later than when the shipment was promised on it."""
    if mark is not None and mark.expected_at is not None:
        promised_on = shipment.expected.get(mark.receipt)
        if promised_on is not None and mark.expected_at <= promised_on:
            return shipment
    return replace(shipment, mark=mark)


def _watched(
    record: DecisionRecord, number: int, state: str, *, order: Order, decided_at: int, ways: Ways
) -> WatchedShipment:
    shipment, network = record.shipments[number], ways.network
    planned = seconds(shipment.arrives_by)
    collect_at = order.collect_at if shipment.collect_at is UNSET else shipment.collect_at
    ready_at = None if shipment.ready_at is UNSET else seconds(shipment.ready_at)
    node = network.nodes.get(shipment.node)
    return WatchedShipment(
        decision=record.id or "",
        number=number,
        order=order,
        node=shipment.node,
        service=shipment.service,
        decided_at=decided_at,
        ships_at=seconds(shipment.ships_at),
        planned=planned,
        promised=promised_instant(_promises(record, order, ways), planned, ways),
        skus=tuple(dict.fromkeys(line.sku for line in shipment.lines)),
        times=times_of(
            order,
            ways,
            node=shipment.node,
            service=shipment.service,
            collect_at=collect_at,
            came_in=network.came_in(order.placed_at, decided_at) if ready_at is None else ready_at,
        ),
        reports=node is not None and node.milestones is not None,
        ready_at=ready_at,
        expected={item.receipt: seconds(item.expected_at) for line in shipment.lines for item in line.receipts or ()},
        stored=state,
        moved=record.because == "late",
    )


def _promises(record: DecisionRecord, order: Order, ways: Ways) -> Iterator[int]:
    """Each instant by which the order was promised to arrive."""
    if order.promise_by is not None:
        yield order.promise_by
    if order.deliver_on is not None:
        yield ways.day(order.deliver_on)[1]
    if record.quote is not UNSET:
        yield seconds(record.quote.arrives_by)
