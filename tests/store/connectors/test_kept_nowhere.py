"""What is bad can't be kept where its folder can't be written: it is told, nothing is lost, and others go on."""

import json
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from api.connectors.running.early_messages import replay_early
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import replay
from tests.support.connectors import COUNTS, MOVEMENTS
from tests.support.local_server import local_server

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
SALES = "shop,article,pieces,receipt,line\n"
TILLS = MOVEMENTS.replace("settled: 0s", "settled: 0s, files: '*.csv'")
GOOD, BAD = "lyon,SHIRT,1,R1,1\n", "nowhere,SHIRT,1,R2,1\n"


def as_a_file(folder):
    folder.parent.mkdir(exist_ok=True, parents=True)
    folder.write_text("of somebody else")


def where_nobody_may_write(folder):
    folder.parent.mkdir(exist_ok=True, parents=True)
    folder.symlink_to("/proc")


@pytest.fixture(params=[as_a_file, where_nobody_may_write], ids=["a file", "nobody may write"])
def spoilt(request):
    """Makes a folder one that can't be written."""
    return request.param


def status(here):
    return here.pointsman.connectors.status(here.connector.name)


def test_a_bad_file_stays_where_it_is_and_those_behind_it_are_read(running, spoilt):
    here = running(TILLS)
    bad = here.put("1.csv", SALES + BAD + GOOD)
    here.put("2.csv", SALES + GOOD.replace("R1", "R3"))
    spoilt(here.inbox / "bad")
    report = here.run()
    assert f"what is wrong with 1.csv can't be kept in {here.inbox / 'bad'}: " in report.error
    assert report.error.endswith("; it stays where it is, and is tried again at 2026-11-27T09:01:00Z")
    assert [message.name for message in report.messages] == ["2.csv"]
    assert (bad.is_file(), here.kept("done")) == (True, ["2.csv"])
    assert here.on_hand("SHIRT", "lyon") == 10 - 2
    assert (status(here).error, status(here).waiting) == (report.error, 1)


def test_it_is_tried_again_later_and_later_and_told_meanwhile(running, spoilt):
    here = running(TILLS)
    here.put("1.csv", SALES + BAD)
    spoilt(here.inbox / "bad")
    clock = here.pointsman._clock
    for wait in (60, 120, 300, 900, 900):
        first = here.run().error
        clock.now += wait - 1
        assert here.run().error == first == status(here).error
        clock.now += 1
    assert here.run().error != first


def test_once_the_folder_can_be_written_the_file_goes_there_and_counts_once(running, spoilt):
    here = running(TILLS)
    here.put("1.csv", SALES + BAD + GOOD)
    here.put("2.csv", SALES + GOOD.replace("R1", "R3"))
    spoilt(here.inbox / "bad")
    here.run()
    (here.inbox / "bad").unlink()
    here.pointsman._clock.now += 60
    report = here.run()
    assert (report.error, status(here).error, status(here).waiting) == ("", "", 0)
    assert here.kept("bad") == ["1.csv", "1.csv.problems.txt"]
    assert "line 2: node: " in next((here.inbox / "bad").glob("*.txt")).read_text()
    assert here.on_hand("SHIRT", "lyon") == 10 - 2
    place = here.pointsman.connectors.place("tills").fields
    assert not any(field.startswith("unkept") for field in place)
    assert here.run().messages == []


def test_however_often_it_is_tried_its_rows_are_read_applied_and_counted_once(running, spoilt):
    here = running(TILLS + "remember: 1d\n")
    here.put("1.csv", SALES + BAD + GOOD)
    spoilt(here.inbox / "bad")
    clock = here.pointsman._clock
    for number in range(3):
        here.put(f"2-{number}.csv", SALES + GOOD.replace("R1", f"R3{number}"))
        advanced = []
        with closing(here.runner(advanced.append)) as runner:
            runner.take_turn()
        assert sum(advanced) == (3 if number == 0 else 1)
        clock.now += 86_401
    counted = status(here)
    assert (counted.rows, counted.bad, counted.applied, counted.repeated) == (5, 1, 4, 0)
    assert here.on_hand("SHIRT", "lyon") == 10 - 4
    (here.inbox / "bad").unlink()
    (report,) = here.run().messages
    assert (report.rows, report.endings["bad"], [problem.row for problem in report.problems]) == (2, 1, [2])
    text = next((here.inbox / "bad").glob("*.txt")).read_text()
    assert ("1 of 2 rows" in text, "line 2: node: " in text, "The other rows were taken over" in text) == (True,) * 3
    assert (status(here).rows, status(here).bad, status(here).messages) == (5, 1, 4)


def test_a_process_that_dies_before_it_tries_again_leaves_what_is_wrong_with_it(running, spoilt, monkeypatch):
    here = running(TILLS)
    here.put("1.csv", SALES + BAD + GOOD)
    spoilt(here.inbox / "bad")
    here.run()
    here.put("2.csv", SALES + GOOD.replace("R1", "R3"))
    here.run()
    here.pointsman._clock.now += 60

    def dies(*_arguments, **_sizes):
        raise KeyboardInterrupt

    monkeypatch.setattr(Keeping, "quarantine", dies)
    with pytest.raises(KeyboardInterrupt):
        here.run()
    monkeypatch.undo()
    (here.inbox / "bad").unlink()
    here.run()
    text = next((here.inbox / "bad").glob("*.txt")).read_text()
    assert (text.count("line 2: node: "), "1 of 2 rows" in text) == (1, True)
    assert (status(here).rows, status(here).bad) == (3, 1)


def test_a_file_that_a_person_takes_away_or_mends_is_not_waited_for(running, spoilt):
    here = running(TILLS)
    mended, taken = here.put("1.csv", SALES + BAD), here.put("2.csv", SALES + BAD)
    spoilt(here.inbox / "bad")
    here.run()
    taken.unlink()
    mended.write_text(SALES + GOOD)
    assert here.run().ended("applied") == 1
    assert status(here).error == ""
    assert not any(field.startswith("unkept") for field in here.pointsman.connectors.place("tills").fields)


def test_what_is_read_in_its_order_waits_and_goes_on_where_it_was(running, spoilt):
    class Handler(BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Handler.asked += 1
            rows = [
                {"shop": shop, "article": "SHIRT", "pieces": 1, "receipt": shop, "line": 1} for shop in ("x", "lyon")
            ]
            body = json.dumps(rows).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with local_server(Handler) as server:
        reads = f"{{http: 'http://127.0.0.1:{server.server_port}/sales'}}"
        here = running(MOVEMENTS.replace("{folder: in, settled: 0s}", reads).replace("format: csv", "format: json"))
        spoilt(here.root / "tills" / "bad")
        for wait in (60, 120, 300):
            report = here.run()
            assert "what is wrong with sales-1 can't be kept in " in report.error
            assert status(here).error == report.error
            assert here.run().left_alone_until == here.pointsman.now + wait
            here.pointsman._clock.now += wait
        assert Handler.asked == 3
        (here.root / "tills" / "bad").unlink()
        report = here.run()
        assert (report.error, status(here).error) == ("", "")
        assert status(here).rows == 2
        assert len(list((here.root / "tills" / "bad").glob("*.problems.txt"))) == 1
        assert here.on_hand("SHIRT", "lyon") == 9
        as_a_file(here.root / "other" / "bad")
        assert here.run().error == ""


def test_a_full_disk_leaves_no_part_of_a_file_there(running, monkeypatch):
    here = running(TILLS)
    here.put("1.csv", SALES + BAD)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.connectors.running.quarantine.os.fsync", full)
    assert "No space left on device" in here.run().error
    assert list((here.inbox / "bad").iterdir()) == []
    monkeypatch.undo()
    here.pointsman._clock.now += 60
    assert here.run().error == ""
    assert here.kept("bad") == ["1.csv", "1.csv.problems.txt"]


def test_a_part_of_a_file_that_a_killed_process_left_is_no_message(running):
    here = running(TILLS)
    (here.inbox / "bad").mkdir(parents=True)
    (here.inbox / "bad" / ".20261127T060500_1.csv.tmp").write_text("half of")
    assert Keeping(here.connector, here.root).quarantined() == []


def test_a_mended_file_that_can_not_be_moved_is_told_and_stays(running, spoilt):
    here = running(TILLS)
    here.put("1.csv", SALES + BAD)
    (message,) = here.run().messages
    message.kept.write_text(SALES + GOOD)
    spoilt(here.inbox / "done")
    report = replay(here.pointsman, here.connector, [message.kept], here.root)
    assert "can't be kept in " in report.error
    assert message.kept.is_file()
    assert here.on_hand("SHIRT", "lyon") == 9


def test_a_folder_that_can_not_be_read_keeps_no_other_connector_from_what_is_early(running, monkeypatch):
    here = running(TILLS)
    (here.inbox / "bad").mkdir(parents=True)

    def refused(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", refused)
    (report, other) = replay_early(here.pointsman, [here.connector, running(COUNTS).connector], here.root)
    assert report.error == other.error == f"the folder {here.inbox / 'bad'} can't be read: Permission denied"
