"""Nodes that rest after a rejection, on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

POLICY = """policy: busy
rules:
  - id: rest
    because: Too busy
    when: {rejection.reason: no_capacity}
    then: {rest_after_rejection: 2 h}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("resting", "list")`, on tests/data/small."""
    data = tmp_path_factory.mktemp("installation")
    with installed(command, data, POLICY, COLUMNS=160, POINTSMAN_USER="Ada") as run:
        yield run


def test_a_rest_is_printed_where_it_begins_listed_named_by_other_orders_and_ended(run: Run, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text(json.dumps(order_json(("RARE", 1))), encoding="utf-8")
    made = json.loads(run("decide", order, "--json").stdout)
    rejected = run("reject", made["id"], "--node", "lyon", "--reason", "no_capacity").stdout
    assert "lyon gets no shipments until" in rejected
    assert "(busy/rest)" in rejected

    (node_rest,) = json.loads(run("resting", "list", "--json").stdout)["nodes"]
    assert (node_rest["node"], node_rest["decision"]) == ("lyon", made["id"])
    listed = run("resting", "list").stdout
    assert listed == f"{node_rest['en']} (busy/rest); decision {made['id']}\n"

    dry_run = run("decide", order, "--dry-run").stdout
    assert "units: at nodes that rest after a rejection: busy/rest" in dry_run
    assert dry_run.count(f"  {node_rest['en']} (busy/rest)\n") == 1

    assert run("resting", "end", "lyon").stdout == "the rest of lyon has ended\n"
    assert run("resting", "list").stdout == "no node rests\n"
    again = run("resting", "end", "lyon")
    assert (again.returncode, "does not rest" in again.stderr) == (1, True)
    assert json.loads(run("ledger", "check", "--json").stdout)["clean"]
