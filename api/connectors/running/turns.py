"""Runs the connectors of a service in a thread of each worker: one worker at a time runs each of them."""

import logging
import os
import time
from collections.abc import Mapping

from api.connectors.running.book import ConnectorBook
from api.connectors.running.early_messages import EARLY_SECONDS, replay_early
from api.connectors.running.report import TurnReport
from api.connectors.running.schedule import ConnectorSchedule, is_pushed
from api.connectors.running.settings import ConnectorSettings
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from engine.service import Pointsman
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0

logger = logging.getLogger("pointsman")


class ConnectorTurns:
    """Of one network. Nothing runs where no folder is set."""

    def __init__(
        self, pointsman: Pointsman, environ: Mapping[str, str] | None = None, wording: Wording = ENGLISH_WORDING
    ) -> None:
        self._pointsman = pointsman
        self._wording = wording
        self._settings = ConnectorSettings.from_environment(
            os.environ if environ is None else environ, pointsman.settings
        )
        self._book = ConnectorBook(self._settings.folder)
        self._schedule = ConnectorSchedule(
            pointsman=pointsman, connectors=(), files=self._settings.files, wording=wording
        )
        self._failed: dict[str, str] = {}
        """Of each connector, why its last turn failed; and why the last message did that was taken over again."""
        self._failed_early: dict[str, str] = {}
        self._early_at = 0.0
        self._thread: TurnThread | None = None

    def start(self) -> None:
        if self._settings.folder is not None:
            self._thread = TurnThread(
                self.take_turn, name="connectors", seconds=TURN_SECONDS, later="connectors are run"
            )
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def take_turn(self) -> None:
        """Run those that are due. Why one can't is logged when it begins, and when it is another reason."""
        self._schedule.follow([item for item in self._book.connectors().values() if not is_pushed(item)])
        for report in self._schedule.run_due():
            _log_error(report, self._failed)
        self._replay_early()

    def _replay_early(self) -> None:
        """Take over again, now and then, messages that were early."""
        if time.monotonic() < self._early_at:
            return
        self._early_at = time.monotonic() + EARLY_SECONDS
        connectors = self._book.connectors().values()
        for report in replay_early(self._pointsman, connectors, self._settings.files, self._wording):
            _log_error(report, self._failed_early)


def _log_error(report: TurnReport, errors: dict[str, str]) -> None:
    """Log why a connector failed, unless that was the reason before."""
    if report.error and errors.get(report.connector) != report.error:
        logger.warning("connector %s: %s", report.connector, report.error)
    errors[report.connector] = report.error
