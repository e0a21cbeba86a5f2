"""A thread of each worker that has events delivered."""

import logging
import threading
from collections.abc import Callable

from engine.errors import PointsmanError
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0
"""How long it waits before it looks for new events again."""
ENDPOINTS_AT_ONCE = 8

logger = logging.getLogger("pointsman")


class DeliveryThread:
    """Runs until it is stopped. `prepare` sees to what is due, and answers the endpoints; `deliver` sends to one, and
    `stop` has it begin no further request.
    """

    def __init__(
        self, prepare: Callable[[], list[str]], deliver: Callable[[str], bool], *, stop: Callable[[], None]
    ) -> None:
        self._prepare = prepare
        self._deliver = deliver
        self._stop = stop
        self._turns = TurnThread(self._begin, name="deliveries", seconds=TURN_SECONDS, later="events are delivered")
        self._running: dict[str, threading.Thread] = {}
        """By endpoint that something is being sent to."""

    def start(self) -> None:
        self._turns.start()

    def stop(self) -> None:
        """Returns once the requests that have been begun are over."""
        self._stop()
        self._turns.stop()
        for thread in self._running.values():
            thread.join()

    def _begin(self) -> None:
        names = self._prepare()
        self._running = {name: thread for name, thread in self._running.items() if thread.is_alive()}
        for name in names:
            if name not in self._running and len(self._running) < ENDPOINTS_AT_ONCE:
                thread = threading.Thread(target=self._deliver_one, args=(name,), name="delivery", daemon=True)
                self._running[name] = thread
                thread.start()

    def _deliver_one(self, name: str) -> None:
        try:
            self._deliver(name)
        except PointsmanError as error:
            logger.info("events are delivered to webhook %s later: %s", name, error)
        except Exception:
            logger.exception("delivering events to webhook %s failed", name)
