"""`pointsman audit erase`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def run(installation: Path, command: Command) -> Iterator[Run]:
    policy = policy_file("then: {hold: 1 h}")["test.yaml"].decode()
    with installed(command, installation, policy, POINTSMAN_USER="Ada") as run:
        yield run


def test_orders_that_are_over_are_erased_and_others_named(run: Run, installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(("SHIRT", 1), id="O-1", customer="zaphod")), encoding="utf-8")
    made = json.loads(run("decide", path, "--json").stdout)
    refused = run("audit", "erase", "O-1", "--yes")
    assert (refused.returncode, "O-1' is not over" in refused.stderr) == (1, True)
    assert "1 réservées, 0 en attente" in run("--lang", "fr", "audit", "erase", "O-1", "--yes").stderr
    run("hold", "release", made["id"])
    assert run("audit", "erase", "O-1").returncode == 1
    assert json.loads(run("show", made["id"], "--json").stdout)["order"]["customer"] == "zaphod"
    erased = run("audit", "erase", "O-1", "--yes", "--note", "asked for")
    assert (erased.returncode, erased.stdout.startswith("O-1: erased at ")) == (0, True)
    assert run("audit", "erase", "O-1", "--yes").stdout.startswith("O-1: erased before, at ")
    (record,) = json.loads(run("audit", "erase", "O-1", "--yes", "--json").stdout)
    assert (record["order"], record["decisions"], record["in_clear"]) == ("O-1", 1, [])
    assert json.loads(run("show", made["id"], "--json").stdout)["order"]["customer"] is None
    kept = installation / "connectors" / "orders" / "bad" / "20261127-orders.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('[{"id": "O-1", "name": "Zaphod"}]', encoding="utf-8")
    named = run("audit", "erase", "O-1", "--yes", "--json")
    assert (json.loads(named.stdout)[0]["order"], str(kept) in named.stderr) == ("O-1", True)
    entry = [line for line in run("ledger", "log", "--kind", "erased").stdout.splitlines() if "erased" in line]
    assert (len(entry), "asked for" in entry[0], "Ada" in entry[0]) == (1, True, True)
