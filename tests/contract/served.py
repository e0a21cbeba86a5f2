"""A service for the tools that drive it from its description: `pointsman serve`, with the network that the examples of
the description are of.
"""

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.files.inventory_folder import load_inventory
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.cli.served import keys_in, served
from tests.conftest import activate
from tests.support.clean_environment import clean_environment

NETWORK = "contract"
EXAMPLES = Path("examples/hexagone")


@dataclass(frozen=True)
class Service:
    url: str
    keys: dict[str, str]
    """As `OMS_KEY`: one for each role."""

    def read(self, path: str) -> Any:
        """The JSON that a GET is answered, as an auditor."""
        request = urllib.request.Request(
            f"{self.url}{path}", headers={"Authorization": f"Bearer {self.keys['AUDITOR_KEY']}"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@contextlib.contextmanager
def service(data: Path) -> Iterator[Service]:
    """It keeps what it has in `data`, and ends with the block."""
    settings = Settings(data=data, network=NETWORK)
    with open_server(settings):
        pointsman = Pointsman(settings)
        pointsman.load(load_inventory(EXAMPLES))
        activate(pointsman, "then: {hold: 1 h}")
        pointsman.close()
        # a tool sends thousands of requests without a valid key, on purpose
        environment = clean_environment(POINTSMAN_DATA=data, POINTSMAN_NETWORK=NETWORK, POINTSMAN_FAILED_KEYS="0")
        with served(environment=environment) as url:
            yield Service(url=url, keys=keys_in(data))
