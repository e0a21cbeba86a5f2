"""`pointsman audit archive`, and `policy diff --between`, as they are typed."""

import datetime
import json
import socket
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.aged_log import age_log
from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Iterator[Run]:
    policy = policy_file("then: {hold: 1 h}")["test.yaml"].decode()
    with installed(command, tmp_path, policy, POINTSMAN_USER="Ada") as run:
        yield run


def decided(run: Run, folder: Path, name: str) -> None:
    path = folder / "order.json"
    path.write_text(json.dumps(order_json(id=name)), encoding="utf-8")
    assert run("decide", path).returncode == 0


def test_old_entries_are_archived_and_found_all_the_same(run: Run, tmp_path: Path) -> None:
    for number in range(4):
        decided(run, tmp_path, f"W-{number}")
    with open_server(Settings(data=tmp_path)) as server, redis.Redis.from_url(server.url) as client:
        age_log(client, "main", days=8)
        before = json.loads(run("decisions", "--json").stdout)
        assert run("audit", "seal").returncode == 0
        done = run("audit", "archive", "--older-than", "2d", tmp_path / "archive")
        assert (done.returncode, " archived in " in done.stdout) == (0, True)
        assert client.xlen("{main}:log") < 6
        assert len(list((tmp_path / "archive" / "main" / "entries").iterdir())) > 1
        assert json.loads(run("decisions", "--json").stdout) == before
        assert (
            run("audit", "archive", "--older-than", "2d", tmp_path / "archive").stdout
            == "no sealed entry is that old\n"
        )
        logged = run("ledger", "log", "--kind", "archived").stdout
        assert str(tmp_path / "archive") in logged
        gone = run("decisions", POINTSMAN_ARCHIVE=tmp_path / "elsewhere")
        assert (gone.returncode, "POINTSMAN_ARCHIVE" in gone.stderr) == (1, True)


def test_rules_that_changed_are_listed_by_date(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    (folder / "policy.yaml").write_bytes(policy_file("then: {hold: 2 h}")["test.yaml"])
    assert run("policy", "publish", folder, "--activate", "--note", "longer").returncode == 0
    told = run("policy", "diff", "--between", "2020-01-01", "2100-01-01").stdout
    assert "activated by Ada: longer\n    changed  test/r1" in told
    record = json.loads(run("policy", "diff", "--between", "2020-01-01", "2100-01-01", "--json").stdout)
    assert (record["version_from"], len(record["activations"])) == (None, 2)
    assert record["activations"][1]["before"] == record["activations"][0]["version"]
    assert "from no version to" in told
    assert told.endswith("\nadded    test/r1  (policy.yaml)\n1 added\n"), told
    assert [change["rule"] for change in record["changes"]["added"]] == ["test/r1"]
    assert run("policy", "diff", "--between", "2020-01-01", "2020-01-02").stdout == "no version was active\n"
    now = datetime.datetime.now(datetime.UTC).isoformat()
    assert run("policy", "diff", "--between", now, "2100-01-01").stdout.endswith(
        "is active at the end as at the beginning\n"
    )
    assert run("policy", "diff", "--between", "2100-01-02", "2100-01-01").returncode == 2
    first = record["activations"][0]["at"]
    day = datetime.datetime.fromisoformat(first).astimezone(zoneinfo.ZoneInfo("Europe/Paris")).date()
    ended = [json.loads(run("policy", "diff", "--between", "2020-01-01", end, "--json").stdout) for end in (first, day)]
    assert [bool(item["activations"]) for item in ended] == [False, True]
    assert [item["version_to"] is None for item in ended] == [True, False]
    assert "--between FROM TO" in run("policy", "diff", "active").stderr


def test_rules_that_did_nothing_are_listed(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, "W-1")
    listed = run("policy", "idle", "--from", "2020-01-01").stdout.splitlines()
    assert listed == ["1 decision, 1 rule active in the period", "never decided  test/r1  fired in 1"]
    told = json.loads(run("policy", "idle", "--from", "2020-01-01", "--to", "2020-01-02", "--json").stdout)
    assert told == {"decisions": 0, "rules": [], "on_rejection": []}


def test_an_order_where_a_decision_is_wanted_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, "W-1")
    assert run("audit", "seal").returncode == 0
    for words in (
        ("replay", "W-1"),
        ("chain", "W-1"),
        ("hold", "show", "W-1"),
        ("audit", "proof", "W-1"),
    ):
        done = run(*words)
        assert (done.returncode, "it is an order" in done.stderr, "order show W-1" in done.stderr) == (1, True, True), (
            words
        )
    assert run("calculation", "W-1").returncode == 0
    assert (
        "aucune décision n'a l'identifiant 'W-1'\xa0: c'est une commande" in run("--lang", "fr", "replay", "W-1").stderr
    )


def test_a_search_for_a_name_that_nothing_has_says_so(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, "W-1")
    done = run("decisions", "--fired", "test/r2", "--node", "nowhere")
    assert done.returncode == 0
    assert "no rule of the active policies is called 'test/r2' (did you mean 'test/r1'?)" in done.stderr
    assert "no node of the network is called 'nowhere'" in done.stderr
    assert "--after" not in done.stderr
    assert run("decisions", "--fired", "test/r1").stderr == ""


def test_an_access_has_what_was_typed(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, "W-1")
    assert run("audit", "accesses", "--id", "W-1").stdout == "none\n"
    assert run("explain", "W-1", "--why-not", "lyon", "--json").returncode == 0
    (line,) = run("audit", "accesses", "--id", "W-1").stdout.splitlines()
    assert line.endswith("(--why-not lyon --json)"), line


def test_a_wrong_time_for_a_key_to_expire_names_both_forms(run: Run) -> None:
    refused = run("key", "create", "--role", "oms", "--expires", "soon")
    assert (refused.returncode, 'or so long from now, such as "90 d"' in refused.stderr) == (2, True)


def test_a_port_that_is_taken_is_said_before_keys_are_made(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr == f"HTTP can't be answered at 127.0.0.1:{port}: the address is in use\n"


def test_the_log_in_french(run: Run, tmp_path: Path) -> None:
    decided(run, tmp_path, "W-1")
    assert "commande W-1 servie\xa0: lille par le service parcel" in run("--lang", "fr", "ledger", "log").stdout
