"""What may not be taken over of a file of which a bad row keeps back all of it, or all of its EDI message."""

from dataclasses import dataclass, field

from api.connectors.applying.offline import mistakes_offline
from api.connectors.language.connector import Connector
from api.connectors.running.reading import MessageReader, ReadRow
from api.connectors.sources.message import Message


@dataclass(slots=True)
class Refusals:
    """What of a file may not be taken over: all of it, or some of its messages of EDI, by their first segments."""

    edi_messages: set[int | None] = field(default_factory=set)
    whole: bool = False

    def has(self, row: ReadRow) -> bool:
        return self.whole or row.edi_message in self.edi_messages


def refused_beforehand(connector: Connector, reader: MessageReader, message: Message) -> Refusals:
    """What has a mistake that can be told without the network."""
    refused = Refusals()
    with reader.reading(message) as items:
        for item in items:
            if isinstance(item, tuple):
                refused.edi_messages.update(bad.edi_message for bad in item)
                refused.whole |= any(bad.whole and bad.edi_message is None for bad in item)
            elif isinstance(item, ReadRow) and mistakes_offline(connector.kind, item.fields):
                refused.edi_messages.add(item.edi_message)
    return refused
