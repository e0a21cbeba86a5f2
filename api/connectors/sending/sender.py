"""Runs a connector that sends: reads what is new, makes messages of it, delivers them, and keeps how far it has come.

Before a message is delivered, its number, its instant and the cursor behind its records are stored, so that whoever
goes on after a crash sends the same message again, under the same name and key: at least once, nothing left out.
"""

import datetime
import logging
from collections.abc import Sequence
from pathlib import Path

from api.connectors.language.connector import Sends
from api.connectors.running.quarantine import NotKept
from api.connectors.running.report import MessageReport, TurnReport
from api.connectors.sending.alone import ALONE, RecordsAlone
from api.connectors.sending.dispatching import Dispatcher, SenderParts, instant
from api.connectors.sending.outgoing import Refused
from api.connectors.sending.put_aside import PutAside
from api.connectors.sending.records.batch import CURSOR, Batch, Record
from api.connectors.sending.rendering import BadRecord, Rendered
from api.connectors.sending.resending import NUMBER, Resender
from api.connectors.turn import ConnectorTurn, TurnLost
from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

WAITS = (5, 30, 120, 600, 1_800, 3_600)
"""Seconds after the first, second, ... failure in a row until it is tried again; then always the last."""
MOST_COUNTED = 200
"""Of records that wait, so many are counted."""
_MOST_READS = 10
_AT, _UNTIL = "sending_at", "sending_until"
_FAILURES, _AGAIN, _SINCE = "failures", "again_at", "failing_since"
_FEWER = "fewer"
"""Fields of the place, beside how far was sent and the number of the last message: of a message that is being sent, its
instant and the cursor behind it; how often that failed in a row, since when, and when it is tried again; and how many
records one has at most, after one with more was refused.
"""

logger = logging.getLogger("pointsman")


class ConnectorSender:
    """One connector, in one process."""

    def __init__(self, pointsman: Pointsman, parts: SenderParts) -> None:
        if parts.connector.sends is None:
            raise ValueError(f"{parts.connector.name} sends nothing")
        self._pointsman = pointsman
        self._connector = parts.connector
        self._sends: Sends = parts.connector.sends
        self._records = parts.records
        self._renderer = parts.renderer
        self._delivery = parts.delivery
        self._aside = PutAside(parts.connector, parts.kept, parts.wording)
        self._waiting_since = 0
        """Since when the oldest record waits that is to be sent next; 0: none, or that is not known."""
        self._turn = ConnectorTurn(pointsman.connectors, parts.connector.name, clock=lambda: pointsman.now)
        self._dispatcher = Dispatcher(pointsman, parts, self._sends, self._turn)
        self._alone = RecordsAlone(self._turn, self._dispatcher)
        self._resender = Resender(
            pointsman, parts, self._sends, turn=self._turn, dispatcher=self._dispatcher, aside=self._aside
        )

    def close(self) -> None:
        self._delivery.close()

    def take_turn(self, again: Sequence[Path] = ()) -> TurnReport:
        """Send all that is new, and then what was put aside in the files `again`. What keeps that from going on is in
        the report. Raises InputInvalid if such a file is not there, or has a mistake.
        """
        name = self._connector.name
        report = TurnReport(connector=name)
        if not self._turn.take():
            report.busy = True
            return report
        try:
            self._turn.read()
            self._send_all(report)
            self._send_again(again, report)
        except TurnLost:
            report.busy = True
        except PointsmanError as error:  # also of a secret that is not set, or a channel that the network doesn't list
            report.error = str(error)
            self._note_failure(error)
        finally:
            self._turn.end()
        return report

    def _send_again(self, paths: Sequence[Path], report: TurnReport) -> None:
        fields = self._turn.place.fields
        if paths and (fields.get(_UNTIL) or int(fields.get(_AGAIN, "0")) > self._pointsman.now):
            at = instant(fields.get(_AGAIN) or self._pointsman.now)
            report.error = f"the target is left alone until {at:%Y-%m-%d %H:%M:%S} UTC; replay after that"
            return
        for path in paths if not report.error else ():
            self._resender.resend(path, report)

    def _send_all(self, report: TurnReport) -> None:
        fields = self._turn.place.fields
        again = int(fields.get(_AGAIN, "0"))
        if again > self._pointsman.now:
            report.left_alone_until = again
            return
        if CURSOR not in fields:
            self._turn.keep(Step(fields={CURSOR: self._records.start()}))
            report.begun = True
        goes_on = True
        while goes_on and self._dispatcher.may_send():
            goes_on = self._send(self._next(), report)
        oldest = self._oldest(self._next()) if goes_on else 0
        waiting = self._count_waiting() if oldest else 0
        status = {"looked_at": self._pointsman.now, "waiting": waiting, "oldest": oldest, "error": ""}
        self._turn.keep(Step(status=status))

    def _next(self) -> Batch:
        """What is to be sent next, or again."""
        fields = self._turn.place.fields
        batch = self._records.after(fields[CURSOR], most=self._most(), until=fields.get(_UNTIL, ""))
        self._waiting_since = self._oldest(batch)
        return batch

    def _oldest(self, batch: Batch) -> int:
        """Since when the oldest record of it waits to be sent; 0 if none does."""
        if not self._renderer.wanted(batch.records):
            return 0
        return batch.since or self._pointsman.now

    def _count_waiting(self) -> int:
        """How many records are to be sent by now, MOST_COUNTED at most: they are read for that."""
        cursor, waiting = self._turn.place.fields.get(CURSOR, ""), 0
        for _ in range(_MOST_READS):
            batch = self._records.after(cursor, most=MOST_COUNTED)
            waiting += len(self._renderer.wanted(batch.records))
            if not batch.more or waiting >= MOST_COUNTED:
                break
            cursor = batch.cursor
        return min(waiting, MOST_COUNTED)

    def _send(self, batch: Batch, report: TurnReport) -> bool:
        """Send a batch; whether there may be others."""
        records = self._renderer.wanted(batch.records)
        skipped = len(batch.records) - len(records)
        if not records:
            counts = {"skipped": skipped} if skipped else {}
            if batch.cursor != self._turn.place.fields[CURSOR]:
                self._turn.keep(Step(fields={CURSOR: batch.cursor, _AT: "", _UNTIL: "", ALONE: ""}, counts=counts))
            return batch.more
        number, at = self._begin(batch)
        outcome = self._delivered(records, number, at, batch)
        if outcome is None:
            return True
        rendered, before = outcome
        sent = rendered.records
        if rendered.bad:
            report.messages.append(self._put_aside(records, rendered, before, number))
        report.sent += sent
        self._drop_older(records, number)
        self._finish(batch, sent=sent, skipped=skipped + before, bad=len(rendered.bad))
        if sent:
            logger.info("connector %s sent %s records", self._connector.name, sent)
        return batch.more

    def _delivered(
        self, records: Sequence[Record], number: int, at: datetime.datetime, batch: Batch
    ) -> tuple[Rendered, int] | None:
        """What was sent, and how many of the records the target had; None if the message is not over, as it goes out in
        smaller ones, or some of it once the target takes requests again. Raises NotDelivered.
        """
        if self._alone.begun:
            return self._alone.send(records, number, at, batch.sent)
        try:
            return self._dispatcher.send(records, number, at, batch.sent)
        except Refused as error:
            if len(batch.records) > 1 and self._most() > 1:
                self._send_fewer(len(batch.records))
                return None
            if len(records) == 1:
                return Rendered(bad=[BadRecord(record=records[0], problems=(str(error),))]), 0
        return self._alone.send(records, number, at, batch.sent)

    def _put_aside(self, records: Sequence[Record], rendered: Rendered, before: int, number: int) -> MessageReport:
        """Keep what of the message was not sent. Raises NotKept: what was sent is stored, and not sent again then."""
        try:
            return self._aside.put(rendered.bad, number, len(records))
        except NotKept:
            self._alone.remember(records, rendered, before)
            raise

    def _drop_older(self, records: Sequence[Record], number: int) -> None:
        """Of a state that was put aside before and is told anew by message `number`, nothing waits any more."""
        states = {state for record in records if (state := self._records.state_of(record)) is not None}
        self._aside.drop_older(states, self._records.state_of, but=self._aside.path_of(number))

    def _most(self) -> int:
        return min(self._sends.most, int(self._turn.place.fields.get(_FEWER) or self._sends.most))

    def _send_fewer(self, refused: int) -> None:
        """The message was refused: its records go into several, so that only those that are bad are put aside."""
        fewer = max(1, min(self._most(), refused) // 2)
        self._turn.keep(Step(fields={_FEWER: str(fewer), _AT: "", _UNTIL: ""}))

    def _begin(self, batch: Batch) -> tuple[int, datetime.datetime]:
        """The number and instant of the message: those of before, if it was being sent when a process died."""
        fields = self._turn.place.fields
        if fields.get(_UNTIL):
            return int(fields[NUMBER]), instant(fields[_AT])
        number, now = int(fields.get(NUMBER, "0")) + 1, self._pointsman.now
        self._turn.keep(Step(fields={NUMBER: str(number), _AT: str(now), _UNTIL: batch.cursor}))
        return number, instant(str(now))

    def _finish(self, batch: Batch, *, sent: int, skipped: int, bad: int) -> None:
        now = self._pointsman.now
        over = {CURSOR: batch.cursor, _AT: "", _UNTIL: "", ALONE: "", _FAILURES: "", _AGAIN: "", _SINCE: ""}
        if sent and _FEWER in self._turn.place.fields:  # what was bad is past: soon there are as many as before
            more = 2 * self._most()
            over[_FEWER] = str(more) if more < self._sends.most else ""
        counted = {"sent": sent, "skipped": skipped, "bad": bad, "messages": 1, "quarantined": 1 if bad else 0}
        counts = {name: count for name, count in counted.items() if count}
        status: dict[str, str | int] = {"error": "", **({"sent_at": now} if sent else {})}
        self._turn.keep(Step(fields=over, status=status, counts=counts))

    def _note_failure(self, error: PointsmanError) -> None:
        """Say so in the connector's status, and when it is tried again, if the store can be reached."""
        now, fields = self._pointsman.now, self._turn.place.fields
        failures = int(fields.get(_FAILURES, "0")) + 1
        wait = max(WAITS[min(failures, len(WAITS)) - 1], getattr(error, "retry_after", None) or 0)
        since = fields.get(_SINCE) or str(now)
        kept = {_FAILURES: str(failures), _AGAIN: str(now + wait), _SINCE: since}
        status: dict[str, str | int] = {"error": str(error), "failed_at": now, "looked_at": now}
        status |= {"waiting": 1, "oldest": min(int(since), self._waiting_since or now)}
        logger.warning("connector %s: %s", self._connector.name, error)
        try:
            status["waiting"] = max(1, self._count_waiting())
            self._turn.keep(Step(fields=kept, status=status))
        except PointsmanError as other:
            logger.warning("connector %s: %s", self._connector.name, other)
