"""What the log tells, entry by entry: what is held by whom, what moved, which days are how full. No server is asked."""

import datetime
import zlib
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.decide.record import seconds
from engine.store.decision_log import Entry, Raw, entry_of, place_of
from engine.store.reconcile.expected_state import (
    Base,
    Breach,
    Day,
    Kind,
    Late,
    Living,
    Part,
    Place,
    Spot,
    Units,
    parts_of,
)


@dataclass(slots=True, kw_only=True)
class Told:
    """What the log tells up to `end`. `bases` are where each position's movements are counted from."""

    bases: Mapping[Spot, Base]
    zone: str = "UTC"
    """The installation's, for decisions of releases that did not log their day."""
    end: Place = (0, 0)
    living: dict[str, Living] = field(default_factory=dict)
    held: Units = field(default_factory=Counter)
    callers: Counter[str] = field(default_factory=Counter)
    seen: dict[Spot, int] = field(default_factory=dict)
    """What was on hand when units there were last taken, less what was confirmed since."""
    days: defaultdict[str, Day] = field(default_factory=lambda: defaultdict(Day))
    resting: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By node, the rest it is under; those that are over are kept for as long as commit_follow_up.lua keeps them."""
    breaches: list[Breach] = field(default_factory=list)
    unreadable: list[Place] = field(default_factory=list)
    ended: dict[str, str | None] = field(default_factory=dict)
    """Of decisions that hold nothing any more, how each of their shipments ended; None of those that never did. What
    nobody needs any more is taken out.
    """
    shipped: int = 0
    confirmed: int = 0
    decisions: int = 0
    late: Late | None = None
    """None while no entry is late."""
    _moved: Units = field(default_factory=Counter)

    def add(self, raw: Raw) -> None:
        place, fields = raw
        self.end = place_of(place)
        try:
            self._add(entry_of(place, fields))
        except (ValueError, KeyError, IndexError, zlib.error):
            self.unreadable.append(self.end)

    def moved(self, spot: Spot, base: Base) -> int:
        """Units that came and went since a base."""
        if self.bases.get(spot) == base:
            return self._moved[spot]
        moves = self.late.moves.get(spot, ()) if self.late else ()
        return sum(delta for place, delta in moves if place > base[1])

    def endings(self, name: str) -> str | None:
        """How the shipments of a decision ended; None if none did, or if it was taken out of `ended`."""
        hold = self.living.get(name)
        if hold is None:
            return self.ended.get(name)
        return " ".join(hold.states) if any(state != "-" for state in hold.states) else None

    def _add(self, entry: Entry) -> None:
        match entry.kind:
            case "decided":
                self._decided(entry)
            case "extended":
                if entry.decision in self.living:
                    self.living[entry.decision].until = entry.until or 0
                self._change("holds", entry.decision)
            case "moved":
                taken = (move for move, bit in zip(orjson.loads(entry.body), entry.taken, strict=True) if bit == "1")
                for sku, node, delta, *_ in taken:
                    self._move((sku, node), delta, entry.place)
            case "confirmed" | "released" | "expired":
                self._ended(entry)
            case "rejected":
                self._rejected(entry)
            case "woken":
                self.resting.pop(entry.decision, None)
                self._change("rests", entry.decision)
            case _:  # what was withdrawn held nothing; a repair made the ledger as the log was before
                pass

    def _decided(self, entry: Entry) -> None:
        record = entry.record
        self.decisions += 1
        parts = dict(enumerate(parts_of(record)))
        if not parts:
            self.ended[entry.decision] = None
            return
        self._floors(entry, parts, record)
        named = entry.day or self._day_of(record["decided_at"])
        day = self._day(named, entry.place[0])
        day.added = entry.place[0]
        for part in parts.values():
            day.loads[part.node] += 1
            for sku, count in part.units.items():
                self.shipped += count
                self.held[sku, part.node] += count
        until = seconds(record["hold"]["expires_at"])
        states = ["-"] * len(parts)
        hold = Living(caller=entry.caller, day=named, until=until, parts=parts, states=states)
        self.living[entry.decision] = hold
        self.callers[entry.caller] += 1
        self._note(entry.decision, hold)

    def _floors(self, entry: Entry, parts: Mapping[int, Part], record: Mapping[str, Any]) -> None:
        """Each position a decision took units from, as it stood at that moment: what was held is known from here."""
        claims: Units = Counter()
        for part in parts.values():
            for sku, count in part.units.items():
                claims[sku, part.node] += count
        stood = entry.stood or (None,) * len(claims)
        for (spot, taken), said in zip(sorted(claims.items()), stood, strict=True):
            if said is None:
                self.seen[spot] = record["stock"][spot[0]][spot[1]]["on_hand"]
                continue
            on_hand, _, floor = said
            self.seen[spot] = on_hand
            free = max(0, on_hand - self.held[spot] - floor)
            if taken > free:
                self.breaches.append(Breach(decision=entry.decision, spot=spot, free=free, taken=taken))

    def _ended(self, entry: Entry) -> None:
        hold = self.living.get(entry.decision)
        if hold is None:
            return
        self._note(entry.decision, hold)
        for number in list(hold.parts) if entry.shipments is None else entry.shipments:
            part = hold.parts.pop(number, None)
            if part is not None:
                hold.end(number, entry.kind, entry.at)
                self._let_go(part, hold.day, entry)
        self._if_over(entry.decision, hold)

    def _if_over(self, name: str, hold: Living) -> None:
        if not hold.parts:
            del self.living[name]
            self.callers[hold.caller] -= 1
            self.ended[name] = " ".join(hold.states)

    def _rejected(self, entry: Entry) -> None:
        """Units of some shipments are let go; those of which nothing is left end, and some give their room back."""
        hold, record = self.living.get(entry.decision), entry.record
        if "rest" in record:
            self._rest(record["node"], record["rest"], entry.at)
        if hold is None:
            return
        self._note(entry.decision, hold)
        for number, units in record["parts"]:
            part = hold.parts.pop(number, None)
            if part is None:
                continue
            left = Counter(part.units)
            left.subtract(dict(units))
            for sku, count in units:
                self._unhold((sku, part.node), count)
            if number not in record["ended"]:
                kept = {sku: count for sku, count in left.items() if count}
                hold.parts[number] = Part(node=part.node, service=part.service, units=kept)
                continue
            hold.end(number, entry.kind, entry.at)
            if record["room"]:
                self._give_room(part.node, hold.day, entry)
        self._if_over(entry.decision, hold)

    def _rest(self, node: str, rest: dict[str, Any], now: int) -> None:
        """The longest counts, and those that are over go."""
        self._change("rests", node)
        self.resting = {name: said for name, said in self.resting.items() if said["until"] > now}
        if node not in self.resting or self.resting[node]["until"] <= rest["until"]:
            self.resting[node] = rest

    def _note(self, name: str, hold: Living) -> None:
        """What an entry about a hold may change."""
        if not self.late:
            return
        self._change("holds", name)
        self._change("callers", hold.caller)
        for part in hold.parts.values():
            self._change("loads", (hold.day, part.node))
            for sku in part.units:
                self._change("positions", (sku, part.node))

    def _change(self, kind: Kind, name: Any) -> None:
        if self.late:
            self.late.changed.add((kind, name))

    def _unhold(self, spot: Spot, count: int) -> None:
        self.held[spot] -= count
        if not self.held[spot]:
            del self.held[spot]

    def _give_room(self, node: str, day: str, entry: Entry) -> None:
        loads = self._day(day, entry.place[0]).loads
        if loads[node] > 0:
            loads[node] -= 1

    def _let_go(self, part: Part, day: str, entry: Entry) -> None:
        for sku, count in part.units.items():
            spot = sku, part.node
            self._unhold(spot, count)
            if entry.kind == "confirmed":
                self.confirmed += count
                self.seen[spot] -= count
                self._move(spot, -count, entry.place)
        if entry.kind != "confirmed":
            self._give_room(part.node, day, entry)

    def _move(self, spot: Spot, delta: int, place: Place) -> None:
        base = self.bases.get(spot)
        if base is not None and place > base[1]:
            self._moved[spot] += delta
        if self.late:
            self.late.moves.setdefault(spot, []).append((place, delta))
            self._change("positions", spot)

    def _day(self, name: str, instant: int) -> Day:
        if name in self.days and self.days[name].over(instant):
            del self.days[name]
        return self.days[name]

    def _day_of(self, decided_at: str) -> str:
        zone = zoneinfo.ZoneInfo(self.zone)
        return datetime.datetime.fromisoformat(decided_at).astimezone(zone).date().isoformat()
