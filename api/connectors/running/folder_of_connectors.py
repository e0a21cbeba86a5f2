"""The connectors of an installation: those of its folder, and those that come with Pointsman."""

from importlib import resources
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.loader import load_connectors
from api.files.file_content import read_content
from engine.errors import InputInvalid, Mistake

TEST = "_test.yaml"


def read_connectors(folder: Path) -> list[Connector]:
    """The connectors in the files `*.yaml` of a folder, by name. Raises InputInvalid if there is none, PolicyInvalid
    with every mistake of every file.
    """
    return load_connectors({str(path): read_content(path) for path in connector_files(folder)})


def connector_files(folder: Path) -> list[Path]:
    """Raises InputInvalid."""
    if not folder.is_dir():
        raise InputInvalid([Mistake(where=str(folder), field="", message="there is no such folder")])
    return sorted(path for path in folder.glob("*.yaml") if not path.name.endswith(TEST))


def shipped_folder() -> Path:
    """The folder of the connectors that come with Pointsman."""
    beside = Path(__file__).parents[3] / "connectors"
    return beside if beside.is_dir() else Path(str(resources.files("connectors")))
