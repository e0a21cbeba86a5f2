"""Logs acts of people of which the ledger has nothing: what was exported, archived, erased, backed up."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.keys import Keys
from engine.store.log.entry import EntryId
from engine.store.log.stored_entry import parse_entry_id
from engine.store.script_keys import RECORD_ACT

_RESEND_SECONDS = 5 * 60
"""How long an act is known: only redis-py sends it again, within seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What its log entry says: `kind` is one of KINDS in log/kinds.py, `subject` the id of what it is about, and
    `details` whatever else is to be known, as JSON has it. No secrets, and no personal data: entries stay.
    """

    kind: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """As an entry has the details."""
        return encode(msgspec.json.encode(dict(self.details), order="sorted"))


def record_act(client: Client, keys: Keys, act: Act, *, at: int) -> EntryId:
    """Write the log entry of an act by whoever acts now, at the instant `at` (UTC seconds) by this process's clock. An
    act that a script carries out is logged by that script, so that both happen or neither.
    """
    script_keys = RECORD_ACT.keys(keys, operation=keys.operation("act", uuid.uuid4().hex))
    with faults():
        entry: bytes = client.script("audit/record_act")(
            keys=script_keys, args=[act.kind, act.subject, at, act.body, _RESEND_SECONDS]
        )
    return parse_entry_id(entry)
