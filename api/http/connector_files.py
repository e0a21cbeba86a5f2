"""/v1/connectors/{name}/files: what of a connector waits for a person, is taken over again, or dropped."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from flask import Response

from api.connectors.language.connector import Connector
from api.connectors.running.quarantine import NotKept, drop
from api.connectors.running.replaying import log_replay, replay, send_again, waiting_files
from api.connectors.running.wording import Wording
from api.http.blueprint import Blueprint, answer
from api.records.connector_files import KeptFileListRecord, KeptFileRecord, ShownFileRecord
from api.records.connectors import TurnRecord
from engine.errors import NotFound, NotReady
from engine.service import Pointsman

FILE = "/<string:name>/files/<string:file>"


class _Waiting:
    """What waits for a person. `known` are the connectors by name, `folder` answers that of what they keep."""

    def __init__(self, known: Callable[[], Mapping[str, Connector]], folder: Callable[[], Path]) -> None:
        self._known = known
        self.folder = folder

    def connector(self, name: str) -> Connector:
        connector = self._known().get(name)
        if connector is None:
            raise NotFound(f"there is no connector '{name}' here")
        return connector

    def files(self, name: str) -> list[Path]:
        try:
            return waiting_files(self.connector(name), self.folder())
        except NotKept as error:
            raise NotReady(str(error)) from error

    def file(self, name: str, file: str) -> Path:
        """One of those that wait: no name leads anywhere else."""
        path = next((path for path in self.files(name) if path.name == file), None)
        if path is None:
            raise _no_file(name, file)
        return path

    def shown(self, name: str, file: str) -> ShownFileRecord:
        try:
            return ShownFileRecord.of(self.file(name, file))
        except FileNotFoundError as error:  # somebody took it over meanwhile
            raise _no_file(name, file) from error


def add_kept_files(
    connectors: Blueprint,
    pointsman: Pointsman,
    known: Callable[[], Mapping[str, Connector]],
    folder: Callable[[], Path],
    wording: Wording,
) -> None:
    """The calls on files that wait, of these connectors and in this folder."""
    waiting = _Waiting(known, folder)

    @connectors.get("/<string:name>/files", scope=("admin", "audit:read", "orders"))
    @connectors.response(HTTPStatus.OK, KeptFileListRecord)
    def list_files(name: str) -> Response:
        """Its files that could not be used, and wait for a person; the oldest first"""
        return answer(KeptFileListRecord(files=[KeptFileRecord.of(path) for path in waiting.files(name)]))

    @connectors.get(FILE, scope="admin")
    @connectors.response(HTTPStatus.OK, ShownFileRecord)
    def show_file(name: str, file: str) -> Response:
        """One of them, and what is wrong with it

        It has what its sender wrote into it, personal data as well.
        """
        return answer(waiting.shown(name, file))

    @connectors.post(f"{FILE}/replay", scope="admin")
    @connectors.response(HTTPStatus.OK, TurnRecord)
    def replay_file(name: str, file: str) -> Response:
        """Take it over again, as `pointsman connector replay` does; of a connector that sends, send it again

        What was taken over before is left out. A file without any mistake left is no longer among those that wait.
        The log says who did so.
        """
        connector, path = waiting.connector(name), waiting.file(name, file)
        log_replay(pointsman, connector, [path])
        if connector.sends is None:
            report = replay(pointsman, connector, [path], folder(), wording)
        else:
            report = send_again(pointsman, connector, [path], folder(), wording)
        return answer(TurnRecord.of(report))

    @connectors.delete(FILE, scope="admin")
    @connectors.response(HTTPStatus.NO_CONTENT)
    def drop_file(name: str, file: str) -> Response:
        """Delete it, and what is wrong with it: nobody takes it over any more

        The log says who did so.
        """
        path = waiting.file(name, file)
        # first: whoever dies in between has dropped nothing of which the log has nothing
        pointsman.record_act("message_dropped", name, {"file": path.name})
        try:
            drop(path)
        except NotKept as error:
            raise NotReady(str(error)) from error
        return Response(status=HTTPStatus.NO_CONTENT)


def _no_file(name: str, file: str) -> NotFound:
    return NotFound(f"no file '{file}' of connector '{name}' waits for a person")
