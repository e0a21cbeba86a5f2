"""Checks the settings of a server before it is trusted with stock: whether it forgets keys, whether it survives its
end, and whether its user may do what the service does.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from engine.errors import ClockOff, StoreUnavailable
from engine.settings import Settings
from engine.store.api_keys import API_KEYS
from engine.store.connection.client import faults, node_of, script_text
from engine.store.connection.connect import connect
from engine.store.connection.server_clock import ServerClock
from engine.store.connection.version import check_version
from engine.store.keys import Keys

Severity = Literal["fault", "warning"]
_FULL = 0.9
_SECONDS_TO_ANSWER = 5.0
"""Of each command; no server needs as long that can be worked with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFinding:
    """What is wrong with a server, and the line that changes it. With a fault it is not used; `code` names the kind."""

    severity: Severity
    code: str
    message: str
    remedy: str


def check_server(url: str, settings: Settings) -> tuple[ServerFinding, ...]:
    """What is wrong with the server or servers at `url` that hold the network. Raises StoreUnavailable if it does not
    answer.
    """
    key = Keys(settings.network).never_written
    with (
        faults(),
        contextlib.closing(
            connect(
                url,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=_SECONDS_TO_ANSWER,
                socket_connect_timeout=_SECONDS_TO_ANSWER,
                decode_responses=True,
            )
        ) as client,
    ):
        node = node_of(client, key)
        information = node.info()
        return (
            *_version(information),
            *_clock(ServerClock(lambda: _seconds(node))),
            *eviction(information),
            *_persistence(information, _configured(node, "save"), _configured(node, "appendfsync")),
            *_memory(information),
            *_replicas(information, settings.replicas),
            *_rights(client, node, key),
        )


def _version(information: Mapping[str, Any]) -> Iterator[ServerFinding]:
    try:
        check_version(information)
    except StoreUnavailable as error:
        yield ServerFinding(
            severity="fault", code="too-old", message=error.message, remedy="install Redis 7.0 or newer, or Valkey"
        )


def _clock(clock: ServerClock) -> Iterator[ServerFinding]:
    try:
        with contextlib.suppress(NoPermissionError):  # `_rights` says so
            clock.verify()
    except ClockOff as error:
        yield ServerFinding(
            severity="fault",
            code="clock-off",
            message=error.message,
            remedy="on both machines: timedatectl set-ntp true",
        )


def _seconds(node: Any) -> float:
    seconds, micros = node.time()
    return int(seconds) + int(micros) / 1_000_000


def eviction(information: Mapping[str, Any]) -> Iterator[ServerFinding]:
    """By INFO: whether the server deletes keys when its memory is full."""
    policy = information.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield ServerFinding(
            severity="fault",
            code="evicts-keys",
            message=f"its maxmemory-policy is {policy}: once its memory is full, it deletes holds, stock and the log",
            remedy="in redis.conf: maxmemory-policy noeviction   (now: CONFIG SET maxmemory-policy noeviction)",
        )


def _persistence(information: Mapping[str, Any], save: str | None, fsync: str | None) -> Iterator[ServerFinding]:
    """`save` and `fsync` are None if its user may not read the server's settings."""
    remedy = "in redis.conf: appendonly yes   (now: CONFIG SET appendonly yes)"
    if information.get("aof_enabled"):
        if fsync == "no":
            yield ServerFinding(
                severity="warning",
                code="rarely-on-disk",
                message="its appendfsync is no: a power cut loses half a minute of decisions and holds, or more",
                remedy="in redis.conf: appendfsync everysec   (now: CONFIG SET appendfsync everysec)",
            )
    elif save == "":
        replicas = int(information.get("connected_slaves", 0))
        yield ServerFinding(
            severity="warning" if replicas else "fault",
            code="not-on-disk",
            message="it writes nothing to disk: with its end all stock, holds and the log are gone"
            + (", unless a replica has taken over before it starts again" if replicas else ""),
            remedy=remedy,
        )
    else:
        yield ServerFinding(
            severity="warning",
            code="snapshots-alone",
            message="it has no append-only file: with its end all is gone that came after its last snapshot, if it"
            " makes any",
            remedy=remedy,
        )


def _memory(information: Mapping[str, Any]) -> Iterator[ServerFinding]:
    limit, used = int(information.get("maxmemory", 0)), int(information.get("used_memory", 0))
    if limit and used > limit * _FULL:
        yield ServerFinding(
            severity="warning",
            code="memory-nearly-full",
            message=f"it uses {used >> 20:,} MiB of the {limit >> 20:,} MiB of its maxmemory; at the limit it takes no"
            " orders",
            remedy=f"in redis.conf: maxmemory {limit * 2 >> 20}mb   (now: CONFIG SET maxmemory {limit * 2 >> 20}mb)",
        )


def _replicas(information: Mapping[str, Any], needed: int) -> Iterator[ServerFinding]:
    connected = int(information.get("connected_slaves", 0))
    if connected < needed:
        yield ServerFinding(
            severity="warning",
            code="too-few-replicas",
            message=f"it has {connected} replicas, and {needed} must have a change before it is answered",
            remedy="on each replica: replicaof HOST PORT; or lower POINTSMAN_REPLICAS",
        )


def _rights(client: Any, node: Any, key: str) -> Iterator[ServerFinding]:
    # the keys of callers belong to no network, and may lie on another server of a cluster
    own = _refused_commands(client, API_KEYS, ("HGETALL KEY", "HDEL KEY -"))
    if own:
        yield ServerFinding(
            severity="fault",
            code="rights-missing",
            message=f"its user may not call {', '.join(own)} on the API keys, which belong to no network",
            remedy=f"ACL SETUSER NAME ~{API_KEYS.rpartition(':')[0]}:*",
        )
    missing = list(dict.fromkeys([*_refused_commands(node, key, _CALLED), *_refused_in_scripts(node, key)]))
    if missing:
        yield ServerFinding(
            severity="fault",
            code="rights-missing",
            message=f"its user may not call {', '.join(missing)} on the network's keys",
            remedy=f"ACL SETUSER NAME ~{key.rpartition('never')[0]}* +@all -@dangerous -@admin +info",
        )


def _refused_commands(node: Any, key: str, commands: Sequence[str]) -> Sequence[str]:
    refused = []
    for command in commands:
        try:
            node.execute_command(*command.replace("KEY", key).split())
        except NoPermissionError:
            refused.append(command.split()[0])
        except ResponseError:
            pass  # a replica that takes no writes, a full disk: another check's
    return refused


_CALLED: Sequence[str] = (
    *("EXISTS KEY", "GET KEY", "HEXISTS KEY a", "HGET KEY a", "HGETALL KEY", "HKEYS KEY", "HLEN KEY", "HMGET KEY a"),
    *("HRANDFIELD KEY", "HSCAN KEY 0", "LRANGE KEY 0 0", "SCAN 0 COUNT 1", "TYPE KEY", "XLEN KEY", "XRANGE KEY - +"),
    *("ZMSCORE KEY a", "ZRANGE KEY 0 0", "ZRANGEBYSCORE KEY 0 0", "ZSCAN KEY 0", "UNLINK KEY", "WAIT 0 1"),
)
"""Commands that are called outside scripts, in forms that change nothing."""


def _refused_in_scripts(node: Any, key: str) -> Sequence[str]:
    try:
        refused: Sequence[str] = node.eval(script_text("server/rights"), 1, key)
    except NoPermissionError:
        return ["EVAL"]
    return refused


def _configured(node: Any, name: str) -> str | None:
    """A setting of the server; None if its user may not read it."""
    with contextlib.suppress(RedisError):
        value: str | None = node.config_get(name).get(name)
        return value
    return None
