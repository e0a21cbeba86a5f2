"""Connectors that come with Pointsman, with the address of a fake shop in place of that of the real one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.loader import load_connector
from api.connectors.running.report import TurnReport
from api.connectors.running.schedule import ConnectorSchedule
from engine.service import Pointsman

FOLDER = Path(__file__).parents[2] / "connectors"


@dataclass(kw_only=True)
class Shipped:
    """One of them. `changes` are texts of its file, and what a test puts in their place."""

    pointsman: Pointsman
    name: str
    root: Path
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def connector(self) -> Connector:
        path = FOLDER / f"{self.name}.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in self.changes.items():
            if old not in text:
                raise AssertionError(f"{path} does not say {old!r} any more")
            text = text.replace(old, new)
        return load_connector(str(path), text.encode())

    def run(self) -> TurnReport:
        (report,) = ConnectorSchedule(pointsman=self.pointsman, connectors=[self.connector], files=self.root).run_all()
        return report
