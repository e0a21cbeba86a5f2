"""Records that come of events: the stream of events says what is new, in its order, and none is lost."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from api.connectors.language.connector import Connector, Sends
from api.connectors.sending.records.batch import Batch, CursorUnreadable, Record
from api.connectors.sending.records.order_fields import with_personal_fields
from api.shapes.quantities import Quantities
from engine.decide.record import DecisionRecord
from engine.events.event import Event, Position
from engine.service import Pointsman

_EVENTS_AT_ONCE = 100


class EventRecords:
    """What the connector `sends` says of which channel and nodes records are."""

    types: frozenset[str]

    def __init__(self, pointsman: Pointsman, connector: Connector, sends: Sends) -> None:
        self._pointsman = pointsman
        self._connector = connector
        self._sends = sends

    def start(self) -> str:
        """What was before a connector began is not sent."""
        return str(self._pointsman.events.end())

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        position, last = position_of(cursor), position_of(until) if until else None
        page = self._pointsman.events.read(position, limit=_EVENTS_AT_ONCE, types=self.types)
        quantities = Quantities.of(self._pointsman)
        records: list[Record] = []
        since = 0
        for event in page.events:
            if last is not None and event.position > last:
                return Batch(records=records, cursor=until, more=True, since=since)
            found = [quantities.show(record) for record in self.of(event)]
            if records and len(records) + len(found) > most:
                return Batch(records=records, cursor=str(position), more=True, since=since)
            records += found
            since = since or (event.at if found else 0)
            position = event.position
        more = len(page.events) == _EVENTS_AT_ONCE
        return Batch(records=records, cursor=until or str(page.cursor), more=more, since=since)

    @abstractmethod
    def of(self, event: Event) -> Iterator[Record]:
        """The records of one event."""

    def anew(self, record: Record) -> Record:
        """With what of its order is personal, which is not kept."""
        return with_personal_fields(self._pointsman, record)

    def state_of(self, record: Record) -> str | None:  # noqa: ARG002  # as all records
        return None

    def echoes(self, records: Sequence[Record]) -> Mapping[str, str]:  # noqa: ARG002  # as all records
        return {}

    def _decision(self, decision: str) -> DecisionRecord:
        return self._pointsman.decision(decision).record

    def _is_meant(self, node: str) -> bool:
        return not self._sends.nodes or node in self._sends.nodes

    def _is_channel(self, channel: str) -> bool:
        return self._sends.channel is None or self._sends.channel == channel


def position_of(cursor: str) -> Position:
    """Raises CursorUnreadable: the connector had another kind before."""
    position = Position.parse(cursor)
    if position is None:
        raise CursorUnreadable(cursor)
    return position
