"""One connection pool to the server, and its faults as ours."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import ConnectionError as Away
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from engine.errors import StoreUnavailable


class Client:
    """The server as this floor uses it: bytes in, bytes out. Make it in the process that uses it, after any fork."""

    def __init__(self, url: str) -> None:
        self.redis: redis.Redis = redis.Redis.from_url(url, decode_responses=False)

    def script(self, name: str) -> Any:  # redis-py's Script: sends the text again where the server has forgotten it
        """The Lua script beside this file, sent by its hash."""
        return self.redis.register_script((Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8"))

    def close(self) -> None:
        self.redis.close()


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Whatever the server fails at, as StoreUnavailable that says what to do."""
    try:
        yield
    except Away as error:
        raise StoreUnavailable(f"the server does not answer: {error}; nothing was changed, try again") from error
    except OutOfMemoryError as error:
        raise StoreUnavailable("the server has no memory left; raise its maxmemory") from error
    except ReadOnlyError as error:
        raise StoreUnavailable("the server is a read-only replica; name the primary in the URL") from error
    except ResponseError as error:
        raise StoreUnavailable(f"the server refuses: {error}") from error
    except RedisError as error:
        raise StoreUnavailable(f"the server fails: {error}; try again") from error
