"""The server that holds everything: the one at POINTSMAN_REDIS_URL or, without that, the embedded one."""

import contextlib
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from engine.errors import StoreUnavailable
from engine.settings import Settings
from engine.store.connection.connect import connect
from engine.store.connection.embedded import EmbeddedServer
from engine.store.connection.server_check import eviction
from engine.store.connection.version import check_version


class Server(Protocol):
    """A server that answers at `url` until this object is closed."""

    url: str

    def ensure_running(self) -> bool:
        """Start the embedded server again if it has died; called when a connection is refused. Returns whether this is
        the embedded server, so that it is worth asking again. Raises StoreUnavailable.
        """

    def close(self) -> None:
        """Stop using the server. The embedded one ends with its last user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class GivenServer:
    """The server at POINTSMAN_REDIS_URL, which others start and end."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ensure_running(self) -> bool:
        """It can't be started from here."""
        return False

    def close(self) -> None:
        """There is nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """There is nothing to close."""


def open_server(settings: Settings) -> Server:
    """The server that the settings name, once it runs, is new enough and deletes no keys by itself. Raises
    StoreUnavailable.
    """
    server: Server = (
        EmbeddedServer(data=settings.data, fsync=settings.fsync, stays=settings.server_stays * 60)
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
    embedded = settings.redis_url is None
    try:
        try:
            _check(server.url, fsync_always=embedded and settings.fsync == "always")
        except redis.ConnectionError:  # the embedded server may have been about to end when it was found
            if not server.ensure_running():
                raise
            _check(server.url, fsync_always=embedded and settings.fsync == "always")
    except (redis.RedisError, RedisClusterException, ValueError, TypeError, OSError) as error:
        # redis-py raises the last three for options in the URL that it does not know, and for files that are not there
        remedy = "try again" if embedded else "start it, or correct POINTSMAN_REDIS_URL"
        details = f"that at {without_password(server.url)}: {error}; {remedy}"
        raise StoreUnavailable("the server can't be used", details=details) from error


def _check(url: str, *, fsync_always: bool) -> None:
    with contextlib.closing(connect(url, retry=Retry(NoBackoff(), 0), decode_responses=True)) as client:
        information = client.info()
        check_version(information)
        for finding in eviction(information):
            raise StoreUnavailable(
                "the server can't be trusted with stock", details=f"{finding.message}\n  {finding.remedy}"
            )
        if fsync_always:  # if several users ask for different settings, the safest one wins
            client.config_set("appendfsync", "always")


def without_password(url: str) -> str:
    """The URL as it may be shown to anybody."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
