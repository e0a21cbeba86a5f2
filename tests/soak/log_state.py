"""Replays the log to the state of the stock, and notes what is wrong with it. Shares no code with the engine's."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.decide.order_record import seconds
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import HoldUnits
from engine.store.log.kinds import TRANSFER_KINDS
from tests.soak.effects import Effects
from tests.soak.order_units import OrderUnits
from tests.soak.scenario import FULL, MOST_A_DAY, Clock, floor
from tests.support.decision_json import json_of

_OTHER_KINDS = frozenset(
    {
        *("approved", "counted", "loaded", "published", "activated", "allocated", "stock_low", "print_failed"),
        *("promise_at_risk", "promise_stays", "expected", "received", "overdue", *TRANSFER_KINDS),
    }
)
"""Those of which effects.py tells, or the ledger check alone."""


@dataclass(kw_only=True)
class Verdict:
    """What was found: units oversold, floors broken, days beyond their limit, shipments given to nodes that rest,
    orders that starved or went astray, holds leaked, answers that the log does not have, and drifts.
    """

    decisions: int = 0
    answers: int = 0
    orders: int = 0
    held: int = 0
    """Units that were held when the callers had ended."""
    calls: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Calls by name, and whether they were answered or refused."""
    entries: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)
    """Decisions by the reason why they follow another; None for those that follow none."""
    lacked: int = 0
    """Decisions of batches that say which order took what they lacked."""
    oversold: int = 0
    floors_broken: int = 0
    days_too_full: int = 0
    rests: int = 0
    """How many rests began."""
    shipped_resting: int = 0
    starved: int = 0
    """Orders that waited though a run of the backlog still found units for them."""
    leaked: int = 0
    astray: list[str] = field(default_factory=list)
    """Orders that are shown otherwise than the log has them, or with units that are not in exactly one state."""
    lost: list[str] = field(default_factory=list)
    drifts: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        counted = self.oversold + self.floors_broken + self.days_too_full
        counted += self.shipped_resting + self.starved + self.leaked
        return counted + len(self.astray) + len(self.lost) + len(self.drifts)


@dataclass(kw_only=True)
class LogState:
    """The state after the entries of the log read so far. `policies` are names by version; `clock` is that of the
    callers.
    """

    policies: Mapping[str, str]
    clock: Clock
    verdict: Verdict
    bodies: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each decision's bytes."""
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    quarantine: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By SKU and node, units that came back and wait for a disposition."""
    loads: Counter[tuple[str, str]] = field(default_factory=Counter)
    shipments: dict[str, list[Counter[tuple[str, str]]]] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    until: dict[str, int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    resting: dict[str, int] = field(default_factory=dict)
    """Until when each node rests."""
    woken: set[tuple[str, str]] = field(default_factory=set)
    passed: set[tuple[str, int, str]] = field(default_factory=set)
    """Decision, number of the shipment and milestone."""
    orders: OrderUnits = field(default_factory=OrderUnits)
    effects: Effects = field(default_factory=Effects)

    def add(self, entry: Entry) -> None:
        self.verdict.entries[entry.kind] += 1
        units = self.orders.add(entry)
        self.effects.log(entry, self.orders.order_of.get(entry.decision, ""), units)
        match entry.kind:
            case "decided":
                self._decided(entry, json_of(entry))
            case "set_aside":
                self._set_aside(entry)
            case "rejected":
                self._rejected(entry, json_of(entry))
            case "confirmed" | "released" | "expired" | "cancelled" | "amended" | "undone":
                self._ended(entry)
            case "queued":
                self.waiting.add(entry.decision)
            case "withdrawn":
                self._stop_waiting(entry.decision)
            case _:
                self._changed_otherwise(entry)

    def _changed_otherwise(self, entry: Entry) -> None:
        """Not in where units of orders are."""
        match entry.kind:
            case "extended":
                self.until[entry.decision] = entry.until or 0
            case "moved":
                for item in entry.applied_movements:
                    self.verdict.lost += [f"movement {item.op} was applied twice"] if item.op in self.moved else []
                    self.moved[item.op] = item.delta
            case "woken":
                self._woken(entry)
            case "progressed":
                self.passed.add((entry.decision, entry.details["shipment"], entry.details["milestone"]))
            case kind if kind in _OTHER_KINDS:
                pass
            case kind if kind.startswith("return_"):
                body = orjson.loads(entry.body)
                self.quarantine.update({(sku, node): units for sku, node, units, *_ in body.get("moves", ()) if units})
            case _:
                self.verdict.lost.append(f"an entry of an unexpected kind: {entry.kind}")

    def _decided(self, entry: Entry, record: Mapping[str, Any]) -> None:
        self.verdict.decisions += 1
        self.bodies[entry.decision] = hashlib.sha256(entry.body).hexdigest()
        shipments = [Counter() for _ in record["shipments"]]
        for units_of, shipment in zip(shipments, record["shipments"], strict=True):
            for line in shipment["lines"]:
                units_of[line["sku"], shipment["node"]] += line["quantity"]
        policy = self.policies[record["policy_version"]]
        taken = sum(shipments, Counter())
        for (position, units), (on_hand, _, _) in zip(sorted(taken.items()), entry.positions_before, strict=True):
            available = on_hand - self.held[position]
            self.verdict.oversold += max(0, units - available)
            self.verdict.floors_broken += units > available - floor(policy, record["order"]["channel"], on_hand)
        self.held.update(taken)
        for shipment in record["shipments"]:
            self.loads[entry.day, shipment["node"]] += 1
        # the commit checked rests at an instant before that of its entry: a node that still rests rested then, too.
        # That instant is not in the log, so nothing can be said of a node that does not rest any more
        committed = self.clock.then(entry.id[0] / 1_000)
        self.verdict.shipped_resting += sum(
            self.resting.get(shipment["node"], 0) > committed for shipment in record["shipments"]
        )
        full = policy == "a full day" and any(shipment["node"] == FULL for shipment in record["shipments"])
        self.verdict.days_too_full += full and self.loads[entry.day, FULL] > MOST_A_DAY
        self.shipments[entry.decision], self.days[entry.decision] = shipments, entry.day
        if shipments:
            self.until[entry.decision] = seconds(record["hold"]["expires_at"])
        self.verdict.lacked += bool(record.get("lacked"))
        self._follows(entry.decision, record)

    def _set_aside(self, entry: Entry) -> None:
        parts = orjson.loads(entry.body)
        shipments = [Counter({(sku, node): units for sku, units, *_ in skus}) for node, _, skus in parts]
        for (position, units), (on_hand, _, _) in zip(
            sorted(sum(shipments, Counter()).items()), entry.positions_before, strict=True
        ):
            self.verdict.oversold += max(0, units - on_hand + self.held[position])
            self.held[position] += units
        for node, *_ in parts:
            self.loads[entry.day, node] += 1
        self.shipments[entry.decision], self.days[entry.decision] = shipments, entry.day
        self.until[entry.decision] = entry.until or 0

    def _follows(self, decision: str, record: Mapping[str, Any]) -> None:
        follows = record.get("follows", {"because": None})
        self.verdict.followed[follows["because"]] += 1
        if follows["because"] == "stock":
            self._stop_waiting(follows["decision"])
        if record.get("waiting"):
            self.waiting.add(decision)

    def _stop_waiting(self, decision: str) -> None:
        self.verdict.lost += [] if decision in self.waiting else [f"units of {decision} that waited were decided twice"]
        self.waiting.discard(decision)

    def _rejected(self, entry: Entry, record: Mapping[str, Any]) -> None:
        for number, units in record["parts"]:
            part = self.shipments[entry.decision][number]
            gone = Counter({(sku, record["node"]): count for sku, count in units})
            self.verdict.lost += [] if gone <= part else [f"{entry.decision} was rejected beyond what it held"]
            self.held.subtract(gone)
            self.shipments[entry.decision][number] = part - gone
            self.verdict.lost += [] if (part == gone) == (number in record["ended"]) else [f"{entry.decision} ended?"]
            if part == gone:
                self.loads[self.days[entry.decision], record["node"]] -= record["room"]

        if "rest" in record:
            self.verdict.rests += 1
            self.resting[record["node"]] = max(self.resting.get(record["node"], 0), record["rest"]["until"])

    def _woken(self, entry: Entry) -> None:
        self.woken.add((entry.decision, entry.caller))
        rested = self.resting.pop(entry.decision, 0) > entry.at
        self.verdict.lost += [] if rested else [f"the rest of {entry.decision} was ended though it did not rest"]

    def _ended(self, entry: Entry) -> None:
        for hold in entry.units.holds if entry.units else ():
            self._ended_in_part(entry, hold)
        for decision, count in entry.units.waiting.items() if entry.units else ():
            if not count:
                self._stop_waiting(decision)
        for number in entry.shipments or ():
            part = self.shipments[entry.decision][number]
            self.verdict.lost += [f"{entry.decision} ended twice"] if not part else []
            self.held.subtract(part)
            if entry.kind != "confirmed" and part:
                self.loads[self.days[entry.decision], next(iter(part))[1]] -= 1
            self.shipments[entry.decision][number] = Counter()

    def _ended_in_part(self, entry: Entry, hold: HoldUnits) -> None:
        """Some units ended, left after their hold had expired, or are held again."""
        for part in hold.parts:
            units = Counter({(sku, part.node): count for sku, count in part.units})
            self.loads[self.days[hold.decision], part.node] += part.room
            if entry.kind == "undone":
                self.held.update(units)
                self.shipments[hold.decision][part.number] += units
            elif part.source == "held":
                self.verdict.lost += (
                    [] if units <= self.shipments[hold.decision][part.number] else [f"{hold.decision} ended twice"]
                )
                self.held.subtract(units)
                self.shipments[hold.decision][part.number] -= units
        self.until[hold.decision] = entry.until or self.until.get(hold.decision, 0)
