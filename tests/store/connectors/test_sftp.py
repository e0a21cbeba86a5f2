"""Files of another machine are fetched by OpenSSH's sftp, from a real server of it, by key and known host alone."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from engine.store.stock import Movement
from tests.support.connector_targets import Sending
from tests.support.connectors import COUNTS
from tests.support.free_port import free_port
from tests.support.wait_until import wait_until

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
HEAD = "node,sku,units,at\n"
pytestmark = [
    pytest.mark.skipif(
        not Path(SSHD).exists() or not shutil.which("sftp"), reason="needs OpenSSH: apt install openssh-server"
    ),
    pytest.mark.parametrize("server_url", ["embedded"], indirect=True),
]


def make_key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that lets the holder of one key in, and the folder with its files."""
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "client", "stranger"):
        make_key(folder / name)
    (folder / "authorized").write_text((folder / "client.pub").read_text())
    port = free_port()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # which it wants to be there when root starts it
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "the server listens")
        yield folder, port
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def fetching(running, server, tmp_path, monkeypatch):
    """A connector that fetches from a folder of the test's own on that server."""
    folder, port = server
    there = tmp_path / "there"
    (there / "read").mkdir(parents=True)
    user = (
        os.environ.get("USER")
        or subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    )
    place = f"{user}@127.0.0.1:{port}/{there}"

    def made(more=f"done: {there}/read", key="client"):
        monkeypatch.setenv("POINTSMAN_CONNECTOR_WAREHOUSE_KEY", str(folder / key))
        reads = f"{{sftp: '{place}', key: {{secret: KEY}}, known_hosts: {folder}/known, settled: 0s, {more}}}"
        text = COUNTS.replace('{folder: in, files: ["*.csv", "*.json", "*.ndjson"], settled: 0s}', reads)
        return running(text), there

    return made


def test_files_are_taken_over_and_moved_there(fetching):
    here, there = fetching()
    (there / "a b.csv").write_text(HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    report = here.run()
    assert (report.error, report.ended("applied")) == ("", 1)
    assert here.on_hand("RARE", "lyon") == 7
    assert [path.name[16:] for path in (there / "read").iterdir()] == ["a_b.csv"]
    assert here.run().messages == []


def test_a_count_is_of_the_time_at_which_its_file_was_written(fetching):
    here, there = fetching()
    here.text = here.text.replace("at: at", "at: $received_at")
    for name, units, ago in (("a", 5, 60), ("b", 7, 120)):
        (there / f"{name}.csv").write_text(f"node,sku,units\nlyon,RARE,{units}\n")
        os.utime(there / f"{name}.csv", (here.made_at + 600 - ago,) * 2)
    here.pointsman._clock.now += 1_200
    report = here.run()
    assert (report.ended("applied"), report.ended("older")) == (1, 1)
    assert here.on_hand("RARE", "lyon") == 5


def test_what_is_bad_is_kept_here_and_deleted_there_if_the_file_says_so(fetching):
    here, there = fetching("delete: 'true'")
    (there / "a.csv").write_text(HEAD + "nowhere,RARE,7,2026-11-27T09:00:31Z\n")
    (message,) = here.run().messages
    assert message.kept.parent == here.root / "warehouse" / "bad"
    assert list(there.glob("*.csv")) == []


def test_a_strange_key_is_refused(fetching):
    here, there = fetching(key="stranger")
    (there / "a.csv").write_text(HEAD)
    report = here.run()
    assert "it does not let us in" in report.error or "Connection closed" in report.error
    assert report.messages == []


def test_a_host_that_is_not_known_is_not_talked_to(fetching, server):
    folder, _ = server
    (folder / "nobody").write_text("")
    here, there = fetching()
    here.text = here.text.replace(f"{folder}/known", f"{folder}/nobody")
    (there / "a.csv").write_text(HEAD)
    report = here.run()
    assert "its host key is not known" in report.error or "Connection closed" in report.error
    assert report.messages == []


def test_what_is_sent_is_there_whole_under_its_name_and_nothing_is_where_it_is_not_let_in(
    fetching, server, tmp_path, monkeypatch
):
    here, there = fetching()
    folder, port = server
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_KEY", str(folder / "client"))
    user = here.text.partition("sftp: '")[2].partition("@")[0]
    place = f"{{sftp: '{user}@127.0.0.1:{port}/{there}', file: 'to wms $number.ndjson', key: {{secret: KEY}}"
    text = f"kind: stock_feed\nsends: {place}, known_hosts: {folder}/known}}\nformat: ndjson\nfields: {{s: sku}}\n"
    out = Sending(pointsman=here.pointsman, root=tmp_path, text=text)
    assert out.run().error == ""
    assert [path.name for path in there.iterdir() if path.is_file()] == ["to wms 1.ndjson"]
    assert '{"s":"RARE"}\n' in (there / "to wms 1.ndjson").read_text()
    here.pointsman.stock.move([Movement(node="lyon", sku="RARE", delta=-1, op="m")])
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_KEY", str(folder / "stranger"))
    report = out.run()
    assert "it does not let us in" in report.error or "Connection closed" in report.error
    here.pointsman._clock.now += 10
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_KEY", str(folder / "client"))
    assert out.run().sent == 1
    assert (there / "to wms 2.ndjson").read_text() == '{"s":"RARE"}\n'
    assert list(there.glob(".*")) == []
