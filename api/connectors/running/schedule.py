"""Which connectors are due, and running these: once, or again and again."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.places import Push
from api.connectors.running.opening import open_runner
from api.connectors.running.report import TurnReport
from api.connectors.running.runner import ConnectorRunner
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.beginning import begin_sending
from api.connectors.sending.opening import open_sender
from api.connectors.sending.sender import ConnectorSender
from engine.errors import PointsmanError
from engine.service import Pointsman

logger = logging.getLogger("pointsman")


@dataclass(slots=True)
class _Due:
    """A connector, and when it is due again by this process's clock that only goes on. `begun`: from where it sends is
    stored, if it sends.
    """

    connector: Connector
    at: float = 0.0
    begun: bool = False


@dataclass(slots=True, kw_only=True)
class ConnectorSchedule:
    """Runs connectors of one network, each as often as its file says. `files` is the folder of messages; `advanced` is
    told of rows that are over.
    """

    pointsman: Pointsman
    connectors: Sequence[Connector]
    files: Path
    advanced: Callable[[str, int], None] = lambda _name, _rows: None
    wording: Wording = ENGLISH_WORDING
    _due: list[_Due] = field(init=False)

    def __post_init__(self) -> None:
        self._due = [_Due(connector) for connector in self.connectors]

    def follow(self, connectors: Sequence[Connector]) -> None:
        """Run these from now on; of one that is as it was, when it is due stays."""
        before = {item.connector.name: item for item in self._due}
        self._due = [
            item if (item := before.get(connector.name)) and item.connector is connector else _Due(connector)
            for connector in connectors
        ]

    def run_due(self) -> list[TurnReport]:
        """Run those that are due; what became of each. One that sends begins before any other has its turn, and
        whatever keeps it from sending.
        """
        for item in self._due:
            item.begun = item.begun or self._begin(item.connector)
        reports = []
        for item in self._due:
            if item.at <= time.monotonic():
                reports.append(self._run(item.connector))
                item.at = time.monotonic() + every(item.connector)
        return reports

    def run_all(self) -> list[TurnReport]:
        """Run all of them, once."""
        return [self._run(item.connector) for item in self._due]

    def _begin(self, connector: Connector) -> bool:
        try:
            return begin_sending(self.pointsman, connector)
        except PointsmanError:  # its turn says so
            return False

    def _run(self, connector: Connector) -> TurnReport:
        """Whatever goes wrong with one connector keeps no other from its turn."""
        try:
            with closing(self._opened(connector)) as runner:
                return runner.take_turn()
        except (PointsmanError, OSError) as error:
            return TurnReport(connector=connector.name, error=str(error))
        except Exception as error:
            logger.exception("connector %s failed", connector.name)
            return TurnReport(connector=connector.name, error=f"this release failed: {type(error).__name__}: {error}")

    def _opened(self, connector: Connector) -> ConnectorRunner | ConnectorSender:
        if connector.sends is not None:
            return open_sender(self.pointsman, connector, self.files, wording=self.wording)
        return open_runner(
            self.pointsman,
            connector,
            self.files,
            advanced=lambda rows: self.advanced(connector.name, rows),
            wording=self.wording,
        )


def is_pushed(connector: Connector) -> bool:
    """Whether its messages are sent to the service, so that there is nothing to be looked for."""
    return connector.reads is not None and isinstance(connector.reads.source, Push)


def every(connector: Connector) -> int:
    """After how many seconds it is due again."""
    part = connector.reads or connector.sends
    return part.every if part is not None else 60
