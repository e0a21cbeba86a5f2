"""Keeps the index up to date by which decisions and orders are found: a turn a second of one of the workers."""

from engine.store.search_index.building import TURN_MILLISECONDS, IndexBuilding
from engine.turn_thread import TurnThread


class IndexTurns:
    """Those of one network. Methods raise StoreUnavailable, ArchiveUnavailable."""

    def __init__(self, building: IndexBuilding) -> None:
        self._building = building
        self._thread: TurnThread | None = None

    def catch_up(self) -> None:
        """Take in all that the log has since."""
        self._building.catch_up()

    def start(self) -> None:
        """From here on, and until it is closed, take in what is logged. A process that goes on for long does this."""
        self._thread = TurnThread(
            self._building.take_turn,
            name="search index",
            seconds=TURN_MILLISECONDS / 1_000,
            later="decisions are put into the search index",
        )
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()
