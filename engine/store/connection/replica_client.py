"""Sends reads to a replica, and leaves one alone that fails. Of a cluster that is a replica of one slot, of what
Sentinels watch one of the service's, else the server at POINTSMAN_REDIS_REPLICA_URL.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import LoadBalancingStrategy, RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.retry import Retry

from engine.settings import SEVERAL_SERVERS
from engine.store.connection.connect import connect
from engine.store.connection.shared_client import SharedClient

ANSWER_SECONDS = 0.5
"""How long a replica may take to answer; after that it is faster to ask the primary."""
LEFT_ALONE_SECONDS = 5.0
"""How long a replica that failed is not asked again."""
SILENT_SECONDS = 60
"""A replica takes a primary that sends nothing for so long for gone (repl-timeout), and counts the seconds from there.
"""


class AskPrimary(Exception):
    """There is no replica, or it failed, or is further behind than is allowed: ask the primary."""


class _NoReplica(RedisError):
    """The server is a primary, or can't say how long ago it heard of its own."""


class ReplicaClient:
    """Asks a replica of the primary at `url`, if there is one; it connects when it is first asked.

    In a cluster it asks a replica of the slot that `key` is in. `clock` answers seconds.
    """

    def __init__(
        self, url: str, *, replica_url: str | None, key: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = replica_url or (url if url.startswith(SEVERAL_SERVERS) else None)
        self._key = key
        self._clock = clock
        self._connecting = threading.Lock()
        self._shared: SharedClient | None = None
        self._left_alone_until = 0.0

    def close(self) -> None:
        """Close the connections once those who read there are done; if it is asked again, it connects again."""
        with self._connecting:
            shared, self._shared = self._shared, None
        if shared is not None:
            shared.release()

    def ask(self, commands: Sequence[Sequence[Any]], *, max_age: int) -> tuple[list[Any], int]:
        """The replies, and how many seconds ago, at most, the replica had heard of its primary just before them.
        Raises AskPrimary, also where that is more than `max_age`.
        """
        with self._leave_alone_if_it_fails():
            return self._ask(commands, max_age)

    def run_script(self, script: str, arguments: Sequence[Any], *, max_age: int) -> tuple[Any, int]:
        """As `ask`, for one script that only reads; `arguments` begin with the number of keys and the keys."""
        digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()  # as EVALSHA names it
        with self._leave_alone_if_it_fails():
            try:
                replies, age = self._ask([("EVALSHA_RO", digest, *arguments)], max_age)
            except NoScriptError:
                replies, age = self._ask([("EVAL_RO", script, *arguments)], max_age)
        return replies[0], age

    def _ask(self, commands: Sequence[Sequence[Any]], max_age: int) -> tuple[list[Any], int]:
        with self._server() as server, server.pipeline(transaction=False) as read:
            read.info("replication")
            for words in commands:
                read.execute_command(*words)
            info, *replies = read.execute()
        age = age_of(info)
        if age is None:
            raise _NoReplica
        if age > max_age:
            raise AskPrimary
        return replies, age

    @contextlib.contextmanager
    def _server(self) -> Iterator[Any]:
        """A client of one replica; of several, each in turn."""
        if self._url is None or self._clock() < self._left_alone_until:
            raise AskPrimary
        with self._connecting:
            if self._shared is None:
                self._shared = SharedClient(_connect(self._url))
            shared = self._shared
            shared.acquire()
        with shared.released_after() as client:
            yield _of_slot(client, self._key) if isinstance(client, RedisCluster) else client

    @contextlib.contextmanager
    def _leave_alone_if_it_fails(self) -> Iterator[None]:
        """A replica that fails is no error for the caller, who can ask the primary. It is not asked for a while, and
        connected to again after that.
        """
        try:
            yield
        except (RedisError, RedisClusterException) as error:
            self._left_alone_until = self._clock() + LEFT_ALONE_SECONDS
            self.close()
            raise AskPrimary from error


def age_of(info: Mapping[str, Any]) -> int | None:
    """From a replica's INFO, how many seconds ago it heard of its primary, rounded up; None if it is no replica or
    can't say.
    """
    if info.get("role") != "slave":
        return None
    if info.get("master_link_status") == "up":
        silent = int(info["master_last_io_seconds_ago"])
        return silent + 1 if silent >= 0 else None
    down = int(info.get("master_link_down_since_seconds", -1))
    return down + SILENT_SECONDS + 1 if down >= 0 else None


def _connect(url: str) -> Any:
    return connect(
        url,
        retry=Retry(NoBackoff(), 0),
        reading=True,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )


def _of_slot(client: Any, key: str) -> Any:
    """Of a cluster, a client of a replica of the slot that `key` is in; of its primary, if it has no replica."""
    in_turns = LoadBalancingStrategy.ROUND_ROBIN_REPLICAS
    node = client.nodes_manager.get_node_from_slot(client.keyslot(key), load_balancing_strategy=in_turns)
    return client.get_redis_connection(node)
