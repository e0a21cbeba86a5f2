"""What may not be taken over of a file of which a bad row keeps back all of it, or all of its EDI message: the same
whether the file was read or pushed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.connectors.applying.offline import mistakes_offline
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem
from api.connectors.running.reading import MessageReader, ReadItem, ReadRow
from api.connectors.running.row_taker import RowTaker, Taken
from api.connectors.sources.message import Message


@dataclass(slots=True)
class Refusals:
    """What of a file may not be taken over: all of it, or some of its messages of EDI, by their first segments."""

    edi_messages: set[int | None] = field(default_factory=set)
    whole: bool = False

    def has(self, row: ReadRow) -> bool:
        return self.whole or row.edi_message in self.edi_messages


def refused_beforehand(connector: Connector, reader: MessageReader, message: Message) -> Refusals:
    """What has a mistake that can be told without the network; nothing where a bad row keeps back itself alone."""
    refused = Refusals()
    if connector.quarantine != "file":
        return refused
    with reader.reading(message) as items:
        for item in items:
            if isinstance(item, tuple):
                refused.edi_messages.update(bad.edi_message for bad in item)
                refused.whole |= any(bad.whole and bad.edi_message is None for bad in item)
            elif isinstance(item, ReadRow) and mistakes_offline(connector.kind, item.fields):
                refused.edi_messages.add(item.edi_message)
    return refused


def take_unrefused(
    taker: RowTaker, connector: Connector, batch: Sequence[ReadItem], refused: Refusals, *, resumed: bool = False
) -> Taken:
    """Take over the batch without the rows that are refused: good ones count as bad, as the row that is bad keeps them
    back. `resumed`: a process may have died amid the batch. Raises what `applying.incoming.LATER` names.
    """
    kept_back, others = list[ReadRow](), list[ReadItem]()
    for item in batch:
        if isinstance(item, ReadRow) and refused.has(item):
            kept_back.append(item)
        else:
            others.append(item)
    taken = taker.take(others, resumed=resumed)
    taken.endings["bad"] += len(kept_back)
    for row in kept_back:
        mistakes = mistakes_offline(connector.kind, row.fields)
        taken.problems += Problem.of_mistakes(mistakes, row=row.number, place=row.place, raw=row.raw)
    return taken
