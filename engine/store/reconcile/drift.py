"""What differs between the ledger and what its log tells, each with the writes that would mend it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from engine.store.keys import Keys
from engine.store.node_rests import stored
from engine.store.reconcile.expected_state import Base, Breach, Day, Living, Part, Spot, Suspect
from engine.store.reconcile.log_replay import Told

CHANGED = "it was changed by other means than Pointsman: the log has no reason for it"
_BRING_BACK = "bring back a copy of the server's data; until then --repair takes nothing away"
DELETED = "its key was taken away: the log has no end of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A field of a hash or a member of a sorted set, as it was found and as it is to be; None: not there."""

    key: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Something that isn't as the log says. `writes` would mend it; without any, only people can."""

    what: str
    sku: str = ""
    node: str = ""
    expected: int = 0
    found: int = 0
    cause: str = CHANGED
    writes: tuple[Write, ...] = ()
    suspect: Suspect | None = None
    """What to look at again, to see whether it has drifted still."""

    def __str__(self) -> str:
        where = f"{self.sku} at {self.node}: " if self.sku else ""
        return f"{where}{self.what}: {self.found} found, {self.expected} expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What the ledger says of one; `base` is where its movements are counted from, if any were."""

    on_hand: int = 0
    held: int = 0
    base: Base | None = None


def of_position(keys: Keys, told: Told, spot: Spot, found: Position) -> Iterator[Drift]:
    sku, node = spot
    at: Suspect = ("positions", spot)
    wanted = told.held[spot]
    if found.held != wanted:
        before, after = (str(units) if units else None for units in (found.held, wanted))
        write = Write(key=keys.held(sku), field=node, before=before, after=after)
        yield Drift(
            what="units held", sku=sku, node=node, expected=wanted, found=found.held, writes=(write,), suspect=at
        )
    if found.held > found.on_hand and not short(told, spot, found):
        cause = "more units are held than were promised of those there"
        yield Drift(
            what="more held than on hand", sku=sku, node=node, expected=found.on_hand, found=found.held, cause=cause
        )
    if found.base is not None and found.on_hand != (there := found.base[0] + told.moved(spot, found.base)):
        cause = f"{CHANGED}; count the units, and send the count (PUT /v1/stock, or: pointsman stock import)"
        yield Drift(what="units on hand", sku=sku, node=node, expected=there, found=found.on_hand, cause=cause)


def short(told: Told, spot: Spot, found: Position) -> int:
    """Units held beyond what is on hand because the source, after they were promised, counted less."""
    if spot in told.seen and found.on_hand < told.seen[spot]:
        return max(0, found.held - max(0, found.on_hand))
    return 0


def of_hold(keys: Keys, told: Told, name: str, fields: Mapping[str, str], until: int | None) -> Iterator[Drift]:
    """A hold as it is stored (no fields: it isn't), and the instant under which it is to expire."""
    at: Suspect = ("holds", name)
    hold = told.living.get(name)
    if hold is None:
        yield from _stray(keys, name, fields, until)
        return
    parts = {int(field): part_of(text) for field, text in fields.items() if field.isdigit()}
    if parts != hold.parts:
        found = sum(part.total for part in parts.values() if part)
        writes = _differences(keys.hold(name), fields, fields_of(hold))
        cause = CHANGED if fields else DELETED
        what = f"the hold of decision {name}"
        yield Drift(what=what, expected=hold.total, found=found, cause=cause, writes=writes, suspect=at)
    elif fields != (wanted := fields_of(hold)) and (
        writes := _differences(keys.hold(name), fields, wanted, small=True)
    ):
        what = f"the {' and '.join(write.field for write in writes)} of hold {name}"
        yield Drift(what=what, expected=len(writes), found=0, writes=writes, suspect=at)
    if until != hold.until:
        write = _expires(keys, name, until, hold.until)
        if until is None and fields:
            yield Drift(what=f"hold {name} never expires", found=hold.total, writes=(write,), suspect=at)
        else:
            what = f"the instant at which hold {name} expires"
            yield Drift(what=what, expected=hold.until, found=until or 0, writes=(write,), suspect=at)


def of_caller(keys: Keys, told: Told, caller: str, found: int) -> Iterator[Drift]:
    wanted = told.callers[caller]
    if found != wanted:
        before, after = (str(count) if count else None for count in (found, wanted))
        write = Write(key=keys.open_holds, field=caller, before=before, after=after)
        what = f"open holds of caller '{caller}'"
        yield Drift(what=what, expected=wanted, found=found, writes=(write,), suspect=("callers", caller))


def of_load(keys: Keys, told: Told, at: tuple[str, str], found: str | None, millis: int) -> Iterator[Drift]:
    """Shipments of a day and node, as stored (None: nothing is); `millis` is the server's time."""
    name, node = at
    day = told.days.get(name, Day())
    wanted = 0 if found is None and day.over(millis) else day.loads[node]
    if int(found or 0) != wanted:
        write = Write(key=keys.load(name), field=node, before=found, after=str(wanted))
        what = f"shipments of {node} on {name}"
        yield Drift(what=what, expected=wanted, found=int(found or 0), writes=(write,), suspect=("loads", at))


def of_rest(keys: Keys, told: Told, node: str, found: str | None, latest: str | None) -> Iterator[Drift]:
    """A node's rest as it is stored (None: it isn't), and the instant after which no node rests."""
    at: Suspect = ("rests", node)
    rest = told.resting.get(node)
    wanted = stored(rest) if rest else None
    until = rest["until"] if rest else 0
    if found != wanted:
        write = Write(key=keys.resting, field=node, before=found, after=wanted)
        there = (found or "0").partition(" ")[0]
        what = f"the instant until which {node} rests"
        yield Drift(what=what, expected=until, found=int(there) if there.isdigit() else 0, writes=(write,), suspect=at)
    if until > int(latest or 0):
        write = Write(key=keys.facts, field="rests", before=latest, after=str(until))
        what = f"the instant after which no node rests, for {node}"
        yield Drift(what=what, expected=until, found=int(latest or 0), writes=(write,), suspect=at)


def of_entry(keys: Keys, name: str, place: str, indexed: str | None) -> Iterator[Drift]:
    """A decision's entry in the log, and where the index says that it stands."""
    if indexed != place:
        write = Write(key=keys.decisions, field=name, before=indexed, after=place)
        what = f"decision {name} in the index of the log"
        yield Drift(what=what, expected=1, found=0, writes=(write,), suspect=("index", name))


def of_ending(keys: Keys, told: Told, name: str, found: str | None) -> Iterator[Drift]:
    """How the shipments of a hold ended, as it is stored (None: it isn't). The drift's `found` is how many of them say
    what the log does; of a hold that has none there, how many there are.
    """
    wanted = told.endings(name)
    if found != wanted:
        write = Write(key=keys.endings, field=name, before=found, after=wanted)
        said, logged = (text.split() if text else [] for text in (found, wanted))
        same = sum(one == other for one, other in zip(said, logged, strict=False))
        yield Drift(
            what=f"endings of the shipments of decision {name}",
            expected=len(logged),
            found=same if logged else len(said),
            writes=(write,),
            suspect=("endings", name),
        )


def missing_entry(name: str, place: str) -> Drift:
    cause = f"an entry was taken out of the log, which nothing of Pointsman does; {_BRING_BACK}"
    return Drift(what=f"decision {name} in the log, at {place}", expected=1, found=0, cause=cause)


def unreadable_entry(place: str) -> Drift:
    cause = f"nobody wrote it so; {_BRING_BACK}"
    return Drift(what=f"entry {place} of the log that can be read", expected=1, found=0, cause=cause)


def broken_floor(breach: Breach) -> Drift:
    sku, node = breach.spot
    cause = f"decision {breach.decision} took them though they were kept back; release its hold, and it is mended"
    what = "units taken of those free above the floor"
    return Drift(what=what, sku=sku, node=node, expected=breach.free, found=breach.taken, cause=cause)


def part_of(text: str) -> Part | None:
    """A shipment as the hold has it; None if nobody can read it."""
    try:
        node, service, units = orjson.loads(text)
        return Part(node=node, service=service, units={sku: int(count) for sku, count in units})
    except (ValueError, TypeError):
        return None


def fields_of(hold: Living) -> dict[str, str]:
    """As commit.lua writes a hold."""
    parts = {
        str(number): orjson.dumps([part.node, part.service, list(part.units.items())]).decode()
        for number, part in hold.parts.items()
    }
    return {"until": str(hold.until), "caller": hold.caller, "day": hold.day, **parts}


def _stray(keys: Keys, name: str, fields: Mapping[str, str], until: int | None) -> Iterator[Drift]:
    at: Suspect = ("holds", name)
    writes = _differences(keys.hold(name), fields, {})
    if until is not None:
        writes += (_expires(keys, name, until, None),)
    if fields:
        parts = [part_of(text) for field, text in fields.items() if field.isdigit()]
        found = sum(part.total for part in parts if part)
        cause = "the log has no decision of that name that still holds units"
        yield Drift(what=f"hold {name} without a decision", found=found, cause=cause, writes=writes, suspect=at)
    elif until is not None:
        cause = "its hold is no more"
        yield Drift(
            what=f"the instant at which hold {name} expires", found=until, cause=cause, writes=writes, suspect=at
        )


def _expires(keys: Keys, name: str, before: int | None, after: int | None) -> Write:
    said = (None if instant is None else str(instant) for instant in (before, after))
    return Write(key=keys.expiring, field=name, before=next(said), after=next(said))


def _differences(
    key: str, found: Mapping[str, str], wanted: Mapping[str, str], *, small: bool = False
) -> tuple[Write, ...]:
    """Field by field; `small`: but for the shipments, which say the same in other letters."""
    names = [name for name in {**found, **wanted} if not (small and name.isdigit())]
    return tuple(
        Write(key=key, field=name, before=found.get(name), after=wanted.get(name))
        for name in sorted(names)
        if found.get(name) != wanted.get(name)
    )
