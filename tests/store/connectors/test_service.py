"""A service runs the connectors of its folder in turns, and takes over their files as they change."""

import pytest

from api.connectors.running.book import ConnectorBook
from api.connectors.running.turns import ConnectorTurns
from tests.support.connectors import COUNTS

HEAD = "node,sku,units,at\n"


@pytest.fixture
def at_once(monkeypatch):
    """Files are looked at whenever connectors are asked for, and each connector is due at every turn."""
    monkeypatch.setattr("api.connectors.running.book.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("api.connectors.running.schedule.every", lambda _: 0)


@pytest.fixture
def turns(running, tmp_path, at_once):
    """Turns of a service whose connectors stand in a folder of the test's."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "warehouse.yaml").write_text(COUNTS)
    here = running(COUNTS)
    environ = {"POINTSMAN_CONNECTORS": str(folder), "POINTSMAN_CONNECTOR_FILES": str(tmp_path)}
    return here, ConnectorTurns(here.pointsman, environ), folder


def test_what_waits_is_taken_over_in_a_turn(turns):
    here, service, _ = turns
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    service.take_turn()
    assert here.on_hand("RARE", "lyon") == 7


def test_a_connector_is_run_as_often_as_its_file_says(turns, monkeypatch):
    here, service, _ = turns
    monkeypatch.setattr("api.connectors.running.schedule.every", lambda _: 3_600)
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    service.take_turn()
    here.put("b.csv", HEAD + "lyon,RARE,8,2026-11-27T09:00:32Z\n")
    service.take_turn()
    assert here.on_hand("RARE", "lyon") == 7


def test_a_changed_file_is_followed_and_one_with_a_mistake_is_not(turns, caplog):
    here, service, folder = turns
    (folder / "warehouse.yaml").write_text(COUNTS.replace("at: at", "sequence: number"))
    here.put("a.csv", "node,sku,units,number\nlyon,RARE,7,1\n")
    service.take_turn()
    assert here.on_hand("RARE", "lyon") == 7
    (folder / "warehouse.yaml").write_text(COUNTS.replace("kind: counts", "kind: count"))
    here.put("b.csv", "node,sku,units,number\nlyon,RARE,8,2\n")
    service.take_turn()
    assert here.on_hand("RARE", "lyon") == 8
    assert "did you mean 'counts'?" in caplog.text


def test_why_a_source_can_not_be_read_is_logged_once(turns, caplog):
    _, service, _ = turns
    for _ in range(3):
        service.take_turn()
    assert caplog.text.count("there is no folder") == 1


def test_what_goes_wrong_with_one_keeps_no_other_from_its_turn(turns):
    here, service, folder = turns
    text = COUNTS.replace("connector: warehouse", "connector: another").replace(
        "node: node", "node: {from: n, lookup: t}"
    )
    (folder / "a.yaml").write_text(f"{text}lookups: {{t: {{file: nowhere.csv, key: a, value: b}}}}\n")
    here.put("a.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:31Z\n")
    service.take_turn()
    assert here.on_hand("RARE", "lyon") == 7


def test_one_that_is_pushed_to_is_not_run(turns, pointsman):
    _, service, folder = turns
    (folder / "warehouse.yaml").write_text(COUNTS.replace("{folder: in, files: [", "{push: key} # ["))
    service.take_turn()
    assert pointsman.connectors.statuses() == []


def test_without_a_folder_there_is_none(tmp_path):
    assert ConnectorBook(None).connectors() == {}
    assert ConnectorBook(tmp_path / "nowhere").connectors() == {}
