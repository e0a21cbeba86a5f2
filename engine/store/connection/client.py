"""The client through which the store reaches the server: scripts, retries, replicas. It turns redis-py's errors into
StoreUnavailable.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ClusterError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from engine.actor import signature
from engine.errors import NotReplicated, StoreUnavailable
from engine.store.connection.connect import connect
from engine.store.connection.server_clock import ServerClock
from engine.store.keys import INSTALLATION, Keys
from engine.store.script_keys import LAYOUTS

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
RETRIES = 2
"""How often redis-py sends a command again by itself; commit.lua recognises a decision that is sent twice by its id. A
server that hangs is given up after six seconds.
"""
READY_SECONDS = 1.5
"""How long the server may take to answer a readiness check: load balancers ask often, and do not wait long."""
REPLICA_MILLISECONDS = 1_000
"""How long replicas may take to confirm a write. Less than ANSWER_SECONDS."""
FOLLOWED_MILLISECONDS = 300
"""How long they may take to say that they are there."""
SCRIPTS = Path(__file__).parents[1] / "scripts"
_SCAN_COUNT = 1_000
_SIGNATURE = """\
local signature = {}
for place = tonumber(table.remove(ARGV)), 1, -1 do
  signature[place] = table.remove(ARGV)
end
local function signed(fields)
  for _, part in ipairs(signature) do
    fields[#fields + 1] = part
  end
  return fields
end
"""
"""Begins each script that writes to the log: `signature` are the fields of an entry that say who acts, through what,
from where and by which request (see engine/actor.py), and `signed` adds them to others.
"""

_T = TypeVar("_T")


class Client:
    """A client of the server; answers are bytes. Make it in the process that uses it, after any fork."""

    def __init__(
        self,
        url: str,
        *,
        replicas: int = 0,
        revive: Callable[[], bool] = lambda: False,
        archive: Path | None = None,
        clock_key: str = Keys(INSTALLATION).facts,
    ) -> None:
        """`replicas` is how many replicas must have a write before it is answered. `revive` starts the embedded server
        again if it has died, and returns False for any other server. `archive` is the folder in which entries are that
        are not on the server any more; None: the one they were written into. Of several servers, the one that has
        `clock_key` is the one whose clock counts.
        """
        self.archive = archive
        self._url = url
        self._replicas = replicas
        self._revive = revive
        # Any: redis-py's own types leave open whether an answer is bytes, text or None
        with faults():
            self.redis: Any = connect(
                url,
                retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), RETRIES),
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
            )
        self._cluster = isinstance(self.redis, RedisCluster)
        self.clock = ServerClock(lambda: self._micros(clock_key) / 1_000_000)
        """Scripts are refused with ClockOff while this process's clock is too far from it."""

    def script(self, name: str, *, writes: bool = True, **parts: str) -> Any:
        """A Lua script of engine/store/scripts as a function of `keys` and `args`. It is sent by its hash, or whole if
        the server does not have it. One that writes answers once enough replicas have what it wrote. `parts` are other
        scripts that it calls as functions, by the name that it calls them.
        """
        script = self.redis.register_script(script_text(name, **parts))
        if LAYOUTS[name].logs:
            script = functools.partial(_signed, script)
        if writes and self._replicas:
            script = functools.partial(self._replicated, script)
        return functools.partial(self._in_time, script)

    def _in_time(self, script: Any, *, keys: Sequence[str], args: Sequence[Any], client: Any = None) -> Any:
        self.clock.verify()
        return script(keys=keys, args=args, client=client)

    def _replicated(self, script: Any, *, keys: Sequence[str], args: Sequence[Any], client: Any = None) -> Any:
        if (
            client is not None
        ):  # one of several in a pipeline, which waits for all of them if anybody is answered by a result
            return script(keys=keys, args=args, client=client)
        with self.one_connection(keys[0]) as pipe:
            script(keys=keys, args=args, client=pipe)
            (answer,) = self._once_replicated(pipe)
            return answer

    def run_together(self, script: Any, calls: Sequence[tuple[Sequence[str], Sequence[Any]]]) -> list[Any]:
        """What a script that writes answers to each of these `keys` and `args`, all in one round trip; in a cluster one
        by one.
        """
        if self._cluster:  # redis-py does not support scripts in a cluster's pipeline
            return [script(keys=keys, args=args) for keys, args in calls]
        with self.redis.pipeline(transaction=False) as pipe:
            for keys, args in calls:
                script(keys=keys, args=args, client=pipe)
            return self._once_replicated(pipe) if self._replicas else list(pipe.execute())

    def verify_replicated(self, key: str) -> None:
        """Raise StoreUnavailable unless enough replicas have everything that was written so far to the server that has
        `key`.
        """
        if self._replicas:
            with faults(), self.one_connection(key) as pipe:
                pipe.exists(key)  # WAIT is about the writes that its own connection has seen
                self._once_replicated(pipe)

    def one_connection(self, key: str) -> Any:
        """A pipeline to the server that has `key`."""
        return node_of(self.redis, key).pipeline(transaction=False)

    def _once_replicated(self, pipe: Any) -> list[Any]:
        pipe.execute_command("WAIT", self._replicas, REPLICA_MILLISECONDS)
        answers: list[Any]
        *answers, confirmed = pipe.execute()
        if confirmed < self._replicas:
            raise NotReplicated(confirmed=confirmed, needed=self._replicas, answers=answers)
        return answers

    def verify_followed(self, key: str) -> None:
        """Raise StoreUnavailable unless the server that has `key` has as many replicas as must have each change."""
        if not self._replicas:
            return
        with faults(), self.one_connection(key) as pipe:
            pipe.execute_command("WAIT", self._replicas, FOLLOWED_MILLISECONDS)
            (following,) = pipe.execute()
        if following < self._replicas:
            raise StoreUnavailable(
                f"{following} replicas follow the server, and {self._replicas} must have each change before it is"
                " answered (POINTSMAN_REPLICAS)"
            )

    def retry_if_revived(self, act: Callable[[], _T]) -> _T:
        """Call `act`, and once more if the embedded server had died and was started again. `act` must only read, or do
        nothing the second time if the first one succeeded.
        """
        try:
            return act()
        except StoreUnavailable as error:
            # a server that does not answer still runs: it need not be started, and was waited for long enough
            if isinstance(error.__cause__, RedisTimeoutError) or not self._revive():
                raise
            return act()

    def verify_answering(self) -> None:
        """Raise StoreUnavailable if the server accepts a connection but does not answer within READY_SECONDS."""
        if self._cluster:  # a node that hangs may not be the one that has this network
            return
        without_retries = connect(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=READY_SECONDS,
            socket_timeout=READY_SECONDS,
        )
        # the next command meets any other failure too, and can start the server again
        with faults(), contextlib.closing(without_retries), contextlib.suppress(RedisConnectionError, ResponseError):
            without_retries.ping()

    def rewrite_append_only_file(self) -> None:
        """Let the embedded server write its file anew, without what was deleted since it last did; it does so beside
        its work. What others run is theirs to keep small.
        """
        with faults():
            if self._revive():
                with contextlib.suppress(ResponseError):  # it is doing so already
                    self.redis.bgrewriteaof()

    def names(self, prefix: str) -> list[str]:
        """Every key that starts with exactly `prefix`, once each, sorted."""
        return sorted(set(self.scan(prefix)))

    def raw_names(self, prefix: str) -> list[bytes]:
        """The same as they are stored, which need not be text if somebody damaged them."""
        return sorted(set(self._scan(prefix, count=_SCAN_COUNT)))

    def scan(self, prefix: str, *, count: int = _SCAN_COUNT) -> Iterator[str]:
        """Every key that starts with exactly `prefix`; some may come twice."""
        for name in self._scan(prefix, count=count):
            yield name.decode()

    def _scan(self, prefix: str, *, count: int) -> Iterator[bytes]:
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in prefix)
        with faults():
            yield from self.redis.scan_iter(f"{pattern}*", count=count, **self._target(prefix))

    def _target(self, key: str) -> dict[str, Any]:
        """The argument that sends a command without keys to the cluster's node that has `key`; none for one server."""
        return {"target_nodes": _cluster_node(self.redis, key)} if self._cluster else {}

    @contextlib.contextmanager
    def scripts(self) -> Iterator[Any]:
        """The `client` argument of scripts that are to run in one round trip when the block ends; in a cluster they run
        one by one.
        """
        if self._cluster:  # redis-py does not support scripts in a cluster's pipeline
            yield self.redis
            return
        with self.redis.pipeline(transaction=False) as pipe:
            yield pipe
            pipe.execute()

    def milliseconds(self, key: str) -> int:
        """The clock of the server that has `key`."""
        return self._micros(key) // 1_000

    def _micros(self, key: str) -> int:
        with faults():
            seconds, micros = self.redis.eval("return redis.call('TIME')", 1, key)
        return int(seconds) * 1_000_000 + int(micros)

    def close(self) -> None:
        self.redis.close()


def node_of(client: Any, key: str) -> Any:
    """A client of the one server that has `key`, of redis-py's client of one or of several."""
    return client.get_redis_connection(_cluster_node(client, key)) if isinstance(client, RedisCluster) else client


def _cluster_node(client: Any, key: str) -> Any:
    client.exists(key)  # follows redirections, and so updates what the client knows of the cluster
    return client.get_node_from_key(key)


@functools.cache
def script_text(name: str, **parts: str) -> str:
    """The text of a script, after the names of its keys, the functions that it shares with others, and the scripts of
    `parts`, each as a local function.
    """
    functions = (f"local function {part}()\n{_script_body(file)}\nend\n" for part, file in parts.items())
    shared = (_script_body(f"parts/{part}") for part in LAYOUTS[name].parts)
    signed = _SIGNATURE if LAYOUTS[name].logs else ""
    return "".join([signed, LAYOUTS[name].lua(), *shared, *functions, _script_body(name)])


def _signed(script: Any, *, keys: Sequence[str], args: Sequence[Any], client: Any = None) -> Any:
    """The script's answer, with the signature of whoever acts and its length as last arguments, which _SIGNATURE takes
    off.
    """
    fields = signature()
    return script(keys=keys, args=[*args, *fields, len(fields)], client=client)


@functools.cache
def _script_body(name: str) -> str:
    return (SCRIPTS / f"{name}.lua").read_text(encoding="utf-8")


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Raise any error of redis-py as a StoreUnavailable that says what to do."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        message = "the server does not answer; try again, with the same idempotency key"
        raise StoreUnavailable(message, details=str(error)) from error
    except OutOfMemoryError as error:
        raise StoreUnavailable("the server has no memory left; raise its maxmemory") from error
    except ReadOnlyError as error:
        message = (
            "the server is a read-only replica; name the primary in the URL, or try again while another takes over"
        )
        raise StoreUnavailable(message) from error
    except (ClusterError, ClusterDownError, SlotNotCoveredError, RedisClusterException, TryAgainError) as error:
        raise StoreUnavailable(
            "the cluster has no primary for this network now; try again", details=str(error)
        ) from error
    except AskError as error:  # MovedError is a subclass
        message = "the server is a node of a cluster; name it as redis+cluster://host:port in POINTSMAN_REDIS_URL"
        raise StoreUnavailable(message, details=str(error)) from error
    except MasterDownError as error:
        raise StoreUnavailable("the server is a replica that has lost its primary; try again") from error
    except ResponseError as error:
        raise StoreUnavailable("the server refuses", details=str(error)) from error
    except RedisError as error:
        raise StoreUnavailable("the server fails; try again", details=str(error)) from error
