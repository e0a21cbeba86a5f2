"""`ledger check --repair`: what has drifted is made as the log says, one thing at a time, and that is logged as well.

Holds are what the log began and has not ended; held units, open holds and expiries follow from them, a day's load from
all that was decided. Each mending is one script, which does nothing unless all is as it was when it was looked at, to
the last entry of the log; so the service may go on, and a mending sent twice is done once.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import Contended
from engine.store.connection.client import Client, faults
from engine.store.decision_log import packed
from engine.store.keys import Keys
from engine.store.reconcile.check import Audit, Check
from engine.store.reconcile.drift import Drift, Write

MOST_TRIES = 1_000
"""Of one mending, while the service goes on: each failed try is somebody else's entry in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What the check found, and what of it was mended."""

    before: Audit
    mended: tuple[Drift, ...]


def repair(client: Client, keys: Keys, *, now: int, who: str) -> Repair:
    """Mend every drift that has a mending; raises StoreUnavailable, Contended. What was mended before that stays so."""
    check = Check(client, keys)
    audit = check.audit()
    script = client.script("repair")
    mended = [
        done
        for drift in audit.drifts
        if drift.writes
        and not (audit.torn and drift.found > drift.expected)
        and (done := _mend(script, check, keys, drift, now=now, who=who)) is not None
    ]
    return Repair(before=audit, mended=tuple(mended))


def _mend(script: Any, check: Check, keys: Keys, drift: Drift, *, now: int, who: str) -> Drift | None:
    """The drift as it was mended; None if it is none by now."""
    for _ in range(MOST_TRIES):
        end = "{}-{}".format(*check.told.end)
        named = [keys.log, keys.expiring, *(write.key for write in drift.writes)]
        arguments = [end, now, who, packed(_body(drift)), _name(drift)]
        for write in drift.writes:
            arguments += [write.field, _said(write.before), _said(write.after)]
        with faults():
            if script(keys=named, args=arguments) == b"done":
                return drift
        found = [item for item in _again(check, drift) if item.writes]
        if not found:
            return None
        drift = next((item for item in found if item.what == drift.what), found[0])
    raise Contended("the log goes on faster than the ledger can be mended; try again when there is less to do")


def _again(check: Check, drift: Drift) -> list[Drift]:
    return check.at([drift.suspect]) if drift.suspect else []


def _body(drift: Drift) -> bytes:
    writes = [_record(write) for write in drift.writes]
    words = ("what", "sku", "node", "found", "expected", "cause")
    return orjson.dumps({**{name: getattr(drift, name) for name in words}, "writes": writes})


def _record(write: Write) -> dict[str, str | None]:
    return {"key": write.key, "field": write.field, "before": write.before, "after": write.after}


def _name(drift: Drift) -> str:
    """What the entry is about, as its id."""
    kind, name = drift.suspect or ("", "")
    return f"{kind}:{name if isinstance(name, str) else ':'.join(name)}"


def _said(value: str | None) -> str:
    return "" if value is None else f"={value}"
