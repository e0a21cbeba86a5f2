"""The connectors that come with Pointsman, run as they are but for their folders, which are a test's own."""

from dataclasses import dataclass, replace
from pathlib import Path

from api.connectors.language.connector import Connector, Reads
from api.connectors.language.loader import load_connector
from api.connectors.language.places import Folder
from api.connectors.running.folder_of_connectors import shipped_folder
from api.connectors.running.opening import open_runner
from api.connectors.running.report import TurnReport
from api.connectors.sending.opening import open_sender
from engine.service import Pointsman
from tests.conftest import activate
from tests.support.facts import inventory, node, product, service
from tests.support.parcels import LYON_ADDRESS, parcel_terms

SKUS = ("TXT-0059", "BEA-0036", "SPO-0007", "4711", "8812")
NODES = ("wh-lyon", "wh-paris", "st-lyon", "st-lille", "sup-dropship")


def shipped(name: str) -> Connector:
    path = shipped_folder() / f"{name}.yaml"
    return load_connector(str(path), path.read_bytes())


def stocked(bare: Pointsman, *, stock=None, **more) -> Pointsman:
    """A network with the places and articles of the shipped samples; by default ten of each article in Lyon."""
    places = [node(name, address=LYON_ADDRESS) for name in NODES]
    levels = stock or {sku: {"wh-lyon": 10} for sku in SKUS}
    bare.load(
        inventory(
            places,
            levels,
            services=[service(carrier="colis")],
            products=[product(sku) for sku in levels],
            parcels=parcel_terms(),
            **more,
        )
    )
    activate(bare)
    return bare


@dataclass
class Shipped:
    """One of them in a folder of the test's own."""

    pointsman: Pointsman
    root: Path
    connector: Connector

    def send(self) -> list[bytes]:
        """What it writes now, a message each; its reader takes it away."""
        report = open_sender(self.pointsman, self.connector, self.root).take_turn()
        assert (report.error, report.messages) == ("", [])
        return self.taken_away()

    def taken_away(self) -> list[bytes]:
        sends = self.connector.sends
        files = sorted((self.root / sends.target.path).glob(f"{sends.file.partition('$')[0]}*"))
        contents = [path.read_bytes() for path in files]
        for path in files:
            path.unlink()
        return contents

    def take(self, content: bytes | str, name: str = "it.edi") -> TurnReport:
        """Take over a file with this content."""
        folder = self.root / self.connector.reads.source.path
        folder.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.run()

    def run(self) -> TurnReport:
        runner = open_runner(self.pointsman, self.connector, self.root)
        try:
            return runner.take_turn()
        finally:
            runner.close()


def in_folders(name: str, pointsman: Pointsman, root: Path) -> Shipped:
    """The shipped connector; what it sends goes to the folder `out` if it went elsewhere, and what it reads counts as
    whole at once.
    """
    connector = shipped(name)
    if connector.sends is not None:
        target = connector.sends.target
        folder = target if isinstance(target, Folder) else Folder(path="out")
        connector = replace(connector, sends=replace(connector.sends, target=folder))
    if connector.reads is not None:
        source = connector.reads.source
        folder = source if isinstance(source, Folder) else Folder(path="in")
        connector = replace(connector, reads=Reads(source=replace(folder, settled=0)))
    return Shipped(pointsman, root, connector)
