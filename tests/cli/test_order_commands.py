"""`pointsman order` on the command line."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PARKS_RISKY_ORDERS
from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json
from tests.support.shown_times import in_paris


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    policy = policy_file("then: {hold: 1 h}", PARKS_RISKY_ORDERS)["test.yaml"].decode()
    with installed(command, tmp_path_factory.mktemp("installation"), policy, POINTSMAN_USER="Ada") as run:
        yield run


def decided(run: Run, tmp_path: Path, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(*lines, **more)), encoding="utf-8")
    record: dict[str, Any] = json.loads(run("decide", path, "--json").stdout)
    return record


def test_an_order_is_shown_listed_and_waits(run: Run, tmp_path: Path) -> None:
    made = decided(run, tmp_path, ("RARE", 5), id="O-1")
    assert decided(run, tmp_path, ("RARE", 5), id="O-1") == made
    lines = run("order", "show", "O-1").stdout.splitlines()
    held = sum(line["quantity"] for shipment in made["shipments"] for line in shipment["lines"])
    assert lines[:2] == [
        "order O-1 (web, standard), placed Fri 27 Nov 2026 09:12 +01:00",
        f"  line 1: 5 x RARE: {held} held, {5 - held} unfilled",
    ]
    assert f"  can be done: pointsman hold release {made['id']}" in lines
    assert lines[-2:] == [
        "  can be done: pointsman order cancel O-1",
        "  can be done: pointsman order amend ORDER.json",
    ]
    assert run("show", "O-1").stdout.splitlines() == lines
    assert f"{5 - held} waiting" in run("order", "wait", "O-1").stdout
    decided(run, tmp_path, ("SHIRT", 1), id="O-2", placed_at="2026-11-27T08:13:00Z")
    listed = run("order", "list", "--limit", "1")
    assert listed.stdout == "Fri 27 Nov 2026 09:13 +01:00  O-2  web  1 held\n"
    after = listed.stderr.split("--after ")[1].strip()
    rest = json.loads(run("order", "list", "--after", after, "--json").stdout)
    assert [item["id"] for item in rest["orders"]] == ["O-1"]
    assert run("order", "list", "--state", "waiting", "--sku", "RARE").stdout.count("\n") == 1
    log = run("ledger", "log", "--order", "O-1", "--kind", "queued").stdout
    assert f"queued     {made['id']}  into the backlog  [Ada, cli from " in log
    assert "every unit of 2 orders is in one state" in run("ledger", "check").stdout


def test_an_order_for_a_nominated_day_and_one_for_two_places_are_shown(run: Run, tmp_path: Path) -> None:
    made = decided(run, tmp_path, ("SHIRT", 2), id="O-3", deliver_on="2030-12-10")
    shown = run("order", "show", "O-3").stdout
    assert "  line 1: 2 x SHIRT: 2 waiting\n" in shown
    assert f": scheduled, reserved from {in_paris(made['scheduled']['reserve_at'])}\n" in shown
    lines = [{"sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1, "collect_at": "lyon"}]
    made = decided(run, tmp_path, id="O-4", lines=lines)
    assert " to be collected at lyon 1 x SHIRT: held until " in run("order", "show", "O-4").stdout
    assert " to be collected at lyon 1 x SHIRT: held\n" in run("hold", "show", made["id"]).stdout


def test_an_order_that_awaits_approval_says_so_until_it_is_approved(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, ("SHIRT", 1), id="O-PARKED", segment="risky")
    awaits = "  awaits a person's approval, and nothing of it leaves before (test/r2)\n"
    assert awaits in run("order", "show", "O-PARKED").stdout
    listed = run("order", "list", "--state", "awaiting_approval").stdout
    assert listed.endswith("O-PARKED  web  1 held, awaits approval\n")
    assert awaits not in run("order", "approve", "O-PARKED", "--note", "called").stdout


@pytest.mark.parametrize("name", ["a/b c", "/b", "it's", "-x"])
def test_the_commands_that_an_order_shows_are_of_this_order(run: Run, tmp_path: Path, name: str) -> None:
    made = decided(run, tmp_path, ("SHIRT", 1), id=name)
    shown = run("order", "show", "--", name).stdout
    commands = [shlex.split(line.partition("can be done: pointsman ")[2]) for line in shown.splitlines()]
    assert ["hold", "release", made["id"]] in commands
    (cancel,) = (words for words in commands if words[:2] == ["order", "cancel"])
    assert run(*cancel).stdout.splitlines()[0] == f"order {name}: 1 of line 1 cancelled in all"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("order", "show", "nobody"), 1, "no order goes by the id 'nobody'"),
        (("order", "approve", "nobody"), 1, "no order goes by the id 'nobody'"),
        (("show", "nobody"), 1, "no decision goes by the id 'nobody'"),
        (("order", "list", "--after", "x"), 2, "this is no 'next' of a page before"),
        (("order", "list", "--state", "gone"), 2, "'gone' is not one of"),
    ],
)
def test_a_mistake_is_printed_as_a_sentence(run: Run, words: tuple[str, ...], status: int, message: str) -> None:
    done = run(*words)
    assert (done.returncode, "Traceback" in done.stderr, message in done.stderr) == (status, False, True)


def test_a_changed_order_is_refused_with_the_command_that_amends_it(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, ("SHIRT", 1), id="O-5")
    path = tmp_path / "five.json"
    path.write_text(json.dumps(order_json(("SHIRT", 5), id="O-5")), encoding="utf-8")
    refused = run("decide", path)
    assert (refused.returncode, f"pointsman order amend {path}" in refused.stderr) == (1, True)
    planned = json.loads(run("order", "amend", path, "--dry-run", "--json").stdout)
    assert (planned["changed"], planned["decision"]["id"]) == (
        [{"line": "1", "sku": "SHIRT", "from": 1, "to": 5}],
        None,
    )
    lines = run("order", "amend", path, "--op", "one").stdout.splitlines()
    assert lines[:2] == ["order O-5: changed lines", "  line 1: 5 x SHIRT, not 1"]
    assert lines[2].startswith("  still held: 1 x SHIRT (line 1) at ")
    assert lines[3] == "Order O-5 (web, standard): filled"
    assert lines[4].endswith(", because the order was amended")
    first = json.loads(run("order", "show", "O-5", "--json").stdout)["decisions"][0]["id"]
    assert ", because the order was amended\n" in run("chain", first).stdout
    assert json.loads(run("order", "amend", path, "--op", "one", "--json").stdout)["fields"] == ["lines"]
    assert "  line 1: 5 x SHIRT: 5 held" in run("order", "show", "O-5").stdout
    log = run("ledger", "log", "--order", "O-5", "--kind", "amended").stdout
    assert "  order O-5: 5 x SHIRT  [Ada, cli from " in log
    assert run("order", "amend", path).stdout.splitlines()[0] == "order O-5: changed nothing"
    assert "is in one state" in run("ledger", "check").stdout


def test_decide_amends_an_order_if_it_is_told_to(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    for quantity, expected in ((2, "Order O-6 (web, standard): filled"), (1, "order O-6: changed lines")):
        path.write_text(json.dumps(order_json(("SHIRT", quantity), id="O-6")), encoding="utf-8")
        before = run("order", "show", "O-6").stdout
        for options in (["--amend", "--dry-run"], ["--amend"]):
            assert run("order", "show", "O-6").stdout == before
            assert run("decide", path, *options).stdout.splitlines()[0] == expected
    assert "  line 1: 1 x SHIRT: 1 held" in run("order", "show", "O-6").stdout


@pytest.mark.parametrize("option", [["--facts"], ["--hold", "4h"], ["--at", "2026-11-27T08:15:00Z"]])
def test_what_an_amendment_cannot_take_is_refused(run: Run, tmp_path: Path, option: list[str]) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(id="O-7")), encoding="utf-8")
    refused = run("decide", path, "--amend", *option)
    assert (refused.returncode, option[0] in refused.stderr, "--amend" in refused.stderr) == (2, True, True)
    assert run("order", "show", "O-7").returncode == 1
