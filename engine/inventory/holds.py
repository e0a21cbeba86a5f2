"""Shows, confirms, releases and extends the holds of decisions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.order_record import timestamp
from engine.decide.record import ShipmentRecord
from engine.errors import HoldEnded, InputInvalid, Mistake
from engine.idempotency import name_reused, operation
from engine.store import decision_log
from engine.store.connection.client import Client
from engine.store.decision_log import Units
from engine.store.holds import Hold, Holds, Verb
from engine.store.keys import Keys
from engine.store.outcomes import AlreadyEnded, Ending, HoldUpdated, OperationReused
from rules.syntax.effect_parser import MAX_HOLD

MOST_MINUTES = MAX_HOLD
"""For how long a hold may be extended, so that one that nobody ends is not there for ever. The bound is that of
`hold` in a policy.
"""
MOST_LOOKED_AT = 10_000
"""How many holds are read for one page."""

ShipmentName: TypeAlias = tuple[str, str]
"""(node, service): of the shipments of a decision that leave this node by this service. There are several only if they
go to several places, because lines of the order have a `collect_at` of their own.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentState:
    """`state` is held, confirmed, released, expired or rejected; `at` is the instant its hold ended, None while it is
    held.
    """

    node: str
    service: str
    units: Units
    state: str
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """A decision's hold. `until` is the instant it expires, None once nothing is held any more."""

    decision: str
    until: int | None
    shipments: tuple[ShipmentState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPage:
    """Some of the open holds, the first to expire first. The next page begins after the (instant, id) `after`; None:
    this is the last.

    A page may have fewer holds than were asked for, or none, and not be the last.
    """

    holds: tuple[Hold, ...]
    after: tuple[int, str] | None


class DecisionHolds:
    """The holds of one network. Methods raise NotFound, InputInvalid, HoldEnded, KeyReused, StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._clock = clock

    def confirm(self, decision: str, *, shipments: Sequence[ShipmentName] = (), op: str | None = None) -> HoldState:
        """The units of these shipments, or of all that are still held, have left: they are neither on hand nor held."""
        return self._end(decision, "confirmed", shipments, op)

    def release(self, decision: str, *, shipments: Sequence[ShipmentName] = (), op: str | None = None) -> HoldState:
        """Hold these shipments, or all that are still held, no longer: their units are free for others, and so is the
        capacity that they used of their node's day.
        """
        return self._end(decision, "released", shipments, op)

    def extend(
        self, decision: str, *, until: int | None = None, minutes: int | None = None, op: str | None = None
    ) -> HoldState:
        """Hold until the instant `until`, or for so many minutes from now; never shorter than before."""
        units, now = self._units_by_shipment(decision), self._clock()
        new_until = until if until is not None else now + 60 * (minutes or 0)
        if not now < new_until <= now + 60 * MOST_MINUTES:
            bound = f"at most {MOST_MINUTES} minutes (90 days) from it"
            message = f"a hold is extended to an instant after this one, {bound}"
            raise InputInvalid([Mistake(field="until" if minutes is None else "minutes", message=message)])
        request = operation(f"extended {until if until is not None else f'+{minutes}'}", op)
        outcome = self._holds.extend(decision, now=now, until=new_until, operation=request)
        if isinstance(outcome, AlreadyEnded):
            raise HoldEnded(describe_endings(decision, _names(units), outcome.endings))
        return self._state(decision, units, _unless_reused(outcome, op))

    def state(self, decision: str) -> HoldState:
        """What became of each shipment of the decision until now."""
        units = self._units_by_shipment(decision)
        return self._state(decision, units, self._read(decision))

    def list_open(
        self,
        *,
        node: str | None = None,
        sku: str | None = None,
        expiring_before: int | None = None,
        after: tuple[int, str] | None = None,
        limit: int,
    ) -> HoldsPage:
        """At most `limit` open holds, at `node` and of `sku` if they are given, the first to expire first."""
        start = after or (self._clock() + 1, "")
        holds: list[Hold] = []
        for seen, hold in enumerate(self._holds.list_open(after=start, before=expiring_before), start=1):
            if _matches(hold, node, sku):
                holds.append(hold)
            if len(holds) == limit or seen == MOST_LOOKED_AT:
                return HoldsPage(holds=tuple(holds), after=(hold.until, hold.id))
        return HoldsPage(holds=tuple(holds), after=None)

    def _end(self, decision: str, verb: Verb, shipments: Sequence[ShipmentName], op: str | None) -> HoldState:
        units = self._units_by_shipment(decision)
        numbers = _numbers(_names(units), shipments)
        request = operation(f"{verb} {','.join(map(str, numbers))}", op)
        outcome = self._holds.end(decision, verb, now=self._clock(), numbers=numbers, operation=request)
        if isinstance(outcome, AlreadyEnded):
            if not _ended_as_requested(outcome.endings, verb, numbers):
                raise HoldEnded(describe_endings(decision, _names(units), outcome.endings))
            return self._state(decision, units, self._read(decision))
        return self._state(decision, units, _unless_reused(outcome, op))

    def _read(self, decision: str) -> HoldUpdated:
        """The hold as it is now, as a change of it would answer."""
        hold = find_open_hold(self._holds, decision, clock=self._clock)
        return HoldUpdated(endings=self._holds.endings(decision), until=hold.until if hold else None)

    def _units_by_shipment(self, decision: str) -> list[tuple[ShipmentName, Units]]:
        """The shipments of a decision, in its order, with the units that their nodes have not rejected; of a shipment
        that was rejected whole, all its units. Raises HoldEnded if it has none.
        """
        shipments = decision_log.decided(self._client, self._keys, decision).record.shipments
        if not shipments:
            raise HoldEnded(f"decision {decision} ships nothing, so it holds nothing")
        rejected = self._holds.rejections(decision, range(len(shipments)))
        return [
            ((shipment.node, shipment.service), _units(shipment, rejected[number]) or _units(shipment, {}))
            for number, shipment in enumerate(shipments)
        ]

    def _state(
        self, decision: str, units_by_shipment: Sequence[tuple[ShipmentName, Units]], hold: HoldUpdated
    ) -> HoldState:
        endings = hold.endings or (None,) * len(units_by_shipment)
        shipments = (
            ShipmentState(
                node=node,
                service=service,
                units=units,
                state=ending.kind if ending else "held",
                at=ending.at if ending else None,
            )
            for ((node, service), units), ending in zip(units_by_shipment, endings, strict=True)
        )
        return HoldState(decision=decision, until=hold.until, shipments=tuple(shipments))


def _names(units_by_shipment: Iterable[tuple[ShipmentName, Units]]) -> list[ShipmentName]:
    return [name for name, _ in units_by_shipment]


def _unless_reused(outcome: HoldUpdated | OperationReused, op: str | None) -> HoldUpdated:
    if isinstance(outcome, OperationReused):
        raise name_reused(op)
    return outcome


def find_open_hold(holds: Holds, decision: str, *, clock: Callable[[], int]) -> Hold | None:
    """A decision's hold, if it is open. One whose time is over is ended here, without waiting for the next snapshot."""
    hold = holds.find(decision)[0]
    now = clock()
    if hold is not None and hold.until <= now:
        holds.sweep([decision], now=now)
        return None
    return hold


def _numbers(names: Iterable[ShipmentName], shipments: Sequence[ShipmentName]) -> list[int]:
    """The numbers that `shipments` have among the decision's `names`; raises InputInvalid for one that is not there."""
    numbers: dict[ShipmentName, list[int]] = {}
    for number, name in enumerate(names):
        numbers.setdefault(name, []).append(number)
    unknown = [
        Mistake(
            field=f"shipments.{index}",
            message=f"the decision has no shipment from '{node}' by '{service}'; it has "
            + ", ".join("/".join(name) for name in numbers),
        )
        for index, (node, service) in enumerate(shipments)
        if (node, service) not in numbers
    ]
    if unknown:
        raise InputInvalid(unknown)
    return sorted({number for name in shipments for number in numbers[name]})


def _ended_as_requested(endings: Sequence[Ending | None], verb: Verb, numbers: Sequence[int]) -> bool:
    """Whether the shipments `numbers` all ended by `verb` before; without numbers, whether the last to end did."""
    if numbers:
        return bool(endings) and all((ending := endings[number]) and ending.kind == verb for number in numbers)
    ended = [ending for ending in endings if ending]
    last = max((ending.at for ending in ended), default=0)
    return any(ending.at == last and ending.kind == verb for ending in ended)


def describe_endings(decision: str, names: Iterable[ShipmentName], endings: Sequence[Ending | None]) -> str:
    """A sentence on what became of a hold that is open no more, or not for some of its shipments."""
    ended = list(_ending_phrases(names, endings))
    if not ended:
        return f"decision {decision} holds nothing, and nothing says why; run: pointsman ledger check"
    return f"the hold of decision {decision} has ended: {'; '.join(ended)}"


def _ending_phrases(names: Iterable[ShipmentName], endings: Sequence[Ending | None]) -> Iterator[str]:
    for (node, service), ending in zip(names, endings, strict=False):
        if ending is not None:
            yield f"{node}/{service} was {ending.kind} at {timestamp(ending.at)}".replace("was expired", "expired")


def _matches(hold: Hold, node: str | None, sku: str | None) -> bool:
    return any(
        (node is None or shipment.node == node) and (sku is None or any(name == sku for name, _ in shipment.units))
        for shipment in hold.shipments
    )


def _units(shipment: ShipmentRecord, rejected: Mapping[str, int]) -> Units:
    units: dict[str, int] = {}
    for line in shipment.lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity - rejected.get(line.line, 0)
    return tuple((sku, count) for sku, count in units.items() if count)
