"""The example network."""

import functools
from pathlib import Path

from api.files.inventory_folder import load_inventory
from engine.model.facts import Inventory

HEXAGONE = Path(__file__).parents[2] / "examples" / "hexagone"


@functools.cache
def hexagone() -> Inventory:
    """Read once in a process: that takes longer than most tests."""
    return load_inventory(HEXAGONE)
