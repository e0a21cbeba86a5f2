"""Files in a folder are taken over once, in order, and what is bad in them is kept beside what is wrong."""

import contextlib

import pytest

from api.connectors.running.early_mark import SUFFIX as EARLY
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import connector_of_file
from api.connectors.sources.message import SourceUnavailable
from engine.inventory.stock import NetworkStock
from engine.store.connectors.connector_store import Step
from tests.support.connectors import COUNTS, MOVEMENTS

HEAD = "node,sku,units,at\n"
SALES = "shop,article,pieces,receipt,line\n"


def test_a_file_of_counts_is_taken_over_and_moved(running):
    here = running(COUNTS)
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nparis,SHIRT,9,2026-11-27T09:00:31Z\n")
    report = here.run()
    assert report.error == ""
    assert [(message.name, message.rows, message.endings["applied"]) for message in report.messages] == [
        ("a.csv", 2, 2)
    ]
    assert (here.on_hand("RARE", "lyon"), here.on_hand("SHIRT", "paris")) == (7, 9)
    assert (here.kept("done"), here.kept("bad")) == (["a.csv"], [])
    assert here.run().messages == []


def test_files_are_read_by_name_and_an_older_count_changes_nothing(running):
    here = running(COUNTS)
    here.put("2.csv", HEAD + "lyon,RARE,5,2026-11-27T09:00:01Z\n")
    here.put("1.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    report = here.run()
    assert [message.name for message in report.messages] == ["1.csv", "2.csv"]
    assert (report.ended("applied"), report.ended("older")) == (1, 1)
    assert here.on_hand("RARE", "lyon") == 7
    here.put("3.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    assert here.run().ended("unchanged") == 1


def test_the_same_movement_in_another_file_is_told_by_once(running):
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "lyon,RARE,1,R1,1\nlyon,RARE,1,R1,2\n")
    here.put("b.csv", SALES + "lyon,RARE,1,R1,2\nlyon,RARE,1,R2,1\n")
    report = here.run()
    assert (report.ended("applied"), report.ended("repeated")) == (3, 1)
    assert here.on_hand("RARE", "lyon") == 0


def test_a_row_that_stands_twice_in_a_file_comes_once(running):
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "lyon,RARE,1,R1,1\nlyon,RARE,1,R1,1\n")
    assert here.run().ended("repeated") == 1
    assert here.on_hand("RARE", "lyon") == 2


def test_what_came_is_remembered_for_as_long_as_the_connector_says(running, clock):
    here = running(MOVEMENTS + "remember: 3d\n")
    here.put("a.csv", SALES + "lyon,RARE,1,R1,1\n")
    here.run()
    clock.now += 3 * 86_400 - 10
    here.put("b.csv", SALES + "lyon,RARE,1,R1,1\n")
    assert here.run().ended("repeated") == 1
    clock.now += 20
    here.put("c.csv", SALES + "lyon,RARE,1,R1,1\n")
    assert here.run().ended("applied") == 1


def test_a_bad_row_is_told_with_its_place_and_the_others_are_taken_over(running):
    here = running(COUNTS)
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nnowhere,RARE,1,2026-11-27T09:00:31Z\n"
             "lyon,COAT,many,2026-11-27T09:00:31Z\nlyon,LAMP,,2026-11-27T09:00:31Z\n")  # fmt: skip
    (message,) = here.run().messages
    assert (message.endings["applied"], message.endings["bad"]) == (1, 3)
    assert [(problem.row, problem.path) for problem in message.problems] == [(3, "node"), (4, "units"), (5, "units")]
    assert here.on_hand("RARE", "lyon") == 7
    kept, problems = here.kept("bad")
    assert (kept, problems) == ("a.csv", "a.csv.problems.txt")
    text = next((here.inbox / "bad").glob("*.txt")).read_text()
    assert "3 of 4 rows could not be taken over" in text
    assert "line 3: node: no node goes by the id 'nowhere'\n    nowhere,RARE,1,2026-11-27T09:00:31Z\n" in text
    assert f"pointsman connector replay {message.kept}" in text


def test_of_a_file_that_is_taken_over_whole_or_not_at_all_nothing_is_if_a_row_is_bad(running):
    here = running(COUNTS + "quarantine: file\n")
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nlyon,COAT,many,2026-11-27T09:00:31Z\n")
    (message,) = here.run().messages
    assert (message.endings["applied"], message.endings["bad"]) == (0, 2)
    assert here.on_hand("RARE", "lyon") == 3
    assert "Nothing of the message was taken over." in next((here.inbox / "bad").glob("*.txt")).read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "empty"), (b"\xff\xfe\x00\xd8", ""), ("node;sku\nlyon;RARE\n", "there is no such column")],
)
def test_a_file_that_is_none_is_put_aside_and_the_next_one_is_read(running, content, message):
    here = running(COUNTS)
    here.put("a.csv", content)
    here.put("b.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    first, second = here.run().messages
    assert first.kept is not None
    assert message in " ".join(str(problem) for problem in first.problems)
    assert (second.kept, here.on_hand("RARE", "lyon")) == (None, 7)


def test_a_file_that_may_still_grow_is_left(running):
    here = running(COUNTS.replace("settled: 0s", "settled: 1d").replace('["*.csv", "*.json", "*.ndjson"]', '"*"'))
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    report = here.run()
    assert (report.messages, report.settling, report.settled) == ([], 1, 86_400)
    here.put(".a.csv.tmp", "")
    here.put("b.csv.part", "")
    at_once = running(here.text.replace("settled: 1d", "settled: 0s"))
    assert [message.name for message in at_once.run().messages] == ["a.csv"]
    assert [path.name for path in sorted(here.inbox.iterdir())] == [".a.csv.tmp", "b.csv.part", "done"]


def test_a_file_that_can_not_be_moved_is_taken_over_once_told_and_keeps_no_other_back(running):
    here = running(MOVEMENTS.replace("once: [receipt, line]", "once: [$file, $row]"))
    here.put("done", "")  # nothing can be moved into what is no folder
    here.text = here.text.replace("settled: 0s", "settled: 0s, files: '*.csv'")
    for name in ("a.csv", "b.csv"):
        here.put(name, SALES + "lyon,RARE,1,R1,1\n")
    report = here.run()
    assert [message.name for message in report.messages] == ["a.csv", "b.csv"]
    assert "b.csv was read, and can't be moved into" in report.error
    assert here.on_hand("RARE", "lyon") == 1
    for _ in range(2):
        report = here.run()
        assert (report.messages, here.on_hand("RARE", "lyon")) == ([], 1)
        assert "it is not read again" in report.error
    assert "it is not read again" in here.pointsman.connectors.status("tills").error
    here.put("a.csv", SALES + "lyon,RARE,1,R2,11\n")
    assert [message.name for message in here.run().messages] == ["a.csv"]
    (here.inbox / "done").unlink()
    report = here.run()
    assert (report.messages, report.error, here.kept("done")) == ([], "", ["a.csv", "b.csv"])
    assert here.pointsman.connectors.status("tills").error == ""


def test_what_could_not_be_moved_is_known_after_a_crash(running, monkeypatch):
    here = running(COUNTS)
    here.put("done", "")  # nothing can be moved into what is no folder
    for name in ("a.csv", "b.csv"):
        here.put(name, HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    runner = here.runner()
    real = runner._source.put_away

    def dies(message, *, quarantined):
        if message.name == "b.csv":
            raise KeyboardInterrupt
        real(message, quarantined=quarantined)

    monkeypatch.setattr(runner._source, "put_away", dies)
    with contextlib.suppress(KeyboardInterrupt):
        runner.take_turn()
    report = here.run()
    assert report.messages == []
    assert "it is not read again" in report.error
    (here.inbox / "done").unlink()
    report = here.run()
    assert (report.messages, report.error, here.kept("done")) == ([], "", ["a.csv", "b.csv"])


def test_a_file_that_grows_while_it_is_read_is_read_again_as_a_whole(running, monkeypatch):
    here = running(COUNTS)
    path = here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nlyon,COAT,1")
    runner = here.runner()
    real = runner._keep_batch

    def grows(*what):
        real(*what)
        with path.open("a") as file:
            file.write("2,2026-11-27T09:00:31Z\n")

    monkeypatch.setattr(runner, "_keep_batch", grows)
    report = runner.take_turn()
    assert (report.messages, here.kept("bad"), path.is_file()) == ([], [], True)
    assert "a.csv grew while it was read" in report.error
    (message,) = here.run().messages
    assert (message.kept, here.on_hand("COAT", "lyon")) == (None, 12)


def test_a_folder_that_is_not_there_is_told_in_the_status(running, pointsman):
    here = running(COUNTS)
    report = here.run()
    assert f"there is no folder {here.inbox}" in report.error
    assert f"there is no folder {here.inbox}" in pointsman.connectors.status("warehouse").error
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    assert here.run().error == ""
    assert pointsman.connectors.status("warehouse").error == ""


def test_the_status_counts_what_became_of_rows(running, pointsman):
    here = running(COUNTS + "when: {units: {not: '0'}}\n")
    here.put(
        "a.csv",
        HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nlyon,LAMP,0,2026-11-27T09:00:31Z\nx,LAMP,1,2026-11-27T09:00:31Z\n",
    )
    here.run()
    status = pointsman.connectors.status("warehouse")
    assert (status.messages, status.rows, status.applied, status.skipped, status.bad, status.quarantined) == (
        1, 3, 1, 1, 1, 1,
    )  # fmt: skip
    assert (status.message, status.waiting) == ("a.csv", 0)


def test_messages_that_were_taken_over_are_kept_for_as_long_as_the_connector_says(running, tmp_path):
    here = running(COUNTS + "keep: 3d\n")
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    here.run()
    assert here.kept("done") == ["a.csv"]
    here.pointsman._clock.now += 2 * 86_400
    here.run()
    assert here.kept("done") == ["a.csv"]
    here.pointsman._clock.now += 2 * 86_400
    here.run()
    assert here.kept("done") == []


def test_a_file_that_is_dated_ahead_came_now(running):
    here = running(COUNTS.replace("at: at", "at: $received_at"))
    here.made_at += 40 * 365 * 86_400
    here.put("a.csv", "node,sku,units\nlyon,RARE,7\n")
    (message,) = here.run().messages
    kept = next((here.inbox / ("bad" if message.kept else "done")).iterdir()).name
    assert kept < "2066"


def test_of_two_counts_of_a_position_in_a_file_the_newer_stands(running):
    here = running(COUNTS)
    rows = ["RARE,5,2026-11-27T09:00:10Z", "RARE,7,2026-11-27T09:00:31Z", "LAMP,1,2026-11-27T09:00:31Z"]
    rows.append("RARE,6,2026-11-27T09:00:20Z")
    here.put("a.csv", HEAD + "".join(f"lyon,{row}\n" for row in rows))
    report = here.run()
    assert (report.ended("applied"), report.ended("older")) == (3, 1)
    assert (here.on_hand("RARE", "lyon"), here.on_hand("LAMP", "lyon")) == (7, 1)


def test_a_step_that_is_stored_again_as_its_answer_was_lost_counts_once(pointsman):
    store, step = pointsman.connectors, Step(counts={"rows": 7}, fields={"rows": "7"})
    assert store.take_turn("x", "me")
    for _ in range(2):
        assert store.keep("x", "me", 1, step, now=pointsman.now, since=0)
    assert (store.status("x").rows, store.place("x").step) == (7, 1)


def test_of_a_message_of_which_nothing_was_taken_over_that_is_said(running):
    here = running(COUNTS)
    here.put("a.csv", HEAD + "nowhere,RARE,7,2026-11-27T09:00:31Z\n")
    here.run()
    assert "Nothing of the message was taken over." in next((here.inbox / "bad").glob("*.txt")).read_text()


def test_of_a_file_that_is_kept_whole_that_others_were_taken_over_is_said_if_they_were(running):
    here = running(COUNTS + "quarantine: file\n")
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\nnowhere,RARE,1,2026-11-27T09:00:31Z\n")
    here.run()
    assert here.on_hand("RARE", "lyon") == 7
    assert "The other rows were taken over" in next((here.inbox / "bad").glob("*.txt")).read_text()


def test_a_file_that_its_sender_replaces_while_it_is_read_is_read_next(running, monkeypatch):
    here = running(COUNTS)
    path = here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    real = NetworkStock.set_counts

    def replaced(stock, counts):
        path.write_text(HEAD + "lyon,RARE,5,2026-11-27T09:05:00Z\n")
        return real(stock, counts)

    monkeypatch.setattr(NetworkStock, "set_counts", replaced)
    assert here.run().ended("applied") == 1
    assert here.kept("done") == []
    monkeypatch.setattr(NetworkStock, "set_counts", real)
    assert here.run().ended("applied") == 1
    assert (here.on_hand("RARE", "lyon"), here.kept("done")) == (5, ["a.csv"])


def test_a_file_that_is_replaced_before_it_is_opened_is_read_at_the_next_turn(running):
    here = running(COUNTS)
    path = here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    source = here.runner()._source
    (message,) = source.messages({})
    path.write_text(HEAD + "lyon,RARE,5,2026-11-27T09:05:00Z\n")
    with pytest.raises(SourceUnavailable, match="was replaced just now"):
        message.open()


def test_connectors_that_share_a_folder_leave_each_others_files(running):
    names = {"warehouse": '["stock *.csv"]', "depot": '["depot_*.csv"]'}
    both = {}
    for name, files in names.items():
        own = running(
            COUNTS.replace("connector: warehouse", f"connector: {name}").replace(
                '["*.csv", "*.json", "*.ndjson"]', files
            )
        )
        both[name] = Keeping(own.connector, own.root)
        own.put("stock 1.csv" if name == "warehouse" else "depot_1.csv", HEAD + "nowhere,RARE,7,2026-11-27T09:00:31Z\n")
        assert own.run().ended("bad") == 1
    assert [path.name[16:] for path in both["warehouse"].quarantined()] == ["stock_1.csv"]
    assert [path.name[16:] for path in both["depot"].quarantined()] == ["depot_1.csv"]
    assert [path.name[16:] for path in both["depot"].kept_since(0)] == ["depot_1.csv"]
    numbered = both["depot"].bad / "20261127T080000_depot_1-2.csv"
    assert both["depot"].is_of(numbered)
    assert not both["warehouse"].is_of(numbered)
    assert both["warehouse"].is_of(both["depot"].bad / f"20261127T080000_stock_1.csv{EARLY}")
    connectors = [keeping._connector for keeping in both.values()]
    found = connector_of_file(connectors, both["depot"].bad.parent.parent, numbered)
    assert found is not None
    assert found.name == "depot"
    assert connector_of_file(connectors, both["depot"].bad.parent.parent, both["depot"].bad / "other.txt") is None
