"""Decisions replayed and reckoned up on the command line."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

POLICY = "policy: first\nrules: []\n"
OTHER = """policy: first
rules:
  - id: not-from-there
    because: It is closed
    when: {node.id: NODE}
    then: {exclude: true}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("replay", ...)`, on tests/data/small."""
    data = tmp_path_factory.mktemp("installation")
    with installed(command, data, POLICY, COLUMNS=160, POINTSMAN_USER="Ada") as run:
        yield run


def test_decisions_are_replayed_also_by_other_policies_and_reckoned_up(run: Run, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text(json.dumps(order_json()), encoding="utf-8")
    made = json.loads(run("decide", order, "--json").stdout)
    name, chosen = made["id"], made["shipments"][0]["node"]

    assert run("replay", name).stdout.endswith(": identical\n")
    assert json.loads(run("replay", name, "--json").stdout)["outcome"] == "identical"
    every = run("replay", "--from", "2020-01-01")
    assert (every.returncode, every.stdout.startswith("1 decision replayed: 1 identical")) == (0, True)
    for wrong in (run("replay"), run("replay", name, "--from", "2020-01-01"), run("calculation", "--to", "2030-01-01")):
        assert wrong.returncode == 2

    policies = tmp_path / "other"
    policies.mkdir()
    (policies / "first.yaml").write_text(OTHER.replace("NODE", chosen), encoding="utf-8")
    assert run("policy", "publish", policies).returncode == 0
    versions = json.loads(run("policy", "list", "--json").stdout)
    (version,) = [item["version"] for item in versions if item["version"] != made["policy_version"]]
    other = run("replay", "--to", "2100-01-01", "--policies", version[:12])
    assert other.returncode == 0
    assert f"policies {version[:12]} would have decided 1 of 1 otherwise" in other.stdout
    assert chosen in other.stdout

    shown = run("calculation", name).stdout
    assert f"{made['cost_micros'] / 1_000_000:,.6f} EUR and {made['co2_mg'] / 1_000_000:,.6f} kg CO2e" in shown
    assert json.loads(run("calculation", name, "--json").stdout)["agrees"] is True
    table = tmp_path / "table.csv"
    assert run("calculation", "--from", "2020-01-01", "--csv", table).returncode == 0
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sum(int(row["cost_micros"] or 0) for row in rows) == made["cost_micros"]
    assert sum(int(row["co2_mg"] or 0) for row in rows) == made["co2_mg"]
