"""/v1/connectors/{name}/files: what of a connector waits for a person, is taken over again, or dropped."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response

from api.connectors.language.connector import Connector
from api.connectors.running.wording import Wording
from api.http.blueprint import Blueprint, answer
from api.records.connector_files import KeptFileListRecord, KeptFileRecord, ShownFileRecord
from api.records.connectors import TurnRecord
from engine.service import Pointsman

if TYPE_CHECKING:
    from api.http.waiting_files import WaitingFiles

FILE = "/<string:name>/files/<string:file>"


def add_kept_files(
    connectors: Blueprint,
    pointsman: Pointsman,
    known: Callable[[], Mapping[str, Connector]],
    folder: Callable[[], Path],
    wording: Wording,
) -> None:
    """The calls on files that wait, of these connectors and in this folder."""

    def waiting() -> "WaitingFiles":
        # imported by the first of these calls, as few workers get any
        from api.http.waiting_files import WaitingFiles  # noqa: PLC0415

        return WaitingFiles(pointsman, known(), folder(), wording)

    @connectors.get("/<string:name>/files", scope=("admin", "audit:read", "orders"))
    @connectors.response(HTTPStatus.OK, KeptFileListRecord)
    def list_files(name: str) -> Response:
        """Its files that could not be used, and wait for a person; the oldest first"""
        return answer(KeptFileListRecord(files=[KeptFileRecord.of(path) for path in waiting().files(name)]))

    @connectors.get(FILE, scope="admin")
    @connectors.response(HTTPStatus.OK, ShownFileRecord)
    def show_file(name: str, file: str) -> Response:
        """One of them, and what is wrong with it

        It has what its sender wrote into it, personal data as well.
        """
        return answer(waiting().shown(name, file))

    @connectors.post(f"{FILE}/replay", scope="admin")
    @connectors.response(HTTPStatus.OK, TurnRecord)
    def replay_file(name: str, file: str) -> Response:
        """Take it over again, as `pointsman connector replay` does; of a connector that sends, send it again

        What was taken over before is left out. A file without any mistake left is no longer among those that wait.
        The log says who did so.
        """
        return answer(TurnRecord.of(waiting().replay(name, file)))

    @connectors.delete(FILE, scope="admin")
    @connectors.response(HTTPStatus.NO_CONTENT)
    def drop_file(name: str, file: str) -> Response:
        """Delete it, and what is wrong with it: nobody takes it over any more

        The log says who did so.
        """
        waiting().drop(name, file)
        return Response(status=HTTPStatus.NO_CONTENT)
