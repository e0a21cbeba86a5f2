"""How a connector is, for those who watch it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

COUNTERS = ("messages", "rows", "applied", "unchanged", "older", "repeated", "skipped", "bad", "quarantined", "sent")
"""Numbers since the connector first ran: of messages, rows, and what became of each row. `unchanged`: what it says was
there already, or it came before by its own number; `older`: something newer was known; `repeated`: its `once` was
known; `skipped`: by `when`, or an echo; `bad`: in quarantine, by itself or with its message. `quarantined` are messages
with a bad row; `sent` what went out.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatus:
    """Instants are in UTC seconds, 0: never. `waiting` messages were there to be read when it last looked, or records
    to be sent (no more than some are counted), the oldest since `oldest`. `read_at` is when a message was taken over
    last, `sent_at` when a record went out. `error` is why its source could not be read or its target not be reached,
    when that was the last that happened. `began_again`: what is read was found made
    anew, at the instant `began_again_at`.
    """

    name: str
    looked_at: int = 0
    read_at: int = 0
    sent_at: int = 0
    message: str = ""
    waiting: int = 0
    oldest: int = 0
    error: str = ""
    failed_at: int = 0
    began_again: str = ""
    began_again_at: int = 0
    messages: int = 0
    rows: int = 0
    applied: int = 0
    unchanged: int = 0
    older: int = 0
    repeated: int = 0
    skipped: int = 0
    bad: int = 0
    quarantined: int = 0
    sent: int = 0

    @classmethod
    def of(cls, name: str, stored: Mapping[str, str]) -> Self:
        """Of the fields of its hash; one that a later release stored is left out."""
        texts = ("message", "error", "began_again")
        known = {item.name for item in fields(cls)} - {"name"}
        values = {key: value if key in texts else int(value) for key, value in stored.items() if key in known}
        return cls(name=name, **values)  # type: ignore[arg-type]  # the fields of the class, by their types

    def lag(self, now: int) -> int:
        """For how many seconds the oldest message has waited; 0 if none waits."""
        return max(0, now - self.oldest) if self.waiting else 0
