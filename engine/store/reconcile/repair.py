"""`ledger check --repair`: makes what has drifted as the log says, one drift at a time, and logs that as well.

Holds should be those that the log has begun and not ended; units held, open holds and expiries follow from them, a
day's load from everything that was decided. Each repair is one script, which does nothing unless all is still as it was
when it was read, to the last entry of the log. So the service may go on, and a repair that is sent twice is done once.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import Contended
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.keys import Keys
from engine.store.reconcile.check import Audit, Check, unreadable
from engine.store.reconcile.damage import DAMAGE
from engine.store.reconcile.drift import Drift, Write
from engine.store.script_keys import REPAIR

MOST_TRIES = 1_000
"""How often one repair is tried while the service goes on: each failed try is somebody else's entry in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What the check found, and the drifts that were repaired."""

    before: Audit
    repaired: tuple[Drift, ...]


def repair(client: Client, keys: Keys, *, now: int, who: str) -> Repair:
    """Repair every drift that can be. Raises StoreUnavailable, Contended; what was repaired before that stays so.

    If the log is damaged, nothing that is more than it says is lowered. If something in the ledger can't be read,
    nothing is repaired.
    """
    try:
        check = Check(client, keys)
        audit = check.audit()
    except DAMAGE as error:
        return Repair(before=unreadable(client, keys, error), repaired=())
    script = client.script("repair")
    repaired = [
        after
        for drift in audit.drifts
        if drift.writes
        and not (audit.log_damaged and drift.found > drift.expected)
        and (after := _repair(script, check, keys, drift, now=now, who=who)) is not None
    ]
    return Repair(before=audit, repaired=tuple(repaired))


def _repair(script: Any, check: Check, keys: Keys, drift: Drift, *, now: int, who: str) -> Drift | None:
    """Repair one drift. Returns the drift as it was repaired, which may have changed since; None if there is none any
    more.
    """
    for _ in range(MOST_TRIES):
        end = "{}-{}".format(*check.replay.end)
        script_keys = REPAIR.keys(keys, ([write.key] for write in drift.writes))
        arguments = [end, now, who, encode(_body(drift)), _name(drift)]
        for write in drift.writes:
            arguments += [write.field, _value(write.before), _value(write.after)]
        with faults():
            if script(keys=script_keys, args=arguments) == b"done":
                return drift
        drifts = [other for other in _recheck(check, drift) if other.writes]
        if not drifts:
            return None
        drift = next((other for other in drifts if other.what == drift.what), drifts[0])
    raise Contended("the log goes on faster than the ledger can be repaired; try again when there is less to do")


def _recheck(check: Check, drift: Drift) -> list[Drift]:
    return check.recheck([drift.suspect]) if drift.suspect else []


def _body(drift: Drift) -> bytes:
    writes = [_record(write) for write in drift.writes]
    names = ("what", "sku", "node", "found", "expected", "cause")
    return orjson.dumps({**{name: getattr(drift, name) for name in names}, "writes": writes})


def _record(write: Write) -> dict[str, str | None]:
    return {"key": write.key, "field": write.field, "before": write.before, "after": write.after}


def _name(drift: Drift) -> str:
    """The id of the log entry: what was repaired."""
    kind, name = drift.suspect or ("", "")
    return f"{kind}:{name if isinstance(name, str) else ':'.join(name)}"


def _value(value: str | None) -> str:
    return "" if value is None else f"={value}"
