"""`pointsman ledger`: the check, what it repairs, and the log as auditors read it."""

import json
import socket
import time

import pytest
import redis

from api.cli.ledger_log import _DETAILS
from api.cli.login import login_name
from engine.inventory.stated_instants import MICROSECONDS
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.log.kinds import KINDS
from engine.store.stock import Movement
from tests.support.facts import policy_file
from tests.support.ledger_entries import ledger_entries
from tests.support.order_json import order_json


@pytest.fixture
def client(tmp_path):
    with open_server(Settings(data=tmp_path)) as server, redis.Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def run(tmp_path, client, command):
    def pointsman(*words):
        return command(*words, POINTSMAN_DATA=tmp_path, POINTSMAN_USER="eve", COLUMNS=120)

    assert pointsman("load", "tests/data/small").returncode == 0
    return pointsman


def test_a_drift_is_listed_with_its_cause_then_repaired_and_logged_then_gone(run, client):
    client.hset("{main}:held:RARE", "lyon", 2)
    listed = run("ledger", "check")
    assert listed.returncode == 1
    assert "RARE at lyon: units held: 2 found, 0 expected\n    it was changed by other means" in listed.stdout
    assert "shipped by the log 0 != held 2 + units of holds that ended 0, 0 of them confirmed\n" in listed.stdout
    assert listed.stdout.endswith("\n1 drift\n")
    assert client.hget("{main}:held:RARE", "lyon") == b"2"
    repaired = run("ledger", "check", "--repair")
    assert (repaired.returncode, repaired.stderr) == (0, "")
    assert "repaired: RARE at lyon: units held: 2 found, 0 expected" in repaired.stdout
    assert "1 repaired and logged, 0 drifts left" in repaired.stdout
    ((_, entry),) = ledger_entries(client, "main")
    assert (entry[b"kind"], entry[b"caller"]) == (b"repaired", b"eve")
    repaired = run("ledger", "check")
    assert (repaired.returncode, "shipped by the log 0 = held 0 + " in repaired.stdout) == (0, True)
    again = json.loads(run("ledger", "check", "--repair", "--json").stdout)
    assert (again["clean"], again["mended"], again["drifts"]) == (True, [], [])


def test_a_drift_that_only_people_can_repair_is_left_and_exits_1(run, client):
    entry = client.xadd("{main}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    client.hset("{main}:decisions", "torn", entry)
    done = run("ledger", "check", "--repair", "--json")
    assert done.returncode == 1
    (drift,) = json.loads(done.stdout)["drifts"]
    assert (drift["mendable"], drift["found"]) == (False, 0)
    assert "copy of the server's data" in drift["cause"]
    assert "(not repairable by --repair)" in run("ledger", "check").stdout


def test_the_log_shows_an_order_from_its_decision_to_its_end(run, client, tmp_path):
    (tmp_path / "policy.yaml").write_text(policy_file("then: {hold: 1 h}")["test.yaml"].decode())
    assert run("policy", "publish", tmp_path / "policy.yaml", "--activate").returncode == 0
    made = {}
    for name in ("W-1", "W-2"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(order_json(("SHIRT", 2), id=name)))
        made[name] = json.loads(run("decide", path, "--json").stdout)["id"]
    node = json.loads(run("show", made["W-1"], "--json").stdout)["shipments"][0]["node"]
    run("reject", made["W-1"], "--node", node, "--reason", "other")
    run("hold", "release", made["W-2"])
    torn = client.xadd("{main}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"}).decode()
    listed = run("ledger", "log", "--order", "W-1")
    first, again, rejected = listed.stdout.splitlines()
    assert f"decided    {made['W-1']}  order W-1 filled: {node} by" in first
    assert "order W-1 filled" in again
    assert f"rejected   {made['W-1']}  {node}, other: 2 x SHIRT  [eve, cli from " in rejected
    assert listed.stderr == ""
    (released,) = map(json.loads, run("ledger", "log", "--kind", "released", "--json").stdout.splitlines())
    assert (released["id"], released["body"]) == (made["W-2"], None)
    everything = run("ledger", "log", "--json")
    assert f"entry {torn} of the log can't be read" in everything.stderr
    whole = everything.stdout.splitlines()
    kinds = ["loaded", "published", "activated", "decided", "decided", "decided", "rejected", "released"]
    assert [json.loads(line)["kind"] for line in whole] == kinds
    whole = [line for line in whole if json.loads(line)["kind"] == "decided"]
    assert json.loads(whole[0])["body"]["order"]["id"] == "W-1"
    assert run("ledger", "log", "--until", "2020-01-01T00:00:00Z").stdout == ""


@pytest.mark.parametrize("audit", ["check", "log"])
def test_a_mistyped_network_is_not_audited_as_clean(run, client, audit):
    mistyped = run("--network", "mian", "ledger", audit)
    assert (mistyped.returncode, mistyped.stdout) == (1, "")
    assert mistyped.stderr == "network 'mian' has no facts yet; run: pointsman load DIR\n"


def test_a_log_is_audited_even_if_its_network_has_lost_its_facts(run, client):
    assert run("reset", "main", "--yes").returncode == 0
    client.xadd("{main}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    checked = run("ledger", "check")
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "copy of the server's data" in checked.stdout
    assert "can't be read" in run("ledger", "log").stderr


def test_movements_are_shown_with_their_operation_and_reason(run, tmp_path):
    with Pointsman(Settings(data=tmp_path)) as service:
        arrived = Movement(op="GR-17", node="lyon", sku="SHIRT", delta=3, reason="goods received")
        broken = Movement(op="B-4", node="paris", sku="SHIRT", delta=-1, reason=None)
        service.stock.move([arrived, broken])
    loaded, line = run("ledger", "log").stdout.splitlines()
    assert f"  in place of the network before  [eve, cli from {login_name()}@{socket.gethostname()}]" in loaded
    assert line.endswith("  +3 x SHIRT at lyon, op GR-17: goods received; -1 x SHIRT at paris, op B-4")


def test_a_movement_that_the_count_has_already_is_told_from_those_that_change_what_is_on_hand(run, client, tmp_path):
    now = int(time.time()) * MICROSECONDS
    with Pointsman(Settings(data=tmp_path)) as service:
        late = Movement(op="L-1", node="lyon", sku="SHIRT", delta=-2, reason=None, at=now - 3_600 * MICROSECONDS)
        fresh = Movement(op="F-1", node="lyon", sku="SHIRT", delta=5, reason=None)
        service.stock.move([late, fresh])
    (line,) = run("ledger", "log", "--kind", "moved").stdout.splitlines()
    assert "op L-1, which the count that stands already has; +5 x SHIRT at lyon, op F-1" in line
    entry = json.loads(run("ledger", "log", "--kind", "moved", "--json").stdout)
    assert (entry["applied"], entry["counted"]) == ([True, True], [True, False])
    assert client.hget("{main}:on_hand:SHIRT", "lyon") == b"15"


def test_every_kind_of_entry_has_a_line():
    assert set(_DETAILS) == set(KINDS)
