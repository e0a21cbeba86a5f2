"""What a connector that reads runs with."""

from dataclasses import dataclass

from api.connectors.language.connector import Connector
from api.connectors.running.answering import Answering
from api.connectors.running.quarantine import Keeping
from api.connectors.running.reading import MessageReader
from api.connectors.sources.message import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorParts:
    """`replaying`: messages are sent again; the place of what is read stays as it is."""

    connector: Connector
    source: Source
    reader: MessageReader
    keeping: Keeping
    answering: Answering | None = None
    replaying: bool = False
