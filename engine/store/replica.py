"""Reads that may be some seconds old, answered by a server that follows the primary. Nothing is ever written there.

Of a cluster it is a replica of the network's slot, of what Sentinels watch one of the service's, else the server at
POINTSMAN_REDIS_REPLICA_URL. Where there is none, or it does not answer, is behind, or knows what the primary is better
asked for, the caller asks the primary.
"""

import contextlib
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import LoadBalancingStrategy, RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.retry import Retry

from engine.settings import SEVERAL_SERVERS
from engine.store.connection.client import script_text
from engine.store.connection.connect import connected
from engine.store.connection.shared_client import Shared
from engine.store.decision_log import Entry, entry_of
from engine.store.holds import Hold, hold_of
from engine.store.keys import Keys
from engine.store.ledger import Reading, reading_of, snapshot_keys

ANSWER_SECONDS = 0.5
"""The primary is a better choice than to wait for a replica."""
LEFT_ALONE_SECONDS = 5.0
"""How long one that failed is not asked."""
SILENT_SECONDS = 60
"""After so many a replica takes a primary that says nothing for gone (repl-timeout), and counts from there."""
_MOST_EXPIRED = 200
_MOST_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a replica knows, and how many seconds ago, at most, it heard of its primary, by its own word. What it says
    may have changed there since.
    """

    reading: Reading
    age: int


class Behind(Exception):
    """It is better to ask the primary."""


class NoReplica(RedisError):
    """The server follows nobody, or can't say since when it has heard of nobody."""


class Replica:
    """A replica of the primary at `url`, if there is one: looked for when it is first asked for."""

    def __init__(
        self, url: str, *, replica_url: str | None, keys: Keys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = replica_url or (url if url.startswith(SEVERAL_SERVERS) else None)
        self._keys = keys
        self._clock = clock
        self._script = script_text("replica_snapshot", snapshot="snapshot")
        self._hash = hashlib.sha1(self._script.encode(), usedforsecurity=False).hexdigest()  # as EVALSHA names it
        self._connecting = threading.Lock()
        self._shared: Shared | None = None
        self._left_alone_until = 0.0

    def close(self) -> None:
        """Let go of what is connected, once whoever reads there has done with it; it can be asked again."""
        with self._connecting:
            gone, self._shared = self._shared, None
        if gone is not None:
            gone.let_go()

    def read(self, skus: Sequence[str], *, day: str, now: int, policies_at: int, most: int) -> Seen | None:
        """As `Ledger.read`, from a replica that heard of its primary within the last `most` seconds, with the holds
        whose time has come left out; None if there is no such.
        """
        with contextlib.suppress(Behind), self._answering():
            expired: list[str] = []
            for _ in range(_MOST_LOOKS):
                (found, holds, snapshot), age = self._look(expired, skus, day, (now, policies_at), most)
                told = [name.decode() for name in found]
                if len(told) >= _MOST_EXPIRED:
                    break
                if set(told) <= set(expired):
                    # one that was told before may have been extended since
                    shown = zip(expired, holds, strict=True)
                    ended = [hold_of(name, _fields(flat)) for name, flat in shown if flat and name in told]
                    reading = reading_of(snapshot, skus, policies_at)
                    return Seen(reading=_without(reading, ended, day), age=age)
                expired = told
        return None

    def entry(self, decision: str, *, most: int) -> Entry | None:
        """A decision's entry in the log, which never changes; None if the replica does not have it, or is behind."""
        with contextlib.suppress(Behind), self._answering():
            place = self._asked([("HGET", self._keys.decisions, decision)], most)[0][0]
            found = self._asked([("XRANGE", self._keys.log, place, place)], most)[0][0] if place else []
            return entry_of(*found[0]) if found else None
        return None

    def _look(
        self, expired: Sequence[str], skus: Sequence[str], day: str, instants: Sequence[int], most: int
    ) -> tuple[Any, int]:
        keys = self._keys
        named = snapshot_keys(keys, skus, day=day, expiring=keys.never_written)
        every = [keys.expiring, *map(keys.hold, expired), *named]
        arguments = [len(every), *every, len(expired), _MOST_EXPIRED, *instants]
        try:
            found, age = self._asked([("EVALSHA_RO", self._hash, *arguments)], most)
        except NoScriptError:
            found, age = self._asked([("EVAL_RO", self._script, *arguments)], most)
        return found[0], age

    def _asked(self, commands: Sequence[Sequence[Any]], most: int) -> tuple[list[Any], int]:
        """The answers, and the replica's age as it was just before them. Raises Behind, RedisError."""
        with self._server() as server, server.pipeline(transaction=False) as read:
            read.info("replication")
            for words in commands:
                read.execute_command(*words)
            info, *found = read.execute()
        age = age_of(info)
        if age is None:
            raise NoReplica
        if age > most:
            raise Behind
        return found, age

    @contextlib.contextmanager
    def _server(self) -> Iterator[Any]:
        """One replica; in turns, where there are several."""
        if self._url is None or self._clock() < self._left_alone_until:
            raise Behind
        with self._connecting:
            if self._shared is None:
                self._shared = Shared(_connected(self._url))
            shared = self._shared
            shared.take()
        with shared.taken() as found:
            yield _of_slot(found, self._keys.facts) if isinstance(found, RedisCluster) else found

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """Whatever it fails at is no fault of the caller's: it is left alone for a time, and then looked for anew."""
        try:
            yield
        except (RedisError, RedisClusterException) as error:
            self._left_alone_until = self._clock() + LEFT_ALONE_SECONDS
            self.close()
            raise Behind from error


def _connected(url: str) -> Any:
    return connected(
        url,
        retry=Retry(NoBackoff(), 0),
        reading=True,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )


def age_of(info: Mapping[str, Any]) -> int | None:
    """Seconds since a replica last heard of its primary, rounded up, from its INFO; None if it is none or can't say."""
    if info.get("role") != "slave":
        return None
    if info.get("master_link_status") == "up":
        heard = int(info["master_last_io_seconds_ago"])
        return heard + 1 if heard >= 0 else None
    down = int(info.get("master_link_down_since_seconds", -1))
    return down + SILENT_SECONDS + 1 if down >= 0 else None


def _of_slot(found: Any, key: str) -> Any:
    """Of a cluster, a replica of the slot that `key` is in; or its primary, where it has none."""
    in_turns = LoadBalancingStrategy.ROUND_ROBIN_REPLICAS
    node = found.nodes_manager.get_node_from_slot(found.keyslot(key), load_balancing_strategy=in_turns)
    return found.get_redis_connection(node)


def _without(reading: Reading, ended: Sequence[Hold], day: str) -> Reading:
    """As if these holds had been ended: their units are held no more, and those of `day` have given back the room that
    their shipments took in it.
    """
    gone: Counter[tuple[str, str]] = Counter()
    for part in (part for hold in ended for part in hold.parts):
        for sku, units in part.units:
            gone[sku, part.node] += units
    back = Counter(part.node for hold in ended if hold.day == day for part in hold.parts)
    stock = {
        sku: {node: (on_hand, max(0, held - gone[sku, node])) for node, (on_hand, held) in by_node.items()}
        for sku, by_node in reading.stock.items()
    }
    loads = {node: max(0, load - back[node]) for node, load in reading.loads.items()}
    return replace(reading, stock=stock, loads=loads)


def _fields(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
