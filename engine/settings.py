"""The settings, read once from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, cast

from engine.access.settings import EVERYDAY_ACCESS, NETWORK_NAME, AccessSettings
from engine.audit.settings import EVERYDAY_AUDIT, AuditSettings
from engine.errors import BadSetting
from engine.events.settings import EVERYDAY_EVENTS, EventSettings
from engine.fulfilment.carriers.settings import EVERYDAY_CARRIERS, CarrierSettings
from engine.fulfilment.tracking.settings import EVERYDAY_TRACKING, TrackingSettings
from engine.lookahead.settings import EVERYDAY_LOOKAHEAD, LookaheadSettings
from engine.promise_watch.settings import EVERYDAY_WATCH, WatchSettings
from engine.rate_limit import RateLimit
from engine.simulation.settings import EVERYDAY_WHATIF, WhatIfSettings
from engine.store.entry_codec.personal_values import EVERYDAY_PERSONAL, PERSONAL_FIELDS, PersonalField
from engine.store.log.kinds import FORGETTABLE
from rules.effects import MAX_HOLD
from rules.errors import LiteralInvalid
from rules.syntax import literals

Fsync = Literal["everysec", "always"]
Guard = Literal["first_sight", "off"]
RunsBacklog = Literal["auto", "manual"]
Prints = Literal["auto", "manual"]

_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SEVERAL_SERVERS = ("redis+cluster://", "rediss+cluster://", "redis+sentinel://", "rediss+sentinel://")
_ONE_SERVER = " or ".join(_REDIS_SCHEMES)
_MOST_LINES = 100_000
_MOST_HOLDS = 1_000_000_000
_MOST_REPLICAS = 9
_DAY = 24 * 60
"""In minutes."""
_LONGEST_UNDO = 30 * _DAY
_LONGEST_KEPT = 30 * _DAY
_LONGEST_RETENTION = 36_500 * _DAY
_LONGEST_ACCESSES = 3_650 * _DAY
_LONGEST_STAY = 7 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation.

    If `redis_url` is None, the embedded server is used, in the directory `data`. `network` is the hash tag of all keys.
    `fsync` is how often the embedded server writes its append-only file to disk. Orders of more than `max_lines` lines
    are refused. A caller may have `max_holds` open holds; None means any number. It may ask that units are held, or a
    hold extended, for `max_hold` minutes at most. `replicas` is how many replicas must have a change before it is
    answered. `redis_replica_url` is a replica of the server at `redis_url`, for reads that may be some seconds old; the
    replicas of a cluster, and those that Sentinels watch, are found without it. `user` is the name that the policy
    history and the log record for commands; None means the login name. `guard` says when the reference checks what
    durable-rules answers: whenever it is asked, or never. A confirm can be undone for `undo` minutes. The answer to a
    request with an idempotency key is kept for `keep_answers` minutes, and who read personal data for `keep_accesses`.
    A caller over HTTP may make as many requests as `rate_limit` says; None: any number. `backlog` says
    who offers units that arrive to the orders that wait: every process, before newcomers get them, or only `pointsman
    backlog run`. The values of the fields of orders that are `personal` stand encrypted in the log. The embedded
    server stays for `server_stays` minutes after its last user has gone. `archive` is the folder that archived entries
    are read from; None: the one they were written into. Archived entries of the kinds in `retention` are kept for so
    many minutes, all others for good. `access` says who may do what over HTTP, `events` which there
    are and where they go, `audit` how the log is sealed, `promises` how they are watched, `carriers` has the keys of
    carriers, `tracking` says when a parcel may be lost and who is shown where it is. `printing` says who prints what is
    to be printed at nodes: `pointsman serve`, or only `pointsman print run`. `lookahead` says how often look-ahead
    prices are learnt.
    """

    redis_url: str | None = None
    data: Path = Path(".pointsman")
    network: str = "main"
    fsync: Fsync = "everysec"
    max_lines: int = 500
    max_holds: int | None = None
    max_hold: int = MAX_HOLD
    replicas: int = 0
    redis_replica_url: str | None = None
    user: str | None = None
    guard: Guard = "first_sight"
    undo: int = _DAY
    keep_answers: int = _DAY
    keep_accesses: int = 180 * _DAY
    rate_limit: RateLimit | None = None
    backlog: RunsBacklog = "auto"
    printing: Prints = "auto"
    server_stays: int = 0
    archive: Path | None = None
    retention: tuple[tuple[str, int], ...] = ()
    personal: tuple[PersonalField, ...] = EVERYDAY_PERSONAL
    access: AccessSettings = EVERYDAY_ACCESS
    events: EventSettings = EVERYDAY_EVENTS
    audit: AuditSettings = EVERYDAY_AUDIT
    promises: WatchSettings = EVERYDAY_WATCH
    tracking: TrackingSettings = EVERYDAY_TRACKING
    carriers: CarrierSettings = EVERYDAY_CARRIERS
    whatif: WhatIfSettings = EVERYDAY_WHATIF
    lookahead: LookaheadSettings = EVERYDAY_LOOKAHEAD

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables POINTSMAN_*; an empty one counts as not set. Raises BadSetting."""
        variables = {name: value.strip() for name, value in environ.items() if value.strip()}
        return cls(
            redis_url=_redis_url(variables.get("POINTSMAN_REDIS_URL")),
            data=Path(variables.get("POINTSMAN_DATA", ".pointsman")),
            network=_network(variables.get("POINTSMAN_NETWORK", "main")),
            fsync=_fsync(variables.get("POINTSMAN_FSYNC", "everysec")),
            max_lines=_count("POINTSMAN_MAX_LINES", variables.get("POINTSMAN_MAX_LINES", "500"), _MOST_LINES, "lines"),
            max_holds=_max_holds(variables.get("POINTSMAN_MAX_HOLDS")),
            max_hold=_duration("POINTSMAN_MAX_HOLD", variables.get("POINTSMAN_MAX_HOLD", "90 d"), MAX_HOLD),
            replicas=_replicas(variables.get("POINTSMAN_REPLICAS")),
            redis_replica_url=_replica_url(
                variables.get("POINTSMAN_REDIS_REPLICA_URL"), variables.get("POINTSMAN_REDIS_URL")
            ),
            user=variables.get("POINTSMAN_USER"),
            guard=_guard(variables.get("POINTSMAN_GUARD", "first_sight")),
            undo=_duration("POINTSMAN_UNDO", variables.get("POINTSMAN_UNDO", "1 d"), _LONGEST_UNDO),
            keep_answers=_duration(
                "POINTSMAN_KEEP_ANSWERS", variables.get("POINTSMAN_KEEP_ANSWERS", "1 d"), _LONGEST_KEPT
            ),
            keep_accesses=_duration(
                "POINTSMAN_KEEP_ACCESSES", variables.get("POINTSMAN_KEEP_ACCESSES", "180 d"), _LONGEST_ACCESSES
            ),
            rate_limit=_rate_limit(variables.get("POINTSMAN_RATE_LIMIT")),
            backlog=_runs_backlog(variables.get("POINTSMAN_BACKLOG", "auto")),
            printing=_prints(variables.get("POINTSMAN_PRINTING", "auto")),
            personal=_personal(variables.get("POINTSMAN_PERSONAL")),
            server_stays=_server_stays(variables.get("POINTSMAN_SERVER_STAYS", "5 min")),
            archive=Path(variables["POINTSMAN_ARCHIVE"]) if "POINTSMAN_ARCHIVE" in variables else None,
            retention=_retention(variables.get("POINTSMAN_RETENTION", "")),
            access=AccessSettings.from_environment(variables),
            events=EventSettings.from_environment(variables),
            audit=AuditSettings.from_environment(variables),
            promises=WatchSettings.from_environment(variables),
            tracking=TrackingSettings.from_environment(variables),
            carriers=CarrierSettings.from_environment(variables),
            whatif=WhatIfSettings.from_environment(variables),
            lookahead=LookaheadSettings.from_environment(variables),
        )


def _redis_url(value: str | None) -> str | None:
    if value is not None and not value.startswith(_REDIS_SCHEMES + SEVERAL_SERVERS):
        allowed = "a URL that starts with redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://"
        raise _bad("POINTSMAN_REDIS_URL", value, allowed=allowed)
    return value


def _replica_url(value: str | None, primary: str | None) -> str | None:
    if value is None:
        return None
    if not value.startswith(_REDIS_SCHEMES):
        raise _bad("POINTSMAN_REDIS_REPLICA_URL", value, allowed=f"a URL that starts with {_ONE_SERVER}")
    if primary is None or not primary.startswith(_REDIS_SCHEMES):
        allowed = f"left out, unless POINTSMAN_REDIS_URL is a URL that starts with {_ONE_SERVER}"
        raise _bad("POINTSMAN_REDIS_REPLICA_URL", value, allowed=allowed)
    return value


def _network(value: str) -> str:
    if not NETWORK_NAME.fullmatch(value):
        raise _bad("POINTSMAN_NETWORK", value, allowed="1 to 40 unaccented letters, digits, hyphens and underscores")
    return value


def _fsync(value: str) -> Fsync:
    if value not in ("everysec", "always"):
        raise _bad("POINTSMAN_FSYNC", value, allowed="everysec or always")
    return cast("Fsync", value)


def _guard(value: str) -> Guard:
    if value not in ("first_sight", "off"):
        raise _bad("POINTSMAN_GUARD", value, allowed="first_sight or off")
    return cast("Guard", value)


def _personal(value: str | None) -> tuple[PersonalField, ...]:
    if value is None:
        return EVERYDAY_PERSONAL
    words = [] if value == "none" else [word.strip() for word in value.split(",")]
    if any(word not in PERSONAL_FIELDS for word in words):
        raise _bad("POINTSMAN_PERSONAL", value, allowed=f"none, or some of {', '.join(PERSONAL_FIELDS)}, with commas")
    return tuple(field for field in PERSONAL_FIELDS if field in words)


def _prints(value: str) -> Prints:
    if value not in ("auto", "manual"):
        raise _bad("POINTSMAN_PRINTING", value, allowed="auto or manual")
    return cast("Prints", value)


def _runs_backlog(value: str) -> RunsBacklog:
    if value not in ("auto", "manual"):
        raise _bad("POINTSMAN_BACKLOG", value, allowed="auto or manual")
    return cast("RunsBacklog", value)


def _max_holds(value: str | None) -> int | None:
    return None if value is None else _count("POINTSMAN_MAX_HOLDS", value, _MOST_HOLDS, "holds")


def _rate_limit(value: str | None) -> RateLimit | None:
    return None if value is None else RateLimit.of_setting("POINTSMAN_RATE_LIMIT", value)


def _duration(name: str, value: str, most: int) -> int:
    """In minutes, at most so many."""
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = 0
    if not 1 <= minutes <= most:
        raise _bad(name, value, allowed=f"a duration from 1 min to {most // _DAY} d, such as 7 d")
    return minutes


def _retention(value: str) -> tuple[tuple[str, int], ...]:
    """Kinds and minutes, of `counted=400 d, activated=4000 d`."""
    kept: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        kind, _, duration = (word.strip() for word in part.partition("="))
        if kind not in FORGETTABLE or kind in kept:
            allowed = f"kinds, each once, such as counted=400 d; of {', '.join(FORGETTABLE)}"
            raise _bad("POINTSMAN_RETENTION", value, allowed=allowed)
        kept[kind] = _duration("POINTSMAN_RETENTION", duration, _LONGEST_RETENTION)
    return tuple(sorted(kept.items()))


def _server_stays(value: str) -> int:
    """In minutes."""
    return 0 if value == "0" else _duration("POINTSMAN_SERVER_STAYS", value, _LONGEST_STAY)


def _replicas(value: str | None) -> int:
    return 0 if value in (None, "0") else _count("POINTSMAN_REPLICAS", str(value), _MOST_REPLICAS, "replicas")


def _count(name: str, value: str, most: int, what: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)) or not 1 <= int(value) <= most:
        raise _bad(name, value, allowed=f"a whole number of {what} from 1 to {most}")
    return int(value)


def _bad(name: str, value: str, *, allowed: str) -> BadSetting:
    shown = re.sub(r"//[^@/]*@", "//***@", value)  # a password must not be shown
    return BadSetting(name=name, value=shown, allowed=allowed)
