"""A backup is the network as it was at one moment, whatever is written meanwhile, and comes back on any server."""

import functools
import gzip
import re
import threading

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PointsmanError, StoreUnavailable
from engine.settings import Settings
from engine.store.backup.backup import back_up
from engine.store.backup.errors import BackupInvalid, NotEmpty
from engine.store.backup.frames import FORMAT, FrameWriter
from engine.store.backup.restore import restore
from engine.store.connection.client import Client
from engine.store.connection.server import open_server
from engine.store.keys import Keys
from engine.store.reset import forget
from tests.support.examples import examples
from tests.support.redis_topologies import Node, cluster
from tests.support.wait_until import wait_until

NOBODY = lambda _done, _total: None  # noqa: E731 - for who does not show progress


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def another_server(tmp_path_factory):
    """A server of the other kind than the embedded one where there is one, else another embedded one."""
    with open_server(Settings(data=tmp_path_factory.mktemp("other"))) as server:
        client = Client(server.url)
        yield client
        client.close()


def everything(client, prefix):
    """All keys of a network by name without prefix: type, contents, and whether it expires."""
    read = {
        b"string": client.get,
        b"list": lambda name: client.lrange(name, 0, -1),
        b"hash": client.hgetall,
        b"set": lambda name: sorted(client.smembers(name)),
        b"zset": lambda name: client.zrange(name, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    found = {}
    for name in client.keys(f"{prefix}*"):
        kind = client.type(name)
        contents = read[kind](name)
        if kind in (b"hash", b"zset", b"list"):
            text = repr(sorted(contents.items()) if kind == b"hash" else contents).replace(prefix, "")
        else:
            text = repr(contents)
        found[name.removeprefix(prefix.encode())] = kind, text, client.pexpiretime(name)
    return found


def fill(client, prefix):
    client.set(f"{prefix}text", "é\0\xff")
    client.set(f"{prefix}brief", b"\x00\xff\xfe", px=600_000)
    client.rpush(f"{prefix}list", *range(2_500))
    client.hset(f"{prefix}hash", mapping={f"field{number}": "x" for number in range(2_500)})
    client.sadd(f"{prefix}set", *range(1_200))
    client.zadd(f"{prefix}zset", {f"{prefix}member{number}": number + 1_795_770_000_123_456 for number in range(1_200)})
    client.zadd(f"{prefix}fractions", {"a": 0.1, "b": -3, "c": float("inf")})
    for number in range(1_100):
        client.xadd(f"{prefix}stream", {"body": number, "b": "2"}, id=f"{number + 1}-1")
    client.hset(f"{prefix}facts", "version", "1")


def test_every_kind_of_key_comes_back_as_it_was_on_another_server(client, keys, another_server, tmp_path):
    fill(client.redis, keys.prefix)
    before = everything(client.redis, keys.prefix)
    assert back_up(client, keys, tmp_path / "a", at=5, advanced=NOBODY) == len(before) == 9
    elsewhere = Keys("elsewhere")
    contents = restore(another_server, elsewhere, tmp_path / "a", replace=False, advanced=NOBODY)
    assert (contents.network, contents.at) == (keys.network, 5)
    assert everything(another_server.redis, elsewhere.prefix) == before
    another_server.redis.delete(*another_server.redis.keys(f"{elsewhere.prefix}*"))
    client.redis.delete(*client.redis.keys(f"{keys.prefix}*"))


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["set", "delete", "hset", "xadd", "xtrim", "rename", "zadd"]), st.integers(0, 5)),
    max_size=12,
)


def do(client, prefix, operation, number, clock):
    name = f"{prefix}{operation}{number}"
    match operation:
        case "set":
            client.set(name, clock)
        case "delete":
            client.delete(f"{prefix}set{number}", f"{prefix}xadd{number}")
        case "hset":
            client.hset(name, clock % 7, clock)
        case "xadd":
            client.xadd(name, {"at": clock})
        case "xtrim":
            client.xtrim(f"{prefix}xadd{number}", maxlen=1, approximate=False)
        case "rename":
            client.set(f"{prefix}from", clock)
            client.rename(f"{prefix}from", name)
        case "zadd":
            client.zadd(name, {f"{clock % 5}": clock})


@examples(20)
@given(before=OPERATIONS, during=st.lists(OPERATIONS, max_size=5))
def test_whatever_is_written_while_it_is_read_the_copy_is_what_was_there_in_the_end(
    another_server, directory, before, during
):
    """Writes come after each key that is read, as long as writers need not wait."""
    redis_client, keys, path = another_server.redis, Keys("busy"), directory / "busy"
    clock, rounds = iter(range(1, 10_000)), iter(during)

    def write(_done, _total):
        if redis_client.info("clients")["paused_reason"] == "none":
            for operation, number in next(rounds, []):
                do(redis_client, keys.prefix, operation, number, next(clock))

    for operation, number in before:
        do(redis_client, keys.prefix, operation, number, next(clock))
    redis_client.set(f"{keys.prefix}facts", "there")
    back_up(another_server, keys, path, at=1, advanced=write, few=0)
    was = everything(redis_client, keys.prefix)
    restore(another_server, Keys("copy"), path, replace=True, advanced=NOBODY)
    assert everything(redis_client, Keys("copy").prefix) == was
    path.unlink()
    redis_client.flushdb()


def test_entries_that_go_after_they_were_read_are_not_in_the_copy(client, keys, tmp_path):
    client.redis.set(keys.facts, "there")
    for number in range(3):
        client.redis.xadd(f"{keys.prefix}log", {"number": number})
    trims = iter([lambda: client.redis.xtrim(f"{keys.prefix}log", maxlen=1, approximate=False)])
    back_up(client, keys, tmp_path / "a", at=1, advanced=lambda *_: next(trims, bool)(), few=0)
    there = Keys(f"{keys.network}-again")
    restore(client, there, tmp_path / "a", replace=False, advanced=NOBODY)
    assert [fields for _, fields in client.redis.xrange(f"{there.prefix}log")] == [{b"number": b"2"}]
    forget(client, there)
    forget(client, keys)


def test_many_who_write_all_the_time_lose_nothing_and_the_copy_is_of_one_moment(client, keys, tmp_path):
    """Each writer sets two keys in one script; in the copy they are equal."""
    stop = threading.Event()
    script = "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])"
    written = [0] * 4

    def write(writer):
        with redis.Redis.from_url(client._url) as own:
            while not stop.is_set():
                written[writer] += 1
                names = [f"{keys.prefix}{side}{written[writer] % 300}" for side in "ab"]
                own.eval(script, 2, *names, writer, written[writer])

    client.redis.set(f"{keys.prefix}facts", "there")
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(5):
            back_up(client, keys, tmp_path / f"{number}", at=1, advanced=NOBODY)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for number in range(5):
        there = Keys(f"{keys.network}-{number}")
        restore(client, there, tmp_path / f"{number}", replace=False, advanced=NOBODY)
        found = everything(client.redis, there.prefix)
        assert len(found) > 2
        assert all(found[b"b" + name[1:]][1] == value[1] for name, value in found.items() if name[:1] == b"a")
        forget(client, there)
    last = [int(client.redis.hget(f"{keys.prefix}a{count % 300}", writer)) for writer, count in enumerate(written)]
    assert last == written
    forget(client, keys)


@pytest.fixture
def stored(client, keys, tmp_path):
    """A small backup."""
    client.redis.hset(f"{keys.prefix}facts", "version", "1")
    client.redis.set(f"{keys.prefix}a", "b")
    path = tmp_path / "small"
    back_up(client, keys, path, at=1, advanced=NOBODY)
    yield path
    forget(client, keys)


def test_a_file_that_is_cut_off_or_changed_anywhere_is_refused_and_changes_nothing(client, keys, stored):
    whole = stored.read_bytes()
    plain = gzip.decompress(whole)
    before = everything(client.redis, keys.prefix)
    damaged = [whole[:length] for length in range(len(whole))]
    for place in range(len(plain)):
        changed = bytearray(plain)
        changed[place] ^= 1
        damaged.append(gzip.compress(bytes(changed), 1))
    damaged += [b"", b"text", gzip.compress(b""), gzip.compress(plain + b"\0"), gzip.compress(plain + plain)]
    for content in damaged:
        stored.write_bytes(content)
        with pytest.raises(BackupInvalid, match="nothing was changed"):
            restore(client, keys, stored, replace=True, advanced=NOBODY)
    assert everything(client.redis, keys.prefix) == before


def test_a_format_to_come_is_refused(client, keys, directory):
    with FrameWriter(directory / "next") as writer:
        writer.write({"format": FORMAT + 1, "network": "main", "release": "9", "at": 1})
        writer.end()
    with pytest.raises(BackupInvalid, match="no backup that this release can read"):
        restore(client, keys, directory / "next", replace=False, advanced=NOBODY)


def test_a_network_that_has_something_is_left_alone_unless_it_is_to_be_replaced(client, keys, stored):
    client.redis.set(f"{keys.prefix}more", "x")
    with pytest.raises(NotEmpty, match="has 3 keys; --replace"):
        restore(client, keys, stored, replace=False, advanced=NOBODY)
    assert client.redis.get(f"{keys.prefix}more") == b"x"
    restore(client, keys, stored, replace=True, advanced=NOBODY)
    assert everything(client.redis, keys.prefix).keys() == {b"facts", b"a"}


def test_a_file_that_is_there_stays(client, keys, stored):
    before = stored.read_bytes()
    with pytest.raises(NotEmpty, match="is there already"):
        back_up(client, keys, stored, at=1, advanced=NOBODY)
    assert stored.read_bytes() == before
    assert [file.name for file in stored.parent.iterdir()] == ["small"]


def test_where_it_cannot_be_written_the_error_says_so(client, keys, directory):
    with pytest.raises(PointsmanError, match="can't be written"):
        back_up(client, keys, directory / "nowhere" / "a", at=1, advanced=NOBODY)


def test_a_key_that_has_expired_since_does_not_come_back(client, keys, stored, tmp_path):
    client.redis.set(f"{keys.prefix}brief", "x", px=200)
    client.redis.hset(f"{keys.prefix}brief-too", mapping={f"{number}": "x" for number in range(2_000)})
    client.redis.pexpire(f"{keys.prefix}brief-too", 2_000)
    back_up(client, keys, tmp_path / "brief", at=1, advanced=NOBODY)
    wait_until(lambda: not client.redis.exists(f"{keys.prefix}brief-too"), "it has expired")
    restore(client, keys, tmp_path / "brief", replace=True, advanced=NOBODY)
    assert everything(client.redis, keys.prefix).keys() == {b"facts", b"a"}


def test_without_the_facts_nobody_decides_until_the_restore_is_whole(client, keys, stored):
    seen = []
    restore(
        client,
        keys,
        stored,
        replace=True,
        advanced=lambda done, _total: seen.append((done, client.redis.exists(keys.facts))),
    )
    assert seen == [(1, 0), (2, 1)]


def test_who_may_not_let_writers_wait_is_told_the_right_that_is_missing(directory, tmp_path):
    node = Node(tmp_path / "server")
    node.ask("ACL", "SETUSER", "app", "on", ">sesame", "~*", "+@all", "-@dangerous", "-@admin", "+info")
    client = Client(f"redis://app:sesame@127.0.0.1:{node.port}/0")
    try:
        client.redis.set("{main}:facts", 1)
        with pytest.raises(StoreUnavailable, match=r"\+client\|pause \+client\|unpause"):
            back_up(client, Keys("main"), directory / "a", at=1, advanced=NOBODY)
        node.ask("ACL", "SETUSER", "app", "+client|pause", "+client|unpause", "&__redis__:invalidate")
        assert back_up(client, Keys("main"), directory / "a", at=1, advanced=NOBODY) == 1
    finally:
        client.close()
        node.kill()


def test_a_network_of_a_cluster_is_backed_up_from_the_node_that_has_it(directory, tmp_path):
    with cluster(tmp_path) as nodes:
        client = Client(f"redis+cluster://127.0.0.1:{nodes[0].port}")
        for network in ("one", "two", "three"):
            client.redis.set(f"{{{network}}}:facts", network)
            back_up(client, Keys(network), directory / network, at=1, advanced=NOBODY)
            restore(client, Keys(f"{network}-again"), directory / network, replace=False, advanced=NOBODY)
            assert client.redis.get(f"{{{network}-again}}:facts") == network.encode()
        client.close()


def test_the_commands_bring_a_network_back_and_its_ledger_is_clean(command, tmp_path):
    run = functools.partial(command, POINTSMAN_DATA=tmp_path / "here")
    elsewhere = functools.partial(command, POINTSMAN_DATA=tmp_path / "elsewhere")
    run("load", "tests/data/small")
    file = tmp_path / "main.backup"
    done = run("backup", file)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"[\d,]+ keys of network 'main' in {file}, [\d.]+ MB\n", done.stdout)
    done = run("restore", file)
    assert (done.returncode, "--replace deletes them" in done.stderr) == (1, True)
    done = elsewhere("restore", file)
    assert done.returncode == 0, done.stderr
    assert "network 'main' is that of 'main' as it was at 20" in done.stdout
    done = elsewhere("ledger", "check")
    assert "35 units on hand" in done.stdout
    assert done.stdout.endswith("clean\n")
