"""Files of connectors that could not be used, over HTTP: listed, looked at, taken over again and dropped."""

import json

import pytest

from tests.support.callers import client_of
from tests.support.problem_json import problem_of

COUNTER = """\
connector: counter
owner: logistics
because: {en: The warehouse posts its counts}
kind: counts
reads: {push: key}
format: json
fields:
  node: where
  sku: what
  on_hand: pieces
  sequence: number
"""
BAD = {"where": "lyon", "what": "NEW", "pieces": 7, "number": 1}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder of what connectors keep."""
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(tmp_path))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    (tmp_path / "counter.yaml").write_text(COUNTER)
    return tmp_path / "files" / "counter" / "bad"


@pytest.fixture
def admin(pointsman, http, network, files):
    return client_of(pointsman, http.application, client="Ada", role="admin", networks=(network,))


@pytest.fixture
def place(admin, http):
    """The address of a file that waits."""
    assert http.post("/v1/connectors/counter", json=[BAD]).status_code == 202
    (kept,) = admin.get("/v1/connectors/counter/files").get_json()["files"]
    return f"/v1/connectors/counter/files/{kept['file']}"


def kinds(pointsman):
    return [entry.kind for entry in pointsman.entries(on_damaged=pytest.fail)]


def test_a_file_that_waits_is_shown_with_what_is_wrong_with_it(admin, place, files):
    shown = admin.get(place).get_json()
    assert json.loads(shown["content"]) == [BAD]
    assert "NEW" in shown["problems"]
    assert (shown["bytes"], shown["cut"], shown["came_at"][:4]) == (len(shown["content"]), False, "2026")
    (path,) = (path for path in files.iterdir() if path.name == shown["file"])
    path.write_bytes(b"\xff" * 70_000)
    large = admin.get(place).get_json()
    assert (large["cut"], len(large["content"]), large["bytes"]) == (True, 65_536, 70_000)


def test_a_file_that_was_mended_is_taken_over_and_waits_no_more(admin, place, files, pointsman):
    report = admin.post(f"{place}/replay").get_json()
    assert [(one["bad"], one["quarantined"]) for one in report["messages"]] == [(1, True)]
    (files / place.rpartition("/")[2]).write_text(json.dumps([{**BAD, "what": "RARE"}]))
    report = admin.post(f"{place}/replay").get_json()
    assert [(one["applied"], one["quarantined"]) for one in report["messages"]] == [(1, False)]
    assert admin.get("/v1/connectors/counter/files").get_json() == {"files": []}
    assert admin.get("/v1/stock/RARE").get_json()["nodes"]
    assert kinds(pointsman)[-1] == "counted"
    again = [entry for entry in pointsman.entries(on_damaged=pytest.fail) if entry.kind == "message_replayed"]
    assert [(entry.decision, entry.by, entry.details) for entry in again] == [
        ("counter", "Ada", {"files": [place.rpartition("/")[2]], "count": 1})
    ] * 2


def test_a_file_that_is_dropped_is_gone_with_all_beside_it_and_the_log_says_who_did_it(admin, place, files, pointsman):
    assert len(list(files.iterdir())) > 1
    assert admin.delete(place).status_code == 204
    assert list(files.iterdir()) == []
    entry = list(pointsman.entries(on_damaged=pytest.fail))[-1]
    assert (entry.kind, entry.decision, entry.by) == ("message_dropped", "counter", "Ada")
    assert entry.details["file"] == place.rpartition("/")[2]
    for call in (admin.get, admin.delete):
        problem_of(call(place), 404)
    problem_of(admin.post(f"{place}/replay"), 404)


def test_no_name_leads_to_another_file(admin, place, files):
    secret = files.parent.parent / "secret.json"
    secret.write_text("[]")
    for name in ("..%2F..%2Fsecret.json", "%2Fetc%2Fpasswd", f"..%2Fbad%2F{place.rpartition('/')[2]}", "none"):
        for method in ("GET", "DELETE"):
            problem_of(admin.open(f"/v1/connectors/counter/files/{name}", method=method), 404)
    problem_of(admin.get("/v1/connectors/none/files"), 404)
    problem_of(admin.get("/v1/connectors/..%2F/files"), 404)
    assert secret.exists()


def test_who_looked_at_a_file_stands_in_the_access_log(admin, place, pointsman):
    admin.get(place)
    auditor = client_of(pointsman, admin.application, role="auditor")
    newest = auditor.get("/v1/audit/accesses?limit=1").get_json()["accesses"][0]
    assert (newest["by"], newest["what"]) == ("Ada", "connectors_show_file")
    problem_of(auditor.get(place), 403)
    assert auditor.get("/v1/connectors/counter/files").status_code == 200
