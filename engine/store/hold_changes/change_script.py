"""Changes units of holds by change_holds.lua: as people ask, or because a hold's time is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from engine.actor import by_itself
from engine.decide.record import DecisionRecord
from engine.store.connection.client import Client, faults
from engine.store.hold_changes.hold_change import (
    HoldChange,
    ScriptIndex,
    Shipments,
    WholeEnding,
    moved_units,
    whole_numbers,
)
from engine.store.hold_changes.order_change import OrderChange
from engine.store.hold_changes.order_units import OrderUnits, read_order
from engine.store.hold_changes.stored_holds import StoredHold, read_stored_holds
from engine.store.holds import Hold, Holds, Operation, periods_text
from engine.store.keys import Keys
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import Units, UnitsBody
from engine.store.network import load
from engine.store.outcomes import (
    ChangeOutcome,
    HoldChanged,
    OperationReused,
    UnitsChanged,
    UnitsLacking,
    UnitsOnBackorder,
    UnitState,
)
from engine.store.script_keys import CHANGE_HOLDS
from engine.store.taken_units import TakenKeys

MOST_TRIES = 10
"""How often a change is worked out again because others changed the hold or the order meanwhile."""
LogFields: TypeAlias = Sequence[str]
"""The fields of a log entry: name, value, name, value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Units of one decision that leave: JSON [[number, {line: units}], ...], where some are of lots with {SKU: [[label,
    units], ...]} behind the lines, and for how many seconds that can be undone.
    """

    units: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReturned:
    """What units of an order that are held again must still be as it was read: its `returns`, as `Keys.order` has them,
    and how the units of each of its decisions `ended`, as `StoredDecision` does.
    """

    order: str
    returns: str
    ended: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """Changes of holds that are made together and logged as `entries`. `answer` is the answer, also when the same
    `operation` on the decision `about` comes again. `micros` is `now` in UTC microseconds, which is needed where units
    leave or are on hand again. `left_at` is when they left, by the caller, in the same; None: now.
    """

    about: str
    now: int
    changes: Sequence[HoldChange]
    entries: Sequence[LogFields]
    operation: Operation
    answer: bytes
    confirmed: Confirmed | None = None
    order: OrderChange | None = None
    not_returned: "NotReturned | None" = None
    micros: int | None = None
    left_at: int | None = None

    @property
    def moves(self) -> bool:
        """Whether units leave or are on hand again."""
        return any(
            before.lines("confirmed") != after.lines("confirmed")
            for change in self.changes
            for before, after in change.changed
        )


class ChangeScript:
    """Runs change_holds.lua on one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._script = client.script("change_holds")

    def read(self, entries: Sequence[Entry], *, now: int) -> list[StoredHold]:
        """The holds of the decisions that these entries logged; those whose time is over are ended first."""
        stored = read_stored_holds(self._client, self._keys, entries)
        late = [hold.decision for hold in stored if hold.until is not None and hold.until <= now]
        if not late:
            return stored
        self.sweep(late, now=now)
        return read_stored_holds(self._client, self._keys, entries)

    def read_order(self, first: str, *, now: int) -> OrderUnits:
        """The order that the decision `first` began, and its holds, as `read`; raises NotFound."""
        reading = read_order(self._client, self._keys, first)
        return OrderUnits(reading=reading, holds=tuple(self.read(reading.entries, now=now)))

    def run(self, request: ChangeRequest) -> ChangeOutcome:
        """Make the changes if everything is as it was read, all of them or none.

        Goods do not leave while a network is being loaded: the load is completed first. Raises NotReady if it can't be,
        Contended if one load follows another.
        """
        index, taken = ScriptIndex.of(request.changes), TakenKeys(self._keys)
        counts = map(len, (request.changes, index.periods, index.skus))
        arguments = [orjson.dumps(_record(request, index, taken)), *counts]
        script_keys = self._script_keys(
            [change.before.decision for change in request.changes],
            index,
            (request.about, request.operation.name),
            taken,
            order=request.order,
            guarded=request.not_returned.order if request.not_returned else "",
        )
        for _ in range(load.MOST_TRIES):
            with faults():
                answer = self._script(keys=script_keys, args=arguments)
            if answer[0] != b"loading":
                return _outcome(answer, list(index.skus))
            load.finish(self._client, self._keys)
        raise load.loaded_over_and_over()

    def sweep(self, names: Sequence[str], *, now: int) -> None:
        """End those of the holds whose time is over; several callers may try at once."""
        holds = self._holds.find_with_endings(*names)
        with by_itself(), faults(), self._client.scripts() as write:
            for name, (hold, endings) in zip(names, holds, strict=True):
                ending = WholeEnding(hold=hold, endings=endings, kind="expired", at=hold.until) if hold else None
                self._end_whole(name, ending, now=now, expires=True, client=write)

    def release_set_aside(self, hold: Hold, *, now: int) -> None:
        """Let others have units that were set aside."""
        self._end_whole(hold.id, WholeEnding(hold=hold, endings="", kind="released", at=now), now=now)

    def _end_whole(
        self, name: str, ending: WholeEnding | None, *, now: int, expires: bool = False, client: Any = None
    ) -> None:
        request: dict[str, Any] = {"now": str(now), "holds": [], "entries": [], "answer": ""}
        taken = TakenKeys(self._keys)
        index = ending.index if ending else ScriptIndex.of_names((), ())
        if ending:
            shipments = ending.hold.shipments
            numbers = ",".join(str(shipment.number) for shipment in shipments)
            held = units_text({shipment.number: shipment.units for shipment in shipments})
            request["holds"] = [ending.record(taken)]
            request["entries"] = [entry_fields(ending.kind, name, now, shipments=numbers, held=held)]
        if expires:
            request["expires"] = name
        script_keys = self._script_keys([name], index, (name, ""), taken)
        arguments = [orjson.dumps(request), 1, len(index.periods), len(index.skus)]
        with faults():
            self._script(keys=script_keys, args=arguments, client=client)

    def _script_keys(
        self,
        holds: Sequence[str],
        index: ScriptIndex,
        operation: tuple[str, str],
        taken: TakenKeys,
        *,
        order: OrderChange | None = None,
        guarded: str = "",
    ) -> list[str]:
        """KEYS; `holds` are ids, `guarded` that of an order which is only to be as it was read."""
        keys = self._keys
        return CHANGE_HOLDS.keys(
            keys,
            changed_hold_keys(keys, holds),
            [(keys.load(period),) for period in index.periods],
            changed_sku_keys(keys, list(index.skus)),
            taken,
            operation=keys.operation(*operation),
            order=keys.order(order.reading.order.id if order else guarded),
            chain=keys.chain(order.reading.first if order else ""),
        )


def changed_hold_keys(keys: Keys, holds: Sequence[str]) -> list[tuple[str, ...]]:
    """Of each hold, by its id."""
    return [(keys.hold(name), keys.confirms(name)) for name in holds]


def changed_sku_keys(keys: Keys, skus: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        (
            *(keys.on_hand(sku), keys.held(sku), keys.base(sku), keys.stamp(sku)),
            *(keys.journal(sku), keys.blocked(sku), keys.receipts(sku), keys.pegs(sku)),
        )
        for sku in skus
    ]


def entry_fields(kind: UnitState | str, name: str, now: int, **more: str) -> list[str]:
    """The fields of a log entry: name, value, name, value."""
    fields = {"kind": kind, "id": name, "at": str(now), **more}
    return [word for name_and_value in fields.items() for word in name_and_value]


def step_fields(
    record: DecisionRecord,
    before: Shipments,
    after: Shipments,
    kind: UnitState,
    *,
    now: int,
    late: StoredHold | None = None,
) -> list[str]:
    """The log entry for units of a decision's hold that came into the state `kind`: numbers of shipments where all that
    they held did, or else the units. Of what left, the units also if others of these shipments had ended before, as
    that says of which lines they are. `late` is the hold, if it had expired: units count again in the load of its day,
    and as taken in its periods.
    """
    decision = record.id or ""
    whole = whole_numbers(before, after)
    if kind == "confirmed" and any(set(before[number].units) != {"held"} for number in whole or ()):
        whole = None
    if whole is not None:
        held = units_text({shipment.number: shipment.by_sku("held") for shipment in before if shipment.number in whole})
        return entry_fields(kind, decision, now, shipments=",".join(map(str, whole)), held=held)
    body = UnitsBody(holds=(moved_units(decision, before, after, kind),), late=late is not None, order=record.order.id)
    again = {} if late is None else begin_fields(late)
    return entry_fields(kind, decision, now, **again, units=body.encode().decode())


def units_text(units: Mapping[int, Units]) -> str:
    """Units of shipments by number, as `Entry.ended_units` reads them."""
    return orjson.dumps(units, option=orjson.OPT_NON_STR_KEYS).decode()


def begin_fields(hold: StoredHold) -> dict[str, str]:
    """The fields of a log entry by which units of a hold are held, or count as if they were, again."""
    return {"day": hold.day} | ({"periods": periods_text(hold.periods)} if hold.periods else {})


def confirmed_units(before: Shipments, after: Shipments, *, seconds: int) -> Confirmed:
    """The units that have left between these two, to be undone for so many seconds."""
    units = moved_units("", before, after, "confirmed")
    parts = [
        (part.number, dict(part.lines), *([dict(part.lots)] if part.lots else [])) for part in units.parts if part.lines
    ]
    return Confirmed(units=orjson.dumps(parts).decode(), seconds=seconds)


def _record(request: ChangeRequest, index: ScriptIndex, taken: TakenKeys) -> dict[str, Any]:
    """As change_holds.lua reads it."""
    record: dict[str, Any] = {
        "now": str(request.now),
        "holds": [change.record(index, taken) for change in request.changes],
        "entries": request.entries,
        "operation": request.operation.request,
        "seconds": request.operation.seconds,
        "answer": request.answer.decode(),
    }
    if request.order:
        record["order"] = request.order.record
    if request.not_returned:
        record["not_returned"] = {"returns": request.not_returned.returns, "ended": request.not_returned.ended}
    if request.moves:
        record |= {"moves": True, "micros": request.micros}
    if request.left_at is not None:
        record["left_at"] = request.left_at
    if request.confirmed:
        record["confirmed"] = {"units": request.confirmed.units, "seconds": request.confirmed.seconds}
    return record


def _outcome(answer: Sequence[bytes], skus: Sequence[str]) -> ChangeOutcome:
    match answer:
        case (b"reused",):
            return OperationReused()
        case (b"changed",):
            return HoldChanged()
        case b"done" | b"again", text:
            return UnitsChanged(answer=text)
        case b"lacking", node, index, free:
            return UnitsLacking(sku=skus[int(index) - 1], node=node.decode(), free=int(free))
        case b"backorder" | b"awaited", *_:
            return UnitsOnBackorder.of(answer, skus)
    raise ValueError(f"no answer of change_holds.lua: {answer!r}")
