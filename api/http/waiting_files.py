"""Files of connectors that could not be used and wait for a person: found by name, taken over again, dropped."""

from collections.abc import Mapping
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.running.quarantine import NotKept, drop
from api.connectors.running.replaying import log_replay, replay, send_again, waiting_files
from api.connectors.running.report import TurnReport
from api.connectors.running.wording import Wording
from api.records.connector_files import ShownFileRecord
from engine.errors import NotFound, NotReady
from engine.service import Pointsman


class WaitingFiles:
    """`connectors` by name; `folder` is where they keep messages."""

    def __init__(
        self, pointsman: Pointsman, connectors: Mapping[str, Connector], folder: Path, wording: Wording
    ) -> None:
        self._pointsman = pointsman
        self._connectors = connectors
        self._folder = folder
        self._wording = wording

    def _connector(self, name: str) -> Connector:
        connector = self._connectors.get(name)
        if connector is None:
            raise NotFound(f"there is no connector '{name}' here")
        return connector

    def files(self, name: str) -> list[Path]:
        try:
            return waiting_files(self._connector(name), self._folder)
        except NotKept as error:
            raise NotReady(str(error)) from error

    def _file(self, name: str, file: str) -> Path:
        """One of those that wait: no name leads anywhere else."""
        path = next((path for path in self.files(name) if path.name == file), None)
        if path is None:
            raise _no_file(name, file)
        return path

    def shown(self, name: str, file: str) -> ShownFileRecord:
        try:
            return ShownFileRecord.of(self._file(name, file))
        except FileNotFoundError as error:  # somebody took it over meanwhile
            raise _no_file(name, file) from error

    def replay(self, name: str, file: str) -> TurnReport:
        """Take one over again; of a connector that sends, send it again. The log says who did so."""
        connector, path = self._connector(name), self._file(name, file)
        log_replay(self._pointsman, connector, [path])
        take_over = replay if connector.sends is None else send_again
        return take_over(self._pointsman, connector, [path], self._folder, self._wording)

    def drop(self, name: str, file: str) -> None:
        path = self._file(name, file)
        # first: whoever dies in between has dropped nothing of which the log has nothing
        self._pointsman.record_act("message_dropped", name, {"file": path.name})
        try:
            drop(path)
        except NotKept as error:
            raise NotReady(str(error)) from error


def _no_file(name: str, file: str) -> NotFound:
    return NotFound(f"no file '{file}' of connector '{name}' waits for a person")
