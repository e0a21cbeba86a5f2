"""Delivers messages: into a folder, by SFTP, by HTTP, into a Redis stream, to Kafka. A file is whole or not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from api.connectors.language.connector import Sends
from api.connectors.language.places import Folder, HttpCall, Kafka, Sftp, Stream, Text
from api.connectors.running.quarantine import write_whole
from api.connectors.sending.http_delivery import HttpDelivery
from api.connectors.sending.kafka_delivery import KafkaDelivery
from api.connectors.sending.outgoing import NotDelivered, OutgoingMessage
from api.connectors.sources.kafka_client import KafkaCluster
from api.connectors.sources.message import SourceUnavailable
from api.connectors.sources.sftp_session import SftpSession
from engine.errors import StoreUnavailable
from engine.store.connection.streams import Streams

_MOST_ENTRIES = 1_000_000
"""That a stream keeps, about."""


class Delivery(Protocol):
    def deliver(self, message: OutgoingMessage) -> None:
        """Delivered again, the same message is the same file, has the same key. Raises NotDelivered, Refused."""

    def close(self) -> None: ...


def open_delivery(
    sends: Sends, *, files: Path, resolve: Callable[[Text], str], streams: Callable[[str | None], Streams]
) -> Delivery:
    """`files` is the folder that relative paths are below; `streams` answers those of a server."""
    match sends.target:
        case Folder() as folder:
            return FolderDelivery(files / folder.path, overwrites=sends.whole)
        case Sftp() as place:
            return SftpDelivery(place, SftpSession(place, resolve=resolve, root=files))
        case HttpCall() as call:
            return HttpDelivery(call, resolve)
        case Stream() as stream:
            return StreamDelivery(stream, streams(resolve(stream.url) if stream.url else None))
        case Kafka() as topic:
            return KafkaDelivery(KafkaCluster(topic, resolve=resolve, root=files))
    raise ValueError(f"nothing is sent to {type(sends.target).__name__}")


class FolderDelivery:
    """`overwrites`: a file of the same name was written before, and is not up to date any more."""

    def __init__(self, folder: Path, *, overwrites: bool) -> None:
        self._folder = folder
        self._overwrites = overwrites

    def deliver(self, message: OutgoingMessage) -> None:
        path = self._folder / message.name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._overwrites and path.exists() and path.read_bytes() != message.body:
                raise NotDelivered(f"{path} is there still; its reader takes it away, or `file` says $number")
            write_whole(path, message.body)
        except OSError as error:
            raise NotDelivered(f"{path} can't be written: {error.strerror}") from error

    def close(self) -> None:
        pass


class SftpDelivery:
    """Put under another name first, then renamed: whoever looks there meanwhile sees no part of it."""

    def __init__(self, place: Sftp, session: SftpSession) -> None:
        self._place = place
        self._session = session

    def deliver(self, message: OutgoingMessage) -> None:
        try:
            self._session.put(message.body, f"{self._place.path}/{message.name}")
        except SourceUnavailable as error:
            raise NotDelivered(str(error)) from None

    def close(self) -> None:
        pass


class StreamDelivery:
    """Each message is an entry: its body, and its key, by which its reader knows one that came before."""

    def __init__(self, stream: Stream, streams: Streams) -> None:
        self._stream = stream
        self._streams = streams

    def deliver(self, message: OutgoingMessage) -> None:
        fields = {self._stream.field: message.body, "key": message.key.encode()}
        try:
            self._streams.append(self._stream.name, fields, most=_MOST_ENTRIES)
        except StoreUnavailable as error:
            raise NotDelivered(str(error)) from None

    def close(self) -> None:
        pass
