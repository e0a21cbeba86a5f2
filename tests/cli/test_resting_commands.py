"""Nodes that rest after a rejection, on the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.server import open_server
from tests.ordering import order_json

SMALL = Path("tests/data/small")
POLICY = """policy: busy
rules:
  - id: rest
    because: Too busy
    when: {rejection.reason: no_capacity}
    then: {rest_after_rejection: 2 h}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run("resting", "list")`, on tests/data/small."""
    data = tmp_path_factory.mktemp("installation")
    rules = data / "policies"
    rules.mkdir()
    (rules / "busy.yaml").write_text(POLICY)

    def pointsman(*words: object) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
        command = [sys.executable, "-c", "from api.cli import main; main()", *map(str, words)]
        environment = kept | {"POINTSMAN_DATA": str(data), "COLUMNS": "160", "POINTSMAN_USER": "Ada"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    with open_server(Settings(data=data)):
        assert pointsman("load", SMALL).returncode == 0
        assert pointsman("policy", "publish", rules, "--activate").returncode == 0
        yield pointsman


def test_a_rest_is_said_where_it_begins_listed_told_of_other_orders_and_ended(run: Run, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text(json.dumps(order_json(("RARE", 1))), encoding="utf-8")
    made = json.loads(run("decide", order, "--json").stdout)
    said = run("reject", made["id"], "--node", "lyon", "--reason", "no_capacity").stdout
    assert "lyon is given nothing until" in said
    assert "(busy/rest)" in said

    (found,) = json.loads(run("resting", "list", "--json").stdout)["nodes"]
    assert (found["node"], found["decision"]) == ("lyon", made["id"])
    listed = run("resting", "list").stdout
    assert listed == f"{found['en']} (busy/rest); decision {made['id']}\n"

    told = run("decide", order, "--dry-run").stdout
    assert "units: at nodes that rest after a rejection: busy/rest" in told
    assert told.count(f"  {found['en']} (busy/rest)\n") == 1

    assert run("resting", "end", "lyon").stdout == "lyon rests no more\n"
    assert run("resting", "list").stdout == "no node rests\n"
    again = run("resting", "end", "lyon")
    assert (again.returncode, "does not rest" in again.stderr) == (1, True)
    assert json.loads(run("ledger", "check", "--json").stdout)["clean"]
