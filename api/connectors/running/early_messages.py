"""Takes over again what came before the thing that it is about, as a cancellation before its order: a few times within
a day, later and later; then a person does.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import replay
from api.connectors.running.report import TurnReport
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from engine.service import Pointsman

TRIED_AFTER = (60, 300, 900, 3_600, 14_400, 86_400)
"""Seconds after a message came."""


def replay_early(
    pointsman: Pointsman,
    connectors: Iterable[Connector],
    files: Path,
    *,
    now: float,
    wording: Wording = ENGLISH_WORDING,
) -> Iterator[TurnReport]:
    """Of each connector that reads, the messages that are due; `now` are UTC seconds by this machine."""
    for connector in connectors:
        if connector.reads is not None:
            due = [
                path
                for came, tried, path in Keeping(connector, files).early()
                if any(tried < came + after <= now for after in TRIED_AFTER)
            ]
            if due:
                yield replay(pointsman, connector, due, files, wording)
