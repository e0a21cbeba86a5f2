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
from api.connectors.sending.records.batch import Record, Records
from api.connectors.sending.rendering import Rendered, Renderer
from api.connectors.turn import ConnectorTurn
from engine.service import Pointsman

_MINUTE, _IN_MINUTE = "minute", "in_minute"
"""Fields of the place: how many requests went out in which minute."""


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
        self._sends = sends
        self._renderer = parts.renderer
        self._delivery = parts.delivery
        self._asking = parts.asking
        self._turn = turn

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
        is known; `alone` tells the key from those of other records of the message. Raises NotDelivered, Refused.
        """
        known = self._asked(records, number, at)
        rendered = self._renderer.render(known, number=number, at=at)
        if rendered.message is not None:
            rendered.message = dataclasses.replace(rendered.message, key=rendered.message.key + alone)
        self._deliver(rendered, echoes)
        return rendered, len(records) - len(known)

    def may_send(self) -> bool:
        """Whether the target takes another message in this minute."""
        target = self._sends.target
        most = target.most_a_minute if isinstance(target, HttpCall) else None
        fields = self._turn.place.fields
        in_this = fields.get(_MINUTE) == str(self._pointsman.now // 60)
        return most is None or not in_this or int(fields.get(_IN_MINUTE, "0")) < most

    def requests(self) -> dict[str, str]:
        """Fields of the place: one more message went out in this minute."""
        minute, fields = str(self._pointsman.now // 60), self._turn.place.fields
        before = int(fields.get(_IN_MINUTE, "0")) if fields.get(_MINUTE) == minute else 0
        return {_MINUTE: minute, _IN_MINUTE: str(before + (1 if self._asking is None else 2))}

    def _asked(self, records: Sequence[Record], number: int, at: datetime.datetime) -> Sequence[Record]:
        """The records with what the target says of them, without those that it has. Raises NotDelivered, Refused."""
        if self._asking is None:
            return records
        self._turn.hold()
        return self._asking.answered(records, self._renderer.words(records, number=number, at=at))

    def _deliver(self, rendered: Rendered, echoes: Mapping[str, str]) -> None:
        """Raises NotDelivered, Refused."""
        if rendered.message is None:
            return
        # before it is delivered, as its echo may come at once
        now = self._pointsman.now
        self._store.remember_sent(self._name, echoes, now=now, since=now - ECHO_SECONDS)
        self._turn.hold()
        self._delivery.deliver(rendered.message)


def instant(seconds: str | int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(seconds), tz=datetime.UTC)
