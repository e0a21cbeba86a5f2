"""The state that the ledger should have after an entry of the log, as it is stored: a later check begins with it, and
need not read the log from its beginning.
"""

import zlib
from array import array
from collections import Counter
from dataclasses import replace
from typing import Any, Self, TypeAlias

import msgspec

from engine.model.facts import NodeRest
from engine.store.flows.receipt_texts import parse, text_of
from engine.store.flows.stored_return import StoredReturn
from engine.store.fulfilment.stored_tracking import TrackedState
from engine.store.log.entry import EntryId
from engine.store.reconcile.expected_state import (
    DayLoads,
    ExpectedHold,
    ExpectedOrder,
    FloorBreach,
    Moves,
    PeriodUnits,
    PositionKey,
)
from engine.store.reconcile.flows.expected_receipts import ExpectedReceipts
from engine.store.reconcile.log_replay import LogReplay

FORM = 5
"""Rises when what is stored means something else, or the replay does: what was stored before is then found anew."""
Units: TypeAlias = dict[str, dict[str, int]]
"""By SKU and node, or place of a lot."""


class _Day(msgspec.Struct, frozen=True, array_like=True):
    amounts: dict[str, int]
    added: int


class _Period(msgspec.Struct, frozen=True, array_like=True):
    units: dict[str, int]
    kept_until: int | None


class StoredReplay(msgspec.Struct, frozen=True, kw_only=True):
    """A replay after the entry `end`, as LogReplay has it, without what was compared with the server: of that, how many
    decisions the index of the log has (`indexed`), and how many endings were stored (`endings`).
    """

    zone: str
    end: EntryId
    indexed: int
    endings: int
    holds: dict[str, ExpectedHold]
    open_holds: dict[str, int]
    resting: dict[str, NodeRest]
    shipped: int
    ended_early: int
    decisions: int
    held: Units
    blocked: Units
    quarantine: Units
    returns: list[StoredReturn]
    promised_from: Units
    oversold: Units
    breaches: list[FloorBreach]
    confirmed: int
    moves: dict[str, dict[str, bytes]]
    orders: dict[str, ExpectedOrder]
    """Without the orders as amended, which have personal values: these are read again from the log."""
    amended_by: dict[str, tuple[EntryId, ...]]
    cancelled: dict[str, dict[str, int]]
    unplaced: dict[str, int]
    waiting: dict[str, tuple[str, int]]
    days: dict[str, _Day]
    weights: dict[str, dict[str, int]]
    taken: dict[str, _Period]
    later: dict[str, tuple[int, ...]]
    unbacked: Units
    receipts: dict[str, tuple[str, str]]
    """By id, its SKU and its text."""
    pegs: dict[str, dict[str, tuple[int, str]]]
    arriving: dict[str, int]
    at_risk: dict[str, dict[str, Any]]
    open_transfers: dict[str, str]
    ended_transfers: dict[str, str]
    tracking: dict[str, str]
    """By shipment, as `Keys.tracking_states` has them."""
    on_time: dict[str, int]
    shipments: dict[str, str]
    manifests: dict[str, str]
    serials: dict[str, int]
    tracking_serials: dict[str, int]

    @classmethod
    def of(cls, replay: LogReplay, *, indexed: int, endings: int) -> Self:
        stock, orders, loads = replay.stock, replay.orders, replay.loads
        moves: dict[str, dict[str, bytes]] = {}
        for (sku, place), moved in stock.moves.items():
            moves.setdefault(sku, {})[place] = moved.words.tobytes()
        receipts = replay.receipts
        pegs: dict[str, dict[str, tuple[int, str]]] = {}
        for (sku, peg), units_and_rank in receipts.pegs.items():
            pegs.setdefault(sku, {})[peg] = units_and_rank
        return cls(
            zone=replay.zone,
            end=replay.end,
            indexed=indexed,
            endings=endings,
            holds=replay.holds,
            open_holds=dict(replay.open_holds),
            resting=replay.resting,
            shipped=replay.shipped,
            ended_early=replay.ended_early,
            decisions=replay.decisions,
            held=_by_sku(stock.held),
            blocked=_by_sku(stock.blocked),
            quarantine=_by_sku(stock.quarantine),
            returns=list(replay.returns.by_id.values()),
            promised_from=_by_sku(stock.promised_from),
            oversold=_by_sku(stock.oversold),
            breaches=stock.breaches,
            confirmed=stock.confirmed,
            moves=moves,
            orders={name: replace(order, amended=None) for name, order in orders.by_id.items()},
            amended_by=orders.amended_by,
            cancelled={order: dict(units) for order, units in orders.cancelled.items()},
            unplaced=orders.unplaced,
            waiting=orders.waiting,
            days={name: _Day(dict(day.amounts), day.added) for name, day in loads.days.items()},
            weights={decision: dict(grams) for decision, grams in loads.weights.items()},
            taken={name: _Period(dict(one.units), one.kept_until) for name, one in replay.allotments.taken.items()},
            later=replay.later,
            unbacked=_by_sku(stock.unbacked),
            receipts={name: (one.receipt.sku, text_of(one)) for name, one in receipts.by_id.items()},
            pegs=pegs,
            arriving=receipts.arriving,
            at_risk=receipts.at_risk,
            open_transfers=replay.transfers.open,
            ended_transfers=replay.transfers.ended,
            tracking={name: state.text for name, state in replay.tracking.states.items()},
            on_time=dict(replay.tracking.on_time),
            shipments=replay.parcels.shipments,
            manifests=replay.parcels.manifests,
            serials=replay.parcels.serials,
            tracking_serials=replay.parcels.tracking_serials,
        )

    def replay(self) -> LogReplay:
        """A replay that goes on after that entry, once `restore_amended` of its orders was called."""
        replay = LogReplay(zone=self.zone, end=self.end)
        replay.holds.update(self.holds)
        replay.open_holds.update(self.open_holds)
        replay.resting.update(self.resting)
        replay.later.update(self.later)
        replay.shipped, replay.decisions, replay.ended_early = self.shipped, self.decisions, self.ended_early
        stock, orders, loads = replay.stock, replay.orders, replay.loads
        for units, stored in (
            (stock.held, self.held),
            (stock.blocked, self.blocked),
            (stock.quarantine, self.quarantine),
            (stock.promised_from, self.promised_from),
            (stock.oversold, self.oversold),
            (stock.unbacked, self.unbacked),
        ):
            units.update(_by_position(stored))
        for stored_return in self.returns:
            replay.returns.put(stored_return)
        stock.breaches.extend(self.breaches)
        stock.confirmed = self.confirmed
        for sku, places in self.moves.items():
            for place, words in places.items():
                stock.moves[sku, place] = Moves(array("q", words))
        orders.by_id.update(self.orders)
        orders.amended_by.update(self.amended_by)
        orders.cancelled.update({order: Counter(units) for order, units in self.cancelled.items()})
        orders.unplaced.update(self.unplaced)
        orders.waiting.update(self.waiting)
        for name, day in self.days.items():
            loads.days[name] = DayLoads(amounts=Counter(day.amounts), added=day.added)
        loads.weights.update(self.weights)
        for name, one in self.taken.items():
            replay.allotments.taken[name] = PeriodUnits(units=Counter(one.units), kept_until=one.kept_until)
        self._restore_receipts(replay.receipts)
        replay.transfers.open.update(self.open_transfers)
        replay.transfers.ended.update(self.ended_transfers)
        replay.tracking.states.update({name: TrackedState.parse(text) for name, text in self.tracking.items()})
        replay.tracking.on_time.update(self.on_time)
        replay.parcels.restore(self.shipments, self.manifests, self.serials, self.tracking_serials)
        return replay

    def _restore_receipts(self, receipts: ExpectedReceipts) -> None:
        receipts.by_id.update({name: parse(name, sku, text.encode()) for name, (sku, text) in self.receipts.items()})
        for sku, pegs in self.pegs.items():
            for peg, units_and_rank in pegs.items():
                receipts.set_peg((sku, peg), *units_and_rank)
        receipts.arriving.update(self.arriving)
        receipts.at_risk.update(self.at_risk)

    def encode(self) -> bytes:
        return zlib.compress(_ENCODER.encode(self), 1)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises ValueError, zlib.error if it can't be read, as that of another release."""
        return msgspec.msgpack.decode(zlib.decompress(body), type=cls)


# a rest's reasons may be any mapping, and msgspec encodes dicts
_ENCODER = msgspec.msgpack.Encoder(enc_hook=dict)


def _by_sku(units: "dict[PositionKey, int] | Counter[PositionKey]") -> Units:
    by_sku: Units = {}
    for (sku, place), count in units.items():
        by_sku.setdefault(sku, {})[place] = count
    return by_sku


def _by_position(units: Units) -> dict[PositionKey, int]:
    return {(sku, place): count for sku, places in units.items() for place, count in places.items()}
