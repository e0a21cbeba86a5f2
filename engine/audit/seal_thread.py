"""A thread of each worker that seals the log."""

import logging
import threading
from collections.abc import Callable

from engine.errors import PointsmanError, SealBroken

TURN_SECONDS = 1.0
"""How long it waits before it asks for its turn again."""
SILENT_TURNS = 60
"""So many turns go by before the same error is logged again."""

logger = logging.getLogger("pointsman")


class SealThread:
    """Runs until it is stopped. `take_turn` is `Sealer.take_turn`."""

    def __init__(self, take_turn: Callable[[], object]) -> None:
        self._take_turn = take_turn
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)
        self._last_error = ""
        self._silent = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once the turn that is being taken is over."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(TURN_SECONDS):
            try:
                self._take_turn()
            except PointsmanError as error:
                self._log(error)
            except Exception:
                # the next turn may go well, and no other process needs to know
                logger.exception("sealing the log failed")

    def _log(self, error: PointsmanError) -> None:
        """Not each time: a log that is broken stays so until somebody mends it."""
        self._silent = self._silent - 1 if str(error) == self._last_error else 0
        if self._silent <= 0:
            self._last_error, self._silent = str(error), SILENT_TURNS
            level = logging.ERROR if isinstance(error, SealBroken) else logging.INFO
            logger.log(level, "the log is sealed later: %s", error)
