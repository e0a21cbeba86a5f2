"""What is in quarantine goes on once a person has mended it; old messages are sent again after a restore."""

import os

import pytest

from api.connectors.running.replaying import connector_of_file, replay
from engine.errors import InputInvalid
from tests.conftest import small
from tests.support.connectors import COUNTS, MOVEMENTS

SALES = "shop,article,pieces,receipt,line\n"
HEAD = "node,sku,units\n"


def mended(here, old, new):
    """The file in quarantine, after somebody has corrected it."""
    path = next(path for path in (here.inbox / "bad").iterdir() if path.suffix == ".csv")
    path.write_text(path.read_text().replace(old, new))
    return path


def send_again(here, *paths):
    return replay(here.pointsman, here.connector, paths, here.root)


def test_a_mended_row_is_taken_over_and_the_others_are_not_again(running):
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "lyon,RARE,1,R1,1\nnowhere,RARE,1,R2,1\n")
    here.run()
    path = mended(here, "nowhere", "lyon")
    report = send_again(here, path)
    assert (report.ended("applied"), report.ended("repeated"), report.ended("bad")) == (1, 1, 0)
    assert here.on_hand("RARE", "lyon") == 1
    assert (here.kept("bad"), here.kept("done")) == ([], ["a.csv"])


def test_a_file_that_still_has_a_mistake_stays_with_what_is_wrong_now(running):
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "elsewhere,RARE,1,R1,1\nnowhere,RARE,1,R2,1\n")
    here.run()
    path = mended(here, "nowhere", "lyon")
    assert send_again(here, path).ended("bad") == 1
    assert here.kept("bad") == ["a.csv", "a.csv.problems.txt"]
    text = next((here.inbox / "bad").glob("*.txt")).read_text()
    assert ("elsewhere" in text, "nowhere" in text) == (True, False)


def test_a_count_that_is_mended_late_keeps_its_instant_and_does_not_replace_a_newer_one(running):
    here = running(COUNTS.replace("at: at", "at: $received_at"))
    here.put("a.csv", HEAD + "lyon,RARE,7\nlyon,LMP,2\n")
    here.run()
    here.made_at += 60
    here.pointsman._clock.now += 120
    here.put("b.csv", HEAD + "lyon,RARE,5\nlyon,LAMP,4\n")
    here.run()
    path = mended(here, "LMP", "LAMP")
    os.utime(path)
    report = send_again(here, path)
    assert (report.ended("older"), report.ended("applied")) == (2, 0)
    assert (here.on_hand("RARE", "lyon"), here.on_hand("LAMP", "lyon")) == (5, 4)


def test_after_the_memory_of_what_came_is_lost_old_messages_are_taken_over_once_more(running, redis_client, network):
    """As after a backup was restored that is older than they are."""
    here = running(MOVEMENTS)
    here.put("a.csv", SALES + "lyon,RARE,1,R1,1\n")
    here.run()
    here.pointsman.load(small())
    names = [name for name in redis_client.scan_iter(f"{{{network}}}:*") if b":movements:" in name or b":once" in name]
    redis_client.delete(*names)
    here.pointsman._clock.now += 10
    (path,) = (here.inbox / "done").iterdir()
    assert send_again(here, path).ended("applied") == 1
    assert send_again(here, path).ended("repeated") == 1


def test_a_file_is_of_the_connector_in_whose_folder_it_is_kept(running, tmp_path):
    here = running(COUNTS)
    found = connector_of_file([here.connector], here.root, here.inbox / "bad" / "x.csv")
    assert found is not None
    assert found.name == "warehouse"
    assert connector_of_file([here.connector], here.root, tmp_path / "elsewhere" / "bad" / "x.csv") is None


def test_a_file_that_is_not_there_is_a_mistake(running):
    here = running(COUNTS)
    with pytest.raises(InputInvalid, match="there is no such file"):
        send_again(here, here.inbox / "bad" / "x.csv")
