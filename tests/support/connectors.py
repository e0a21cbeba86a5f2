"""A connector, its folders, and runs of it, for tests."""

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.loader import load_connector
from api.connectors.running.early_mark import SUFFIX as EARLY
from api.connectors.running.opening import open_connector
from api.connectors.running.report import TurnReport
from api.connectors.running.runner import ConnectorRunner
from engine.service import Pointsman

COUNTS = """\
connector: warehouse
owner: logistics
because: {en: The warehouse counts}
kind: counts
reads: {folder: in, files: ["*.csv", "*.json", "*.ndjson"], settled: 0s}
format: csv
fields:
  node: node
  sku: sku
  on_hand: units
  at: at
"""
MOVEMENTS = """\
connector: tills
owner: retail
because: {en: The tills sell}
kind: movements
reads: {folder: in, settled: 0s}
format: csv
once: [receipt, line]
fields:
  node: shop
  sku: article
  delta: {from: pieces, times: -1}
"""


@dataclass
class Running:
    """A connector's file in a folder of the test's own, and what it watches. `read_at` is the time that files get."""

    pointsman: Pointsman
    root: Path
    text: str
    made_at: int
    runs: int = field(default=0, init=False)

    @property
    def connector(self) -> Connector:
        return load_connector(str(self.root / "connector.yaml"), self.text.encode())

    @property
    def inbox(self) -> Path:
        return self.root / "in"

    def put(self, name: str, content: str | bytes) -> Path:
        """A file that was written a while before the test's clock."""
        self.inbox.mkdir(exist_ok=True)
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (self.made_at, self.made_at))
        return path

    def runner(self, advanced: Callable[[int], None] = lambda _rows: None) -> ConnectorRunner:
        parts = open_connector(self.pointsman, self.connector, self.root, clock=time.time)
        return ConnectorRunner(self.pointsman, parts, advanced=advanced)

    def run(self) -> TurnReport:
        with closing(self.runner()) as runner:
            return runner.take_turn()

    def kept(self, folder: str) -> list[str]:
        """The files in `done` or `bad`, without the instants at the beginning of their names, and without marks."""
        path = self.inbox / folder
        names = (item.name[16:] for item in path.iterdir()) if path.is_dir() else ()
        return sorted(name for name in names if not name.endswith(EARLY))

    def on_hand(self, sku: str, node: str) -> int:
        stock = self.pointsman.stock.show(sku)
        return next(item.position.on_hand for item in stock.nodes if item.node == node)
