"""`pointsman ledger check`, and what it mends."""

import json

import pytest
import redis

from engine.settings import Settings
from engine.store.server import open_server


@pytest.fixture
def client(tmp_path):
    with open_server(Settings(data=tmp_path)) as server, redis.Redis.from_url(server.url) as found:
        yield found


@pytest.fixture
def run(tmp_path, client, command):
    def pointsman(*words):
        return command(*words, POINTSMAN_DATA=tmp_path, POINTSMAN_USER="eve", COLUMNS=120)

    assert pointsman("load", "tests/data/small").returncode == 0
    return pointsman


def test_a_drift_is_listed_with_its_cause_then_mended_and_logged_then_gone(run, client):
    client.hset("{main}:held:RARE", "lyon", 2)
    listed = run("ledger", "check")
    assert listed.returncode == 1
    assert "RARE at lyon: units held: 2 found, 0 expected\n    it was changed by other means" in listed.stdout
    assert "shipped by the log 0 != held 2 + units of holds that ended 0, 0 of them confirmed\n" in listed.stdout
    assert listed.stdout.endswith("\n1 drift\n")
    assert client.hget("{main}:held:RARE", "lyon") == b"2"
    mended = run("ledger", "check", "--repair")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "mended: RARE at lyon: units held: 2 found, 0 expected" in mended.stdout
    assert "1 mended and logged, 0 drifts left" in mended.stdout
    ((_, entry),) = client.xrange("{main}:log")
    assert (entry[b"kind"], entry[b"caller"]) == (b"repaired", b"eve")
    mended = run("ledger", "check")
    assert (mended.returncode, "shipped by the log 0 = held 0 + " in mended.stdout) == (0, True)
    again = json.loads(run("ledger", "check", "--repair", "--json").stdout)
    assert (again["clean"], again["mended"], again["drifts"]) == (True, [], [])


def test_what_only_people_can_mend_is_left_and_exits_1(run, client):
    entry = client.xadd("{main}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    client.hset("{main}:decisions", "torn", entry)
    done = run("ledger", "check", "--repair", "--json")
    assert done.returncode == 1
    (drift,) = json.loads(done.stdout)["drifts"]
    assert (drift["mendable"], drift["found"]) == (False, 0)
    assert "copy of the server's data" in drift["cause"]
    assert "(--repair leaves it)" in run("ledger", "check").stdout
