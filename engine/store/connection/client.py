"""One connection pool to the server, and its faults as ours."""

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
from redis.exceptions import ConnectionError as Away
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from engine.errors import StoreUnavailable
from engine.store.connection.connect import connected

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
TRIES_AGAIN = 2
"""redis-py sends a command again by itself, so commit.lua knows each decision's id. A server that hangs is given up
after six seconds.
"""
READY_SECONDS = 1.5
"""How long the server may take to say that it is there: those who ask are many, ask often, and wait for no one."""
REPLICA_MILLISECONDS = 1_000
"""How long replicas may take to have what was written. Less than ANSWER_SECONDS."""
SCRIPTS = Path(__file__).parents[1] / "scripts"
_SCAN = 1_000

_T = TypeVar("_T")


class Client:
    """The server as this floor uses it: bytes in, bytes out. Make it in the process that uses it, after any fork."""

    def __init__(self, url: str, *, replicas: int = 0, revive: Callable[[], bool] = lambda: False) -> None:
        """`replicas` is how many must have what is written before it is answered. `revive` starts the server again, if
        it is ours and has died.
        """
        self._url = url
        self._replicas = replicas
        self._revive = revive
        # Any: the types that redis-py ships leave open whether an answer is bytes, text or nothing
        with faults():
            self.redis: Any = connected(
                url,
                retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), TRIES_AGAIN),
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
            )
        self._cluster = isinstance(self.redis, RedisCluster)

    def script(self, name: str, *, writes: bool = True, **parts: str) -> Any:
        """The Lua script beside this file, sent by its hash, or whole where the server has forgotten it. One that
        writes is answered when as many replicas have what it wrote as must have it. `parts` are scripts that it calls
        as functions.
        """
        # redis-py's Script
        script = self.redis.register_script(script_text(name, **parts))
        return functools.partial(self._replicated, script) if writes and self._replicas else script

    def _replicated(self, script: Any, *, keys: Sequence[str], args: Sequence[Any], client: Any = None) -> Any:
        if client is not None:  # what runs with others in one round trip is nobody's answer
            return script(keys=keys, args=args, client=client)
        with self._one_connection(keys[0]) as pipe:
            script(keys=keys, args=args, client=pipe)
            return self._once_replicated(pipe)

    def verify_replicated(self, key: str) -> None:
        """Raise StoreUnavailable unless all that was written by now, where `key` is, is on as many replicas as must
        have it.
        """
        if self._replicas:
            with faults(), self._one_connection(key) as pipe:
                pipe.exists(key)  # WAIT goes by what its connection has seen
                self._once_replicated(pipe)

    def _one_connection(self, key: str) -> Any:
        """A pipeline to the server that has `key`."""
        if not self._cluster:
            return self.redis.pipeline(transaction=False)
        node = self._home(key)["target_nodes"]
        return self.redis.get_redis_connection(node).pipeline(transaction=False)

    def _once_replicated(self, pipe: Any) -> Any:
        pipe.execute_command("WAIT", self._replicas, REPLICA_MILLISECONDS)
        answer, have = pipe.execute()
        if have < self._replicas:
            raise StoreUnavailable(
                f"it was done, but {have} replicas have it and {self._replicas} must (POINTSMAN_REPLICAS);"
                " try again, with the same idempotency key"
            )
        return answer

    def twice(self, act: Callable[[], _T]) -> _T:
        """`act`; once more if it fails, as the embedded server may have been killed. It reads, or what it does is not
        done again.
        """
        try:
            return act()
        except StoreUnavailable as error:
            # one that gives no answer is there: it need not be started, and it was waited for
            if isinstance(error.__cause__, NoAnswer) or not self._revive():
                raise
            return act()

    def verify_answering(self) -> None:
        """Raise StoreUnavailable, after READY_SECONDS, if the server is there and gives no answer."""
        if self._cluster:  # one of its nodes may hang and be nothing to this network
            return
        once = connected(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=READY_SECONDS,
            socket_timeout=READY_SECONDS,
        )
        # what else it fails at, the next command meets, and mends where that can be
        with faults(), contextlib.closing(once), contextlib.suppress(Away, ResponseError):
            once.ping()

    def names(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`, letter for letter, once, sorted."""
        return sorted(set(self.scan(prefix)))

    def scan(self, prefix: str, *, count: int = _SCAN) -> Iterator[str]:
        """Every key that starts with `prefix`, letter for letter; some may come twice."""
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in prefix)
        with faults():
            for name in self.redis.scan_iter(f"{pattern}*", count=count, **self._home(prefix)):
                yield name.decode()

    def _home(self, key: str) -> dict[str, Any]:
        """Where a cluster's key lives, as an argument of commands that name none."""
        if not self._cluster:
            return {}
        self.redis.exists(key)  # goes by the cluster's latest word, which a node that was named would not
        return {"target_nodes": self.redis.get_node_from_key(key)}

    @contextlib.contextmanager
    def scripts(self) -> Iterator[Any]:
        """What runs scripts (as their `client`) in one round trip when the block ends; in a cluster, one by one."""
        if self._cluster:  # redis-py takes no scripts into a cluster's pipeline
            yield self.redis
            return
        with self.redis.pipeline(transaction=False) as pipe:
            yield pipe
            pipe.execute()

    def milliseconds(self, key: str) -> int:
        """The time of the server that has `key`."""
        with faults():
            seconds, micros = self.redis.eval("return redis.call('TIME')", 1, key)
        return int(seconds) * 1_000 + int(micros) // 1_000

    def close(self) -> None:
        self.redis.close()


def script_text(name: str, **parts: str) -> str:
    """A script with others before it, each as a function of its KEYS and ARGV."""
    called = (f"local function {part}(KEYS, ARGV)\n{script_text(file)}\nend\n" for part, file in parts.items())
    return "".join(called) + (SCRIPTS / f"{name}.lua").read_text(encoding="utf-8")


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Whatever the server fails at, as StoreUnavailable that says what to do."""
    try:
        yield
    except (Away, NoAnswer) as error:
        told = "the server does not answer; try again, with the same idempotency key"
        raise StoreUnavailable(told, inside=str(error)) from error
    except OutOfMemoryError as error:
        raise StoreUnavailable("the server has no memory left; raise its maxmemory") from error
    except ReadOnlyError as error:
        told = "the server is a read-only replica; name the primary in the URL, or try again while another takes over"
        raise StoreUnavailable(told) from error
    except (ClusterError, ClusterDownError, SlotNotCoveredError, RedisClusterException, TryAgainError) as error:
        raise StoreUnavailable(
            "the cluster has no primary for this network now; try again", inside=str(error)
        ) from error
    except AskError as error:  # MOVED is one, too
        told = "the server is a node of a cluster; name it as redis+cluster://host:port in POINTSMAN_REDIS_URL"
        raise StoreUnavailable(told, inside=str(error)) from error
    except MasterDownError as error:
        raise StoreUnavailable("the server is a replica that has lost its primary; try again") from error
    except ResponseError as error:
        raise StoreUnavailable("the server refuses", inside=str(error)) from error
    except RedisError as error:
        raise StoreUnavailable("the server fails; try again", inside=str(error)) from error
