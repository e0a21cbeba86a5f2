"""What became of each record of the message that is being sent: sends each by itself, as all together were refused.

What became of each is stored as soon as that is known, so that whoever goes on, after a crash or once the target takes
requests again, sends the others alone.
"""

import datetime
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from api.connectors.sending.asking import ANSWER
from api.connectors.sending.dispatching import Dispatcher
from api.connectors.sending.outgoing import Refused
from api.connectors.sending.records.batch import Record
from api.connectors.sending.rendering import BadRecord, Rendered
from api.connectors.turn import ConnectorTurn
from api.shapes.quantities import encode
from engine.store.connectors.connector_store import Step

ALONE = "alone"
"""The field of the place: what became of records of the message that is being sent."""


class _Outcome(msgspec.Struct, frozen=True, array_like=True):
    """Of one record: how many were sent, how many the target had already, and what is wrong with it."""

    sent: int = 0
    had: int = 0
    problems: tuple[str, ...] = ()


class RecordsAlone:
    """Of one connector, in one process, while it is its turn."""

    def __init__(self, turn: ConnectorTurn, dispatcher: Dispatcher) -> None:
        self._turn = turn
        self._dispatcher = dispatcher

    @property
    def begun(self) -> bool:
        """Whether the records of the message that is being sent go out alone."""
        return ALONE in self._turn.place.fields

    def send(
        self, records: Sequence[Record], number: int, at: datetime.datetime, echoes: Mapping[str, str]
    ) -> tuple[Rendered, int] | None:
        """What was sent, and how many of the records the target had. None: the target takes no more requests for now,
        and some are left. Raises NotDelivered.
        """
        outcomes = self._outcomes()
        if not self.begun:
            self._keep(outcomes)
        names = _names(records)
        for index, (name, record) in enumerate(zip(names, records, strict=True), start=1):
            if name in outcomes:
                continue
            if not self._dispatcher.may_send():
                return None
            outcomes[name] = self._sent(record, number, at, echoes, alone=f".{index}")
            self._keep(outcomes)
        return _total(records, [outcomes[name] for name in names])

    def remember(self, records: Sequence[Record], sent: Rendered, had: int) -> None:
        """Store what became of records that went out together, of which the target `had` so many: none of them is sent
        again.
        """
        if self.begun:
            return
        without_answer = [{name: value for name, value in bad.record.items() if name != ANSWER} for bad in sent.bad]
        bad = dict(zip(_names(without_answer), (item.problems for item in sent.bad), strict=True))
        outcomes = {name: _Outcome(problems=bad[name]) for name in bad}
        good = [name for name in _names(records) if name not in bad]
        outcomes |= {name: _Outcome(sent=1) for name in good[: sent.records]}
        outcomes |= {name: _Outcome(had=1) for name in good[sent.records :][:had]}
        self._keep(outcomes)

    def _sent(
        self, record: Record, number: int, at: datetime.datetime, echoes: Mapping[str, str], *, alone: str
    ) -> _Outcome:
        try:
            rendered, had = self._dispatcher.send([record], number, at, echoes, alone=alone)
        except Refused as error:
            return _Outcome(problems=(str(error),))
        problems = tuple(problem for bad in rendered.bad for problem in bad.problems)
        return _Outcome(sent=rendered.records, had=had, problems=problems)

    def _outcomes(self) -> dict[str, _Outcome]:
        text = self._turn.place.fields.get(ALONE, "{}")
        return msgspec.json.decode(text, type=dict[str, _Outcome])

    def _keep(self, outcomes: Mapping[str, _Outcome]) -> None:
        self._turn.keep(Step(fields={ALONE: msgspec.json.encode(outcomes).decode()}))


def _total(records: Sequence[Record], outcomes: Sequence[_Outcome]) -> tuple[Rendered, int]:
    bad = [
        BadRecord(record=record, problems=outcome.problems)
        for record, outcome in zip(records, outcomes, strict=True)
        if outcome.problems
    ]
    sent = Rendered(records=sum(outcome.sent for outcome in outcomes), bad=bad)
    return sent, sum(outcome.had for outcome in outcomes)


def _names(records: Sequence[Record]) -> list[str]:
    """What each goes by, which is the same when the message is made again: what it says; and how many say the same
    before it.
    """
    before = Counter[str]()
    names = []
    for record in records:
        digest = hashlib.sha256(encode(record)).hexdigest()[:16]
        names.append(f"{digest}-{before[digest]}")
        before[digest] += 1
    return names
