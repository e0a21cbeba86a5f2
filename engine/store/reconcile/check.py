"""`ledger check`: what is held, what moved, how full each day is, told by the log, against what the ledger says.

First everything is read a batch at a time while the service goes on, and what differs is suspected. Then each suspect
is read at one moment with the end of the log, and the log told up to just there: what differs then has drifted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile import drift as reconcile_drift
from engine.store.reconcile import recheck, scan
from engine.store.reconcile.drift import Drift, Position
from engine.store.reconcile.expected_state import Late, Spot, Suspect
from engine.store.reconcile.hold_endings import Endings
from engine.store.reconcile.log_index import Index
from engine.store.reconcile.log_replay import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The check's figures, in units but for `decisions` and `positions`; clean if nothing drifted.

    `ended` are the units no longer held, `confirmed` those of them that left. `short` are units held beyond what is
    on hand where the source, after they were promised, counted less: told, but no drift.
    """

    decisions: int
    positions: int
    on_hand: int
    shipped: int
    ended: int
    confirmed: int
    held: int
    short: int
    drifts: tuple[Drift, ...]
    torn: bool = False
    """Whether entries of the log are missing or can't be read: it may tell of less than was held."""

    @property
    def clean(self) -> bool:
        return not self.drifts


@dataclass(slots=True, kw_only=True)
class _Sums:
    """What is counted of the positions on the way."""

    positions: int = 0
    on_hand: int = 0
    held: int = 0
    short: int = 0


def check(client: Client, keys: Keys) -> Audit:
    """Every position, hold, day's load and log entry. Nothing is changed, and nobody need wait."""
    return Check(client, keys).audit()


class Check:
    """One check of one network's ledger."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        # before the bases are read: one that is not among them was begun by a later entry, and those are all kept
        self._begun, indexed = scan.end(client, keys, counted=keys.decisions)
        self._names = scan.names(client, keys)
        self.told = Told(bases=dict(scan.bases(client, keys, sorted(self._names.base))), zone=scan.zone(client, keys))
        self._sums = _Sums()
        self._suspected: set[Suspect] = set()
        self._index = Index(client, keys, size=indexed)
        self._endings = Endings(client, keys, self.told)

    def audit(self) -> Audit:
        """Look at everything once, and at what is suspected twice."""
        self._read_log()
        missing = list(self._index.missing())
        for step in (
            self._look_at_holds,
            self._look_at_callers,
            self._look_at_loads,
            self._look_at_rests,
            self._look_at_positions,
        ):
            step()
        self._suspect_what_came_late()
        found = [*self.again(), *missing]
        living = (item for item in self.told.breaches if item.decision in self.told.living)
        found += [reconcile_drift.broken_floor(item) for item in living]
        found += [reconcile_drift.unreadable_entry(f"{major}-{minor}") for major, minor in self.told.unreadable]
        held = self.told.held.total()
        return Audit(
            decisions=self.told.decisions,
            positions=self._sums.positions,
            on_hand=self._sums.on_hand,
            shipped=self.told.shipped,
            ended=self.told.shipped - held,
            confirmed=self.told.confirmed,
            held=self._sums.held,
            short=self._sums.short,
            drifts=tuple(found),
            torn=bool(missing or self.told.unreadable),
        )

    def again(self) -> Iterator[Drift]:
        """What of all that is suspected has drifted, some of it at a time, each time at one moment."""
        for batch in recheck.batches(self._suspected):
            yield from self.at(batch)

    def at(self, suspects: Sequence[Suspect]) -> list[Drift]:
        """What of a batch of suspects has drifted at one moment, up to which the log is then told."""
        moment = recheck.look(self._client, self._keys, suspects)
        self._follow(moment.end)
        return [drift for suspect, said in moment.found.items() for drift in self._judged(suspect, said, moment.millis)]

    def _judged(self, suspect: Suspect, said: Any, millis: int) -> Iterator[Drift]:
        """`said` is what is found of the suspect, by the server's clock at `millis`."""
        keys, told = self._keys, self.told
        match suspect:
            case "holds", name:
                return reconcile_drift.of_hold(keys, told, name, *said)
            case "callers", caller:
                return reconcile_drift.of_caller(keys, told, caller, said)
            case "positions", spot:
                return reconcile_drift.of_position(keys, told, spot, said)
            case "loads", load:
                return reconcile_drift.of_load(keys, told, load, said, millis)
            case "rests", node:
                return reconcile_drift.of_rest(keys, told, node, *said)
            case "index", name:
                return reconcile_drift.of_entry(keys, name, self._index.places[name], said)
            case "endings", name:
                return reconcile_drift.of_ending(keys, told, name, said)

    def _follow(self, end: str) -> None:
        """Let the log tell what came since, up to `end`."""
        if decision_log.place_of(end.encode()) <= self.told.end:
            return
        start = "({}-{}".format(*self.told.end)
        for batch in decision_log.batches(self._client, self._keys, start=start, end=end):
            for raw in batch:
                self.told.add(raw)

    def _suspect_what_came_late(self) -> None:
        """What came and went while all was read may have stood in for what drifted, just when it was looked at."""
        end, size = scan.end(self._client, self._keys, counted=self._keys.endings)
        self._follow(end)
        self._suspected.update(("endings", name) for name in self._endings.suspected(size))
        if self.told.late:
            self._suspected |= self.told.late.changed

    def _read_log(self) -> None:
        """Let the log tell, and compare it with its index and with how holds ended."""
        for batch in decision_log.batches(self._client, self._keys, end=self._begun):
            for raw in batch:
                self.told.add(raw)
            self._index.compare(batch)
            self._endings.compare()
        self._suspected.update(("index", name) for name in self._index.places)
        self.told.late = Late()

    def _look_at_holds(self) -> None:
        until = dict(scan.expiring(self._client, self._keys))
        seen = set()
        for name, fields in scan.hashes(self._client, self._keys.hold, sorted(self._names.hold)):
            seen.add(name)
            if any(reconcile_drift.of_hold(self._keys, self.told, name, scan.texts(fields), until.get(name))):
                self._suspected.add(("holds", name))
        # what is in one place alone
        self._suspected.update(("holds", name) for name in (self.told.living.keys() | until.keys()) - seen)

    def _look_at_callers(self) -> None:
        with faults():
            said = self._client.redis.hgetall(self._keys.open_holds)
        found = {caller.decode(): int(count) for caller, count in said.items()}
        for caller in found.keys() | self.told.callers.keys():
            if found.get(caller, 0) != self.told.callers[caller]:
                self._suspected.add(("callers", caller))

    def _look_at_loads(self) -> None:
        millis = self._client.milliseconds(self._keys.log)
        stored = {
            (day, node): said
            for day, fields in scan.hashes(self._client, self._keys.load, sorted(self._names.load))
            for node, said in scan.texts(fields).items()
        }
        expected = {(name, node) for name, day in self.told.days.items() for node in day.loads}
        for load in stored.keys() | expected:
            if any(reconcile_drift.of_load(self._keys, self.told, load, stored.get(load), millis)):
                self._suspected.add(("loads", load))

    def _look_at_rests(self) -> None:
        found, latest = scan.resting(self._client, self._keys)
        for node in found.keys() | self.told.resting.keys():
            if any(reconcile_drift.of_rest(self._keys, self.told, node, found.get(node), latest)):
                self._suspected.add(("rests", node))

    def _look_at_positions(self) -> None:
        """Units on hand may be of a million positions: of them, only those that somebody holds or moved are kept."""
        held = dict(self._held())
        self._sums.held = sum(held.values())
        wanted = held.keys() | self.told.held.keys() | self.told.bases.keys()
        on_hand: dict[Spot, int] = {}
        for sku, fields in scan.hashes(self._client, self._keys.on_hand, sorted(self._names.on_hand)):
            self._sums.positions += len(fields)
            self._sums.on_hand += sum(map(int, fields.values()))
            on_hand.update(_those(sku, fields, wanted))
        for spot in wanted:
            found = Position(on_hand=on_hand.get(spot, 0), held=held.get(spot, 0), base=self.told.bases.get(spot))
            self._sums.short += reconcile_drift.short(self.told, spot, found)
            if any(reconcile_drift.of_position(self._keys, self.told, spot, found)):
                self._suspected.add(("positions", spot))

    def _held(self) -> Iterator[tuple[Spot, int]]:
        for sku, fields in scan.hashes(self._client, self._keys.held, sorted(self._names.held)):
            yield from (((sku, node.decode()), int(units)) for node, units in fields.items())


def _those(sku: str, fields: scan.Fields, wanted: Mapping[Spot, object] | set[Spot]) -> Iterator[tuple[Spot, int]]:
    for node, units in fields.items() if wanted else ():
        spot = sku, node.decode()
        if spot in wanted:
            yield spot, int(units)
