"""Connectors fetch files from a real OpenSSH server, and put files there."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from api.connectors.language.connector import Reads
from api.connectors.language.places import Sftp
from api.connectors.running import opening
from api.connectors.running.folder_of_connectors import shipped_folder
from api.connectors.running.opening import open_runner
from api.connectors.sending.opening import open_sender
from api.connectors.sources import sftp
from tests.support.connectors_in_folders import shipped, stocked
from tests.support.sshd import sshd

STOCK = (shipped_folder() / "wms-846" / "stock.edi").read_bytes()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def place(server, tmp_path):
    """A folder of the test's own there."""
    (server.home / tmp_path.name / "done").mkdir(parents=True)
    user, _, host = server.address.partition("@")
    return Sftp(
        host=host.partition(":")[0],
        port=server.port,
        user=user,
        path=tmp_path.name,
        key=str(server.key),
        known_hosts=str(server.known_hosts()),
        settled=0,
        files=("*.edi",),
        done=f"{tmp_path.name}/done",
    )


@pytest.fixture
def run(bare, clock, tmp_path):
    """Runs the shipped connector that reads stock as X12, from a place."""
    clock.now -= 2 * 86_400
    pointsman = stocked(bare)
    clock.now += 2 * 86_400

    def ran(place):
        runner = open_runner(pointsman, replace(shipped("wms-846"), reads=Reads(source=place)), tmp_path)
        try:
            return runner.take_turn()
        finally:
            runner.close()

    return ran


def set_time(path, instant):
    os.utime(path, (instant, instant))


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_files_are_fetched_in_order_and_renamed_there_once_they_are_over(server, place, run, bare):
    there = server.home / place.path
    (there / "2.edi").write_bytes(STOCK)
    (there / "1 früh.edi").write_bytes(STOCK.replace(b"QTY*17*48", b"QTY*17*47").replace(b"0815", b"0715"))
    (there / "3.edi.part").write_bytes(STOCK[:100])
    report = run(place)
    assert report.error == ""
    assert [(message.name, message.endings["applied"]) for message in report.messages] == [
        ("1 früh.edi", 2),
        ("2.edi", 2),
    ]
    assert names(there) == ["3.edi.part"]
    assert [name.partition("_")[2] for name in names(there / "done")] == ["1_früh.edi", "2.edi"]
    assert {item.node: item.position.on_hand for item in bare.stock.show("TXT-0059").nodes}["wh-lyon"] == 48
    assert run(place).messages == []


def test_a_file_that_still_grows_is_left_until_it_does_not(server, place, run, monkeypatch):
    there = server.home / place.path
    (there / "a.edi").write_bytes(STOCK[:300])
    parts = iter([STOCK[:400], STOCK])

    def meanwhile(_seconds):
        part = next(parts, None)
        if part is not None:
            (there / "a.edi").write_bytes(part)

    monkeypatch.setattr(sftp, "time", SimpleNamespace(sleep=meanwhile))
    growing = replace(place, settled=10)
    assert (run(growing).messages, run(growing).messages) == ([], [])
    (message,) = run(growing).messages
    assert message.endings["applied"] == 2


@pytest.fixture(scope="module")
def read_only(tmp_path_factory):
    """A server that lets nobody change anything."""
    with sshd(tmp_path_factory.mktemp("read-only"), read_only=True) as running:
        yield running


@pytest.fixture
def guarded(read_only, place, tmp_path):
    """A folder of the test's own on that server."""
    (read_only.home / place.path / "done").mkdir(parents=True)
    return replace(place, port=read_only.port, key=str(read_only.key), known_hosts=str(read_only.known_hosts()))


def read_by(run, place):
    """The names of what was read, and the error."""
    report = run(place)
    return [message.name for message in report.messages], report.error


def counted(units, minute):
    """The sample with another count of its first article, of that minute."""
    return STOCK.replace(b"QTY*17*48", b"QTY*17*%d" % units).replace(b"0815", b"08%02d" % minute)


def test_what_stays_there_is_read_once_and_again_only_if_it_is_another(server, place, run, bare):
    there, stays = server.home / place.path, replace(place, done=None)
    for name in ("a.edi", "b.edi"):
        (there / name).write_bytes(STOCK)
    assert read_by(run, stays) == (["a.edi", "b.edi"], "")
    assert names(there) == ["a.edi", "b.edi"]
    assert read_by(run, stays) == ([], "")
    (there / "b.edi").write_bytes(counted(123, 20))
    assert read_by(run, stays) == (["b.edi"], "")
    assert {item.node: item.position.on_hand for item in bare.stock.show("TXT-0059").nodes}["wh-lyon"] == 123
    (there / "a.edi").unlink()
    assert read_by(run, stays) == ([], "")
    (there / "a.edi").write_bytes(counted(9, 25))
    assert read_by(run, stays) == (["a.edi"], "")
    assert names(there) == ["a.edi", "b.edi"]


def test_a_file_of_the_same_size_is_another_if_it_was_written_at_another_second(server, place, run, monkeypatch, bare):
    there, stays = server.home / place.path, replace(place, done=None)
    written = 1_795_770_000
    machine = SimpleNamespace(time=lambda: written + 30)
    monkeypatch.setattr(opening, "time", machine)
    (there / "a.edi").write_bytes(STOCK)
    set_time(there / "a.edi", written)
    assert read_by(run, stays)[0] == ["a.edi"]
    (there / "a.edi").write_bytes(counted(49, 20))
    set_time(there / "a.edi", written + 7)  # which a listing shows as the same minute
    machine.time = lambda: written + 150
    assert read_by(run, stays)[0] == ["a.edi"]
    assert {item.node: item.position.on_hand for item in bare.stock.show("TXT-0059").nodes}["wh-lyon"] == 49


def test_a_file_whose_time_is_shown_by_the_day_once_it_is_old_is_known_all_the_same(server, place, run, monkeypatch):
    there, stays = server.home / place.path, replace(place, done=None)
    (there / "a.edi").write_bytes(STOCK)
    assert read_by(run, stays)[0] == ["a.edi"]
    real = sftp.SftpSource._listed
    monkeypatch.setattr(
        sftp.SftpSource,
        "_listed",
        lambda self: {name: (size, "Nov 27  2025") for name, (size, _) in real(self).items()},
    )
    fetched = []
    session = sftp.SftpSession.run
    monkeypatch.setattr(
        sftp.SftpSession,
        "run",
        lambda self, commands, **more: fetched.extend(commands) or session(self, commands, **more),
    )
    assert read_by(run, stays)[0] == []
    assert [command for command in fetched if command.startswith("get")] != []
    fetched.clear()
    assert read_by(run, stays)[0] == []
    assert [command for command in fetched if command.startswith("get")] == []


@pytest.mark.parametrize("more", [{}, {"done": None, "delete": True}], ids=["renamed", "deleted"])
def test_what_nobody_may_move_there_is_taken_over_once_and_told_until_somebody_does(read_only, guarded, run, more):
    there, place = read_only.home / guarded.path, replace(guarded, **more)
    for name in ("a.edi", "b.edi"):
        (there / name).write_bytes(STOCK)
    read, error = read_by(run, place)
    assert read == ["a.edi", "b.edi"]
    assert "b.edi was read, and can't be " in error
    assert "Permission denied" in error
    read, error = read_by(run, place)
    assert read == []
    assert "2 files were read, and can't be " in error
    assert "a.edi, b.edi; they are not read again" in error
    (there / "a.edi").write_bytes(counted(123, 20))
    assert read_by(run, place)[0] == ["a.edi"]
    for name in ("a.edi", "b.edi"):
        (there / name).rename(there / "done" / name)
    assert read_by(run, place) == ([], "")


def test_a_folder_for_what_was_read_that_is_made_later_gets_it_then(server, place, run):
    there = server.home / place.path
    later = replace(place, done=f"{place.path}/later")
    (there / "a.edi").write_bytes(STOCK)
    assert "can't be renamed into" in read_by(run, later)[1]
    (there / "later").mkdir()
    assert read_by(run, later) == ([], "")
    assert [name.partition("_")[2] for name in names(there / "later")] == ["a.edi"]
    assert names(there) == []


def test_a_file_that_grows_while_it_is_fetched_is_left_until_it_is_whole(server, place, run, monkeypatch):
    there = server.home / place.path
    (there / "a.edi").write_bytes(STOCK[:300])
    session = sftp.SftpSession.run

    def grows(self, commands, **more):
        if commands[0].startswith("get"):
            (there / "a.edi").write_bytes(STOCK)
        return session(self, commands, **more)

    monkeypatch.setattr(sftp.SftpSession, "run", grows)
    report = run(place)
    assert (report.messages, report.settling) == ([], 1)
    (message,) = run(place).messages
    assert message.endings["applied"] == 2


def test_a_file_that_is_replaced_once_it_was_fetched_is_not_put_away_unread(server, place, run, monkeypatch):
    there = server.home / place.path
    (there / "a.edi").write_bytes(STOCK)
    session = sftp.SftpSession.run

    def replaced(self, commands, **more):
        said = session(self, commands, **more)
        if commands[0].startswith("get"):
            (there / "a.edi").write_bytes(counted(123, 20))
        return said

    monkeypatch.setattr(sftp.SftpSession, "run", replaced)
    assert read_by(run, place)[0] == ["a.edi"]
    assert names(there) == ["a.edi"]
    monkeypatch.setattr(sftp.SftpSession, "run", session)
    assert read_by(run, place)[0] == ["a.edi"]
    assert names(there) == []


@pytest.fixture
def misled(server, place, tmp_path):
    """The place with a file in it, and one thing about it that is wrong."""
    (server.home / place.path / "a.edi").write_bytes(STOCK)
    nobody = tmp_path / "nobody"
    nobody.touch()
    return {
        "another host key": replace(place, known_hosts=str(server.known_hosts("other_host_key"))),
        "an unknown host": replace(place, known_hosts=str(nobody)),
        "another key": replace(place, key=str(server.folder / "other_key")),
        "another folder": replace(place, path="nowhere"),
    }


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("another host key", "its host key is another than before"),
        ("an unknown host", "its host key is not known"),
        ("another key", "does it know the public half of the key?"),
        ("another folder", "not found"),
    ],
)
def test_a_server_that_is_not_the_one_or_does_not_let_us_in_is_told(misled, place, run, wrong, told):
    report = run(misled[wrong])
    assert told in report.error
    assert report.messages == []
    assert [message.name for message in run(place).messages] == ["a.edi"]


def test_what_a_marketplace_may_sell_is_put_there_whole_under_its_name(server, place, bare, tmp_path, monkeypatch):
    connector = shipped("marketplace-stock")
    monkeypatch.setenv("POINTSMAN_CONNECTOR_MARKETPLACE_STOCK_KEY_FILE", str(server.key))
    target = replace(place, key=connector.sends.target.key)
    connector = replace(connector, sends=replace(connector.sends, target=target))
    shop = stocked(bare, channels=("web", "marketplace"))
    report = open_sender(shop, connector, tmp_path).take_turn()
    assert (report.error, report.sent) == ("", 5)
    there = server.home / place.path
    assert names(there) == ["stock-1.csv"]
    assert (there / "stock-1.csv").read_bytes().startswith(b"sku;quantity\r\n4711;10\r\n")
    open_sender(shop, connector, tmp_path).take_turn()
    assert names(there) == ["stock-1.csv", "stock-2.csv"]
