"""A thread of each worker that offers stock to orders that wait when nobody else comes by to do it."""

import logging
import threading
from collections.abc import Callable

from engine.errors import PointsmanError

TURN_MILLISECONDS = 1_000
"""How long one process has its turn, and how long each waits before it asks for one again."""

logger = logging.getLogger("pointsman")


class OfferThread:
    """Runs until it is stopped. `take_turn` is `StockOffers.take_turn`; offers that it leaves are made later."""

    def __init__(self, take_turn: Callable[[], object]) -> None:
        self._take_turn = take_turn
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="offers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once the turn that is being taken is over."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(TURN_MILLISECONDS / 1_000):
            try:
                self._take_turn()
            except PointsmanError as error:
                logger.info("stock is offered later: %s", error)
            except Exception:
                # the next turn may go well, and no other process needs to know
                logger.exception("offering stock failed")
