"""Files that were read and can't be kept where what is over goes, as that folder can't be written: each stays where it
is, and is tried again later and later.
"""

from collections.abc import Mapping, Sequence

import msgspec

from api.connectors.running.problems import Problem
from api.connectors.running.rows_over import RowsOver
from api.connectors.sources.message import Message
from api.connectors.turn import ConnectorTurn
from engine.decide.order_record import timestamp
from engine.store.connectors.connector_store import Step

WAITS = (60, 120, 300, 900)
"""Seconds after the first, second, ... failure in a row until it is tried again; then always the last."""
FAILURES = "keep_failures"
"""A field of the place, of a source whose messages are read in their order: how often in a row one was not kept."""
_FIELD = "unkept:"


class ReadRows(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of a file, and what is wrong with those that are bad."""

    over: RowsOver
    problems: Sequence[Problem]


class UnkeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """As it is in the place of its connector, in a field with its name. `again_at` is when it is tried again. What
    was `read` is neither read nor counted again.
    """

    id: str
    failures: int
    again_at: int
    why: str
    read: ReadRows

    @property
    def told(self) -> str:
        return f"{self.why}; it stays where it is, and is tried again at {timestamp(self.again_at)}"


class UnkeptFiles:
    """Of one connector, whose turn it is. `left` are those that stay where they are in this turn; `told` is why the
    first of them does.
    """

    def __init__(self, turn: ConnectorTurn) -> None:
        self._turn = turn
        self.left: list[Message] = []
        self.told = ""

    def due(self, messages: Sequence[Message], now: int) -> list[Message]:
        """Without those that are to be tried later. What is not there any more is forgotten."""
        names = {message.name for message in messages}
        fields = self._turn.place.fields
        gone = {field: "" for field in fields if field.startswith(_FIELD) and field[len(_FIELD) :] not in names}
        if gone:
            self._turn.keep(Step(fields=gone))
        due = []
        for message in messages:
            file = _file_of(message, fields)
            if file is None or file.again_at <= now:
                due.append(message)
            else:
                self._note(message, file)
        return due

    def once_read(self, message: Message) -> ReadRows | None:
        """What became of its rows, if it could not be kept before."""
        file = _file_of(message, self._turn.place.fields)
        return None if file is None else file.read

    def leave(self, message: Message, why: str, now: int, *, read: ReadRows) -> None:
        """It could not be kept, and those behind it are read."""
        before = _file_of(message, self._turn.place.fields)
        failures = 1 if before is None else before.failures + 1
        file = UnkeptFile(id=message.id, failures=failures, again_at=now + wait_after(failures), why=why, read=read)
        self._note(message, file)
        kept = {_FIELD + message.name: msgspec.json.encode(file).decode()}
        self._turn.keep(Step(fields=kept, status={"error": file.told, "failed_at": now}))

    def _note(self, message: Message, file: UnkeptFile) -> None:
        self.left.append(message)
        self.told = self.told or file.told


def wait_after(failures: int) -> int:
    return WAITS[min(failures, len(WAITS)) - 1]


def once_kept(message: Message) -> dict[str, str]:
    """The field of the place by which it is known no more that the file could not be kept."""
    return {_FIELD + message.name: ""}


def _file_of(message: Message, fields: Mapping[str, str]) -> UnkeptFile | None:
    """None if it could be kept so far, or if its sender has put something else there."""
    stored = fields.get(_FIELD + message.name)
    file = None if stored is None else msgspec.json.decode(stored, type=UnkeptFile)
    return file if file is not None and file.id == message.id else None
