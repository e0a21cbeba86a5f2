"""One connection pool to the server, and its faults as ours."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as Away
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from engine.errors import StoreUnavailable

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
TRIES_AGAIN = 2
"""redis-py sends a command again by itself, so commit.lua knows each decision's id. A server that hangs is given up
after six seconds.
"""
_SCAN = 1_000


class Client:
    """The server as this floor uses it: bytes in, bytes out. Make it in the process that uses it, after any fork."""

    def __init__(self, url: str) -> None:
        # Any: the types that redis-py ships leave open whether an answer is bytes, text or nothing
        self.redis: Any = redis.Redis.from_url(
            url,
            retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), TRIES_AGAIN),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
        )

    def script(self, name: str, **parts: str) -> Any:  # redis-py's Script: sent again where the server has forgotten it
        """The Lua script beside this file, sent by its hash. `parts` are scripts that it calls as functions."""
        return self.redis.register_script(script_text(name, **parts))

    def names(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`, letter for letter, once, sorted."""
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in prefix)
        with faults():
            return sorted({name.decode() for name in self.redis.scan_iter(f"{pattern}*", count=_SCAN)})

    def close(self) -> None:
        self.redis.close()


def script_text(name: str, **parts: str) -> str:
    """A script with others before it, each as a function of its KEYS and ARGV."""
    called = (f"local function {part}(KEYS, ARGV)\n{script_text(file)}\nend\n" for part, file in parts.items())
    return "".join(called) + (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8")


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
        raise StoreUnavailable("the server is a read-only replica; name the primary in the URL") from error
    except ResponseError as error:
        raise StoreUnavailable("the server refuses", inside=str(error)) from error
    except RedisError as error:
        raise StoreUnavailable("the server fails; try again", inside=str(error)) from error
