"""What becomes of a decision's hold: its goods leave, it is let go, it lasts longer, or its time comes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.order_record import timestamp
from engine.decide.record import ShipmentRecord
from engine.errors import HoldEnded, InputInvalid, Mistake
from engine.idempotency import name_reused, operation
from engine.store import decision_log
from engine.store.connection.client import Client
from engine.store.holds import Hold, Holds, Units, Verb
from engine.store.keys import Keys
from engine.store.outcomes import AlreadyEnded, Ending, HoldUpdated, OperationReused
from rules.syntax.effect_parser import MAX_HOLD

MOST_MINUTES = MAX_HOLD
"""A hold nobody ends must not live for ever: the bound is that of `hold` in a policy."""
MOST_LOOKED_AT = 10_000
"""Holds read for one page."""

Way: TypeAlias = tuple[str, str]
"""A shipment of a decision: (node, service)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentState:
    """`state` is held, confirmed, released, expired or rejected; `at` when it ended, None while it holds."""

    node: str
    service: str
    units: Units
    state: str
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """A decision's hold. `until` is None once nothing is held any more."""

    decision: str
    until: int | None
    shipments: tuple[ShipmentState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the holds that live, by the instant they end; `after` is where the next page begins, None if none does.

    A page may have fewer holds than were asked for, or none, and not be the last.
    """

    holds: tuple[Hold, ...]
    after: tuple[int, str] | None


class Holding:
    """The holds of one network. Methods raise NotFound, InputInvalid, HoldEnded, KeyReused, StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._clock = clock

    def confirm(self, decision: str, *, shipments: Sequence[Way] = (), op: str | None = None) -> HoldState:
        """The goods left: they are not on hand any more, and not held. Without `shipments`, of all still held."""
        return self._end(decision, "confirmed", shipments, op)

    def release(self, decision: str, *, shipments: Sequence[Way] = (), op: str | None = None) -> HoldState:
        """The goods stay, for others; so does the room of their node's day. Without `shipments`, of all still held."""
        return self._end(decision, "released", shipments, op)

    def extend(
        self, decision: str, *, until: int | None = None, minutes: int | None = None, op: str | None = None
    ) -> HoldState:
        """Hold until that instant, or for so many minutes from now; never shorter than it did."""
        ways, now = self._ways(decision), self._clock()
        wanted = until if until is not None else now + 60 * (minutes or 0)
        if not now < wanted <= now + 60 * MOST_MINUTES:
            told = f"a hold is extended to an instant after this one, at most {MOST_MINUTES} minutes (90 days) from it"
            raise InputInvalid([Mistake(field="until" if minutes is None else "minutes", message=told)])
        asked = f"extended {until if until is not None else f'+{minutes}'}"
        outcome = self._holds.extend(decision, now=now, until=wanted, operation=operation(asked, op))
        if isinstance(outcome, AlreadyEnded):
            raise HoldEnded(how_it_ended(decision, ways, outcome.endings))
        return self._state(decision, ways, _unless_reused(outcome, op))

    def state(self, decision: str) -> HoldState:
        """How each shipment of the decision stands now."""
        ways = self._ways(decision)
        return self._state(decision, ways, self._as_it_is(decision))

    def living(
        self,
        *,
        node: str | None = None,
        sku: str | None = None,
        expiring_before: int | None = None,
        after: tuple[int, str] | None = None,
        limit: int,
    ) -> Page:
        """Holds at `node` and of `sku`, at most `limit`, the first to expire first."""
        start = after or (self._clock() + 1, "")
        found: list[Hold] = []
        for seen, hold in enumerate(self._holds.list_open(after=start, before=expiring_before), start=1):
            if _touches(hold, node, sku):
                found.append(hold)
            if len(found) == limit or seen == MOST_LOOKED_AT:
                return Page(holds=tuple(found), after=(hold.until, hold.id))
        return Page(holds=tuple(found), after=None)

    def _end(self, decision: str, verb: Verb, shipments: Sequence[Way], op: str | None) -> HoldState:
        ways = self._ways(decision)
        numbers = _numbers(ways, shipments)
        asked = f"{verb} {','.join(map(str, numbers))}"
        now = self._clock()
        outcome = self._holds.end(decision, verb, now=now, numbers=numbers, operation=operation(asked, op))
        if isinstance(outcome, AlreadyEnded):
            if not _as_asked(outcome.endings, verb, numbers):
                raise HoldEnded(how_it_ended(decision, ways, outcome.endings))
            return self._state(decision, ways, self._as_it_is(decision))
        return self._state(decision, ways, _unless_reused(outcome, op))

    def _as_it_is(self, decision: str) -> HoldUpdated:
        hold = standing(self._holds, decision, clock=self._clock)
        return HoldUpdated(endings=self._holds.endings(decision), until=hold.until if hold else None)

    def _ways(self, decision: str) -> dict[Way, Units]:
        """The shipments of a decision, in its order, with the units of each less those that its node rejected; of one
        that was rejected whole, all.
        """
        shipments = decision_log.decided(self._client, self._keys, decision).record.shipments
        if not shipments:
            raise HoldEnded(f"decision {decision} ships nothing, so it holds nothing")
        rejected = self._holds.rejections(decision, range(len(shipments)))
        return {
            (shipment.node, shipment.service): _units(shipment, rejected[number]) or _units(shipment, {})
            for number, shipment in enumerate(shipments)
        }

    def _state(self, decision: str, ways: dict[Way, Units], hold: HoldUpdated) -> HoldState:
        endings = hold.endings or (None,) * len(ways)
        shipments = (
            ShipmentState(
                node=node,
                service=service,
                units=units,
                state=ending.kind if ending else "held",
                at=ending.at if ending else None,
            )
            for ((node, service), units), ending in zip(ways.items(), endings, strict=True)
        )
        return HoldState(decision=decision, until=hold.until, shipments=tuple(shipments))


def _unless_reused(outcome: HoldUpdated | OperationReused, op: str | None) -> HoldUpdated:
    if isinstance(outcome, OperationReused):
        raise name_reused(op)
    return outcome


def standing(holds: Holds, decision: str, *, clock: Callable[[], int]) -> Hold | None:
    """A decision's hold, if it lives; one whose time has come ends here, before the next snapshot would end it."""
    hold = holds.find(decision)[0]
    now = clock()
    if hold is not None and hold.until <= now:
        holds.sweep([decision], now=now)
        return None
    return hold


def _numbers(ways: dict[Way, Units], shipments: Sequence[Way]) -> list[int]:
    known = list(ways)
    unknown = [
        Mistake(
            field=f"shipments.{index}",
            message=f"the decision has no shipment from '{node}' by '{service}'; it has "
            + ", ".join(f"{item[0]}/{item[1]}" for item in known),
        )
        for index, (node, service) in enumerate(shipments)
        if (node, service) not in ways
    ]
    if unknown:
        raise InputInvalid(unknown)
    return sorted({known.index(way) for way in shipments})


def _as_asked(endings: Sequence[Ending | None], verb: Verb, numbers: Sequence[int]) -> bool:
    """Whether all that was asked had ended so before: the shipments named or, of all, the last to end."""
    if numbers:
        return bool(endings) and all((ending := endings[number]) and ending.kind == verb for number in numbers)
    ended = [ending for ending in endings if ending]
    last = max((ending.at for ending in ended), default=0)
    return any(ending.at == last and ending.kind == verb for ending in ended)


def how_it_ended(decision: str, ways: Iterable[Way], endings: Sequence[Ending | None]) -> str:
    """Of a decision that holds nothing more, or nothing more at some places, what became of what it held."""
    ended = list(_endings_told(ways, endings))
    if not ended:
        return f"decision {decision} holds nothing, and nothing says why; run: pointsman ledger check"
    return f"the hold of decision {decision} has ended: {'; '.join(ended)}"


def _endings_told(ways: Iterable[Way], endings: Sequence[Ending | None]) -> Iterator[str]:
    for (node, service), ending in zip(ways, endings, strict=False):
        if ending is not None:
            yield f"{node}/{service} was {ending.kind} at {timestamp(ending.at)}".replace("was expired", "expired")


def _touches(hold: Hold, node: str | None, sku: str | None) -> bool:
    return any(
        (node is None or shipment.node == node) and (sku is None or any(name == sku for name, _ in shipment.units))
        for shipment in hold.shipments
    )


def _units(shipment: ShipmentRecord, rejected: Mapping[str, int]) -> Units:
    units: dict[str, int] = {}
    for line in shipment.lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity - rejected.get(line.line, 0)
    return tuple((sku, count) for sku, count in units.items() if count)
