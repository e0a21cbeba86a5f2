"""The small network as files, so that its shipments can be packed, loaded by the command line."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.forked_cli import SMALL

ZOE = {"name": "Zoë Müller", "lines": ["7 bis, passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}
_ADDRESS = '    address: {company: Maison Exemple, lines: [1 rue du Port], postcode: "69002", town: Lyon}\n'


def load_packing_folder(
    pointsman: Callable, folder: Path, *, head: str = "", changed: Callable[[str], str] = lambda text: text
) -> None:
    """Parcels have numbers, each node has an address, and no rule decides. `head` stands before network.yaml, the rest
    of which is `changed`.
    """
    shutil.copytree(SMALL, folder / "network")
    file = folder / "network" / "network.yaml"
    text = changed(file.read_text("utf-8"))
    for name in ("lyon", "paris", "lille"):
        text = text.replace(f"  - id: {name}\n", f"  - id: {name}\n{_ADDRESS}", 1)
    file.write_text(f'parcels: {{gs1_prefix: "7654321"}}\n{head}{text}', "utf-8")
    (folder / "policies").mkdir()
    (folder / "policies" / "none.yaml").write_text("policy: none\nrules: []\n", "utf-8")
    for words in (("load", folder / "network"), ("policy", "publish", folder / "policies", "--activate")):
        done = pointsman(*words)
        assert done.returncode == 0, done.stderr
