"""Takes over what is pushed to a connector: at once, as its sender waits for the answer."""

import base64
import binascii
import hashlib
import hmac
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from api.connectors.applying.awaited import look_for
from api.connectors.language.connector import Connector
from api.connectors.language.places import Push
from api.connectors.running.answering import Answering
from api.connectors.running.early_mark import is_unanswered
from api.connectors.running.problems import Problem, answered_later, awaited, in_order
from api.connectors.running.quarantine import Keeping, NotKept
from api.connectors.running.reading import MessageReader, ReadItem
from api.connectors.running.refusals import refused_beforehand, take_unrefused
from api.connectors.running.report import MessageReport, log_message
from api.connectors.running.row_taker import RowTaker
from api.connectors.running.runner import ROWS_AT_ONCE
from api.connectors.running.settings import resolve
from api.connectors.running.told_problems import ToldProblems
from api.connectors.sending.outgoing import NotDelivered
from api.connectors.sources.message import Message
from api.connectors.sources.spooled import again
from engine.errors import NotReady, PointsmanError, Unauthenticated
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

_PART = 1 << 16

logger = logging.getLogger("pointsman")


def verify_signature(connector: Connector, push: Push, headers: Mapping[str, str], body: BinaryIO) -> None:
    """Raises Unauthenticated unless the header has the signature of the body as it came, under the connector's secret,
    and SecretMissing if that is not set.
    """
    if push.secret is None:
        raise TypeError("a connector whose messages are signed has a secret")
    key = resolve(connector, push.secret).encode()
    signing = hmac.new(key, digestmod=hashlib.sha256)
    for part in _parts(body):
        signing.update(part)
    wanted = signing.digest()
    named = {name.lower(): value for name, value in headers.items()}
    given = named.get(push.header.lower(), "").strip()
    signature = _decoded(given.removeprefix(push.prefix), push.encoding) if given.startswith(push.prefix) else None
    if signature is None or not hmac.compare_digest(wanted, signature):
        message = f"the header {push.header} has no signature of this body under the secret of {connector.name}"
        raise Unauthenticated(message, presented=bool(given))


def _parts(body: BinaryIO) -> Iterator[bytes]:
    """All of the body, which is at its beginning again afterwards."""
    body.seek(0)
    yield from iter(lambda: body.read(_PART), b"")
    body.seek(0)


def _decoded(text: str, encoding: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


class Receiver:
    """Of one connector. Several messages may be taken over at once; a row that comes in two of them is taken over
    once.
    """

    def __init__(
        self,
        pointsman: Pointsman,
        connector: Connector,
        *,
        reader: MessageReader,
        keeping: Keeping,
        answering: Answering | None = None,
    ) -> None:
        self._pointsman = pointsman
        self._connector = connector
        self._reader = reader
        self._keeping = keeping
        self._answering = answering
        self._taker = RowTaker(pointsman, connector)

    def receive(self, body: BinaryIO, headers: Mapping[str, str]) -> MessageReport:
        """What became of the message, whose interchanges are answered by then. Raises what `applying.incoming.LATER`
        names: the sender sends it again.
        """
        now = self._pointsman.now
        digest = hashlib.sha256()
        for part in _parts(body):
            digest.update(part)
        name = digest.hexdigest()
        message = Message(id=name, name=f"push-{name[:12]}", received_at=now, open=lambda: again(body), headers=headers)
        report = MessageReport(name=message.name)
        problems = self._take(message, report, now)
        later = self._answering is not None and answered_later(problems)
        if later and self._connector.answer_to is None:
            raise NotReady(f"{problems[0]}; it is answered in the response, so send it again then")
        try:
            self._put_aside(message, report, now, later=later)
        except NotKept as error:
            self._note_failure(error, now)
            raise NotReady("its good rows were taken over, and it can't be kept now: send it again") from error
        if not (report.kept and is_unanswered(report.kept)):
            self._answer(message, problems, report, now)
        self._note_over(report, now)
        log_message(self._connector.name, report)
        return report

    def _take(self, message: Message, report: MessageReport, now: int) -> list[Problem]:
        """Take over its rows. All mistakes: those of the report, and those that only an answer needs."""
        refused = refused_beforehand(self._connector, self._reader, message)
        told, silent = ToldProblems(self._connector, answered=self._answering is not None), list[Problem]()
        for batch in self._batches(message):
            taken = take_unrefused(self._taker, self._connector, batch, refused)
            report.rows += len(batch)
            for ending, count in taken.endings.items():
                report.endings[ending] += count
            problems, others = told.split(taken.problems, batch, before=len(report.problems))
            report.problems += problems
            silent += others
            if taken.seen:
                self._note(Step(seen=taken.seen), now)
        report.problems = in_order(report.problems)
        return in_order(report.problems + silent)

    def _answer(self, message: Message, problems: Sequence[Problem], report: MessageReport, now: int) -> None:
        """Raises NotReady if the answers can't be written now: sent again, it counts once, and is answered then."""
        if self._answering is None:
            return
        try:
            report.unanswered = self._answering.answer(message, problems, at=now)
        except NotDelivered as error:
            self._note_failure(error, now)
            raise NotReady("it was taken over, and can't be answered now: send it again") from error

    def _note_failure(self, error: PointsmanError, now: int) -> None:
        logger.warning("connector %s: %s", self._connector.name, error)
        status: dict[str, str | int] = {"looked_at": now, "error": str(error), "failed_at": now}
        self._note(Step(status=status), now)

    def _note_over(self, report: MessageReport, now: int) -> None:
        counts = {"messages": 1, "rows": report.rows, **report.endings, "quarantined": int(report.kept is not None)}
        status: dict[str, str | int] = {"looked_at": now, "read_at": now, "message": report.name}
        status |= {"error": report.unanswered} | ({"failed_at": now} if report.unanswered else {})
        self._note(Step(counts={name: count for name, count in counts.items() if count}, status=status), now)

    def _note(self, step: Step, now: int) -> None:
        self._pointsman.connectors.note(self._connector.name, step, now=now, since=now - self._connector.remember)

    def _batches(self, message: Message) -> Iterator[list[ReadItem]]:
        with self._reader.reading(message) as items:
            while batch := list(itertools.islice(items, ROWS_AT_ONCE)):
                yield batch

    def _put_aside(self, message: Message, report: MessageReport, now: int, *, later: bool) -> None:
        if report.endings["bad"]:
            report.kept = self._keeping.quarantine(
                message,
                report.problems,
                rows=report.rows,
                bad=report.endings["bad"],
                at=now,
                taken=report.standing,
                awaits=look_for(self._pointsman, awaited(report.problems)),
                answered_later=later,
            )
        else:
            self._keeping.keep(message)
