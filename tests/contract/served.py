"""A service for the tools that drive it from its description: `pointsman serve`, with tests/data/small loaded."""

import contextlib
import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.served import keys_in, served
from tests.support.facts import policy_file
from tests.support.forked_cli import forked_commands, installed

_POLICY = policy_file("then: {hold: 1 h}")["test.yaml"].decode()


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
def service(data: Path, **settings: str) -> Iterator[Service]:
    """It keeps what it has in `data`, and ends with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
    program = [sys.executable, "-c", "from api.cli.main import main; main()"]
    with (
        forked_commands() as command,
        installed(command, data, _POLICY),
        served(program, environment=environment | settings | {"POINTSMAN_DATA": str(data)}) as url,
    ):
        yield Service(url=url, keys=keys_in(data))
