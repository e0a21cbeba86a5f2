"""Sends messages again: those in quarantine, once somebody has mended them, and old ones; and records that were put
aside as they were to be sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.kinds import INBOUND
from api.connectors.running.connector_parts import ConnectorParts
from api.connectors.running.early_mark import is_unanswered
from api.connectors.running.opening import open_answering, open_reader
from api.connectors.running.quarantine import Keeping, NotKept, kept_headers
from api.connectors.running.report import TurnReport
from api.connectors.running.runner import ConnectorRunner
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.opening import open_sender
from api.connectors.sending.put_aside import PutAside
from api.connectors.sources.message import Message
from api.connectors.sources.names import instant_and_name
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman

_MOST_LOGGED = 50
"""Names of files in an entry of the log; with `--since`, there may be many thousands."""


@dataclass(frozen=True, slots=True)
class _Files:
    """A source of files that are sent again. Each keeps the instant at which it first came: what is newer by now stays
    as it is. One that is good goes from quarantine to those that were taken over; one that is not stays there.
    """

    paths: tuple[Path, ...]

    def messages(self, place: Mapping[str, str]) -> Iterator[Message]:  # noqa: ARG002  # as every source
        for path in self.paths:
            at, name = instant_and_name(path.name)
            stat = path.stat()
            yield Message(
                id=f"replay {path.name} {stat.st_mtime_ns} {stat.st_size}",
                name=name,
                received_at=int(stat.st_mtime) if at is None else at,
                open=lambda path=path: path.open("rb"),
                headers=kept_headers(path),
            )

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        """Done by whoever replays, who knows which file it was."""

    def close(self) -> None:
        pass


class _KeptWhereItIs(Keeping):
    """A message that still has mistakes stays in the file in which it is, with what is wrong with it now."""

    def __init__(self, connector: Connector, root: Path, wording: Wording, path: Path) -> None:
        super().__init__(connector, root, wording)
        self._path = path

    def place_of(self, message: Message) -> Path:  # noqa: ARG002  # there is one
        return self._path

    def copy(self, message: Message, path: Path) -> None:
        """It is there."""

    def keep(self, message: Message) -> None:
        """It is kept where it is, or put with the others that were taken over."""


def log_replay(pointsman: Pointsman, connector: Connector, paths: Iterable[Path]) -> None:
    """Have the log say that whoever acts now sends these files again: one entry, before anything is sent. Those
    that are not there are left out.
    """
    names = [path.name for path in paths if path.is_file()]
    if names:
        pointsman.record_act("message_replayed", connector.name, {"files": names[:_MOST_LOGGED], "count": len(names)})


def replay(
    pointsman: Pointsman, connector: Connector, paths: Iterable[Path], files: Path, wording: Wording = ENGLISH_WORDING
) -> TurnReport:
    """Take over the files again, in that order. Rows that were taken over before are left out, as `once` tells, or
    change nothing. EDI that was not answered yet is answered. Raises InputInvalid if a file is not there, and for a
    connector that takes nothing over.
    """
    verify_replayable(connector)
    report = TurnReport(connector=connector.name)
    for path in paths:
        if not path.is_file():
            raise InputInvalid([Mistake(where=str(path), field="", message="there is no such file")])
        keeping = _KeptWhereItIs(connector, files, wording, path)
        source = _Files((path,))
        reader = open_reader(connector)
        parts = ConnectorParts(
            connector=connector,
            source=source,
            reader=reader,
            keeping=keeping,
            answering=open_answering(pointsman, connector, reader, files) if is_unanswered(path) else None,
            replaying=True,
        )
        turn = ConnectorRunner(pointsman, parts).take_turn()
        report.messages += turn.messages
        report.busy, report.error = turn.busy, turn.error
        if turn.busy or turn.error:
            return report
        if turn.messages and turn.messages[0].kept is None:
            try:
                keeping.release(path)
            except NotKept as error:
                report.error = str(error)
                return report
    return report


def send_again(
    pointsman: Pointsman,
    connector: Connector,
    paths: Sequence[Path],
    files: Path,
    wording: Wording = ENGLISH_WORDING,
) -> TurnReport:
    """Send again what was put aside in these files of a connector that sends, after all that is new. Raises
    InputInvalid, and sends nothing, if a file is not there, has a mistake or is not in the connector's folder `bad`.
    """
    aside = PutAside(connector, files / connector.name)
    mistakes: list[Mistake] = []
    for path in paths:
        if path.resolve().parent != aside.folder.resolve():
            message = f"this is not in {aside.folder}, where what {connector.name} could not send is put aside"
            mistakes.append(Mistake(where=str(path), field="", message=message))
            continue
        try:
            aside.records(path)
        except InputInvalid as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputInvalid(mistakes)
    with closing(open_sender(pointsman, connector, files, wording=wording)) as sender:
        return sender.take_turn(again=paths)


def waiting_files(connector: Connector, files: Path) -> list[Path]:
    """What of the connector waits for a person, the oldest first: messages in quarantine, or records put aside."""
    if connector.sends is not None:
        return PutAside(connector, files / connector.name).files()
    return Keeping(connector, files).quarantined()


def records_put_aside(connector: Connector, files: Path) -> int:
    """How many records the connector could not send; none of one that reads."""
    return 0 if connector.sends is None else PutAside(connector, files / connector.name).count()


def verify_replayable(connector: Connector) -> None:
    """Raises InputInvalid if it answers questions, and takes nothing over."""
    if connector.sends is None and INBOUND[connector.kind].question:
        message = "it answers questions, and takes nothing over; ask again"
        raise InputInvalid([Mistake(where=connector.name, field="", message=message)])


def connector_of_file(connectors: Iterable[Connector], files: Path, path: Path) -> Connector | None:
    """The connector in whose folder the file is kept, by its name if several watch it; None if it is none's."""
    folder = path.resolve().parent.parent
    there = [item for item in connectors if Keeping(item, files).folder.resolve() == folder]
    meant = [item for item in there if Keeping(item, files).is_of(path)]
    return meant[0] if meant else there[0] if len(there) == 1 else None
