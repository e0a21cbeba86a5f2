"""A thread of each worker that has events delivered."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from engine.errors import PointsmanError

TURN_SECONDS = 1.0
"""How long it waits before it looks for new events again."""
ENDPOINTS_AT_ONCE = 8

logger = logging.getLogger("pointsman")


class DeliveryThread:
    """Runs until it is stopped. `prepare` sees to what is due, and answers the endpoints; `deliver` sends to one."""

    def __init__(
        self, prepare: Callable[[], list[str]], deliver: Callable[[str], bool], *, stop: Callable[[], None]
    ) -> None:
        self._prepare = prepare
        self._deliver = deliver
        self._stop = stop
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._running: dict[str, Future[None]] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once the requests that have been begun are over."""
        self._stopped.set()
        self._stop()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(ENDPOINTS_AT_ONCE, thread_name_prefix="deliveries") as executor:
            while not self._stopped.wait(TURN_SECONDS):
                try:
                    self._begin(executor)
                except PointsmanError as error:
                    logger.info("events are delivered later: %s", error)
                except Exception:
                    # the next turn may go well, and no other process needs to know
                    logger.exception("delivering events failed")

    def _begin(self, executor: ThreadPoolExecutor) -> None:
        names = self._prepare()
        self._running = {name: future for name, future in self._running.items() if not future.done()}
        for name in names:
            if name not in self._running:
                self._running[name] = executor.submit(self._deliver_one, name)

    def _deliver_one(self, name: str) -> None:
        try:
            self._deliver(name)
        except PointsmanError as error:
            logger.info("events are delivered to webhook %s later: %s", name, error)
        except Exception:
            logger.exception("delivering events to webhook %s failed", name)
