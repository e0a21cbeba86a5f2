"""Watches the promises of one network: `Pointsman.flows.promise_watch`."""

import dataclasses
import time
from collections.abc import Callable

from engine.facts_reader import FactsReader
from engine.model.milestones import RiskCause
from engine.promise_watch.at_risk import OnTheWayRisks, RiskList, RiskPage, RiskRequest
from engine.promise_watch.looking_again import LookingAgain
from engine.promise_watch.progress import Progress, ProgressReport
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.promise_watch.raising import Raising, Rerouting, WatchTurn
from engine.promise_watch.settings import WatchSettings
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.connection.client import Client
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import PromiseNotes
from engine.store.keys import Keys
from engine.store.outcomes import OfferedFirst
from engine.store.waiting.offers import NextPromise, OfferNote
from engine.turn_thread import TurnThread

TURN_SECONDS = 10.0
"""How long a worker waits before it asks for a turn again: milestones are minutes apart."""
_TURN_MILLISECONDS = 9_000
_REST_SECONDS = 0.01
"""After each step, in which requests of the same worker are answered."""


class PromiseWatch:
    """`clock` answers UTC seconds. Methods raise NotReady and StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        settings: WatchSettings,
        *,
        facts: FactsReader,
        rerouting: Rerouting,
        clock: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._index = PromiseIndex(client, keys)
        notes = PromiseNotes(client, keys)
        shipments = PromisedShipments(client, keys, self._index, facts, clock=clock)
        self._progress = Progress(client, keys, notes, shipments, clock=clock)
        self._list = RiskList(self._index, shipments, clock=clock)
        self._raising = Raising(
            self._index,
            shipments,
            notes,
            horizon=settings.horizon,
            rerouting=rerouting,
            clock=clock,
        )
        self._looking_again = LookingAgain(shipments, rerouting, clock=clock)
        self._thread: TurnThread | None = None

    def offer(self, item: NextPromise) -> OfferNote | OfferedFirst | None:
        """As `LookingAgain.offer`."""
        return self._looking_again.offer(item)

    def watch_too(self, on_the_way: OnTheWayRisks) -> None:
        """From here on, also watch what carriers have."""
        self._list.on_the_way = on_the_way

    def report(self, report: ProgressReport) -> WatchedShipment:
        """As `Progress.report`."""
        return self._progress.report(report)

    def at_risk(
        self,
        *,
        node: str | None = None,
        cause: RiskCause | None = None,
        within: int | None = None,
        limit: int = 100,
        after: tuple[int, str] | None = None,
    ) -> RiskPage:
        """A page of the promises at risk: of milestones that are due within so many minutes, by default as the setting
        says.
        """
        horizon = self._settings.horizon if within is None else within * 60
        request = RiskRequest(until=self._clock() + horizon, node=node, cause=cause, limit=limit, after=after)
        return self._list.page(request)

    def watch(self, *, rest: Callable[[], object] = lambda: None) -> WatchTurn:
        """Say what is newly at risk, and look for better ways where that is asked for; calls `rest` after each step of
        several.
        """
        turn, on_the_way = self._raising.run(rest=rest), self._list.on_the_way
        return turn if on_the_way is None else dataclasses.replace(turn, on_the_way=on_the_way.watch())

    def start(self) -> None:
        """From here on, and until it is closed, watch, if the settings say so. A process that goes on for long does
        this.
        """
        if self._settings.watch == "auto":
            self._thread = TurnThread(
                self._take_turn, name="promises", seconds=TURN_SECONDS, later="promises are watched"
            )
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _take_turn(self) -> None:
        if self._index.take_turn(milliseconds=_TURN_MILLISECONDS):
            self.watch(rest=lambda: time.sleep(_REST_SECONDS))
