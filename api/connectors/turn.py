"""One process's turn with a connector: its stored place, and the steps by which it goes on from there."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from engine.errors import PointsmanError
from engine.store.connectors.connector_store import ConnectorStore, Place, Step

HELD_SECONDS = 20.0
"""For so long after the turn was made to last, that is not done again."""


class TurnLost(PointsmanError):
    """Another process has its turn with the connector by now."""


class ConnectorTurn:
    """`remember` is for how many seconds what was seen is remembered; None: nothing is seen. `clock` answers UTC
    seconds.
    """

    def __init__(
        self,
        store: ConnectorStore,
        name: str,
        *,
        remember: int | None = None,
        replaying: bool = False,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._name = name
        self._remember = remember
        self._replaying = replaying
        self._clock = clock
        self._who = uuid.uuid4().hex
        self.place = Place(step=0, fields={})
        self._held_at = 0.0
        """When the turn was last made to last, by this process's clock that only goes on; `_waits`: for as long as
        another system may take to answer.
        """
        self._waits = False

    def take(self) -> bool:
        """Whether it is this process's turn."""
        self._held_at, self._waits = time.monotonic(), False
        return self._store.take_turn(self._name, self._who)

    def read(self) -> None:
        """Read the place anew."""
        self.place = self._store.place(self._name, replaying=self._replaying)

    def hold(self) -> None:
        """Have it for as long as another system may take to answer. Raises TurnLost."""
        self._hold(waits=True)

    def stay(self) -> None:
        """Have it for as long as after a step, as the next one is a long way off. Raises TurnLost."""
        self._hold(waits=False)

    def _hold(self, *, waits: bool) -> None:
        now = time.monotonic()
        if now - self._held_at < HELD_SECONDS and (self._waits or not waits):
            return
        step = self.place.step
        if not self._store.hold_turn(self._name, self._who, step, waits=waits, replaying=self._replaying):
            raise self._lost()
        self._held_at, self._waits = now, waits

    def keep(self, step: Step) -> None:
        """Store a step. Messages that are sent again say nothing of the source, and they and their rows were counted
        when they came first: only rows that were taken over by now count. Raises TurnLost.
        """
        if self._replaying:
            counts = {name: count for name, count in step.counts.items() if name == "applied"}
            step = replace(step, status={}, counts=counts)
        now, number, held_at = self._clock(), self.place.step + 1, time.monotonic()
        since = 0 if self._remember is None else now - self._remember
        kept = self._store.keep(self._name, self._who, number, step, now=now, since=since, replaying=self._replaying)
        if not kept:
            raise self._lost()
        self._held_at, self._waits = held_at, False
        left = {name: value for name, value in {**self.place.fields, **step.fields}.items() if value}
        self.place = Place(step=number, fields=left)

    def end(self) -> None:
        self._store.end_turn(self._name, self._who)

    def _lost(self) -> TurnLost:
        return TurnLost(f"another process runs the connector {self._name} by now")
