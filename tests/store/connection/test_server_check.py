"""Servers whose settings would lose stock are found before they are used."""

import json
import re

import pytest

from engine.errors import StoreUnavailable
from engine.settings import Settings
from engine.store.connection.client import SCRIPTS
from engine.store.connection.server import open_server
from engine.store.connection.server_check import check_server
from tests.support.redis_topologies import Node
from tests.support.wait_until import wait_until

AUDITOR = "+@read +@connection +@scripting +@transaction +info +time"
SERVICE = "+@all -@dangerous -@admin +info"


@pytest.fixture
def start(tmp_path):
    """`start("--appendonly", "yes")` is a server with these options, and its URL."""
    nodes = []

    def start(*options):
        node = Node(tmp_path / str(len(nodes)), *options)
        nodes.append(node)
        return node, f"redis://127.0.0.1:{node.port}/0"

    yield start
    for node in nodes:
        node.kill()


def found(url, **settings):
    return {finding.code: finding.severity for finding in check_server(url, Settings(**settings))}


def test_a_server_that_keeps_everything_has_nothing_to_change(start):
    _, url = start("--appendonly", "yes")
    assert found(url) == {}


def test_the_embedded_server_has_nothing_to_change(tmp_path):
    with open_server(Settings(data=tmp_path)) as server:
        assert found(server.url) == {}


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_evicts_keys_is_not_used(start, policy):
    _, url = start("--appendonly", "yes", "--maxmemory-policy", policy)
    assert found(url) == {"evicts-keys": "fault"}
    with pytest.raises(StoreUnavailable, match=f"(?s)is {policy}.*maxmemory-policy noeviction"):
        open_server(Settings(redis_url=url))


def test_a_server_without_any_file_is_a_fault_unless_a_replica_has_all(start):
    primary, url = start()
    assert found(url) == {"not-on-disk": "fault"}
    start("--replicaof", f"127.0.0.1 {primary.port}")
    wait_until(lambda: primary.client.info()["connected_slaves"] == 1, "the replica follows")
    assert found(url, replicas=2) == {"not-on-disk": "warning", "too-few-replicas": "warning"}
    assert found(url, replicas=1) == {"not-on-disk": "warning"}


def test_what_would_be_lost_with_a_power_cut_is_warned_about(start):
    _, url = start("--appendonly", "yes", "--appendfsync", "no")
    assert found(url) == {"rarely-on-disk": "warning"}
    snapshots, url = start()
    snapshots.ask("CONFIG", "SET", "save", "900 1")
    assert found(url) == {"snapshots-alone": "warning"}


def test_memory_that_is_nearly_full_is_warned_about(start):
    node, url = start("--appendonly", "yes")
    node.ask("CONFIG", "SET", "maxmemory", int(node.client.info()["used_memory"] * 1.05))
    assert found(url) == {"memory-nearly-full": "warning"}


def user(node, rights, pattern="~{main}:* ~{pointsman:access}:*"):
    node.ask("ACL", "SETUSER", "app", "on", ">sesame", *pattern.split(), *rights.split())
    return f"redis://app:sesame@127.0.0.1:{node.port}/0"


def test_the_rights_that_the_docs_give_the_service_are_enough(start):
    node, _ = start("--appendonly", "yes")
    assert found(user(node, SERVICE)) == {}
    assert node.ask("DBSIZE") == 0


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (f"{SERVICE} -xadd", ["XADD"]),
        (f"{SERVICE} -scan -hincrby", ["SCAN", "HINCRBY"]),
        (f"{SERVICE} -unlink", ["UNLINK"]),
        (f"{SERVICE} -eval", ["EVAL"]),
    ],
)
def test_a_right_that_is_missing_is_named(start, rights, missing):
    node, _ = start("--appendonly", "yes")
    (finding,) = check_server(user(node, rights), Settings())
    assert finding.severity == "fault"
    assert f"its user may not call {', '.join(missing)} on" in finding.message
    assert "~{main}:* +@all" in finding.remedy
    assert node.ask("DBSIZE") == 0


def test_the_api_keys_are_not_forgotten(start):
    node, _ = start("--appendonly", "yes")
    (finding,) = check_server(user(node, SERVICE, pattern="~{main}:*"), Settings())
    assert finding.message == "its user may not call HGETALL, HDEL on the API keys, which belong to no network"
    assert finding.remedy == "ACL SETUSER NAME ~{pointsman:access}:*"


def test_rights_to_other_keys_are_of_no_use(start):
    node, _ = start("--appendonly", "yes")
    (finding,) = check_server(user(node, SERVICE, pattern="~{other}:* ~{pointsman:access}:*"), Settings())
    assert "HGETALL" in finding.message
    assert "EVAL" in finding.message


def test_each_command_of_a_script_is_tried():
    called = {
        name for path in SCRIPTS.rglob("*.lua") for name in re.findall(r"redis\.p?call\('(\w+)'", path.read_text())
    }
    tried = set(re.findall(r"try(?:_adding)?\('(\w+)'", (SCRIPTS / "server/rights.lua").read_text()))
    assert called | {"TIME"} == tried  # Python calls that one, in a script of its own


def test_the_command_says_what_to_change(start, command):
    node, url = start("--maxmemory-policy", "noeviction")
    done = command("server", "check", POINTSMAN_REDIS_URL=url)
    assert done.returncode == 1
    assert "fault of the server: it writes nothing to disk" in done.stdout
    assert "CONFIG SET appendonly yes" in done.stdout
    node.ask("CONFIG", "SET", "appendonly", "yes")
    done = command("server", "check", "--json", POINTSMAN_REDIS_URL=url)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"server": url, "findings": []}


def test_serve_does_not_start_on_a_server_that_would_lose_stock(start, command):
    _, url = start("--appendonly", "yes", "--maxmemory-policy", "allkeys-lru")
    done = command("serve", "--port", "0", POINTSMAN_REDIS_URL=url)
    assert done.returncode == 1
    assert "fault of the server: its maxmemory-policy is allkeys-lru" in done.stderr
    assert "in redis.conf: maxmemory-policy noeviction" in done.stderr
