"""Promises at risk and the progress of shipments, on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

POLICY = """policy: held
rules:
  - {id: hold, because: Long, then: {hold: 30 d}}
  - {id: from-confirmed, because: They are sure, then: {promise_from: confirmed}}
"""


@pytest.fixture
def run(tmp_path: Path, command: Command) -> Iterator[Run]:
    with installed(command, tmp_path, POLICY, COLUMNS=160, POINTSMAN_USER="Ada", TZ="UTC") as run:
        yield run


@pytest.fixture
def made(run: Run, tmp_path: Path) -> str:
    """A decision whose shipment leaves at once, and was promised nothing: it is at risk at once."""
    order = tmp_path / "order.json"
    order.write_text(json.dumps(order_json(("RARE", 1))), encoding="utf-8")
    return str(json.loads(run("decide", order, "--json").stdout)["id"])


def test_without_orders_no_promise_is_at_risk(run: Run) -> None:
    done = run("promise", "watch")
    assert (done.returncode, done.stdout) == (0, "no promise is at risk\n")
    assert json.loads(run("promise", "watch", "--json").stdout)["shipments"] == []


def test_what_is_at_risk_is_listed_and_the_exit_status_says_so(run: Run, made: str) -> None:
    done = run("promise", "watch", "--within", "60 d")
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert f"  {made} 0  order W-" in line
    assert "lyon/parcel: not handed over yet; promised " in line
    as_json = run("promise", "watch", "--within", "60 d", "--json")
    assert as_json.returncode == 1
    (item,) = json.loads(as_json.stdout)["shipments"]
    assert (item["decision"], item["cause"], item["next"]) == (made, "not_handed_over", "handed_over")
    assert run("promise", "watch", "--within", "60 d", "--node", "nice").returncode == 0
    spoken = run("promise", "watch", "--within", "60 d", "--lang", "fr").stdout
    assert "pas encore remis" in spoken


def test_when_what_a_receipt_lacks_comes_is_not_known_yet(run: Run, tmp_path: Path) -> None:
    inbound, order = tmp_path / "inbound.csv", tmp_path / "order.json"
    columns = "id,source,node,sku,quantity,expected_at,status,sequence"
    order.write_text(json.dumps(order_json(("RARE", 40))), encoding="utf-8")
    for status, sequence in (("confirmed", 1), ("cancelled", 2)):
        row = f"PO-1,purchase_order,lyon,RARE,100,2090-12-01T06:00:00Z,{status},{sequence}"
        inbound.write_text(f"{columns}\n{row}\n", encoding="utf-8")
        assert run("inbound", "import", inbound).returncode == 0
        if status == "confirmed":
            assert run("decide", order).returncode == 0
    (line,) = run("promise", "watch", "--cause", "receipt_short").stdout.splitlines()
    assert line.endswith("expected not known yet")
    (line,) = run("promise", "watch", "--cause", "receipt_short", "--lang", "fr").stdout.splitlines()
    assert line.endswith("attendu pas encore connu")


def test_progress_is_recorded_until_the_shipment_is_handed_over(run: Run, made: str) -> None:
    picked = run("promise", "progress", made, 0, "picked")
    assert picked.stdout.startswith(f"shipment 0 of decision {made} has to be packed by ")
    answer = json.loads(run("promise", "progress", made, 0, "packed", "--op", "one", "--json").stdout)
    assert (list(answer["passed"]), answer["next"]) == (["picked", "packed"], "handed_over")
    done = run("promise", "progress", made, 0, "handed_over")
    assert done.stdout == f"shipment 0 of decision {made} was handed over\n"
    assert run("promise", "watch", "--within", "60 d").returncode == 0
    assert run("promise", "progress", made, 3, "picked").returncode == 1
    log = run("ledger", "log", "--kind", "progressed").stdout
    assert log.count("shipment 0: picked ") == 1
    assert log.count("shipment 0: handed over ") == 1
    assert json.loads(run("ledger", "check", "--json").stdout)["clean"]


def test_a_sku_may_stand_where_the_command_is(run: Run) -> None:
    for words in (("promise", "SHIRT"), ("promise", "show", "SHIRT"), ("promise", "--country", "FR", "SHIRT")):
        done = run(*words, "--country", "FR", "--lat", "48.85", "--lon", "2.35")
        assert done.returncode == 0, done.stderr
        assert "SHIRT" in done.stdout
