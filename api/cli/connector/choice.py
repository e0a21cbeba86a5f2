"""Which connectors a command is about."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from api.connectors.language.connector import Connector
from api.connectors.language.loader import load_connectors
from api.connectors.running.folder_of_connectors import connector_files, shipped_folder
from api.connectors.running.settings import ConnectorSettings
from api.files.file_content import read_content
from api.language.current import say
from engine.settings import Settings
from rules.syntax.close_words import closest

CONNECTORS = click.argument("names", metavar="[CONNECTOR]...", nargs=-1)
FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="The folder with the connectors' files. Default: POINTSMAN_CONNECTORS, or those that come with Pointsman.",
)

FOLDER_TO_RUN = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="The folder with the connectors' files. Default: POINTSMAN_CONNECTORS.",
)


def connector_settings(settings: Settings) -> ConnectorSettings:
    return ConnectorSettings.from_environment(os.environ, settings)


def folder_of(settings: Settings, folder: Path | None) -> Path:
    """Where the connectors' files are: as the option says, or the setting, or those that come with Pointsman."""
    return folder or connector_settings(settings).folder or shipped_folder()


def chosen(settings: Settings, names: Sequence[str], folder: Path | None) -> list[Connector]:
    """The connectors of these names, or in these files and folders; without any, all of the folder. Raises
    InputInvalid, PolicyInvalid with every mistake in their files.
    """
    files = [name for name in names if name.endswith(".yaml") or os.sep in name]
    words = [name for name in names if name not in files]
    found = [item for name in files for item in _in(Path(name))]
    if names and not words:
        return found
    known = _in(folder_of(settings, folder))
    return found + (known if not names else [item for word in words for item in _named(word, known)])


def chosen_to_run(settings: Settings, names: Sequence[str], folder: Path | None) -> list[Connector]:
    """The same; but those that come with Pointsman are of nodes and addresses that are made up, so they only run where
    they are named.
    """
    if not names and folder is None and connector_settings(settings).folder is None:
        raise click.UsageError(
            say("say what runs: name a CONNECTOR, or give the folder by --folder or the setting POINTSMAN_CONNECTORS")
        )
    return chosen(settings, names, folder)


def _in(path: Path) -> list[Connector]:
    """In a file, or the files of a folder."""
    return load_connectors(
        {str(file): read_content(file) for file in (connector_files(path) if path.is_dir() else [path])}
    )


def _named(word: str, connectors: Sequence[Connector]) -> list[Connector]:
    """The one of that name, or else those in the folder of that name."""
    connector = next((item for item in connectors if item.name == word), None)
    if connector is not None:
        return [connector]
    if Path(word).is_dir():
        return _in(Path(word))
    names = [item.name for item in connectors]
    near = closest(word, names)
    hint = say(" (did you mean '{meant}'?)", meant=near) if near else ""
    raise click.UsageError(
        say("there is no connector '{name}'; there are {names}{hint}", name=word, names=", ".join(names), hint=hint)
    )
