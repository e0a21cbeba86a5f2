"""Runs a connector that reads: takes over what waits at its source, and keeps its place.

The rows of a message are taken over in order, some at a time; then the place is stored. Whoever dies in between takes
some of them over again, which changes nothing: each call has an operation id made of the connector and `once`, or tells
by its own number that it came before. One process at a time runs a connector.
"""

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from api.connectors.applying.awaited import look_for
from api.connectors.applying.incoming import LATER, acting_as
from api.connectors.language.kinds import INBOUND
from api.connectors.running.connector_parts import ConnectorParts
from api.connectors.running.doubtful_rows import put_aside_doubtful
from api.connectors.running.early_mark import is_unanswered
from api.connectors.running.problems import Problem, answered_later, awaited, decode, encode, in_order
from api.connectors.running.quarantine import NotKept
from api.connectors.running.reading import ReadItem
from api.connectors.running.refusals import refused_beforehand, take_unrefused
from api.connectors.running.report import MessageReport, TurnReport, log_message
from api.connectors.running.row_taker import RowTaker, Taken
from api.connectors.running.rows_over import OF_NO_MESSAGE, RowsOver
from api.connectors.running.told_problems import ToldProblems
from api.connectors.running.unkept import FAILURES, ReadRows, UnkeptFiles, once_kept, wait_after
from api.connectors.sending.outgoing import NotDelivered
from api.connectors.sources.message import (
    OVER,
    READING,
    Backlog,
    BeginsAgain,
    Message,
    OfFiles,
    Settling,
    SourceUnavailable,
    StillWritten,
    Waiting,
)
from api.connectors.sources.watched import watched
from api.connectors.turn import ConnectorTurn, TurnLost
from engine.errors import PointsmanError
from engine.idempotency import OPERATION_SECONDS
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

ROWS_AT_ONCE = 200
"""So many rows are taken over before the place is stored."""
_DOUBTFUL_SECONDS = OPERATION_SECONDS - 3_600
"""After so long, operations of rows that were being taken over when a process died may be forgotten."""
_AT, _OVER_BAD = "at", "over_bad"
"""Fields of the place, beside READING, OVER and those of RowsOver: when these were stored; whether the last message
that is over is in quarantine.
"""

_AGAIN = "again_at"
"""And until when the source asked to be left alone."""

logger = logging.getLogger("pointsman")


class ConnectorRunner:
    """One connector, in one process. `advanced` is called with the number of rows after each batch of them."""

    def __init__(
        self, pointsman: Pointsman, parts: ConnectorParts, *, advanced: Callable[[int], None] = lambda _rows: None
    ) -> None:
        self._pointsman = pointsman
        self._store = pointsman.connectors
        self._connector = parts.connector
        self._source = parts.source
        self._reader = parts.reader
        self._keeping = parts.keeping
        self._answering = parts.answering
        self._replaying = parts.replaying
        self._taker = RowTaker(pointsman, parts.connector)
        self._advanced = advanced
        self._turn = ConnectorTurn(
            self._store,
            parts.connector.name,
            remember=parts.connector.remember,
            replaying=parts.replaying,
            clock=lambda: pointsman.now,
        )
        if isinstance(self._source, Waiting):
            self._source.hold = self._turn.hold
        self._told = ToldProblems(self._connector, answered=False)
        self._taken_rows = 0
        """Of the message that is read, also by a process that died."""
        self._unkept = UnkeptFiles(self._turn)

    def close(self) -> None:
        self._source.close()

    def take_turn(self) -> TurnReport:
        """Take over all that waits at the source. What keeps that from going on is in the report."""
        name = self._connector.name
        report = TurnReport(connector=name)
        if not self._turn.take():
            report.busy = True
            return report
        try:
            with acting_as(name):
                self._turn.read()
                report.left_alone_until = self._left_alone_until()
                if not report.left_alone_until:
                    self._read_all(report)
        except TurnLost:
            report.busy = True
        except (SourceUnavailable, NotDelivered, NotKept, OSError, *LATER) as error:
            report.error = str(error)
            self._note_failure(error)
        finally:
            self._turn.end()
        return report

    def _read_all(self, report: TurnReport) -> None:
        self._read_some(report)
        while isinstance(self._source, Backlog) and self._source.behind:
            self._read_some(report)
        if isinstance(self._source, Settling):
            report.settling, report.settled = self._source.settling, self._source.settled
        if isinstance(self._source, OfFiles):
            report.error = report.error or self._unkept.told or self._source.trouble
        now = self._pointsman.now
        failed = {"error": report.error, "failed_at": now} if report.error else {"error": ""}
        left = self._unkept.left
        oldest = min((message.received_at for message in left), default=0)
        status = {"looked_at": now, "waiting": len(left), "oldest": oldest, **failed}
        self._turn.keep(Step(fields={**self._files_read(), _AGAIN: "", FAILURES: ""}, status=status))
        self._keeping.tidy(now)

    def _read_some(self, report: TurnReport) -> None:
        """Read what the source answers at once."""
        messages = self._source.messages(self._turn.place.fields)
        if isinstance(self._source, BeginsAgain) and self._source.began_again:
            self._note_beginning(self._source, report)
        waiting = self._still_to_read(messages, report) if isinstance(messages, Sequence) else messages
        behind = self._source.behind if isinstance(self._source, Backlog) else 0
        if isinstance(self._source, OfFiles) and isinstance(waiting, Sequence):
            waiting = self._unkept.due(waiting, self._pointsman.now)
        for index, message in enumerate(waiting):
            left = waiting[index:] if isinstance(waiting, Sequence) else [message]
            status = {"waiting": len(left) + behind, "oldest": min(each.received_at for each in left)}
            try:
                report.messages.append(self._read(watched(message, self._turn.stay), status))
            except StillWritten as error:
                report.error = str(error)
                continue
            except NotKept as error:
                if not isinstance(self._source, OfFiles):  # whose messages are read one behind the other
                    raise
                over = RowsOver.of_place(self._turn.place.fields)
                read = ReadRows(over=over, problems=self._problems())
                self._unkept.leave(message, str(error), self._pointsman.now, read=read)
                continue
            report.error = report.messages[-1].unanswered or report.error
            self._put_away(message, quarantined=report.messages[-1].kept is not None, report=report)

    def _note_beginning(self, source: BeginsAgain, report: TurnReport) -> None:
        """What is read was made anew: the place knows before any of it is taken over."""
        report.began_again = source.began_again
        status: dict[str, str | int] = {"began_again": source.began_again, "began_again_at": self._pointsman.now}
        self._turn.keep(Step(fields=source.fields_of_beginning, status=status))
        logger.warning("connector %s: %s", self._connector.name, source.began_again)
        source.began_again = ""

    def _still_to_read(self, messages: Iterable[Message], report: TurnReport) -> list[Message]:
        """Without one that was over when a process died before it could put it away."""
        still = []
        for message in messages:
            if message.id == self._turn.place.fields.get(OVER):
                bad = self._turn.place.fields.get(_OVER_BAD) == "1"
                self._put_away(message, quarantined=bad, report=report)
            else:
                still.append(message)
        return still

    def _put_away(self, message: Message, *, quarantined: bool, report: TurnReport) -> None:
        """Files behind one that can't be put away are read all the same. Raises SourceUnavailable of other sources."""
        try:
            self._source.put_away(message, quarantined=quarantined)
        except SourceUnavailable as error:
            if not isinstance(self._source, OfFiles):
                raise
            report.error = str(error)

    def _files_read(self) -> dict[str, str]:
        """Fields of the place: what of the files that were read changed since the last step."""
        return self._source.read.take_changes() if isinstance(self._source, OfFiles) else {}

    def _read(self, message: Message, status: dict[str, int]) -> MessageReport:
        fields = self._turn.place.fields
        resumed = fields.get(READING) == message.id
        doubtful = resumed and self._pointsman.now - int(fields.get(_AT, "0")) > _DOUBTFUL_SECONDS
        if (read := self._unkept.once_read(message)) is not None:
            begun = Step(over=True, problems=encode(read.problems), status={**status, "error": ""})
            return self._finish(message, self._begin(message, read.over, begun))
        over = RowsOver.of_place(fields) if resumed else RowsOver()
        report = self._begin(message, over, Step(over=not resumed, status={**status, "error": ""}))
        refused = refused_beforehand(self._connector, self._reader, message)
        with self._reader.reading(message) as every:
            for batch in _batches(itertools.islice(every, over.rows, None)):
                if doubtful and not INBOUND[self._connector.kind].named:
                    taken = put_aside_doubtful(self._taker, batch)
                else:
                    taken = take_unrefused(self._taker, self._connector, batch, refused, resumed=resumed)
                doubtful = resumed = False
                self._keep_batch(batch, taken, report)
        return self._finish(message, report)

    def _begin(self, message: Message, over: RowsOver, step: Step) -> MessageReport:
        """The place knows which message is read, and what of it is over."""
        report = MessageReport(name=message.name, rows=over.rows)
        report.endings["bad"], self._taken_rows = over.bad, over.taken
        self._told = ToldProblems(self._connector, answered=self._answering is not None)
        begun = {READING: message.id, **over.fields, **self._files_read(), **self._at()}
        self._turn.keep(replace(step, fields=begun))
        return report

    def _keep_batch(self, batch: Sequence[ReadItem], taken: Taken, report: MessageReport) -> None:
        problems, silent = self._told.split(taken.problems, batch, before=len(report.problems))
        report.rows += len(batch)
        for ending, count in taken.endings.items():
            report.endings[ending] += count
        report.problems += problems
        self._taken_rows += taken.rows
        fields = RowsOver(rows=report.rows, bad=report.endings["bad"], taken=self._taken_rows).fields
        counts = _growing({"rows": len(batch), **taken.endings})
        self._turn.keep(
            Step(fields=fields | self._at(), seen=taken.seen, problems=encode(problems + silent), counts=counts)
        )
        self._advanced(len(batch))

    def _finish(self, message: Message, report: MessageReport) -> MessageReport:
        """The message is over: what is wrong with it is written, then the place. Raises StillWritten."""
        message.verify()
        counts = {"messages": 1}
        problems = in_order(self._problems())
        report.problems = [problem for problem in problems if not problem.silent]
        bad = report.endings["bad"]
        if bad:
            counts["quarantined"] = 1
            sizes = {"rows": report.rows, "bad": bad, "taken": self._taken_rows}
            awaits, now = look_for(self._pointsman, awaited(problems)), self._pointsman.now
            later = self._answering is not None and answered_later(problems)
            report.kept = self._keeping.quarantine(
                message, report.problems, at=now, awaits=awaits, answered_later=later, **sizes
            )
        else:
            self._keeping.keep(message)
        if self._answering is not None and not (report.kept and is_unanswered(report.kept)):
            report.unanswered = self._answering.answer(message, problems, at=self._pointsman.now)
        over = {
            READING: "",
            **OF_NO_MESSAGE,
            _AT: "",
            OVER: message.id,
            _OVER_BAD: "1" if bad else "0",
            **once_kept(message),
        }
        status: dict[str, str | int] = {"read_at": self._pointsman.now, "message": message.name}
        self._turn.keep(Step(fields={**over, **message.after}, over=True, status=status, counts=counts))
        log_message(self._connector.name, report)
        return report

    def _problems(self) -> list[Problem]:
        """All that is wrong with the rows that are over."""
        return decode(self._store.problems(self._connector.name, replaying=self._replaying))

    def _at(self) -> dict[str, str]:
        return {_AT: str(self._pointsman.now)}

    def _left_alone_until(self) -> int:
        """Until when the source is not asked, as it said so; 0: it may be."""
        until = int(self._turn.place.fields.get(_AGAIN, "0"))
        return until if until > self._pointsman.now else 0

    def _note_failure(self, error: Exception) -> None:
        """Say so in the connector's status, if the store can be reached, and until when the source is left alone."""
        now, wait = self._pointsman.now, getattr(error, "retry_after", None) or 0
        fields = {}
        if isinstance(error, NotKept):
            failures = int(self._turn.place.fields.get(FAILURES, "0")) + 1
            wait, fields = wait_after(failures), {FAILURES: str(failures)}
        status: dict[str, str | int] = {"error": str(error), "failed_at": now, "looked_at": now}
        try:
            self._turn.keep(Step(fields={_AGAIN: str(now + wait) if wait else "", **fields}, status=status))
        except PointsmanError:
            logger.warning("connector %s: %s", self._connector.name, error)


def _batches(items: Iterator[ReadItem]) -> Iterator[list[ReadItem]]:
    while batch := list(itertools.islice(items, ROWS_AT_ONCE)):
        yield batch


def _growing(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
