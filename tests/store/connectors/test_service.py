"""A service runs the connectors of its folder in turns, and takes over their files as they change."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.running.book import ConnectorBook
from api.connectors.running.turns import ConnectorTurns
from api.language.connector_wording import connector_wording
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


def test_errors_of_turns_and_of_tries_are_each_logged_once(turns, monkeypatch, caplog):
    here, service, _ = turns
    monkeypatch.setattr("api.connectors.running.turns.EARLY_SECONDS", 0.0)
    here.put("a.csv", HEAD + "lyon,LATER,7,2026-11-27T09:00:31Z\n")
    service.take_turn()
    (kept,) = (path for path in (here.inbox / "bad").iterdir() if path.suffix == ".csv")
    kept.with_name(f"{kept.name}.headers.json").write_text("{")
    (here.inbox / "done").write_text("")  # what is read from now on can't be put away
    here.put("b.csv", HEAD + "lyon,RARE,7,2026-11-27T09:00:32Z\n")
    here.pointsman._clock.now += 60
    for _ in range(3):
        service.take_turn()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len([text for text in warnings if "JSONDecodeError" in text]) == 1
    assert len([text for text in warnings if "warehouse: " in text and "JSONDecodeError" not in text]) == 1


FRENCH = """\
a.csv, lu par le connecteur warehouse le {}\xa0: lignes qui n'ont pas pu être reprises\xa0: 2 sur 3.
Les autres lignes ont été reprises, et ne le sont pas une deuxième fois quand ce fichier est renvoyé.
À quoi sert le connecteur\xa0: Le stock de l'entrepôt

ligne 3: units: 'x' n'est pas un nombre (champ 'on_hand')
    nowhere,RARE,x,2026-11-27T09:00:31Z
ligne 4: at: '27/11/2026' n'est pas une date de la forme 2026-11-27T18:30:00\xa0; dites par `date` comment elle est \
écrite (champ 'at')
    lyon,RARE,7,27/11/2026

Pour le corriger, changez ces lignes dans {} à côté de ce fichier\xa0; ou, si les lignes sont justes, {}
ou ce dont elles parlent (un nœud, un article, une commande). Puis renvoyez le fichier\xa0:
    pointsman connector replay {}
"""


def test_a_problem_file_is_written_in_the_language_of_the_installation(turns, tmp_path):
    here, _, folder = turns
    purpose = "{en: The warehouse counts, fr: Le stock de l'entrepôt}"
    (folder / "warehouse.yaml").write_text(COUNTS.replace("{en: The warehouse counts}", purpose))
    rows = ("lyon,RARE,7,2026-11-27T09:00:31Z", "nowhere,RARE,x,2026-11-27T09:00:31Z", "lyon,RARE,7,27/11/2026")
    here.put("a.csv", HEAD + "\n".join(rows) + "\n")
    environ = {"POINTSMAN_CONNECTORS": str(folder), "POINTSMAN_CONNECTOR_FILES": str(tmp_path)}
    ConnectorTurns(here.pointsman, environ, connector_wording("fr")).take_turn()
    (problems,) = here.inbox.glob("bad/*.problems.txt")
    kept = here.inbox / "bad" / problems.name.removesuffix(".problems.txt")
    at = datetime.datetime.fromtimestamp(here.pointsman.now, tz=datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    assert problems.read_text() == FRENCH.format(at, kept.name, folder / "warehouse.yaml", kept)


def test_what_a_connector_is_for_is_told_in_another_language_if_its_file_does_not_have_this_one(turns):
    here, _, _ = turns
    assert here.connector.purpose("fr") == "The warehouse counts"
    german = load_connector("w.yaml", COUNTS.replace("{en: The warehouse counts}", "{de: Bestand}").encode())
    assert (german.purpose("fr"), german.purpose("de")) == ("Bestand", "Bestand")


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
    text = text.replace("folder: in", "folder: elsewhere")
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


def test_of_requests_that_ask_at_once_each_finds_the_connectors(tmp_path):
    (tmp_path / "warehouse.yaml").write_text(COUNTS)
    book, together = ConnectorBook(tmp_path), threading.Barrier(8)

    def ask(_):
        together.wait(30)
        return book.names()

    with ThreadPoolExecutor(8) as requests:
        (found,) = set(requests.map(ask, range(8)))
    assert len(found) == 1
