"""The connectors that a service runs: read from their folder, and again whenever a file there changes."""

import logging
import threading
import time
from pathlib import Path

from api.connectors.language.connector import Connector
from engine.errors import InputInvalid
from rules.errors import PolicyInvalid

LOOK_SECONDS = 5.0
"""After so long it is looked again whether a file has changed."""

logger = logging.getLogger("pointsman")


class ConnectorBook:
    """Of one folder. While a file in it has a mistake, which is logged, those that were read before stand."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._connectors: dict[str, Connector] = {}
        self._is_read = False
        self._state: object = None
        self._looked_at = 0.0
        self._lock = threading.Lock()
        """Of two requests at once, one reads; the other would find nothing yet."""

    def connectors(self) -> dict[str, Connector]:
        """By name; none without a folder."""
        with self._lock:
            now = time.monotonic()
            if self._folder is not None and (self._state is None or now >= self._looked_at + LOOK_SECONDS):
                self._looked_at = now
                self._read(self._folder)
            return self._connectors

    def names(self) -> frozenset[str] | None:
        """Of the connectors that there are; None if that is not known, as there is no folder, or one with a mistake."""
        names = frozenset(self.connectors())
        return names if self._is_read else None

    def _read(self, folder: Path) -> None:
        # imported where there is a folder to read: most processes that serve have none
        from api.connectors.running.folder_of_connectors import connector_files, read_connectors  # noqa: PLC0415

        try:
            stats = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in connector_files(folder)]
            if stats == self._state:
                return
            self._state = stats
            self._connectors = {connector.name: connector for connector in read_connectors(folder)}
            self._is_read = True
        except (InputInvalid, PolicyInvalid, OSError) as error:
            self._state = self._state or ()
            logger.error("the connectors in %s stay as they were: %s", folder, error)  # noqa: TRY400  # no traceback of a typo
