"""The offers of free units to orders that wait, as they are stored; `Keys.offers` says what one is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import orjson

from engine.decide.decision import Unfilled
from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_notes import shipment_of
from engine.store.keys import Keys
from engine.store.script_keys import NEXT_OFFER, NOTE_OFFER, RANK_BACKLOG, WAKE_BACKLOG

_WOKEN_AT_ONCE = 100
_RANKED_AT_ONCE = 500
_LISTED_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferNote:
    """Why units that were offered to an entry at the instant `at` were of no use to it: what of it would have stayed
    unfilled for which reasons, or a sentence.
    """

    at: int
    unfilled: tuple[Unfilled, ...] = ()
    detail: str = ""
    failed: bool = False
    """Whether the entry could not be decided at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEntry:
    """Who is next to be offered the free units of a SKU. `stamp` is that of the last change of any stock when it was
    read.
    """

    entry: BacklogEntry
    rank: str
    stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPromise:
    """As `NextEntry`, shipment `number` of a decision, whose promise is at risk."""

    decision: str
    number: int
    rank: str
    stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Who was next, and why the units were of no use to it."""

    next: NextEntry | NextPromise
    note: OfferNote


class Offers:
    """The offers of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        # nobody is answered by what these write, and what a failover loses of it is done again
        self._next_offer = client.script("backlog/next_offer", writes=False)
        self._wake_backlog = client.script("backlog/wake", writes=False)
        self._rank_backlog = client.script("backlog/rank", writes=False)
        self._note_offer = client.script("backlog/note_offer", writes=False)

    def open(self) -> list[str]:
        """The SKUs with an open offer; of very many, some at random."""
        start = self._keys.on_hand("")
        with faults():
            names = [name.decode() for name in self._client.redis.hrandfield(self._keys.offers, _LISTED_AT_ONCE) or ()]
        return [name.removeprefix(start) for name in names if name.startswith(start)]

    def next(
        self, sku: str, *, before: str, oversell: int, passed_over: PassedOver | None
    ) -> NextEntry | NextPromise | None:
        """The first to be offered the free units of the SKU, of those that come before the rank `before` (empty: of
        all) and have not been offered them yet; `passed_over` is who was before. The offer is closed once there is
        nobody left, or no free unit, where a place may sell up to `oversell` units more than it has.
        """
        keys = self._keys
        script_keys = NEXT_OFFER.keys(keys, on_hand=keys.on_hand(sku), held=keys.held(sku), receipts=keys.receipts(sku))
        arguments = [before, str(oversell)]
        if passed_over is not None:
            note = msgspec.json.encode(passed_over.note).decode()
            arguments += [_name_of(passed_over.next.rank), passed_over.next.stamp, note]
        with faults():
            answer = self._next_offer(keys=script_keys, args=arguments)
        if not answer:
            return None
        stamp, rank, body = answer[0].decode(), answer[1].decode(), answer[2]
        name = _name_of(rank)
        if " " in name:
            decision, number = shipment_of(name)
            return NextPromise(decision=decision, number=number, rank=rank, stamp=stamp)
        return NextEntry(entry=BacklogEntry.of(name, body), rank=rank, stamp=stamp)

    def skus_of_promises(self) -> list[str]:
        """The SKUs for which shipments wait whose promises are at risk."""
        with faults():
            stored = self._client.redis.hvals(self._keys.promises_waiting)
        return list(dict.fromkeys(sku for text in stored for sku in orjson.loads(text)["skus"]))

    def wake(self, *, now: int) -> None:
        """Let entries be offered stock from now on whose instant has come."""
        script_keys = WAKE_BACKLOG.keys(self._keys)
        with faults():
            while self._wake_backlog(keys=script_keys, args=[now]) == _WOKEN_AT_ONCE:
                pass

    def rank_again(self, ranks: Sequence[tuple[BacklogEntry, str]]) -> None:
        """Give entries another rank."""
        for start in range(0, len(ranks), _RANKED_AT_ONCE):
            batch = ranks[start : start + _RANKED_AT_ONCE]
            arguments: list[str | int | bytes] = [len(batch)]
            for entry, rank in batch:
                arguments += [entry.decision, entry.stored, replace(entry, rank=rank).body]
            with faults():
                self._rank_backlog(keys=RANK_BACKLOG.keys(self._keys), args=arguments)

    def offer_all(self, skus: Iterable[str], *, circumstances: str) -> None:
        """Offer what there is of these SKUs to all that wait for them. `circumstances` is remembered afterwards."""
        names = [self._keys.on_hand(sku) for sku in skus]
        for start in range(0, len(names), _RANKED_AT_ONCE):
            with faults():
                arguments = [0, *names[start : start + _RANKED_AT_ONCE]]
                self._rank_backlog(keys=RANK_BACKLOG.keys(self._keys), args=arguments)
        with faults():
            self._client.redis.hset(self._keys.offers, "circumstances", circumstances)

    def circumstances(self) -> str | None:
        """Those under which all that waits was last offered what there is."""
        with faults():
            text = self._client.redis.hget(self._keys.offers, "circumstances")
        return text.decode() if text else None

    def take_turn(self, milliseconds: int) -> bool:
        """Whether this process is the one that makes open offers for so long; the others need not."""
        with faults():
            return bool(self._client.redis.set(self._keys.offering, "1", nx=True, px=milliseconds))

    def note(self, decision: str, note: OfferNote) -> None:
        """Note of an entry, if it still waits, why stock was of no use to it."""
        with faults():
            self._note_offer(keys=NOTE_OFFER.keys(self._keys), args=[decision, msgspec.json.encode(note)])

    def notes(self, decisions: Sequence[str]) -> Mapping[str, OfferNote]:
        """By decision whose entry waits, why the last offer led to nothing; without those never offered anything."""
        if not decisions:
            return {}
        with faults():
            stored = self._client.redis.hmget(self._keys.offered, decisions)
        notes = ((text or b"").partition(b" ")[2] for text in stored)
        return {
            decision: msgspec.json.decode(note, type=OfferNote)
            for decision, note in zip(decisions, notes, strict=True)
            if note
        }


def _name_of(rank: str) -> str:
    """Who has that rank: as `Keys.waiting` says."""
    return rank.rpartition("\n")[2]
