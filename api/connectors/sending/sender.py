"""Runs a connector that sends: reads what is new, makes messages of it, delivers them, and keeps how far it has come.

Before a message is delivered, its number, its instant and the cursor behind its records are stored, so that whoever
goes on after a crash sends the same message again, under the same name and key: at least once, nothing left out.
"""

import dataclasses
import datetime
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from api.connectors.language.connector import Connector, Sends
from api.connectors.language.places import HttpCall
from api.connectors.running.problems import SUFFIX, Problem
from api.connectors.running.quarantine import write_whole
from api.connectors.running.report import MessageReport, TurnReport
from api.connectors.running.row_taker import ECHO_SECONDS
from api.connectors.sending.asking import ANSWER, Asking
from api.connectors.sending.beginning import CURSOR
from api.connectors.sending.delivery import Delivery
from api.connectors.sending.outgoing import Refused
from api.connectors.sending.records.batch import Batch, Record, Records
from api.connectors.sending.rendering import BadRecord, Rendered, Renderer
from api.connectors.sources.folder import BAD
from api.connectors.turn import ConnectorTurn, TurnLost
from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

WAITS = (5, 30, 120, 600, 1_800, 3_600)
"""Seconds after the first, second, ... failure in a row until it is tried again; then always the last."""
_NUMBER, _AT, _UNTIL = "number", "sending_at", "sending_until"
_FAILURES, _AGAIN, _SINCE = "failures", "again_at", "failing_since"
_MINUTE, _IN_MINUTE = "minute", "in_minute"
_FEWER = "fewer"
"""Fields of the place, beside how far was sent: the number of the last message; of a message that is being sent, its
instant and the cursor behind it; how often that failed in a row, since when, and when it is tried again; how many
messages went out in which minute; and how many records one has at most, after one with more was refused.
"""

_NOT_KEPT = ("addressee", ANSWER)
"""Of a record that is put aside: whom it goes to, and what others said of it."""

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderParts:
    """What a connector that sends runs with. `kept` is the folder of what could not be sent."""

    connector: Connector
    records: Records
    renderer: Renderer
    delivery: Delivery
    kept: Path
    asking: Asking | None = None


class ConnectorSender:
    """One connector, in one process."""

    def __init__(self, pointsman: Pointsman, parts: SenderParts) -> None:
        if parts.connector.sends is None:
            raise ValueError(f"{parts.connector.name} sends nothing")
        self._pointsman = pointsman
        self._store = pointsman.connectors
        self._connector = parts.connector
        self._sends: Sends = parts.connector.sends
        self._records = parts.records
        self._renderer = parts.renderer
        self._delivery = parts.delivery
        self._asking = parts.asking
        self._kept = parts.kept
        self._turn = ConnectorTurn(self._store, parts.connector.name, clock=lambda: pointsman.now)

    def close(self) -> None:
        self._delivery.close()

    def take_turn(self) -> TurnReport:
        """Send all that is new. What keeps that from going on is in the report."""
        name = self._connector.name
        report = TurnReport(connector=name)
        if not self._turn.take():
            report.busy = True
            return report
        try:
            self._turn.read()
            self._send_all(report)
        except TurnLost:
            report.busy = True
        except PointsmanError as error:  # also of a secret that is not set, or a channel that the network doesn't list
            report.error = str(error)
            self._note_failure(error)
        finally:
            self._turn.end()
        return report

    def _send_all(self, report: TurnReport) -> None:
        fields = self._turn.place.fields
        if int(fields.get(_AGAIN, "0")) > self._pointsman.now:
            return
        if CURSOR not in fields:
            self._turn.keep(Step(fields={CURSOR: self._records.start()}))
            report.begun = True
        goes_on = True
        while goes_on and self._may_send():
            before = self._turn.place.fields
            batch = self._records.after(before[CURSOR], most=self._most(), until=before.get(_UNTIL, ""))
            goes_on = self._send(batch, report)
        self._turn.keep(Step(status={"looked_at": self._pointsman.now, "waiting": 0, "oldest": 0, "error": ""}))

    def _send(self, batch: Batch, report: TurnReport) -> bool:
        """Send a batch; whether there may be others."""
        records = self._renderer.wanted(batch.records)
        skipped = len(batch.records) - len(records)
        if not records:
            counts = {"skipped": skipped} if skipped else {}
            if batch.cursor != self._turn.place.fields[CURSOR]:
                self._turn.keep(Step(fields={CURSOR: batch.cursor, _AT: "", _UNTIL: ""}, counts=counts))
            return batch.more
        number, at = self._begin(batch)
        try:
            rendered, before = self._sent(records, number, at, batch)
        except Refused as error:
            if len(batch.records) > 1 and self._most() > 1:
                self._send_fewer(len(batch.records))
                return True
            rendered, before = self._sent_alone(records, number, at, batch, str(error))
        sent = rendered.records
        report.sent += sent
        if rendered.bad:
            report.messages.append(self._put_aside(rendered.bad, number, len(records)))
        self._finish(batch, sent=sent, skipped=skipped + before, bad=len(rendered.bad))
        if sent:
            logger.info("connector %s sent %s records", self._connector.name, sent)
        return batch.more

    def _sent(
        self, records: Sequence[Record], number: int, at: datetime.datetime, batch: Batch, *, alone: str = ""
    ) -> tuple[Rendered, int]:
        """What was sent, and of how many records the target says that it has them. `alone` tells the key from those of
        other records of the message. Raises NotDelivered, Refused.
        """
        known = self._asked(records, number, at)
        rendered = self._renderer.render(known, number=number, at=at)
        if rendered.message is not None:
            rendered.message = dataclasses.replace(rendered.message, key=rendered.message.key + alone)
        self._deliver(rendered, batch)
        return rendered, len(records) - len(known)

    def _sent_alone(
        self, records: Sequence[Record], number: int, at: datetime.datetime, batch: Batch, refusal: str
    ) -> tuple[Rendered, int]:
        """Each of the records of one event by itself, as all together were refused. Raises NotDelivered."""
        if len(records) == 1:
            return Rendered(bad=[BadRecord(record=records[0], problems=(refusal,))]), 0
        total, before = Rendered(), 0
        for index, record in enumerate(records, start=1):
            try:
                rendered, known = self._sent([record], number, at, batch, alone=f"-{index}")
            except Refused as error:
                total.bad.append(BadRecord(record=record, problems=(str(error),)))
                continue
            total.records += rendered.records
            total.bad += rendered.bad
            before += known
        return total, before

    def _most(self) -> int:
        return min(self._sends.most, int(self._turn.place.fields.get(_FEWER) or self._sends.most))

    def _send_fewer(self, refused: int) -> None:
        """The message was refused: its records go into several, so that only those that are bad are put aside."""
        fewer = max(1, min(self._most(), refused) // 2)
        self._turn.keep(Step(fields={_FEWER: str(fewer), _AT: "", _UNTIL: "", **self._requests()}))

    def _begin(self, batch: Batch) -> tuple[int, datetime.datetime]:
        """The number and instant of the message: those of before, if it was being sent when a process died."""
        fields = self._turn.place.fields
        if fields.get(_UNTIL):
            return int(fields[_NUMBER]), _instant(fields[_AT])
        number, now = int(fields.get(_NUMBER, "0")) + 1, self._pointsman.now
        self._turn.keep(Step(fields={_NUMBER: str(number), _AT: str(now), _UNTIL: batch.cursor}))
        return number, _instant(str(now))

    def _asked(self, records: Sequence[Record], number: int, at: datetime.datetime) -> Sequence[Record]:
        """The records with what the target says of them, without those that it has. Raises NotDelivered, Refused."""
        if self._asking is None:
            return records
        self._turn.hold()
        return self._asking.answered(records, self._renderer.words(records, number=number, at=at))

    def _deliver(self, rendered: Rendered, batch: Batch) -> None:
        """Raises NotDelivered, Refused."""
        if rendered.message is None:
            return
        # before it is delivered, as its echo may come at once
        now = self._pointsman.now
        self._store.remember_sent(self._connector.name, batch.sent, now=now, since=now - ECHO_SECONDS)
        self._turn.hold()
        self._delivery.deliver(rendered.message)

    def _finish(self, batch: Batch, *, sent: int, skipped: int, bad: int) -> None:
        now = self._pointsman.now
        over = {CURSOR: batch.cursor, _AT: "", _UNTIL: "", _FAILURES: "", _AGAIN: "", _SINCE: ""}
        over |= self._requests()
        if sent and _FEWER in self._turn.place.fields:  # what was bad is past: soon there are as many as before
            more = 2 * self._most()
            over[_FEWER] = str(more) if more < self._sends.most else ""
        counted = {"sent": sent, "skipped": skipped, "bad": bad, "messages": 1, "quarantined": 1 if bad else 0}
        counts = {name: count for name, count in counted.items() if count}
        self._turn.keep(Step(fields=over, status={"read_at": now, "error": ""}, counts=counts))

    def _requests(self) -> dict[str, str]:
        """Fields of the place: one more message went out in this minute."""
        minute, fields = str(self._pointsman.now // 60), self._turn.place.fields
        before = int(fields.get(_IN_MINUTE, "0")) if fields.get(_MINUTE) == minute else 0
        return {_MINUTE: minute, _IN_MINUTE: str(before + (1 if self._asking is None else 2))}

    def _may_send(self) -> bool:
        """Whether the target takes another message in this minute."""
        target = self._sends.target
        most = target.most_a_minute if isinstance(target, HttpCall) else None
        fields = self._turn.place.fields
        in_this = fields.get(_MINUTE) == str(self._pointsman.now // 60)
        return most is None or not in_this or int(fields.get(_IN_MINUTE, "0")) < most

    def _put_aside(self, bad: Sequence[BadRecord], number: int, of: int) -> MessageReport:
        """Keep the records that are not sent, without whom they go to, beside what is wrong with them. Done again, it
        writes the same.
        """
        name = f"{self._connector.name}-{number}.json"
        folder = self._kept / BAD
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        records = [{name: value for name, value in item.record.items() if name not in _NOT_KEPT} for item in bad]
        content = orjson.dumps(records, default=str, option=orjson.OPT_INDENT_2)
        write_whole(path, content + b"\n")
        problems = [
            Problem(row=index, place=f"record {index}", path="", message=text).short()
            for index, item in enumerate(bad, start=1)
            for text in item.problems
        ]
        lines = [
            f"{len(bad):,} of {of:,} records of message {number} of connector {self._connector.name} were not sent:",
            "",
            *map(str, problems),
            "",
            f"They stand in {name} beside this file. Mend what is wrong with them, or {self._connector.document.file},",
            "and send them by hand: what changes later is sent by itself.",
            "",
        ]
        write_whole(path.with_name(name + SUFFIX), "\n".join(lines).encode())
        logger.warning("connector %s: %s records are not sent: %s", self._connector.name, len(bad), path)
        report = MessageReport(name=name, rows=of, problems=problems, kept=path)
        report.endings["bad"] = len(bad)
        return report

    def _note_failure(self, error: PointsmanError) -> None:
        """Say so in the connector's status, and when it is tried again, if the store can be reached."""
        now, fields = self._pointsman.now, self._turn.place.fields
        failures = int(fields.get(_FAILURES, "0")) + 1
        wait = max(WAITS[min(failures, len(WAITS)) - 1], getattr(error, "retry_after", None) or 0)
        since = fields.get(_SINCE) or str(now)
        kept = {_FAILURES: str(failures), _AGAIN: str(now + wait), _SINCE: since}
        status: dict[str, str | int] = {"error": str(error), "failed_at": now, "looked_at": now}
        status |= {"waiting": 1, "oldest": int(since)}
        logger.warning("connector %s: %s", self._connector.name, error)
        try:
            self._turn.keep(Step(fields=kept, status=status))
        except PointsmanError as other:
            logger.warning("connector %s: %s", self._connector.name, other)


def _instant(seconds: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(seconds), tz=datetime.UTC)
