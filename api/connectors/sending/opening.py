"""Puts the parts of a connector that sends together."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from api.connectors.fields.conversion import Tables
from api.connectors.fields.tables import read_tables
from api.connectors.language.connector import Connector
from api.connectors.language.places import Text
from api.connectors.running.settings import resolve
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sending.asking import Asking
from api.connectors.sending.delivery import open_delivery
from api.connectors.sending.dispatching import SenderParts
from api.connectors.sending.http_delivery import HttpDelivery
from api.connectors.sending.records.kinds import RECORDS
from api.connectors.sending.rendering import Renderer
from api.connectors.sending.sender import ConnectorSender
from api.files.file_content import read_content
from engine.service import Pointsman


def open_sender(
    pointsman: Pointsman, connector: Connector, files: Path, *, wording: Wording = ENGLISH_WORDING
) -> ConnectorSender:
    """What runs the connector in this process; `files` is the folder of the installation's messages. Raises
    InputInvalid if a table is wrong.
    """
    sends = connector.sends
    if sends is None:
        raise ValueError(f"{connector.name} sends nothing")
    delivery = open_delivery(
        sends, files=files, resolve=partial(resolve, connector), streams=pointsman.connectors.streams
    )
    parts = SenderParts(
        connector=connector,
        records=RECORDS[connector.kind](pointsman, connector, sends),
        renderer=open_renderer(connector),
        delivery=delivery,
        asking=open_asking(connector, partial(resolve, connector)),
        kept=files / connector.name,
        wording=wording,
    )
    return ConnectorSender(pointsman, parts)


def open_renderer(connector: Connector) -> Renderer:
    """What makes the connector's messages, with its tables. Raises InputInvalid."""
    return Renderer(connector, _tables(connector))


def open_asking(connector: Connector, resolve: Callable[[Text], str]) -> Asking | None:
    """What asks the target before each message, if the connector says so. Raises InputInvalid."""
    ask = connector.sends.ask if connector.sends else None
    return None if ask is None else Asking(ask, HttpDelivery(ask.call, resolve), _tables(connector))


def _tables(connector: Connector) -> Tables:
    beside = Path(connector.document.file).parent
    return read_tables(connector.lookups, lambda name: read_content(beside / name))
