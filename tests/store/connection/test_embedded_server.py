"""The embedded server, tested with real processes: who starts it, who ends it, and what it survives."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.errors import StoreUnavailable
from engine.settings import Settings
from engine.store.connection.embedded import EmbeddedServer, socket_of
from engine.store.connection.server import open_server
from engine.store.connection.version import check_version
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks processes up in /proc")

USE_AND_WAIT = """
import sys
from pathlib import Path
from engine.settings import Settings
from engine.store.connection.server import open_server
server = open_server(Settings(data=Path(sys.argv[1])))
print(server.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def opened(data: Path, **more):
    return open_server(Settings(data=data, **more))


@contextlib.contextmanager
def another_user(data: Path) -> Iterator[subprocess.Popen]:
    """A process of its own that uses the server until it is killed or the block ends."""
    command = [sys.executable, "-c", USE_AND_WAIT, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def client_of(data: Path) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(socket_of(data.resolve())), decode_responses=True, retry=None) as client:
        yield client


def server_pid(data: Path) -> int:
    with client_of(data) as client:
        return client.info("server")["process_id"]


def supervisor_pid(server: int) -> int:
    return int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])


def is_gone(pid: int) -> bool:
    """Whether it has ended, though its new parent may not have reaped it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(*pids: int) -> None:
    for pid in pids:
        wait_until(lambda pid=pid: is_gone(pid), f"process {pid} has ended")


def processes_of(data: Path) -> list[int]:
    """Supervisors and servers whose command line or lock names the directory."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(data) in (process / "cmdline").read_bytes() and int(process.name) != os.getpid():
                pids.append(int(process.name))
    return [pid for pid in pids if not is_gone(pid)]


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until_gone(*pids)


def append_only_file(data: Path) -> Path:
    return next((data / "appendonlydir").glob("*.incr.aof"))


def test_it_is_started_and_ends_with_its_only_user(data):
    with opened(data) as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        running = server_pid(data)
        supervisor = supervisor_pid(running)
    wait_until_gone(running, supervisor)
    assert processes_of(data) == []


def test_a_second_process_finds_the_one_that_runs(data):
    with opened(data) as server, another_user(data) as other:
        running = server_pid(data)
        assert other.stdout.readline().strip() == server.url
        assert server_pid(data) == running


def test_processes_that_start_together_share_one(data):
    with contextlib.ExitStack() as at_end:
        others = [at_end.enter_context(another_user(data)) for _ in range(4)]
        assert len({other.stdout.readline() for other in others}) == 1
        users = {other.pid for other in others}
        wait_until(lambda: len(set(processes_of(data)) - users) == 2, "only one supervisor and one server are left")
        assert server_pid(data) in processes_of(data)


def test_it_ends_when_its_only_user_is_killed(data):
    with another_user(data) as user:
        user.stdout.readline()
        running = server_pid(data)
        supervisor = supervisor_pid(running)
        user.kill()
    wait_until_gone(running, supervisor)


def test_it_ends_when_its_user_is_killed_while_it_starts(data):
    for delay in (0.1, 0.2, 0.25, 0.3):
        with another_user(data) as user, contextlib.suppress(subprocess.TimeoutExpired):
            user.wait(timeout=delay)
        wait_until(lambda: processes_of(data) == [], "no process is left")


def test_it_stays_while_another_user_lives(data):
    with another_user(data) as user, another_user(data) as survivor:
        user.stdout.readline()
        survivor.stdout.readline()
        running = server_pid(data)
        user.kill()
        user.wait()
        assert server_pid(data) == running
        survivor.kill()
        survivor.wait()
        wait_until_gone(running)


def test_it_stays_while_a_process_forked_from_its_user_lives(data):
    with opened(data):
        running = server_pid(data)
        reading, writing = os.pipe()
        forked = os.fork()
        if forked == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        os.close(reading)
    with client_of(data) as client:
        assert client.info("server")["process_id"] == running
    os.close(writing)
    os.waitpid(forked, 0)
    wait_until_gone(running)


def test_it_starts_after_everything_was_killed(data):
    with another_user(data) as user:
        user.stdout.readline()
        running = server_pid(data)
        with client_of(data) as client:
            client.set("held", 3)
        kill(supervisor_pid(running), running)
        user.kill()
    assert socket_of(data.resolve()).exists()
    with opened(data), client_of(data) as client:
        assert client.get("held") == "3"


def test_it_ends_with_its_supervisor_and_is_started_again(data):
    with opened(data) as server:
        running = server_pid(data)
        kill(supervisor_pid(running))
        wait_until_gone(running)
        server.ensure_running()
        assert server_pid(data) != running


def test_a_user_can_start_it_again_after_it_was_killed(data):
    with opened(data) as server:
        running = server_pid(data)
        supervisor = supervisor_pid(running)
        with client_of(data) as client:
            client.set("held", 3)
        kill(running)
        wait_until_gone(supervisor)
        server.ensure_running()
        with client_of(data) as client:
            assert client.get("held") == "3"


def test_what_was_written_survives_the_end(data):
    with opened(data), client_of(data) as client:
        client.set("held", 3)
    with opened(data), client_of(data) as client:
        assert client.get("held") == "3"


def test_a_truncated_append_only_file_loses_only_the_truncated_write(data):
    with opened(data), client_of(data) as client:
        client.set("first", 1)
        client.set("second", 2)
        running = server_pid(data)
    wait_until_gone(running)
    file = append_only_file(data)
    os.truncate(file, file.stat().st_size - 3)
    with opened(data), client_of(data) as client:
        assert client.mget("first", "second") == ["1", None]


def test_the_error_for_an_append_only_file_damaged_in_the_middle_names_the_command_that_repairs_it(data):
    with opened(data), client_of(data) as client:
        client.set("first", 1)
        client.set("second", 2)
        client.set("third", 3)
        running = server_pid(data)
    wait_until_gone(running)
    file = append_only_file(data)
    file.write_bytes(file.read_bytes().replace(b"*3\r\n$3\r\nSET\r\n$6\r\nsecond", b"*3\r\n!!!\r\nSET\r\n$6\r\nsecond"))

    with pytest.raises(StoreUnavailable, match=r"\.incr\.aof is damaged") as caught:
        opened(data)
    assert "Bad file format" in str(caught.value)
    wait_until(lambda: processes_of(data) == [], "no process is left")

    command = re.search(r"run: (bash -c .*)", str(caught.value))
    subprocess.run(shlex.split(command[1]), input=b"y\n", capture_output=True, check=True)
    with opened(data), client_of(data) as client:
        assert client.mget("first", "second") == ["1", None]


def test_a_directory_with_a_long_path_works(tmp_path):
    data = tmp_path / ("long" * 40) / "données d'hier"
    with opened(data) as server:
        assert len(server.url) < 120
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()


def test_only_the_owner_can_read_what_it_creates(data):
    with opened(data):
        assert data.stat().st_mode & 0o777 == 0o700
        files = [file for file in data.rglob("*") if file.is_file() or file.is_socket()]
        assert [file for file in files if file.stat().st_mode & 0o077] == []


def test_it_does_not_listen_to_the_network(data):
    with opened(data), client_of(data) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_of_the_settings_of_several_users_the_safest_one_wins(data):
    with opened(data), client_of(data) as client:
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        with opened(data, fsync="always"), opened(data, fsync="everysec"):
            assert client.config_get("appendfsync") == {"appendfsync": "always"}


def test_a_directory_that_cannot_be_created_is_an_error_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="POINTSMAN_DATA"):
        opened(tmp_path / "file" / "data")


def test_a_closed_server_stays_closed(data):
    with opened(data) as server:
        pass
    server.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        server.ensure_running()


def test_a_given_server_is_used_as_it_is(server_url):
    with open_server(Settings(redis_url=server_url)) as server:
        server.ensure_running()
        assert server.url == server_url


def test_the_error_for_a_given_server_that_does_not_answer_hides_its_password(tmp_path):
    with pytest.raises(StoreUnavailable) as caught:
        open_server(Settings(redis_url="redis://app:sesame@127.0.0.1:1/0"))
    assert "redis://127.0.0.1:1/0" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_an_unknown_option_in_the_url_is_named():
    with pytest.raises(StoreUnavailable, match=r"nonsense.*POINTSMAN_REDIS_URL"):
        open_server(Settings(redis_url="redis://127.0.0.1:1?nonsense=3"))


@pytest.mark.parametrize("info", [{"redis_version": "7.0.0"}, {"redis_version": "8.2.1"}, {"redis_version": "10.0"}])
def test_redis_is_accepted_from_7_0_on(info):
    check_version(info)


def test_valkey_is_accepted_whatever_redis_version_it_reports():
    check_version({"redis_version": "6.0.0", "valkey_version": "9.1.2"})


@pytest.mark.parametrize("info", [{"redis_version": "6.2.14"}, {"redis_version": "unstable"}, {}])
def test_an_older_server_is_refused(info):
    with pytest.raises(StoreUnavailable, match=r"Redis 7\.0 or newer"):
        check_version(info)


def test_it_stays_for_a_while_after_its_last_user(data):
    with opened(data, server_stays=60):
        running = server_pid(data)
        supervisor = supervisor_pid(running)
    with another_user(data) as user:
        user.stdout.readline()
        assert server_pid(data) == running  # found as it was left, nothing had to be read again
    assert not is_gone(running)
    os.kill(supervisor, signal.SIGTERM)
    wait_until_gone(supervisor, running)


def test_it_ends_once_nobody_came_for_the_time_that_it_stays(data):
    with EmbeddedServer(data=data, fsync="everysec", stays=0.6):
        running = server_pid(data)
        supervisor = supervisor_pid(running)
    wait_until_gone(running, supervisor)


def test_the_time_that_it_stays_begins_anew_with_each_user(data):
    with EmbeddedServer(data=data, fsync="everysec", stays=2):
        running = server_pid(data)
    left = time.monotonic()
    until = left + 3
    while time.monotonic() < until:
        with EmbeddedServer(data=data, fsync="everysec", stays=2):
            found = server_pid(data)
            in_time = time.monotonic() < left + 2
            assert found == running or not in_time  # a machine that is too busy to come back in time proves nothing
            running = found
        left = time.monotonic()
        time.sleep(0.1)
    wait_until_gone(running)


def test_a_long_log_becomes_a_snapshot_once_the_last_user_has_gone(data):
    with opened(data, server_stays=60) as server:
        with redis.Redis.from_url(server.url) as client:
            for _ in range(5):
                client.set("large", os.urandom(2 << 20))
        running = server_pid(data)
    wait_until(lambda: append_only_file(data).stat().st_size == 0, "the log is empty")
    os.kill(supervisor_pid(running), signal.SIGTERM)
    wait_until_gone(running)
    with opened(data) as server, redis.Redis.from_url(server.url) as client:
        assert client.strlen("large") == 2 << 20
