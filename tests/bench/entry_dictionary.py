"""Makes the dictionary by which the bodies of log entries are compressed, of decisions of an example of another seed.

    python -m tests.bench.entry_dictionary FILE [--orders N]

A new one gets the next number, beside those of earlier releases (engine/store/entry_codec/dictionary.py): what these
compressed can be read only by them.
"""

import argparse
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

from api.files.inventory_folder import load_inventory
from api.files.orders import read_orders
from engine.decide.record import from_json
from engine.settings import Settings
from engine.store.entry_codec.codec import text_of
from engine.store.entry_codec.dictionary import LEVEL
from engine.store.entry_codec.personal_values import EVERYDAY_PERSONAL
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from tests.bench.example_network import directory, installed

BYTES = 110 * 1024
"""Of the dictionary: with 64 an entry takes 3 % more, with 256 hardly less."""
ORDERS = 5_000
_SEED = 7
"""Not that of the example in the repository, so that its entries can measure what the dictionary is good for."""


def texts(orders: int) -> Iterator[bytes]:
    """What is compressed of each decision."""
    with tempfile.TemporaryDirectory() as made, directory() as data:
        folder = Path(made)
        generate = [sys.executable, "examples/hexagone/generate.py", "--out", made, "--seed", str(_SEED)]
        subprocess.run([*generate, "--orders", str(orders)], check=True)
        with installed(data, "dictionary", load_inventory(folder)) as pointsman:
            for order in read_orders(folder / "orders.ndjson", max_lines=Settings().max_lines):
                pointsman.decide(order, now=order.placed_at)
            for entry in decision_log.entries(pointsman._client, pointsman._keys):
                if entry.kind == "decided":
                    yield _text(entry)


def _text(entry: Entry) -> bytes:
    """With versions of its own, so that none is in the dictionary."""
    body, record = entry.body, from_json(entry.body)
    for version in (record.network_version, record.policy_version):
        body = body.replace(version.encode(), secrets.token_hex(32).encode())
    return text_of(body, entry.logged_facts, decision=entry.decision, personal=EVERYDAY_PERSONAL)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--orders", type=int, default=ORDERS)
    arguments = parser.parse_args()
    made = zstandard.train_dictionary(BYTES, list(texts(arguments.orders)), level=LEVEL)
    arguments.file.write_bytes(made.as_bytes())


if __name__ == "__main__":
    main()
