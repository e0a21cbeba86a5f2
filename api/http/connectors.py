"""/v1/connectors: how connectors are, and what other systems push to one."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from flask import Response, request

from api.connectors.language.connector import Connector
from api.connectors.language.places import Push
from api.connectors.running.book import ConnectorBook
from api.connectors.running.kept_files import kept_by
from api.connectors.running.settings import ConnectorSettings
from api.connectors.running.wording import Wording
from api.http.blueprint import Blueprint, answer
from api.http.connector_files import add_kept_files
from api.records.connectors import ConnectorListRecord, ConnectorRecord, MessageRecord
from engine.errors import NotFound
from engine.service import Pointsman

_BYTES = {"type": "string", "format": "binary"}


def blueprint(pointsman: Pointsman, settings: Callable[[], ConnectorSettings], wording: Wording) -> Blueprint:
    """The connectors of one Pointsman that are pushed to; `settings` are read once a request comes. Problem files are
    in the `wording`.
    """
    connectors = Blueprint("connectors", __name__, url_prefix="/v1/connectors", description="Other systems, by data")
    folder = _Folder(settings)

    def is_signed() -> bool:
        known = folder.pushed_to((request.view_args or {}).get("name", ""))
        return known is not None and known[1].secret is not None

    @connectors.get("", scope=("admin", "audit:read", "orders"))
    @connectors.response(HTTPStatus.OK, ConnectorListRecord)
    def listed() -> Response:
        """Every connector, how far it is, and its last error"""
        files = settings().files
        records = [
            ConnectorRecord.of(item, pointsman.connectors.status(item.name), kept_by(item, files), now=pointsman.now)
            for item in folder.connectors().values()
        ]
        return answer(ConnectorListRecord(connectors=records))

    @connectors.post("/<string:name>", scope=("stock", "orders"), signed=is_signed)
    @connectors.doc(
        requestBody={
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    )
    @connectors.response(HTTPStatus.OK, MessageRecord)
    @connectors.alt_response(
        HTTPStatus.ACCEPTED, schema=MessageRecord, description="Some of it could not be used, and is kept for a person"
    )
    def push(name: str) -> Response:
        """Take over a message, in the form that the connector's file says

        A question is answered in the words that the file says, and nothing is taken over. Who sends a message has an
        API key or, where the connector's file says so, signs the body. What is answered 200 or 202 need not be sent
        again; sent again, it counts once. EDI is answered by CONTRL or 997 (`application/EDIFACT`,
        `application/EDI-X12`) where the connector's file says so and names no folder for that.
        """
        known = folder.pushed_to(name)
        if known is None:
            raise NotFound(f"no connector '{name}' is pushed to here")
        connector, source = known
        # imported where there is a connector: formats and targets are behind it, which most workers never need
        from api.http.pushed_messages import take_over  # noqa: PLC0415

        return take_over(pointsman, connector, source, files=settings().files, wording=wording)

    add_kept_files(connectors, pointsman, folder.connectors, lambda: settings().files, wording)
    return connectors


class _Folder:
    """The connectors in the folder that the settings name by then."""

    def __init__(self, settings: Callable[[], ConnectorSettings]) -> None:
        self._settings = settings
        self._books: dict[Path | None, ConnectorBook] = {}

    def connectors(self) -> Mapping[str, Connector]:
        folder = self._settings().folder
        return self._books.setdefault(folder, ConnectorBook(folder)).connectors()

    def pushed_to(self, name: str) -> tuple[Connector, Push] | None:
        """The connector of that name, if messages are pushed to it."""
        connector = self.connectors().get(name)
        source = connector.reads.source if connector and connector.reads else None
        return (connector, source) if connector is not None and isinstance(source, Push) else None
