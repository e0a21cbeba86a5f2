"""A thread of a worker that does something again and again, whatever becomes of each time."""

import logging
import threading
from collections.abc import Callable

from engine.errors import PointsmanError

SILENT_TURNS = 60
"""So many turns go by before the same error is logged again: what is broken may stay so until somebody mends it."""

logger = logging.getLogger("pointsman")


class TurnThread:
    """Calls `take_turn` with so many `seconds` between, until it is stopped; with `idle_seconds` once it answers False,
    as there is nothing for this process to do (None: as many). An error is logged as "`later` later", with those of the
    kinds `grave` as errors: the next turn may go well, and no other process needs to know.
    """

    def __init__(
        self,
        take_turn: Callable[[], object],
        *,
        name: str,
        seconds: float,
        later: str,
        idle_seconds: float | None = None,
        grave: tuple[type[PointsmanError], ...] = (),
    ) -> None:
        self._take_turn = take_turn
        self._seconds = seconds
        self._idle_seconds = seconds if idle_seconds is None else idle_seconds
        self._later = later
        self._grave = grave
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
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
        seconds = self._seconds
        while not self._stopped.wait(seconds):
            seconds = self._seconds
            try:
                if self._take_turn() is False:
                    seconds = self._idle_seconds
                self._last_error = ""
            except PointsmanError as error:
                self._log(error)
            except Exception:
                logger.exception("%s later", self._later)

    def _log(self, error: PointsmanError) -> None:
        self._silent = self._silent - 1 if str(error) == self._last_error else 0
        if self._silent <= 0:
            self._last_error, self._silent = str(error), SILENT_TURNS
            level = logging.ERROR if isinstance(error, self._grave) else logging.INFO
            logger.log(level, "%s later: %s", self._later, error)
