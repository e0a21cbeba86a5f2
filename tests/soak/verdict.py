"""Checks what is left after a soak: by `ledger check`, by reading the log with code that shares none with it, and by
what the callers wrote down.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.orders.living_orders import OrderFilter
from engine.service import Pointsman
from engine.store import decision_log
from engine.store.orders.order_list import OrderPlace
from tests.soak.effects import Effects
from tests.soak.journal import Request, lines_of
from tests.soak.log_state import LogState, Verdict
from tests.soak.scenario import Clock

_A_PAGE = 500


def judge(pointsman: Pointsman, journals: Path, policies: Mapping[str, str], clock: Clock) -> Verdict:
    """Read the log, and compare it with the orders as they stand and with what the callers wrote down in the folder
    `journals`.
    """
<<<<<<< HEAD

    decisions: int = 0
    answers: int = 0
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
    leaked: int = 0
    lost: list[str] = field(default_factory=list)
    drifts: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        counted = self.oversold + self.floors_broken + self.days_too_full
        counted += self.shipped_resting + self.leaked
        return counted + len(self.lost) + len(self.drifts)


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
    loads: Counter[tuple[str, str]] = field(default_factory=Counter)
    shipments: dict[str, list[Counter[tuple[str, str]]]] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    until: dict[str, int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    resting: dict[str, int] = field(default_factory=dict)
    """Until when each node rests."""
    woken: set[tuple[str, str]] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        self.verdict.entries[entry.kind] += 1
        match entry.kind:
            case "decided" | "set_aside":
                self._begun(entry)
            case "extended":
                self.until[entry.decision] = entry.until or 0
            case "moved":
                for (_, _, delta, op, _), bit in zip(orjson.loads(entry.body), entry.taken, strict=True):
                    if bit == "1":
                        self.verdict.lost += [f"movement {op} was applied twice"] if op in self.moved else []
                        self.moved[op] = delta
            case "rejected":
                self._rejected(entry, json_of(entry))
            case "woken":
                self._woken(entry)
            case "withdrawn":
                self._stop_waiting(entry.decision)
            case "confirmed" | "released" | "expired" | "amended":
                self._ended(entry)
            case _:
                self.verdict.lost.append(f"an entry of an unexpected kind: {entry.kind}")

    def _begun(self, entry: Entry) -> None:
        """A hold began."""
        if entry.kind == "decided":
            self._decided(entry, json_of(entry))
        else:
            self._set_aside(entry)

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
        self.states[entry.decision] = ["held"] * len(shipments)
        self.verdict.lacked += bool(record.get("lacked"))
        self._follows(entry.decision, record)

    def _set_aside(self, entry: Entry) -> None:
        parts = orjson.loads(entry.body)
        shipments = [Counter({(sku, node): units for sku, units in skus}) for node, _, skus in parts]
        for (position, units), (on_hand, _, _) in zip(
            sorted(sum(shipments, Counter()).items()), entry.positions_before, strict=True
        ):
            self.verdict.oversold += max(0, units - on_hand + self.held[position])
            self.held[position] += units
        for node, *_ in parts:
            self.loads[entry.day, node] += 1
        self.shipments[entry.decision], self.days[entry.decision] = shipments, entry.day
        self.states[entry.decision] = ["held"] * len(shipments)
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
        self.rejected.add((entry.decision, record["node"]))
        for number, units in record["parts"]:
            part = self.shipments[entry.decision][number]
            gone = Counter({(sku, record["node"]): count for sku, count in units})
            self.verdict.lost += [] if gone <= part else [f"{entry.decision} was rejected beyond what it held"]
            self.held.subtract(gone)
            self.shipments[entry.decision][number] = part - gone
            self.verdict.lost += [] if (part == gone) == (number in record["ended"]) else [f"{entry.decision} ended?"]
            if part == gone:
                self.states[entry.decision][number] = "rejected"
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
            self._ended_in_part(hold)
        for decision in entry.units.waiting if entry.units else ():
            self._stop_waiting(decision)
        for number in entry.shipments or ():
            part = self.shipments[entry.decision][number]
            self.verdict.lost += [f"{entry.decision} ended twice"] if not part else []
            self.held.subtract(part)
            if entry.kind != "confirmed" and part:
                self.loads[self.days[entry.decision], next(iter(part))[1]] -= 1
            self.shipments[entry.decision][number] = Counter()
            self.states[entry.decision][number] = entry.kind

    def _ended_in_part(self, hold: HoldUnits) -> None:
        """Some units ended, or left after their hold had expired."""
        for part in hold.parts:
            units = Counter({(sku, part.node): count for sku, count in part.units})
            self.loads[self.days[hold.decision], part.node] += part.room
            if part.source == "held":
                self.held.subtract(units)
                self.shipments[hold.decision][part.number] -= units
        words = hold.endings.split()
        self.states[hold.decision] = ["held" if word == "-" else word.partition(":")[0] for word in words]


def judge(pointsman: Pointsman, answers: Path, policies: Mapping[str, str], clock: Clock) -> Verdict:
    """Read the log and compare it with what the callers wrote down in the folder `answers`."""
=======
>>>>>>> life-soak
    verdict = Verdict()
    log = LogState(policies=policies, clock=clock, verdict=verdict)
    for entry in decision_log.entries(pointsman._client, pointsman._keys):
        log.add(entry)
    _compare_journals(pointsman, log, journals)
    _compare_orders(pointsman, log)
    waiting = {place.entry.decision for place in pointsman.backlog.page(limit=1_000_000).places}
    verdict.lost += [f"waiting {name}" for name in sorted(waiting ^ log.waiting)]
    audit = pointsman.check()
    verdict.drifts = [str(drift) for drift in audit.drifts]
    verdict.held = audit.held
    verdict.lost += [] if log.held.total() == audit.held else [f"{log.held.total()} units held by the log"]
    return verdict


def leaked(pointsman: Pointsman) -> int:
    """Units that are held, and holds that there are, after all holds have expired."""
    return pointsman.check().held + len(list(pointsman._client.scan(pointsman._keys.hold_prefix)))


def _compare_orders(pointsman: Pointsman, log: LogState) -> None:
    after: OrderPlace | None = None
    shown = 0
    while True:
        page = pointsman.orders.list(OrderFilter(), after=after, limit=_A_PAGE)
        for state in page.orders:
            shown += 1
            log.verdict.astray += log.orders.differences(state)
        after = page.after
        if after is None:
            break
    log.verdict.orders = shown
    log.verdict.astray += [] if shown == len(log.orders.firsts) else [f"{shown} of {len(log.orders.firsts)} orders"]


def _compare_journals(pointsman: Pointsman, log: LogState, journals: Path) -> None:
    verdict, expected = log.verdict, Effects()
    newest: defaultdict[tuple[str, str], int] = defaultdict(int)
    for journal in sorted(journals.glob("*.journal")):
        asked: dict[str, Request] = {}
        for kind, name, content in lines_of(journal):
            if kind == "asked":
                asked[name] = content
            elif kind == "decided":
                verdict.answers += 1
                verdict.lost += [] if log.bodies.get(name) == content else [f"decision {name}"]
            else:
                request = asked.pop(name)
                verdict.calls[request["call"], content is not None] += 1
                expected.expect(request, content)
                verdict.lost += [] if _is_logged(log, request, content) else [f"{request} {content}"]
                if request["call"] == "count" and content:
                    position = request["sku"], request["node"]
                    newest[position] = max(newest[position], request["stamp"])
        verdict.lost += [f"never answered: {request}" for request in asked.values()]
    verdict.lost += expected.differences(log.effects)
    for (sku, node), number in newest.items():
        stamp = pointsman._client.redis.hget(pointsman._keys.stamp(sku), node)
        if stamp is None or int(stamp.split()[1]) < number:
            verdict.lost.append(f"count {number} of {sku} at {node}")


def _is_logged(log: LogState, request: Request, answer: Any) -> bool:
    """Whether the log has the answer that a caller got, as far as effects.py doesn't tell."""
    match request["call"]:
        case "extend" if answer:
            decision = request["decision"]
            return log.until.get(decision, 0) >= answer or not sum(map(len, log.shipments[decision]))
        case "move":
            return log.moved.get(request["op"]) == answer
        case "wake" if answer:
            return (request["node"], request["op"]) in log.woken
    return True
