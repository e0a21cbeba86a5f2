"""The settings of connectors, read from environment variables; secrets are read when they are used."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from api.connectors.language.connector import Connector
from api.connectors.language.places import Secret, Text
from api.connectors.sources.message import SourceUnavailable
from engine.settings import Settings


class SecretMissing(SourceUnavailable):
    """A setting that a connector's file names is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSettings:
    """`folder` has the files of connectors; None: `pointsman serve` runs none. `files` is the folder that their
    relative paths are below, and where messages are kept.
    """

    folder: Path | None
    files: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], settings: Settings) -> Self:
        """An empty one counts as not set."""
        folder = environ.get("POINTSMAN_CONNECTORS", "").strip()
        files = environ.get("POINTSMAN_CONNECTOR_FILES", "").strip()
        return cls(
            folder=Path(folder) if folder else None, files=Path(files) if files else settings.data / "connectors"
        )


def setting_of(connector: str, secret: Secret) -> str:
    """The name of the setting that a word of a connector's file means."""
    return f"POINTSMAN_CONNECTOR_{connector.upper().replace('-', '_')}_{secret.word}"


def resolve(connector: Connector, text: Text, environ: Mapping[str, str] | None = None) -> str:
    """The text, or the value of the setting that it means; raises SecretMissing."""
    if not isinstance(text, Secret):
        return text
    name = setting_of(connector.name, text)
    value = (os.environ if environ is None else environ).get(name, "")
    if not value:
        raise SecretMissing(f"the setting {name} is not there; connector {connector.name} needs it")
    return value
