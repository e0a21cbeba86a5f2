"""Takes over again what came before the thing that it is about, once that is due."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import replay
from api.connectors.running.report import TurnReport
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from engine.errors import PointsmanError
from engine.service import Pointsman

EARLY_SECONDS = 30.0
"""After so long it is looked again whether messages that were early are due."""

logger = logging.getLogger("pointsman")


def replay_early(
    pointsman: Pointsman, connectors: Iterable[Connector], files: Path, wording: Wording = ENGLISH_WORDING
) -> Iterator[TurnReport]:
    """Of each connector that reads, the messages that are due. One that can't be taken over now is tried again when
    this is called next, and keeps no other from it, whatever is wrong with it.
    """
    for connector in connectors:
        try:
            due = _due(pointsman, connector, files) if connector.reads is not None else []
        except PointsmanError as error:
            yield TurnReport(connector=connector.name, error=str(error))
            continue
        for path in due:
            try:
                yield replay(pointsman, connector, [path], files, wording)
            except (PointsmanError, OSError) as error:
                yield TurnReport(connector=connector.name, error=str(error))
            except Exception as error:
                logger.exception("connector %s failed to take over %s again", connector.name, path)
                message = f"this release failed: {type(error).__name__}: {error}"
                yield TurnReport(connector=connector.name, error=message)


def _due(pointsman: Pointsman, connector: Connector, files: Path) -> list[Path]:
    now = pointsman.now
    early = Keeping(connector, files).early()
    return [path for mark, path in early if mark.next_at is not None and mark.next_at <= now and path.is_file()]
