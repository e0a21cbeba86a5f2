"""Sends the message of some records: asks the target first where the connector does, and keeps to its limit."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.connectors.language.connector import Connector, Sends
from api.connectors.language.places import HttpCall
from api.connectors.running.row_taker import ECHO_SECONDS
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.asking import Asking
from api.connectors.sending.delivery import Delivery
from api.connectors.sending.outgoing import NotDelivered, Refused
from api.connectors.sending.personal_texts import without_personal_texts
from api.connectors.sending.records.batch import Record, Records
from api.connectors.sending.rendering import CannotBeWritten, Rendered, Renderer
from api.connectors.sending.request_window import RequestWindow
from api.connectors.turn import ConnectorTurn
from engine.service import Pointsman
from engine.store.connectors.connector_store import Step

_REQUESTS = "requests"
"""The field of the place: how many requests went out in which of the last seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderParts:
    """What a connector that sends runs with. `kept` is the folder of what could not be sent."""

    connector: Connector
    records: Records
    renderer: Renderer
    delivery: Delivery
    kept: Path
    asking: Asking | None = None
    wording: Wording = ENGLISH_WORDING


class Dispatcher:
    """Of one connector, in one process, while it is its turn."""

    def __init__(self, pointsman: Pointsman, parts: SenderParts, sends: Sends, turn: ConnectorTurn) -> None:
        self._pointsman = pointsman
        self._store = pointsman.connectors
        self._name = parts.connector.name
        self._renderer = parts.renderer
        self._delivery = parts.delivery
        self._asking = parts.asking
        self._turn = turn
        target = sends.target
        self._most_a_minute = target.most_a_minute if isinstance(target, HttpCall) else None

    def send(
        self,
        records: Sequence[Record],
        number: int,
        at: datetime.datetime,
        echoes: Mapping[str, str],
        *,
        alone: str = "",
    ) -> tuple[Rendered, int]:
        """What was sent, and of how many records the target says that it has them. `echoes` are values by which an echo
        is known; `alone` tells the key from those of other records of the message, and of other connectors: no name has
        a point in it. Raises NotDelivered, Refused, CannotBeWritten, without what is personal in the records.
        """
        try:
            return self._sent(records, number, at, echoes, alone)
        except (NotDelivered, Refused, CannotBeWritten) as error:
            told = without_personal_texts(str(error), records)
            if isinstance(error, NotDelivered):
                raise NotDelivered(told, retry_after=error.retry_after) from None
            raise type(error)(told) from None

    def _sent(
        self, records: Sequence[Record], number: int, at: datetime.datetime, echoes: Mapping[str, str], alone: str
    ) -> tuple[Rendered, int]:
        known = self._asked(records, number, at)
        rendered = self._renderer.render(known, number=number, at=at)
        rendered.bad = [
            dataclasses.replace(
                bad, problems=tuple(without_personal_texts(told, [bad.record]) for told in bad.problems)
            )
            for bad in rendered.bad
        ]
        if rendered.message is not None:
            rendered.message = dataclasses.replace(rendered.message, key=rendered.message.key + alone)
        self._deliver(rendered, echoes)
        return rendered, len(records) - len(known)

    def may_send(self) -> bool:
        """Whether the target takes the requests of another message, so that no sixty seconds have more than it says."""
        most = self._most_a_minute
        return most is None or self._window().requests + (1 if self._asking is None else 2) <= most

    def _window(self) -> RequestWindow:
        return RequestWindow.read(self._turn.place.fields.get(_REQUESTS, ""), self._pointsman.now)

    def _count_request(self) -> None:
        """One more goes out now: stored beforehand, so that it counts whoever dies then. Raises TurnLost."""
        if self._most_a_minute is not None:
            window = self._window().with_one_more(self._pointsman.now)
            self._turn.keep(Step(fields={_REQUESTS: window.text}))

    def _asked(self, records: Sequence[Record], number: int, at: datetime.datetime) -> Sequence[Record]:
        """The records with what the target says of them, without those that it has. Raises NotDelivered, Refused."""
        if self._asking is None:
            return records
        self._count_request()
        self._turn.hold()
        return self._asking.answered(records, self._renderer.words(records, number=number, at=at))

    def _deliver(self, rendered: Rendered, echoes: Mapping[str, str]) -> None:
        """Raises NotDelivered, Refused."""
        if rendered.message is None:
            return
        # before it is delivered, as its echo may come at once
        now = self._pointsman.now
        self._store.remember_sent(self._name, echoes, now=now, since=now - ECHO_SECONDS)
        self._count_request()
        self._turn.hold()
        self._delivery.deliver(rendered.message)


def instant(seconds: str | int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(seconds), tz=datetime.UTC)
