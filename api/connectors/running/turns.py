"""Runs the connectors of a service in a thread of each worker: one worker at a time runs each of them."""

import logging
import os
from collections.abc import Mapping

from api.connectors.language.connector import Connector, Push
from api.connectors.running.book import ConnectorBook
from api.connectors.running.schedule import ConnectorSchedule
from api.connectors.running.settings import ConnectorSettings
from engine.service import Pointsman
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0

logger = logging.getLogger("pointsman")


class ConnectorTurns:
    """Of one network. Nothing runs where no folder is set."""

    def __init__(self, pointsman: Pointsman, environ: Mapping[str, str] | None = None) -> None:
        self._settings = ConnectorSettings.from_environment(
            os.environ if environ is None else environ, pointsman.settings
        )
        self._book = ConnectorBook(self._settings.folder)
        self._schedule = ConnectorSchedule(pointsman=pointsman, connectors=(), files=self._settings.files)
        self._failed: dict[str, str] = {}
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
        self._schedule.follow([item for item in self._book.connectors().values() if not _is_pushed(item)])
        for report in self._schedule.run_due():
            if report.error and self._failed.get(report.connector) != report.error:
                logger.warning("connector %s: %s", report.connector, report.error)
            self._failed[report.connector] = report.error


def _is_pushed(connector: Connector) -> bool:
    return connector.reads is not None and isinstance(connector.reads.source, Push)
