"""The server that holds everything: the one at POINTSMAN_REDIS_URL or, without that, the embedded one."""

import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from engine.errors import StoreUnavailable
from engine.settings import Settings
from engine.store.connection.connect import connected
from engine.store.connection.embedded import EmbeddedServer

_OLDEST_REDIS = (7, 0)


class Server(Protocol):
    """A server that answers at `url`, for as long as this is not closed."""

    url: str

    def ensure_running(self) -> bool:
        """Start it again, if it is ours and has died: for when a connection is refused. Whether it is ours, and worth
        asking again; raises StoreUnavailable.
        """

    def close(self) -> None:
        """Stop using it. The embedded one ends with its last user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class GivenServer:
    """Somebody else's to start and to end."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ensure_running(self) -> bool:
        """Nothing that we could do."""
        return False

    def close(self) -> None:
        """Nothing to let go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to let go of."""


def open_server(settings: Settings) -> Server:
    """The server these settings mean, running and new enough. Raises StoreUnavailable."""
    server: Server = (
        EmbeddedServer(data=settings.data, fsync=settings.fsync)
        if settings.redis_url is None
        else GivenServer(settings.redis_url)
    )
    try:
        _verify(server, settings)
    except BaseException:
        server.close()
        raise
    return server


def _verify(server: Server, settings: Settings) -> None:
    ours = settings.redis_url is None
    try:
        try:
            _look(server.url, strictest=ours and settings.fsync == "always")
        except redis.ConnectionError:  # one of ours may have been about to end when it was found
            if not server.ensure_running():
                raise
            _look(server.url, strictest=ours and settings.fsync == "always")
    except (redis.RedisError, RedisClusterException, ValueError, TypeError, OSError) as error:
        # the last ones of options in the URL that nobody knows, and of files that aren't where it says
        mend = "try again" if ours else "start it, or mend POINTSMAN_REDIS_URL"
        inside = f"that at {without_password(server.url)}: {error}; {mend}"
        raise StoreUnavailable("the server can't be used", inside=inside) from error


def _look(url: str, *, strictest: bool) -> None:
    with contextlib.closing(connected(url, retry=Retry(NoBackoff(), 0), decode_responses=True)) as client:
        check_version(client.info("server"))
        if strictest:  # of several users, the one that asks for the most is given it
            client.config_set("appendfsync", "always")


def check_version(info: Mapping[str, Any]) -> None:
    """Raise StoreUnavailable unless INFO is that of Redis 7.0 or newer, or of Valkey (which says Redis 7.2 as well)."""
    if "valkey_version" in info:
        return
    said = str(info.get("redis_version", "of an unknown version"))
    if tuple(int(part) for part in said.split(".")[:2] if part.isdecimal()) < _OLDEST_REDIS:
        raise StoreUnavailable(
            f"the server is Redis {said}; Redis 7.0 or newer, or Valkey, is needed:"
            " name such a one in POINTSMAN_REDIS_URL, or unset it to use the embedded server"
        )


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
