"""A source that is slower than the lease is read by the worker that began, whatever others do meanwhile."""

import io
import os
import shutil
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest

from api.connectors.running.opening import open_connector
from api.connectors.running.runner import ConnectorRunner
from api.connectors.sources import sftp_session
from api.connectors.sources.kafka import KafkaSource
from api.connectors.sources.message import Message
from engine.store.connectors import connector_store
from tests.support.connectors import COUNTS, Running
from tests.support.facts import NOW
from tests.support.kafka_tills import sale, topic_of
from tests.support.local_server import local_server
from tests.support.sshd import sshd
from tests.support.wait_until import wait_until

HEAD = "node,sku,units,at\n"
ROWS = HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nlyon,SHIRT,3,2026-11-27T09:00:31Z\n"
SLOW = """\
#!/bin/sh
echo asked >> {folder}/asked
while [ ! -e {folder}/answer ]; do sleep 0.02; done
exec {sftp} "$@"
"""


@pytest.fixture
def short_lease(monkeypatch):
    """The lease of a worker that waits for nobody, in seconds."""
    monkeypatch.setattr(connector_store, "LEASE_MILLISECONDS", 100)
    return 0.1


@pytest.fixture
def other(opened, tmp_path):
    """Another worker, which runs the same connector."""

    def run(text):
        return Running(pointsman=opened(), root=tmp_path, text=text, made_at=NOW).run()

    return run


def test_pages_that_come_slower_than_the_lease_are_read_by_the_worker_that_asked(running, other, short_lease):
    tries = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(3 * short_lease)
            tries.append(other(here.text))
            body = b'[{"node": "lyon", "sku": "RARE", "units": 7, "at": "2026-11-27T09:00:31Z"}]'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            if "page=2" not in self.path:
                self.send_header("Link", f'<{self.path}?page=2>; rel="next"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with local_server(Handler) as server:
        place = f'{{http: "http://127.0.0.1:{server.server_port}/stock", pages: {{link: next}}}}'
        text = COUNTS.replace('{folder: in, files: ["*.csv", "*.json", "*.ndjson"], settled: 0s}', place)
        here = running(text.replace("format: csv", "format: json"))
        report = here.run()
    assert (report.error, report.busy, len(report.messages)) == ("", False, 2)
    assert [(each.busy, each.messages) for each in tries] == [(True, []), (True, [])]
    assert here.on_hand("RARE", "lyon") == 7


def test_partitions_that_answer_slower_than_the_lease_are_read_by_the_worker_that_asked(
    tills, other, brokers, short_lease, monkeypatch
):
    brokers.put(topic_of(tills), sale(0))
    tries, real = [], KafkaSource._is_new

    def slow(source, record):
        time.sleep(3 * short_lease)
        if not tries:
            tries.append(other(tills.text))
        return real(source, record)

    monkeypatch.setattr(KafkaSource, "_is_new", slow)
    assert tills.run().ended("applied") == 1
    assert [each.busy for each in tries] == [True]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def slow_sftp(monkeypatch, tmp_path):
    """An sftp that asks the server only once the test lets it; `asked` is there as soon as it was called."""
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "sftp").write_text(SLOW.format(folder=folder, sftp=shutil.which("sftp")))
    (folder / "sftp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return SimpleNamespace(asked=folder / "asked", answer=folder / "answer")


@pytest.fixture
def fetching(running, server, tmp_path):
    """A connector that fetches a file from a folder of the test's own there."""
    there = server.home / tmp_path.name
    (there / "done").mkdir(parents=True)
    (there / "a.csv").write_text(ROWS)
    place = f"sftp: '{server.address}/{tmp_path.name}', key: {server.key}, known_hosts: {server.known_hosts()}"
    reads = f"{{{place}, settled: 0s, done: {tmp_path.name}/done}}"
    return running(COUNTS.replace('{folder: in, files: ["*.csv", "*.json", "*.ndjson"], settled: 0s}', reads))


def in_a_thread(here):
    """The reports of a run, as soon as it is over, and its thread."""
    reports = []
    thread = threading.Thread(target=lambda: reports.append(here.run()))
    thread.start()
    return reports, thread


def test_a_machine_that_lists_slower_than_the_lease_is_read_by_the_worker_that_asked(
    fetching, other, slow_sftp, short_lease
):
    reports, thread = in_a_thread(fetching)
    try:
        wait_until(slow_sftp.asked.exists, "the machine is asked")
        time.sleep(3 * short_lease)
        meanwhile = other(fetching.text)
        asked = slow_sftp.asked.read_text().split()
    finally:
        slow_sftp.answer.touch()
        thread.join()
    assert (meanwhile.busy, meanwhile.messages, asked) == (True, [], ["asked"])
    assert [(report.error, report.ended("applied")) for report in reports] == [("", 2)]


def test_while_files_are_fetched_the_lease_is_made_to_last_again_and_again(
    fetching, slow_sftp, redis_client, monkeypatch
):
    monkeypatch.setattr(sftp_session, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr("api.connectors.turn.HELD_SECONDS", 0.0)
    store = fetching.pointsman.connectors
    lease = store._keys.connector_lease("warehouse")
    reports, thread = in_a_thread(fetching)
    try:
        wait_until(slow_sftp.asked.exists, "the machine is asked")
        for _ in range(2):
            redis_client.pexpire(lease, 20_000)
            wait_until(lambda: redis_client.pttl(lease) > 20_000, "the lease is made to last")
    finally:
        slow_sftp.answer.touch()
        thread.join()
    assert [(report.error, report.ended("applied")) for report in reports] == [("", 2)]


def test_a_machine_that_sends_nothing_any_more_is_given_up_and_one_that_sends_slowly_is_not(
    fetching, slow_sftp, monkeypatch
):
    monkeypatch.setattr(sftp_session, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(sftp_session, "_SECONDS", 0.1)
    assert "did not answer within 0.1 s" in fetching.run().error
    place = fetching.connector.reads.source
    slow = sftp_session.SftpSession(place, resolve=str, root=fetching.root)
    looks = []

    def progress():
        looks.append(len(looks))
        if len(looks) == 20:  # twenty times a look are longer than without progress it would be waited
            slow_sftp.answer.touch()
        return len(looks)

    assert "a.csv" in slow.run([f'ls -ln "{place.path}"'], progress=progress)
    assert len(looks) >= 20


def test_a_worker_that_lost_its_turn_while_it_fetched_ends_and_changes_nothing(
    fetching, slow_sftp, redis_client, monkeypatch
):
    monkeypatch.setattr(sftp_session, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr("api.connectors.turn.HELD_SECONDS", 0.0)
    lease = fetching.pointsman.connectors._keys.connector_lease("warehouse")
    reports, thread = in_a_thread(fetching)
    try:
        wait_until(slow_sftp.asked.exists, "the machine is asked")
        redis_client.set(lease, "another worker")
        thread.join()
    finally:
        slow_sftp.answer.touch()
    assert [(report.busy, report.messages) for report in reports] == [(True, [])]
    redis_client.delete(lease)
    assert fetching.run().ended("applied") == 2


class SlowFile(io.BytesIO):
    """`before_each` is called before each part that is read of it, but for the first."""

    def __init__(self, content, before_each):
        super().__init__(content)
        self.before_each = before_each

    def read(self, size=-1):
        if self.tell() > 0:
            self.before_each()
        return super().read(size)


@pytest.mark.parametrize("quarantine", ["file", "row"])
def test_while_a_file_is_read_the_lease_is_made_to_last_again_and_again(running, redis_client, monkeypatch, quarantine):
    monkeypatch.setattr("api.connectors.turn.HELD_SECONDS", 0.0)
    here = running(COUNTS + f"quarantine: {quarantine}\n")
    here.inbox.mkdir()
    lease = here.pointsman.connectors._keys.connector_lease("warehouse")
    left = []

    def nearly_runs_out():
        left.append(redis_client.pttl(lease))
        redis_client.pexpire(lease, 20_000)

    content = (HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n" * 900).encode()
    message = Message(id="a 1", name="a.csv", received_at=NOW, open=lambda: SlowFile(content, nearly_runs_out))
    parts = open_connector(here.pointsman, here.connector, here.root, clock=time.time)
    monkeypatch.setattr(parts.source, "messages", lambda _place: [message])
    with closing(ConnectorRunner(here.pointsman, parts)) as runner:
        report = runner.take_turn()
    assert (report.error, report.rows) == ("", 900)
    assert left
    assert all(20_000 < milliseconds <= connector_store.LEASE_MILLISECONDS for milliseconds in left)
