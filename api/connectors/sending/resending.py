"""Sends records again that were put aside, as they are by now.

The message of a part of a file gets a number as any other does. The number is stored before it is sent, so that whoever
goes on after a crash sends the same under the same key; once it was sent, its records are taken out of the file.
"""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.connectors.language.connector import Sends
from api.connectors.running.report import TurnReport
from api.connectors.sending.dispatching import Dispatcher, SenderParts, instant
from api.connectors.sending.outgoing import Refused
from api.connectors.sending.put_aside import PutAside
from api.connectors.sending.records.batch import Outdated, Record
from api.connectors.sending.rendering import BadRecord
from api.connectors.turn import ConnectorTurn
from api.shapes.quantities import encode
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

NUMBER = "number"
"""The field of the place with the number of the last message."""
_AGAIN = "resending:"
"""Fields of the place, with the name of a file behind this: number and instant of its message, how many of its records
that has, and their digest.
"""
_NOT_TRIED = "it was not sent again yet"


@dataclass(slots=True)
class _File:
    """What is left of it, how many of its records a message has at most, what stands above those that can't be sent,
    and those that were refused again.
    """

    path: Path
    left: list[dict[str, Any]]
    size: int
    what: str
    refused: list[BadRecord] = field(default_factory=list)
    sent: int = 0

    @property
    def unsent(self) -> list[BadRecord]:
        """What the file has by now."""
        return [*self.refused, *(BadRecord(record=record, problems=(_NOT_TRIED,)) for record in self.left)]


class Resender:
    """Of one connector, in one process, while it is its turn."""

    def __init__(
        self,
        pointsman: Pointsman,
        parts: SenderParts,
        sends: Sends,
        *,
        turn: ConnectorTurn,
        dispatcher: Dispatcher,
        aside: PutAside,
    ) -> None:
        self._pointsman = pointsman
        self._records = parts.records
        self._sends = sends
        self._turn = turn
        self._dispatcher = dispatcher
        self._aside = aside

    def resend(self, path: Path, report: TurnReport) -> None:
        """Send all records of a file that can be sent by now; the others stay in it, with what is wrong with them now.
        Raises InputInvalid, NotDelivered, NotKept.
        """
        records = self._aside.records(path)
        file = _File(
            path, records, self._sends.most, f"of {len(records):,} records of {path.name} could not be sent again"
        )
        self._aside.verify_writable(path)  # what can't be taken out of it later is not sent again
        try:
            while file.left and not report.error:
                if self._dispatcher.may_send():
                    self._send_part(file)
                else:
                    report.error = "the target takes no more requests in this minute; replay the rest a minute later"
        finally:
            report.sent += file.sent
            if file.unsent:
                report.messages.append(self._aside.write(path, file.unsent, file.what))

    def _send_part(self, file: _File) -> None:
        """Send the first records that are left. Raises NotDelivered."""
        number, at, part = self._begin(file)
        current, outdated = self._as_they_are(part)
        bad = list(outdated)
        sent = 0
        if current:
            try:
                rendered, before = self._dispatcher.send(current, number, at, self._records.echoes(current))
            except Refused as error:
                if len(current) > 1:
                    file.size = max(1, len(part) // 2)
                    self._turn.keep(Step(fields={_AGAIN + file.path.name: ""}))
                    return
                bad.append(BadRecord(record=current[0], problems=(str(error),)))
            else:
                bad += rendered.bad
                sent = rendered.records + before
        del file.left[: len(part)]
        file.refused += bad
        file.sent += sent
        self._aside.keep(file.path, file.unsent, file.what)
        counts = {"sent": sent, "messages": 1} if sent else {}
        status: dict[str, str | int] = {"sent_at": self._pointsman.now} if sent else {}
        self._turn.keep(Step(fields={_AGAIN + file.path.name: ""}, status=status, counts=counts))

    def _begin(self, file: _File) -> tuple[int, datetime.datetime, list[dict[str, Any]]]:
        """Number, instant and records of the message, which are the first that are left: those of before, wherever they
        are in the file, if it was not known to be over when a process died or an answer got lost, and nobody has
        changed them since.
        """
        name, fields = _AGAIN + file.path.name, self._turn.place.fields
        number, at, count, digest = (fields.get(name) or "0 0 0 -").split(" ")
        begun = _find(file.left, int(count), digest)
        if begun is not None:
            part = file.left[begun : begun + int(count)]
            file.left = [*part, *file.left[:begun], *file.left[begun + int(count) :]]
            return int(number), instant(at), part
        part = file.left[: file.size]
        new, now = int(fields.get(NUMBER, "0")) + 1, self._pointsman.now
        stored = f"{new} {now} {len(part)} {_digest(part)}"
        self._turn.keep(Step(fields={NUMBER: str(new), name: stored}))
        return new, instant(now), part

    def _as_they_are(self, part: Sequence[Record]) -> tuple[list[Record], list[BadRecord]]:
        """The records as they are by now, and those that are not to be sent any more."""
        current, outdated = list[Record](), []
        for record in part:
            try:
                current.append(self._records.anew(record))
            except Outdated as error:
                outdated.append(BadRecord(record=record, problems=(str(error),)))
        return current, outdated


def _find(records: Sequence[Record], count: int, digest: str) -> int | None:
    """Where so many records of that digest begin; None if they are not there."""
    starts = range(len(records) - count + 1) if count else ()
    return next((start for start in starts if _digest(records[start : start + count]) == digest), None)


def _digest(records: Sequence[Record]) -> str:
    return hashlib.sha256(encode(list(records))).hexdigest()[:16]
