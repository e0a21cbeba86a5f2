"""`ledger check`: compares the ledger (units held, units that moved, loads of each day, and so on) with the log.

First everything is read, a batch at a time, while the service goes on; whatever differs is a suspect. Then the suspects
are read again, at one moment together with the end of the log, and the log is replayed to exactly there: what differs
still has drifted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from engine.model.lots import TAB
from engine.store.audit.seal_check import SealCheck
from engine.store.connection.client import Client, faults
from engine.store.connection.hashes import Fields, read_hashes
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import EntryId
from engine.store.log.stored_entry import RawEntry, is_amendment, parse_entry, parse_entry_id
from engine.store.reconcile import recheck, scan
from engine.store.reconcile.damage import DAMAGE, damaged_places
from engine.store.reconcile.drift import (
    Drift,
    SuspectPosition,
    caller_drifts,
    cancelled_drifts,
    ending_drifts,
    floor_breach,
    hold_drifts,
    index_drifts,
    load_drifts,
    order_drifts,
    position_drifts,
    rest_drifts,
    taken_drifts,
    units_in_two_states,
    units_short,
    unreadable_entry,
)
from engine.store.reconcile.expected_state import NO_RECEIPT, PositionKey, Suspect, SuspectKind
from engine.store.reconcile.flows.lookahead_drifts import lookahead_drifts
from engine.store.reconcile.flows.receipt_drifts import (
    open_receipts_drifts,
    peg_drifts,
    receipt_drifts,
    risk_drifts,
)
from engine.store.reconcile.flows.return_drifts import order_return_drifts, return_drifts
from engine.store.reconcile.flows.transfer_drifts import transfer_drifts
from engine.store.reconcile.fulfilment.parcel_drifts import expected_fields, parcel_drifts
from engine.store.reconcile.fulfilment.parcel_hashes import PARCEL_HASHES
from engine.store.reconcile.fulfilment.tracking_drifts import on_time_drifts, tracking_drifts
from engine.store.reconcile.hold_endings import EndingsComparison
from engine.store.reconcile.log_index import IndexComparison
from engine.store.reconcile.log_replay import LogReplay
from engine.store.reconcile.order_index import suspected_orders
from engine.store.reconcile.stored_replay import StoredReplay
from engine.store.reconcile.waiting_index import suspects, waiting_drifts
from engine.store.search_index.comparison import SearchComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a check found, in units except for `decisions`, `orders` and `positions`.

    `shipped` are the units of all shipments that were ever decided, `ended` those of them that are no longer held or
    promised, and `confirmed` those of these that left. `set_aside` are those of `held` that are held for decisions that
    are still being made, by the log. `short` are units held beyond those on hand because the source counted less after
    they were promised: reported, but no drift. `blocked` are there beside those on hand, and may not be sold; so are
    those in `quarantine`, which came back.
    """

    decisions: int = 0
    orders: int = 0
    positions: int = 0
    on_hand: int = 0
    shipped: int = 0
    ended: int = 0
    confirmed: int = 0
    held: int = 0
    set_aside: int = 0
    short: int = 0
    blocked: int = 0
    quarantine: int = 0
    promised: int = 0
    """Units of holds that stand on what is to come. They are none of `held`."""
    ended_early: int = 0
    """Holds that a wrong clock ended before their time by the server's. Reported, but no drift: their units are free,
    by the log, too.
    """
    drifts: tuple[Drift, ...] = ()
    log_damaged: bool = False
    """Whether entries of the log are missing or can't be read, so that more may be held than the log says."""
    compared: bool = True
    """False if the ledger could not be compared with the log, as what is stored of it can't be read."""
    since: str = ""
    """The sealed entry after which the log was read; empty: from its beginning."""
    seal: SealCheck | None = None
    """How the log compares with what was sealed of it; None if it was not compared."""

    @property
    def clean(self) -> bool:
        return not self.drifts and self.seal_intact

    @property
    def seal_intact(self) -> bool:
        return self.seal is None or not self.seal.findings


@dataclass(slots=True, kw_only=True)
class _Totals:
    """Sums over all positions."""

    positions: int = 0
    on_hand: int = 0
    held: int = 0
    short: int = 0
    blocked: int = 0
    quarantine: int = 0


def check(
    client: Client, keys: Keys, *, start: StoredReplay | None = None, keep_at: EntryId | None = None
) -> tuple[Audit, bytes | None]:
    """Check every position, hold, load and log entry, of the log those after `start`. Nothing is changed, and the
    service need not wait. With `keep_at`, also what a later check may start with, if all is so up to that entry.
    """
    try:
        checked = Check(client, keys, start=start, keep_at=keep_at)
        return checked.audit(), checked.kept
    except DAMAGE as error:
        return unreadable(client, keys, error), None


def unreadable(client: Client, keys: Keys, error: Exception) -> Audit:
    """What is said of a ledger that can't be compared with the log, as something in it can't be read."""
    return Audit(drifts=damaged_places(client, keys, error), log_damaged=True, compared=False)


_COMPARE: Mapping[SuspectKind, Callable[..., Iterator[Drift]]] = {
    "holds": hold_drifts,
    "callers": caller_drifts,
    "positions": position_drifts,
    "rests": rest_drifts,
    "orders": order_drifts,
    "cancelled": cancelled_drifts,
    "endings": ending_drifts,
    "returns": return_drifts,
    "order_returns": order_return_drifts,
    "receipts": receipt_drifts,
    "open_receipts": open_receipts_drifts,
    "pegs": peg_drifts,
    "at_risk": risk_drifts,
    "transfers": transfer_drifts,
    "tracking": tracking_drifts,
}
"""What compares the state of a suspect with the log, where nothing but the keys and the log is needed for it."""


class Check:
    """One check of one network's ledger."""

    def __init__(
        self, client: Client, keys: Keys, *, start: StoredReplay | None = None, keep_at: EntryId | None = None
    ) -> None:
        """`start` is what an earlier check kept. What this one finds after the entry `keep_at` is kept in `kept`, as it
        is stored, unless something differs by then.
        """
        self._client = client
        self._keys = keys
        self._keep_at = keep_at
        self.kept: bytes | None = None
        self._begun, indexed = scan.log_end(client, keys, counted=keys.decisions)
        self._names = scan.names(client, keys)
        self.replay = LogReplay(zone=scan.zone(client, keys)) if start is None else start.replay()
        self._totals = _Totals()
        self._suspected: set[Suspect] = set()
        before = (start.indexed, start.endings) if start else (0, 0)
        self._index = IndexComparison(client, keys, size=indexed, equal=before[0])
        self._endings = EndingsComparison(client, keys, self.replay, stored=before[1])
        self._search = SearchComparison(client, keys)

    def audit(self) -> Audit:
        """Read everything once, and suspects twice."""
        self._read_log()
        missing = list(self._index.missing())
        for step in (
            self._compare_holds,
            self._compare_callers,
            self._compare_loads,
            self._compare_taken,
            self._compare_rests,
            self._compare_orders,
            self._compare_returns,
            self._compare_positions,
            self._compare_backlog,
            self._compare_receipts,
            self._compare_transfers,
            self._compare_tracking,
            self._compare_parcels,
        ):
            step()
        self._suspect_what_changed_late()
        drifts = [*self.recheck_all(), *missing]
        still_held = (breach for breach in self.replay.stock.breaches if breach.decision in self.replay.holds)
        drifts += [floor_breach(breach) for breach in still_held]
        drifts += [units_in_two_states(first, -left) for first, left in self.replay.orders.unplaced.items() if left < 0]
        drifts += [unreadable_entry(f"{millis}-{number}") for millis, number in self.replay.unreadable]
        drifts += lookahead_drifts(self._client, self._keys)
        held = sum(_of_positions(self.replay.stock.held).values()) - self.replay.set_aside
        promised = self.replay.receipts.promised.total()
        return Audit(
            decisions=self.replay.decisions,
            orders=len(self.replay.orders.by_id),
            positions=self._totals.positions,
            on_hand=self._totals.on_hand,
            shipped=self.replay.shipped,
            ended=self.replay.shipped - held - promised,
            confirmed=self.replay.stock.confirmed,
            held=self._totals.held,
            set_aside=self.replay.set_aside,
            short=self._totals.short,
            blocked=self._totals.blocked,
            quarantine=self._totals.quarantine,
            promised=promised,
            ended_early=self.replay.ended_early,
            drifts=tuple(drifts),
            log_damaged=bool(missing or self.replay.unreadable),
        )

    def recheck_all(self) -> Iterator[Drift]:
        """The suspects that have drifted. They are read again in batches, each batch at one moment."""
        for batch in recheck.batches(self._suspected):
            yield from self.recheck(batch)

    def recheck(self, suspects: Sequence[Suspect]) -> list[Drift]:
        """Those of a batch of suspects that have drifted; all are read at one moment, to which the log is replayed."""
        moment = recheck.read(self._client, self._keys, suspects)
        self._replay_to(moment.end)
        return [
            drift for suspect, state in moment.states.items() for drift in self._drifts(suspect, state, moment.millis)
        ]

    def _drifts(self, suspect: Suspect, state: Any, millis: int) -> Iterator[Drift]:
        """Compare the state of a suspect, as `LogMoment` has it, with the log. `millis` is the server's clock."""
        keys, replay = self._keys, self.replay
        kind, name = suspect
        match kind:
            case "loads":
                return load_drifts(keys, replay, name, state, millis)
            case "taken":
                return taken_drifts(keys, replay, name, state, millis)
            case "on_time":
                return on_time_drifts(keys, replay, name, state, millis)
            case "waiting" | "search_index":
                return waiting_drifts(keys, name, state) if kind == "waiting" else self._search.drifts(name, state)
            case "index":
                return index_drifts(keys, name, self._index.wrong[name], state)
            case kind if kind in PARCEL_HASHES:
                return parcel_drifts(keys, replay, kind, name, state)
            case "holds" | "rests" | "orders" | "returns":
                return _COMPARE[kind](keys, replay, name, *state)
            case _:
                return _COMPARE[kind](keys, replay, name, state)

    def _replay_to(self, end: str) -> None:
        """Replay the entries that came since, up to `end`."""
        if parse_entry_id(end.encode()) <= self.replay.end:
            return
        start = "({}-{}".format(*self.replay.end)
        for batch in decision_log.batches(self._client, self._keys, start=start, end=end):
            self._replay(batch)

    def _replay(self, batch: Sequence[RawEntry]) -> None:
        amendments = [raw for raw in batch if is_amendment(raw[1])]
        secrets = decision_log.secrets_of(self._client, self._keys, amendments)
        for raw in batch:
            self.replay.add(raw, secrets)

    def _suspect_what_changed_late(self) -> None:
        """Suspect whatever changed while everything was read: at the moment when it was read, a change may have made up
        for a drift.
        """
        end, size = scan.log_end(self._client, self._keys, counted=self._keys.endings)
        self._replay_to(end)
        self._suspected.update(("endings", name) for name in self._endings.suspected(size))
        self._suspected.update(("orders", name) for name in suspected_orders(self._client, self._keys, self.replay))
        self._suspected |= self.replay.late.suspects

    def _read_log(self) -> None:
        """Replay the log to where it ended when the check began; compare its index and how holds ended with it."""
        self._restore_amended()
        start = "({}-{}".format(*self.replay.end) if self.replay.end > (0, 0) else "-"
        for batch in decision_log.batches(self._client, self._keys, start=start, end=self._begun):
            for part in self._parted(batch):
                self._replay(part)
                self._index.compare(part)
                self._search.compare(part)
                self._endings.compare()
                if self.replay.end == self._keep_at:
                    self._keep()
        self._suspected.update(("index", name) for name in self._index.wrong)
        self._suspected.update(("search_index", place) for place in self._search.wrong)
        self.replay.late.begun = True

    def _restore_amended(self) -> None:
        """Read again what an earlier check has not kept."""
        sources = [entry for entries in self.replay.orders.amended_by.values() for entry in entries]
        places = ["{}-{}".format(*source).encode() for source in sources]
        raw = decision_log.stored_entries(self._client, self._keys, places) if places else []
        secrets = decision_log.secrets_of(self._client, self._keys, raw)
        entries = (parse_entry(*one, secrets) for one in raw)
        self.replay.orders.restore_amended({entry.id: entry for entry in entries})

    def _parted(self, batch: list[RawEntry]) -> Iterator[list[RawEntry]]:
        """The batch, or what of it is up to the entry after which the state is kept, and the rest."""
        ids = [parse_entry_id(entry_id) for entry_id, _ in batch]
        at = ids.index(self._keep_at) + 1 if self._keep_at in ids else len(batch)
        yield from (part for part in (batch[:at], batch[at:]) if part)

    def _keep(self) -> None:
        """Keep the state as it should be now, if all that was compared is so."""
        replay = self.replay
        if not (self._index.wrong or self._search.wrong or replay.ended or replay.unreadable):
            stored = StoredReplay.of(replay, indexed=self._index.equal, endings=self._endings.stored)
            self.kept = stored.encode()

    def _compare_holds(self) -> None:
        until = dict(scan.expiring(self._client, self._keys))
        seen = set()
        for name, fields in read_hashes(self._client, self._keys.hold, sorted(self._names.hold)):
            seen.add(name)
            if any(hold_drifts(self._keys, self.replay, name, scan.decode_fields(fields), until.get(name))):
                self._suspected.add(("holds", name))
        # holds that only the log has, or that are only to expire
        self._suspected.update(("holds", name) for name in (self.replay.holds.keys() | until.keys()) - seen)

    def _compare_callers(self) -> None:
        with faults():
            fields = self._client.redis.hgetall(self._keys.open_holds)
        stored = {caller.decode(): int(count) for caller, count in fields.items()}
        for caller in stored.keys() | self.replay.open_holds.keys():
            if stored.get(caller, 0) != self.replay.open_holds[caller]:
                self._suspected.add(("callers", caller))

    def _compare_loads(self) -> None:
        millis = self._client.milliseconds(self._keys.log)
        stored = {
            (date, node): count
            for date, fields in read_hashes(self._client, self._keys.load, sorted(self._names.load))
            for node, count in scan.decode_fields(fields).items()
        }
        expected = {(date, node) for date, day in self.replay.loads.days.items() for node in day.amounts}
        for load in stored.keys() | expected:
            if any(load_drifts(self._keys, self.replay, load, stored.get(load), millis)):
                self._suspected.add(("loads", load))

    def _compare_taken(self) -> None:
        millis = self._client.milliseconds(self._keys.log)
        stored = {
            (name, node): count
            for name, fields in read_hashes(self._client, self._keys.taken_named, sorted(self._names.taken))
            for node, count in scan.decode_fields(fields).items()
        }
        expected = {(name, node) for name, period in self.replay.allotments.taken.items() for node in period.units}
        for taken in stored.keys() | expected:
            if any(taken_drifts(self._keys, self.replay, taken, stored.get(taken), millis)):
                self._suspected.add(("taken", taken))

    def _compare_rests(self) -> None:
        stored, latest = scan.resting(self._client, self._keys)
        for node in stored.keys() | self.replay.resting.keys():
            if any(rest_drifts(self._keys, self.replay, node, stored.get(node), latest)):
                self._suspected.add(("rests", node))

    def _compare_orders(self) -> None:
        replay = self.replay
        orders = sorted(self._names.order | replay.orders.cancelled.keys() | replay.returns.of_order.keys())
        for order, cancelled, returns in scan.units_of_orders(self._client, self._keys, orders):
            if any(cancelled_drifts(self._keys, replay, order, cancelled)):
                self._suspected.add(("cancelled", order))
            if any(order_return_drifts(self._keys, replay, order, returns)):
                self._suspected.add(("order_returns", order))

    def _compare_returns(self) -> None:
        stored, opened = scan.returns(self._client, self._keys)
        for name in stored.keys() | opened.keys() | self.replay.returns.by_id.keys():
            if any(return_drifts(self._keys, self.replay, name, stored.get(name), opened.get(name))):
                self._suspected.add(("returns", name))

    def _compare_backlog(self) -> None:
        self._suspected.update(suspects(self._client, self._keys))

    def _compare_receipts(self) -> None:
        """Receipts, what stands on them, and promises at risk."""
        replay, keys = self.replay.receipts, self._keys
        logged = {name: stored.receipt.sku for name, stored in replay.by_id.items()}
        states = scan.receipts(self._client, keys, sorted(self._names.receipts), logged)
        for receipt in states.keys() | {(sku, name) for name, sku in logged.items()}:
            if any(receipt_drifts(keys, self.replay, receipt, states.get(receipt, NO_RECEIPT))):
                self._suspected.add(("receipts", receipt))
        if any(open_receipts_drifts(keys, self.replay, "", scan.says_receipts_are_open(self._client, keys))):
            self._suspected.add(("open_receipts", ""))
        pegs = {
            (sku, name): text
            for sku, fields in read_hashes(self._client, keys.pegs, sorted(self._names.pegs))
            for name, text in scan.decode_fields(fields).items()
        }
        for peg in pegs.keys() | replay.pegs.keys():
            if any(peg_drifts(keys, self.replay, peg, pegs.get(peg))):
                self._suspected.add(("pegs", peg))
        with faults():
            marks = scan.decode_fields(self._client.redis.hgetall(keys.at_risk))
        for shipment in marks.keys() | replay.at_risk.keys():
            if any(risk_drifts(keys, self.replay, shipment, marks.get(shipment))):
                self._suspected.add(("at_risk", shipment))

    def _compare_transfers(self) -> None:
        states, replay = scan.transfers(self._client, self._keys), self.replay.transfers
        for name in states.keys() | replay.open.keys() | replay.ended.keys():
            if any(transfer_drifts(self._keys, self.replay, name, states.get(name, (None, None, None)))):
                self._suspected.add(("transfers", name))

    def _compare_tracking(self) -> None:
        states, on_time = scan.tracking(self._client, self._keys), scan.on_time(self._client, self._keys)
        replay, nothing = self.replay.tracking, (None, None, None)
        for name in states.keys() | replay.states.keys() | self.replay.parcels.shipments.keys():
            if any(tracking_drifts(self._keys, self.replay, name, states.get(name, nothing))):
                self._suspected.add(("tracking", name))
        millis = self._client.milliseconds(self._keys.log)
        for counted in on_time.keys() | replay.on_time.keys():
            if any(on_time_drifts(self._keys, self.replay, counted, on_time.get(counted), millis)):
                self._suspected.add(("on_time", counted))

    def _compare_parcels(self) -> None:
        for kind in PARCEL_HASHES:
            stored = scan.parcels(self._client, self._keys, kind)
            for name in stored.keys() | expected_fields(self.replay.parcels, kind).keys():
                if any(parcel_drifts(self._keys, self.replay, kind, name, stored.get(name))):
                    self._suspected.add((kind, name))

    def _compare_positions(self) -> None:
        """There may be a million positions with units on hand: only those are kept in memory where units are held or
        moved.
        """
        keys, names = self._keys, self._names
        held, blocked = dict(self._units(keys.held, names.held)), dict(self._units(keys.blocked, names.blocked))
        quarantine = dict(self._units(keys.quarantine, names.quarantine))
        bases = dict(scan.bases(self._client, keys, sorted(names.base)))
        self._totals.held, self._totals.blocked = sum(_of_positions(held).values()), sum(blocked.values())
        self._totals.quarantine = sum(quarantine.values())
        relevant = (
            held.keys()
            | self.replay.stock.held.keys()
            | blocked.keys()
            | self.replay.stock.blocked.keys()
            | quarantine.keys()
            | self.replay.stock.quarantine.keys()
            | bases.keys()
        )
        on_hand: dict[PositionKey, int] = {}
        for sku, fields in read_hashes(self._client, keys.on_hand, sorted(names.on_hand)):
            positions = {node: units for node, units in fields.items() if b"\t" not in node}  # the others are of lots
            self._totals.positions += len(positions)
            self._totals.on_hand += sum(max(0, int(units)) for units in positions.values())
            on_hand.update(_only(relevant, sku, fields))
        for key in relevant:
            position = SuspectPosition(
                on_hand=on_hand.get(key, 0),
                held=held.get(key, 0),
                blocked=blocked.get(key, 0),
                quarantine=quarantine.get(key, 0),
                base=bases.get(key),
            )
            self._totals.short += units_short(self.replay, key, position)
            if any(position_drifts(self._keys, self.replay, key, position)):
                self._suspected.add(("positions", key))

    def _units(self, key: Callable[[str], str], skus: AbstractSet[str]) -> Iterator[tuple[PositionKey, int]]:
        """What is stored by node at the key of each SKU."""
        for sku, fields in read_hashes(self._client, key, sorted(skus)):
            yield from (((sku, node.decode()), int(units)) for node, units in fields.items())


def _of_positions(units: Mapping[PositionKey, int]) -> dict[PositionKey, int]:
    """Without those of lots, which are among those of their positions."""
    return {key: count for key, count in units.items() if TAB not in key[1]}


def _only(relevant: AbstractSet[PositionKey], sku: str, fields: Fields) -> Iterator[tuple[PositionKey, int]]:
    """The units on hand of the positions of `sku` that are relevant."""
    for node, units in fields.items() if relevant else ():
        key = sku, node.decode()
        if key in relevant:
            yield key, int(units)
