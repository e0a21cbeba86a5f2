"""Takes over again what came before the thing that it is about, once that has come, and at stated times."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from api.connectors.applying.awaited import is_there
from api.connectors.language.connector import Connector
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import replay
from api.connectors.running.report import TurnReport
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from engine.errors import PointsmanError
from engine.service import Pointsman

EARLY_SECONDS = 30.0
"""After so long it is looked again whether messages that were early are due."""
_MOST_LOOKS = 1_000
"""For so many things it is looked then whether they have come, those first that were put aside first."""

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
    """Messages whose time has come, and those of which something that they wait for has."""
    now, looks = pointsman.now, _MOST_LOOKS
    due = []
    for mark, path in Keeping(connector, files).early():
        if mark.next_at is None or not path.is_file():
            continue
        is_due = mark.next_at <= now
        if not is_due and looks > 0:
            looks -= len(mark.awaits)
            is_due = any(is_there(pointsman, thing) for thing in mark.awaits)
        if is_due:
            due.append(path)
    return due
