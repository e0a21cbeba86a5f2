"""Puts the parts of a connector together: its source, its tables, and what reads its messages."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from api.connectors.fields.tables import read_tables
from api.connectors.language.connector import Connector
from api.connectors.language.places import Folder, HttpCall, Kafka, Push, Sftp, Source, Stream
from api.connectors.running.answer_in_response import AnswersInResponse
from api.connectors.running.answering import Answering
from api.connectors.running.connector_parts import ConnectorParts
from api.connectors.running.quarantine import Keeping
from api.connectors.running.reading import MessageReader
from api.connectors.running.runner import ConnectorRunner
from api.connectors.running.settings import resolve
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.delivery import Delivery, FolderDelivery
from api.connectors.sources import message as messages
from api.connectors.sources.folder import FolderSource
from api.connectors.sources.http import HttpSource
from api.connectors.sources.kafka import KafkaSource
from api.connectors.sources.kafka_client import KafkaCluster
from api.connectors.sources.nothing import NoSource
from api.connectors.sources.sftp import SftpSource
from api.connectors.sources.stream import StreamSource
from api.files.file_content import read_content
from engine.service import Pointsman


def open_connector(
    pointsman: Pointsman,
    connector: Connector,
    files: Path,
    *,
    clock: Callable[[], float],
    wording: Wording = ENGLISH_WORDING,
) -> ConnectorParts:
    """The parts of a connector that reads. `files` is the folder of the installation's messages; `clock` answers UTC
    seconds by this machine. Raises InputInvalid if a table is wrong.
    """
    reader = open_reader(connector)
    return ConnectorParts(
        connector=connector,
        source=open_source(pointsman, connector, files, clock=clock),
        reader=reader,
        keeping=Keeping(connector, files, wording),
        answering=open_answering(pointsman, connector, reader, files),
    )


def open_answering(
    pointsman: Pointsman,
    connector: Connector,
    reader: MessageReader,
    files: Path,
    response: AnswersInResponse | None = None,
) -> Answering | None:
    """None: the connector answers nothing. Without a folder for answers, they are for the `response`."""
    if connector.answers is None:
        return None
    delivery: Delivery | None = response
    if connector.answer_to is not None:
        delivery = FolderDelivery(files / connector.answer_to.path, overwrites=False)
    if delivery is None:
        return None
    return Answering(connector=connector, reader=reader, delivery=delivery, store=pointsman.connectors.answers)


def open_runner(
    pointsman: Pointsman,
    connector: Connector,
    files: Path,
    *,
    advanced: Callable[[int], None] = lambda _rows: None,
    wording: Wording = ENGLISH_WORDING,
) -> ConnectorRunner:
    """What runs the connector in this process. Raises InputInvalid if a table is wrong."""
    parts = open_connector(pointsman, connector, files, clock=time.time, wording=wording)
    return ConnectorRunner(pointsman, parts, advanced=advanced)


def open_reader(connector: Connector) -> MessageReader:
    """What reads the connector's messages, with its tables. Raises InputInvalid."""
    beside = Path(connector.document.file).parent
    return MessageReader(connector, read_tables(connector.lookups, lambda name: read_content(beside / name)))


def open_source(
    pointsman: Pointsman, connector: Connector, files: Path, *, clock: Callable[[], float]
) -> messages.Source:
    source: Source | None = connector.reads.source if connector.reads else None
    text = partial(resolve, connector)
    match source:
        case Folder():
            return FolderSource(source, root=files, now=clock)
        case Sftp():
            return SftpSource(source, resolve=text, now=lambda: int(clock()), root=files)
        case HttpCall():
            return HttpSource(source, resolve=text, now=lambda: int(clock()), rows=connector.format.rows)
        case Stream():
            return StreamSource(source, pointsman.connectors.streams(text(source.url) if source.url else None))
        case Kafka():
            cluster = KafkaCluster(source, resolve=text, root=files)
            owner = f"{pointsman.settings.network}/{connector.name}"
            return KafkaSource(cluster, owner=owner, now=lambda: int(clock()))
        case Push() | None:
            return NoSource()
