"""Answers reads that may be some seconds old from a replica. Nothing is ever written there.

The answer is None, and the caller asks the primary, if there is no replica, or it fails, is too far behind, or has so
many expired holds to leave out that the primary is faster.
"""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store.connection.client import script_text
from engine.store.connection.replica_client import AskPrimary, ReplicaClient
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.holds import hold_of
from engine.store.keys import Keys
from engine.store.ledger import snapshot_sku_keys, stamp_arguments
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry, key_name, parse_entry
from engine.store.personal.order_keys import parse_secret
from engine.store.reading import NO_PERIODS, Reading, reading_of, without_holds
from engine.store.script_keys import REPLICA_SNAPSHOT
from engine.store.stock import SetApart
from engine.store.taken_units import taken_keys
from rules.reserves import Tally

MOST_EXPIRED = 200
"""How many holds whose time has come a read leaves out; the primary, which can end them, is asked if there are more."""
_MOST_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleReading:
    """What a replica has. It may lack what was written in the last `age` seconds: so long ago, at most, by its own
    account, it heard of its primary. `stamps` are those of the facts and of each SKU; None if holds are left out, whose
    end has no stamp yet.
    """

    reading: Reading
    stamps: str | None
    age: int


class Replica:
    """Reads one network's ledger from a replica of the primary at `url`, if there is one. `clock` answers seconds."""

    def __init__(
        self, url: str, *, replica_url: str | None, keys: Keys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = ReplicaClient(url, replica_url=replica_url, key=keys.facts, clock=clock)
        self._keys = keys
        self._script = script_text("replica_snapshot", snapshot="snapshot")

    def close(self) -> None:
        self._client.close()

    def read(
        self,
        skus: Sequence[str],
        *,
        loads: Sequence[str],
        now: int,
        policies_at: int,
        most: int,
        periods: Mapping[Tally, str] = NO_PERIODS,
    ) -> StaleReading | None:
        """As `Ledger.read`, from a replica that heard of its primary within the last `most` seconds; None if there is
        none. Holds whose time has come are left out of it: they can't be ended on a replica.

        The replica first names the expired holds, then answers with their fields and the snapshot at one moment. That
        is asked again if another hold has expired by then.
        """
        with contextlib.suppress(AskPrimary):
            named: list[str] = []
            for _ in range(_MOST_TRIES):
                (names, holds, snapshot), age = self._try_read(
                    named, skus, loads, (now, policies_at), most=most, periods=periods
                )
                expired = [name.decode() for name in names]
                if len(expired) >= MOST_EXPIRED:
                    break
                if set(expired) <= set(named):
                    # a hold that was named may have been extended since, and is not to be left out then
                    pairs = zip(named, holds, strict=True)
                    ended = [hold_of(name, _fields(flat)) for name, flat in pairs if flat and name in expired]
                    reading = reading_of(snapshot[:-1], skus, policies_at, loads, periods)
                    reading = without_holds(reading, FreedStock.of_holds(ended))
                    return StaleReading(reading=reading, stamps=None if ended else snapshot[-1].decode(), age=age)
                named = expired
        return None

    def entry(self, decision: str, *, most: int) -> Entry | None:
        """A decision's entry in the log, which never changes; None if the replica does not have it, or is behind."""
        with contextlib.suppress(AskPrimary):
            entry_id = self._client.ask([("HGET", self._keys.decisions, decision)], max_age=most)[0][0]
            if entry_id:
                stored = self._client.ask([("XRANGE", self._keys.log, entry_id, entry_id)], max_age=most)[0][0]
                return self._parsed(stored[0], most=most) if stored else None
        return None

    def _parsed(self, raw: RawEntry, *, most: int) -> Entry:
        name = key_name(raw[1])
        if name is None:
            return parse_entry(*raw)
        secret = self._client.ask([("HGET", self._keys.order_keys, name)], max_age=most)[0][0]
        return parse_entry(*raw, {name: parse_secret(secret)})

    def set_apart(self, sku: str, *, most: int) -> SetApart | None:
        """The units that are there beside those on hand; None if the replica is behind."""
        keys = self._keys.blocked(sku), self._keys.quarantine(sku), self._keys.receipts(sku)
        with contextlib.suppress(AskPrimary):
            answers, _ = self._client.ask([("HGETALL", key) for key in keys], max_age=most)
            return SetApart.of(sku, *answers)
        return None

    def _try_read(
        self,
        named: Sequence[str],
        skus: Sequence[str],
        loads: Sequence[str],
        instants: Sequence[int],
        *,
        most: int,
        periods: Mapping[Tally, str],
    ) -> tuple[Any, int]:
        keys = self._keys
        script_keys = REPLICA_SNAPSHOT.keys(
            keys,
            ([keys.hold(name)] for name in named),
            ([keys.load(name)] for name in loads),
            snapshot_sku_keys(keys, skus),
            taken_keys(keys, skus, periods.values()),
            idempotency=keys.never_written,
            order=keys.never_written,
            expiring=keys.never_written,
            holds_by_expiry=keys.expiring,
        )
        stamps = stamp_arguments(keys, skus)
        sizes = [len(loads), MOST_EXPIRED, len(named), len(loads), len(skus)]
        arguments = [len(script_keys), *script_keys, *instants, "", *stamps, *sizes]
        return self._client.run_script(self._script, arguments, max_age=most)


def _fields(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """A hash as scripts answer it, its fields and values in turn."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
