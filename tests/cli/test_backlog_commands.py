"""Waiting orders, the backlog and rejections on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json
from tests.support.shown_times import in_paris

POLICY = """
policy: vip
rules:
  - {id: r1, because: a reason, when: {order.segment: vip}, then: {priority: 80}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("backlog", "list")`, on tests/data/small, with policies that serve the segment vip first. Who runs the
    backlog is the one who says so.
    """
    with installed(
        command, tmp_path_factory.mktemp("installation"), POLICY, COLUMNS=160, POINTSMAN_BACKLOG="manual"
    ) as run:
        yield run


def written(path: Path, *orders: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(item) for item in orders), encoding="utf-8")
    return path


@pytest.mark.slow
def test_orders_that_wait_are_routed_together_served_later_and_rejected(run: Run, tmp_path: Path) -> None:
    plain, vip = order_json(("RARE", 2)), order_json(("RARE", 2), segment="vip")
    day = written(tmp_path / "orders.ndjson", plain, vip)
    done = run("route", day, "--together", "--wait", "--json")
    figures = json.loads(done.stdout)
    assert (figures["filled"], figures["partial"], figures["orders_outranked"]) == (1, 1, 1)
    again = json.loads(run("route", day, "--together", "--wait", "--json").stdout)
    assert (figures["joint"]["orders"], figures["joint"]["classes"]) == (2, 2)
    assert again == figures | {"decided_before": 2, "joint": None}

    (waiting,) = json.loads(run("backlog", "list", "--json").stdout)["orders"]
    assert (waiting["order"], waiting["lines"][0]["quantity"]) == (plain["id"], 1)
    assert plain["id"] in run("backlog", "list").stdout
    assert run("backlog", "run").stdout == "1 offered stock: 0 decided (0 units), 0 of them filled; 1 waits\n"

    counts = tmp_path / "counts.csv"
    counts.write_text("node,sku,on_hand,at\nparis,RARE,1,\n", encoding="utf-8")
    assert run("stock", "import", counts).returncode == 0
    served = run("backlog", "run", "--json")
    assert json.loads(served.stdout) == {
        "offered": 1,
        "decided": 1,
        "filled": 1,
        "units": 1,
        "failed": [],
        "waiting": 0,
    }

    chain = json.loads(run("chain", waiting["decision"], "--json").stdout)["decisions"]
    assert [record["status"] for record in chain] == ["partial", "filled"]
    words = ["reject", chain[1]["id"], "--node", "paris", "--reason", "not_in_stock", "--on-hand", "0", "--op", "x"]
    rejected = json.loads(run(*words, "--wait", "--json").stdout)
    assert (rejected["status"], rejected["waiting"]) == ("unfilled", True)
    assert json.loads(run(*words, "--wait", "--json").stdout) == rejected
    lines = run("chain", rejected["id"]).stdout
    assert "because stock arrived" in lines
    assert "because paris rejected it: not_in_stock" in lines
    assert run("backlog", "withdraw", rejected["id"]).returncode == 0
    assert json.loads(run("backlog", "list", "--json").stdout)["waiting"] == 0
    assert run("ledger", "check").returncode == 0


def test_stock_that_arrives_goes_to_the_order_that_waits_without_a_run(run: Run, tmp_path: Path) -> None:
    made = json.loads(run("decide", written(tmp_path / "o.json", order_json(("NONE", 2))), "--wait", "--json").stdout)
    counts = tmp_path / "counts.csv"
    counts.write_text("node,sku,on_hand,at\nparis,NONE,2,\n", encoding="utf-8")
    assert run("stock", "import", counts, POINTSMAN_BACKLOG="auto").returncode == 0
    chain = json.loads(run("chain", made["id"], "--json").stdout)["decisions"]
    assert [(record["status"], record.get("follows", {}).get("because")) for record in chain] == [
        ("unfilled", None),
        ("filled", "stock"),
    ]


def test_the_backlog_says_why_stock_was_of_no_use(run: Run, tmp_path: Path) -> None:
    made = json.loads(run("decide", written(tmp_path / "o.json", order_json(("COAT", 9))), "--wait", "--json").stdout)
    assert "offered stock" not in run("backlog", "list").stdout
    counts = tmp_path / "counts.csv"
    counts.write_text("node,sku,on_hand,at\nlille,COAT,4,\n", encoding="utf-8")
    assert run("stock", "import", counts).returncode == 0
    assert run("backlog", "run", POINTSMAN_MAX_HOLDS="1").returncode == 1
    shown = run("backlog", "list").stdout
    assert f"{made['id']}  order" in shown
    assert ", which was of no use: 'cli' has" in shown
    assert run("backlog", "run").stdout.startswith("1 offered stock: 1 decided (1 unit)")


def test_the_backlog_shows_ids_whole_in_a_narrow_terminal(run: Run, tmp_path: Path) -> None:
    order = order_json(("NONE", 900), id="W-900001-of-the-shop-in-the-high-street", promise_by="2026-11-30T18:00:00Z")
    made = json.loads(run("decide", written(tmp_path / "o.json", order), "--wait", "--json").stdout)
    shown = run("backlog", "list", COLUMNS=80).stdout
    assert f"{made['id']}  order {order['id']}, priority 50: " in shown
    assert f"\n  placed {in_paris(order['placed_at'])}, promised by {in_paris(order['promise_by'])}\n" in shown
    assert run("backlog", "withdraw", made["id"]).returncode == 0


def test_some_units_of_a_shipment_are_rejected(run: Run, tmp_path: Path) -> None:
    made = json.loads(run("decide", written(tmp_path / "o.json", order_json(("LAMP", 4))), "--json").stdout)
    done = run("reject", made["id"], "--node", "lyon", "--reason", "other", "--line", "LAMP=1")
    assert done.returncode == 0
    assert "unfilled: 1 x LAMP" in done.stdout
    assert "at nodes that rejected units of this order" in done.stdout
    assert "3 x LAMP: held" in run("hold", "show", made["id"]).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("reject", "nothing", "--node", "lyon", "--reason", "other"), "no decision goes by the id 'nothing'"),
        (("reject", "x", "--node", "lyon", "--reason", "other", "--line", "A"), "'A' is not NAME=UNITS"),
        (("reject", "x", "--node", "lyon", "--reason", "other", "--line", "A=0"), "'A=0' is not NAME=UNITS"),
        (("reject", "x", "--node", "lyon", "--reason", "other", "--on-hand", "A=x"), "'A=x' is not NAME=UNITS"),
        (("chain", "nothing"), "no decision goes by the id 'nothing'"),
        (("backlog", "withdraw", "nothing"), "nothing of decision 'nothing' waits"),
    ],
)
def test_a_mistake_is_printed_as_a_sentence_without_a_traceback(run: Run, words: tuple[str, ...], message: str) -> None:
    done = run(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert message in done.stderr


def test_wait_goes_with_together(run: Run, tmp_path: Path) -> None:
    done = run("route", written(tmp_path / "o.ndjson", order_json()), "--wait")
    assert (done.returncode, "goes with --together" in done.stderr) == (2, True)
