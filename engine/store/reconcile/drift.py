"""Compares parts of the ledger with the state that the log says they should have; a drift is a difference, with the
writes that would repair it. Pure.

Each function takes the stored state of one thing, yields its drifts, and yields none if it is as it should be.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import orjson

from engine.model.lots import name_of, node_and_label
from engine.model.node_loads import measure_of, node_of
from engine.store.flows.promise_state import promise_field
from engine.store.holds import periods_text, shipment_json, units_and_lots, weights_json
from engine.store.keys import Keys
from engine.store.node_rests import stored_rest
from engine.store.reconcile.expected_state import (
    Base,
    DayLoads,
    ExpectedHold,
    ExpectedOrder,
    ExpectedShipment,
    FloorBreach,
    PeriodUnits,
    PositionKey,
    Suspect,
)
from engine.store.reconcile.log_replay import LogReplay

CHANGED = "it was changed by other means than Pointsman: no entry of the log explains it"
DELETED = "its key was deleted: no entry of the log ends it"
_RESTORE_COPY = "restore a copy of the server's data; until then --repair deletes nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A change to a field of a hash or a member of a sorted set: its value before and after. None means it is not
    there.
    """

    key: str
    field: str
    before: str | None
    after: str | None

    @classmethod
    def each(
        cls, keys: Iterable[str], field: str, before: Iterable[str | None], after: Iterable[str | None]
    ) -> tuple[Self, ...]:
        """Of these keys, those whose field is not as it should be."""
        return tuple(
            cls(key=key, field=field, before=stored, after=expected)
            for key, stored, expected in zip(keys, before, after, strict=True)
            if stored != expected
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Something that differs from what the log says. `writes` would repair it; if there are none, people have to."""

    what: str
    sku: str = ""
    node: str = ""
    expected: int = 0
    found: int = 0
    cause: str = CHANGED
    writes: tuple[Write, ...] = ()
    suspect: Suspect | None = None
    """What to check again to see whether this has still drifted."""

    def __str__(self) -> str:
        where = f"{self.sku} at {self.node}: " if self.sku else ""
        return f"{where}{self.what}: {self.found} found, {self.expected} expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectPosition:
    """A position as the ledger has it. On hand may be below 0, as `Keys.on_hand` says. `base` is the count or load that
    stands, if anything came or left since.
    """

    on_hand: int = 0
    held: int = 0
    blocked: int = 0
    quarantine: int = 0
    base: Base | None = None


def position_drifts(keys: Keys, replay: LogReplay, key: PositionKey, position: SuspectPosition) -> Iterator[Drift]:
    sku, place = key
    node, label = node_and_label(place)
    of_lot = f" of lot '{name_of(label)}'" if label else ""
    suspect: Suspect = ("positions", key)
    for what, hash_key, found, expected in (
        ("units held", keys.held(sku), position.held, replay.stock.held[key]),
        ("units blocked", keys.blocked(sku), position.blocked, replay.stock.blocked[key]),
        ("units in quarantine", keys.quarantine(sku), position.quarantine, replay.stock.quarantine[key]),
    ):
        if found != expected:
            before, after = (str(units) if units else None for units in (found, expected))
            write = Write(key=hash_key, field=place, before=before, after=after)
            yield Drift(
                what=what + of_lot,
                sku=sku,
                node=node,
                expected=expected,
                found=found,
                writes=(write,),
                suspect=suspect,
            )
    most = max(0, position.on_hand) + replay.stock.oversold.get(key, 0) + replay.stock.unbacked[key]
    if position.held > most and not label and not units_short(replay, key, position):
        cause = "more units are held than decisions took of those on hand, or could oversell"
        yield Drift(
            what="more held than on hand",
            sku=sku,
            node=node,
            expected=most,
            found=position.held,
            cause=cause,
        )
    if position.base is not None:
        on_hand = replay.stock.on_hand(key, position.base)
        if position.on_hand != on_hand:
            cause = f"{CHANGED}; count the units, and send the count (PUT /v1/stock, or: pointsman stock import)"
            what = f"units on hand{of_lot}"
            yield Drift(what=what, sku=sku, node=node, expected=on_hand, found=position.on_hand, cause=cause)


def units_short(replay: LogReplay, key: PositionKey, position: SuspectPosition) -> int:
    """Units held beyond those on hand, and those that may be oversold, because the source counted less after they were
    promised. That is no drift.
    """
    if key in replay.stock.promised_from and position.on_hand < replay.stock.promised_from[key]:
        return max(0, position.held - max(0, position.on_hand) - replay.stock.oversold.get(key, 0))
    return 0


def hold_drifts(
    keys: Keys, replay: LogReplay, decision: str, fields: Mapping[str, str], until: int | None
) -> Iterator[Drift]:
    """`fields` are those of the stored hold, empty if there is none; `until` is when it is to expire, if it is."""
    suspect: Suspect = ("holds", decision)
    hold = replay.holds.get(decision)
    if hold is None:
        yield from _stray_hold_drifts(keys, decision, fields, until)
        return
    expected = expected_fields(hold)
    shipments = {int(field): parse_shipment(text) for field, text in fields.items() if field.isdigit()}
    if shipments != hold.shipments:
        units = sum(shipment.total for shipment in shipments.values() if shipment)
        writes = _differences(keys.hold(decision), fields, expected)
        cause = CHANGED if fields else DELETED
        what = f"the hold of decision {decision}"
        yield Drift(what=what, expected=hold.total, found=units, cause=cause, writes=writes, suspect=suspect)
    elif fields != expected and (writes := _differences(keys.hold(decision), fields, expected, without_shipments=True)):
        what = f"the {' and '.join(write.field for write in writes)} of hold {decision}"
        yield Drift(what=what, expected=len(writes), found=0, writes=writes, suspect=suspect)
    if until != hold.until:
        write = _expiry(keys, decision, until, hold.until)
        if until is None and fields:
            yield Drift(what=f"hold {decision} never expires", found=hold.total, writes=(write,), suspect=suspect)
        else:
            what = f"the instant at which hold {decision} expires"
            yield Drift(what=what, expected=hold.until, found=until or 0, writes=(write,), suspect=suspect)


def caller_drifts(keys: Keys, replay: LogReplay, caller: str, count: int) -> Iterator[Drift]:
    """`count` is the stored number of the caller's open holds."""
    expected = replay.open_holds[caller]
    if count != expected:
        before, after = (str(number) if number else None for number in (count, expected))
        write = Write(key=keys.open_holds, field=caller, before=before, after=after)
        what = f"open holds of caller '{caller}'"
        yield Drift(what=what, expected=expected, found=count, writes=(write,), suspect=("callers", caller))


def load_drifts(
    keys: Keys, replay: LogReplay, load: tuple[str, str], count: str | None, millis: int
) -> Iterator[Drift]:
    """`load` is a period and a field, `count` what is stored there, None if nothing is. `millis` is the server's
    clock.
    """
    date, field = load
    day = replay.loads.days.get(date, DayLoads())
    expected = 0 if count is None and day.expired(millis) else day.amounts[field]
    if int(count or 0) != expected:
        write = Write(key=keys.load(date), field=field, before=count, after=str(expected))
        what = f"{measure_of(field)} of {node_of(field)} on {date}"
        yield Drift(what=what, expected=expected, found=int(count or 0), writes=(write,), suspect=("loads", load))


def taken_drifts(
    keys: Keys, replay: LogReplay, taken: tuple[str, str], count: str | None, millis: int
) -> Iterator[Drift]:
    """`taken` is the name of a key, as `Keys.taken_named` says, and a node, `count` the stored number of units, None if
    none is stored. `millis` is the server's clock.
    """
    name, node = taken
    period = replay.allotments.taken.get(name, PeriodUnits())
    expected = 0 if count is None and period.expired(millis) else period.units[node]
    if int(count or 0) != expected:
        write = Write(key=keys.taken_named(name), field=node, before=count, after=str(expected))
        what = f"units taken at {node} of the allotment {name}"
        yield Drift(what=what, expected=expected, found=int(count or 0), writes=(write,), suspect=("taken", taken))


def rest_drifts(keys: Keys, replay: LogReplay, node: str, stored: str | None, latest: str | None) -> Iterator[Drift]:
    """`stored` is the stored rest of a node, None if it has none; `latest` the stored instant after which no node
    rests.
    """
    suspect: Suspect = ("rests", node)
    replayed_rest = replay.resting.get(node)
    expected = stored_rest(replayed_rest) if replayed_rest else None
    until = replayed_rest.until if replayed_rest else 0
    if stored != expected:
        write = Write(key=keys.resting, field=node, before=stored, after=expected)
        instant = (stored or "0").partition(" ")[0]
        yield Drift(
            what=f"the instant until which {node} rests",
            expected=until,
            found=int(instant) if instant.isdigit() else 0,
            writes=(write,),
            suspect=suspect,
        )
    if until > int(latest or 0):
        write = Write(key=keys.facts, field="rests", before=latest, after=str(until))
        what = f"the instant after which no node rests, for {node}"
        yield Drift(what=what, expected=until, found=int(latest or 0), writes=(write,), suspect=suspect)


def index_drifts(keys: Keys, decision: str, entry_id: str, indexed: str | None) -> Iterator[Drift]:
    """`entry_id` is that of the decision's entry in the log, `indexed` the one that the index has."""
    if indexed != entry_id:
        write = Write(key=keys.decisions, field=decision, before=indexed, after=entry_id)
        what = f"decision {decision} in the index of the log"
        yield Drift(what=what, expected=1, found=0, writes=(write,), suspect=("index", decision))


def ending_drifts(keys: Keys, replay: LogReplay, decision: str, endings: str | None) -> Iterator[Drift]:
    """`endings` says how the shipments of the decision ended, None if that is not stored. The drift's `found` is the
    number of shipments whose ending is right or, if none should be stored, the number that are.
    """
    expected = replay.endings(decision)
    if endings != expected:
        write = Write(key=keys.endings, field=decision, before=endings, after=expected)
        ledger, log = (text.split() if text else [] for text in (endings, expected))
        same = sum(one == other for one, other in zip(ledger, log, strict=False))
        yield Drift(
            what=f"endings of the shipments of decision {decision}",
            expected=len(log),
            found=same if log else len(ledger),
            writes=(write,),
            suspect=("endings", decision),
        )


def order_drifts(
    keys: Keys, replay: LogReplay, order: str, fields: Mapping[str, str], scores: Sequence[str | None]
) -> Iterator[Drift]:
    """`fields` are those of the order's hash, `scores` those in the lists of all and of parked orders."""
    expected = replay.orders.by_id.get(order)
    after = _order_fields(expected)
    before = {name: fields.get(name) for name in after}
    placed = None if expected is None else str(expected.placed_at)
    parked = placed if expected and expected.parked else None
    writes = [
        Write(key=keys.order(order), field=name, before=before[name], after=after[name])
        for name in before
        if before[name] != after[name] and not (name == "approval" and before[name] and after[name])
    ]
    writes += Write.each((keys.orders, keys.parked), order, scores, (placed, parked))
    if writes:
        what = f"order {order} in the index of orders"
        exists = int(expected is not None)
        yield Drift(what=what, expected=exists, found=1 - exists, writes=tuple(writes), suspect=("orders", order))


def _order_fields(order: ExpectedOrder | None) -> dict[str, str | None]:
    if order is None:
        return dict.fromkeys(("first", "approval", "changes", "order"))
    return {
        "first": order.first,
        "approval": "{}" if order.parked else None,
        "changes": str(order.changes) if order.changes else None,
        "order": order.amended,
    }


def cancelled_drifts(keys: Keys, replay: LogReplay, order: str, stored: str | None) -> Iterator[Drift]:
    """`stored` are the cancelled units of an order, JSON by line; None if none are stored."""
    expected, found = replay.orders.cancelled.get(order, Counter()), _parse_units(stored)
    if found != expected:
        after = orjson.dumps(expected).decode() if expected else None
        yield Drift(
            what=f"cancelled units of order {order}",
            expected=expected.total(),
            found=found.total() if found is not None else 0,
            writes=(Write(key=keys.order(order), field="cancelled", before=stored, after=after),),
            suspect=("cancelled", order),
        )


def _parse_units(text: str | None) -> Counter[str] | None:
    """Units by line; None if they are damaged."""
    try:
        return Counter(orjson.loads(text)) if text else Counter()
    except (ValueError, TypeError):
        return None


def missing_entry(decision: str, entry_id: str) -> Drift:
    cause = f"an entry was deleted from the log, which Pointsman never does; {_RESTORE_COPY}"
    return Drift(what=f"decision {decision} in the log, at {entry_id}", expected=1, found=0, cause=cause)


def unreadable_entry(entry_id: str) -> Drift:
    cause = f"it is damaged; {_RESTORE_COPY}"
    return Drift(what=f"entry {entry_id} of the log that can be read", expected=1, found=0, cause=cause)


def units_in_two_states(first: str, units: int) -> Drift:
    cause = "its decisions hold, shipped and let wait more units than were ordered; see pointsman chain"
    what = f"units in two states of the order whose first decision is {first}"
    return Drift(what=what, expected=0, found=units, cause=cause)


def floor_breach(breach: FloorBreach) -> Drift:
    sku, node = breach.position
    cause = (
        f"decision {breach.decision} took units that safety stock or a protection kept back;"
        " to end this drift, release its hold"
    )
    what = "units taken of those free above the floor"
    return Drift(what=what, sku=sku, node=node, expected=breach.free, found=breach.taken, cause=cause)


def parse_shipment(text: str) -> ExpectedShipment | None:
    """A shipment as the stored hold has it; None if it is damaged."""
    try:
        node, service, parts = orjson.loads(text)
        units, lots = units_and_lots(parts)
        return ExpectedShipment(node=node, service=service, units=dict(units), lots=lots)
    except (ValueError, TypeError):
        return None


def expected_fields(hold: ExpectedHold) -> dict[str, str]:
    """The hash as which commit.lua stores a hold."""
    shipments = {
        str(number): shipment_json(shipment.node, shipment.service, list(shipment.units.items()), shipment.lots)
        for number, shipment in hold.shipments.items()
    }
    weights = {} if hold.weights is None else {"weights": weights_json(hold.weights)}
    periods = {"periods": periods_text(hold.periods)} if hold.periods else {}
    later = {"later": ",".join(map(str, hold.later))} if hold.later else {}
    promises = {promise_field(number): text for number, text in hold.promises.items()}
    return {
        "until": str(hold.until),
        "caller": hold.caller,
        "day": hold.day,
        **periods,
        **later,
        **weights,
        **promises,
        **shipments,
    }


def _stray_hold_drifts(keys: Keys, decision: str, fields: Mapping[str, str], until: int | None) -> Iterator[Drift]:
    """Of a hold that the log does not know, or knows to have ended."""
    suspect: Suspect = ("holds", decision)
    writes = _differences(keys.hold(decision), fields, {})
    if until is not None:
        writes += (_expiry(keys, decision, until, None),)
    if fields:
        shipments = [parse_shipment(text) for field, text in fields.items() if field.isdigit()]
        units = sum(shipment.total for shipment in shipments if shipment)
        cause = "the log has no decision of that name that still holds units"
        what = f"hold {decision} without a decision"
        yield Drift(what=what, found=units, cause=cause, writes=writes, suspect=suspect)
    elif until is not None:
        what = f"the instant at which hold {decision} expires"
        yield Drift(what=what, found=until, cause="its hold does not exist any more", writes=writes, suspect=suspect)


def _expiry(keys: Keys, decision: str, before: int | None, after: int | None) -> Write:
    texts = [None if instant is None else str(instant) for instant in (before, after)]
    return Write(key=keys.expiring, field=decision, before=texts[0], after=texts[1])


def _differences(
    key: str, fields: Mapping[str, str], expected: Mapping[str, str], *, without_shipments: bool = False
) -> tuple[Write, ...]:
    """The writes that make a hash as expected, field by field. `without_shipments` leaves those alone, which may be the
    same shipments in other JSON.
    """
    names = [name for name in {**fields, **expected} if not (without_shipments and name.isdigit())]
    return tuple(
        Write(key=key, field=name, before=fields.get(name), after=expected.get(name))
        for name in sorted(names)
        if fields.get(name) != expected.get(name)
    )
