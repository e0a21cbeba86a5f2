"""What other systems push to a connector is taken over once, if its sender has a key or signs the body."""

import base64
import hashlib
import hmac
import io
import json
import tracemalloc

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.running.replaying import replay
from api.records.connectors import MessageRecord
from engine.model.scopes import ROLE_SCOPES
from tests.support.callers import client_of, key_of, with_key
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

KEYED = """\
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
SIGNED = """\
connector: shop-stock
owner: e-commerce
because: {en: The shop says what it sold}
kind: movements
reads: {push: hmac-sha256, header: X-Shop-Hmac, encoding: ENCODING, PREFIXsecret: HOOK}
format: json
once: $header.X-Shop-Event
fields:
  node: {value: lyon}
  sku: what
  delta: {from: pieces, times: -1}
"""
COUNT = {"where": "lyon", "what": "RARE", "pieces": 7, "number": 1}
SALE = json.dumps({"what": "RARE", "pieces": 1}).encode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of connectors, and of what they keep."""
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(tmp_path / "connectors"))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_SHOP_STOCK_HOOK", "hush")
    (tmp_path / "connectors").mkdir()
    return tmp_path


def write(folder, text, name="it.yaml"):
    (folder / "connectors" / name).write_text(text)


def signed(body=SALE, *, key=b"hush", encoding="base64", prefix="", event="e1"):
    digest = hmac.new(key, body, hashlib.sha256).digest()
    text = base64.b64encode(digest).decode() if encoding == "base64" else digest.hex()
    return {"X-Shop-Hmac": prefix + text, "X-Shop-Event": event}


def test_a_message_is_taken_over_and_answered_with_what_became_of_it(http, folder):
    write(folder, KEYED)
    response = http.post("/v1/connectors/counter", json=[COUNT, {**COUNT, "what": "LAMP", "pieces": 2}])
    assert response.status_code == 200
    assert mistakes_in(http, MessageRecord, response.get_json()) == []
    assert response.get_json() | {"message": ""} == {
        "message": "",
        "rows": 2,
        "applied": 2,
        "unchanged": 0,
        "older": 0,
        "repeated": 0,
        "skipped": 0,
        "bad": 0,
        "problems": [],
        "quarantined": False,
    }
    assert http.get("/v1/stock/RARE").get_json()["on_hand"] == 7
    assert http.post("/v1/connectors/counter", json=[COUNT]).get_json()["unchanged"] == 1


def test_what_is_bad_is_answered_and_kept_for_a_person(http, folder):
    write(folder, KEYED)
    response = http.post("/v1/connectors/counter", json=[COUNT, {**COUNT, "where": "nowhere"}])
    assert response.status_code == 202
    (problem,) = response.get_json()["problems"]
    assert (problem["row"], problem["path"]) == (2, "node")
    kept = sorted(path.name[16:] for path in (folder / "files" / "counter" / "bad").iterdir())
    assert [name.split("-")[0] for name in kept] == ["push"] * 3
    assert (kept[1].endswith(".early"), kept[2].endswith(".problems.txt")) == (True, True)


def test_what_is_wrong_is_kept_in_the_language_of_the_service(pointsman, folder, monkeypatch):
    monkeypatch.setenv("POINTSMAN_LANG", "fr")
    write(folder, KEYED.replace("{en: The", "{fr: L'entrepôt envoie ses comptages, en: The"))
    http = client_of(pointsman)
    response = http.post("/v1/connectors/counter", json=[COUNT, {**COUNT, "pieces": "x"}])
    assert response.get_json()["problems"][0]["message"] == "'x' is no number (field 'on_hand')"
    (problems,) = (folder / "files" / "counter" / "bad").glob("*.problems.txt")
    text = problems.read_text()
    assert "À quoi sert le connecteur\xa0: L'entrepôt envoie ses comptages" in text
    assert "pieces: 'x' n'est pas un nombre (champ 'on_hand')" in text


def test_who_pushes_needs_the_scope_of_what_is_pushed(http, folder, pointsman, monkeypatch):
    write(folder, KEYED)
    anonymous = http.application.test_client()
    problem_of(anonymous.post("/v1/connectors/counter", json=COUNT), 401)
    # no role has one of the two scopes alone yet
    monkeypatch.setitem(ROLE_SCOPES, "oms", frozenset({"orders"}))
    orders_alone = with_key(http.application.test_client(), key_of(pointsman, role="oms"))
    problem_of(orders_alone.post("/v1/connectors/counter", json=COUNT), 403)
    assert http.get("/v1/stock/RARE").get_json()["on_hand"] == 3


@pytest.mark.parametrize(("encoding", "prefix"), [("base64", ""), ("hex", "sha256=")])
def test_a_signed_message_needs_no_key_and_counts_once(http, folder, encoding, prefix):
    write(folder, SIGNED.replace("ENCODING", encoding).replace("PREFIX", f"prefix: '{prefix}', " * bool(prefix)))
    anonymous = http.application.test_client()
    headers = signed(encoding=encoding, prefix=prefix)
    first = anonymous.post("/v1/connectors/shop-stock", data=SALE, headers=headers)
    assert (first.status_code, first.get_json()["applied"]) == (200, 1)
    again = anonymous.post("/v1/connectors/shop-stock", data=SALE, headers=headers)
    assert (again.status_code, again.get_json()["repeated"]) == (200, 1)
    assert http.get("/v1/stock/RARE").get_json()["on_hand"] == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"another body"),
        signed(key=b"another key"),
        {"X-Shop-Hmac": "!", "X-Shop-Event": "e1"},
        {"X-Shop-Hmac": "", "X-Shop-Event": "e1"},
    ],
)
def test_a_message_that_is_not_signed_so_is_refused(http, folder, headers):
    write(folder, SIGNED.replace("ENCODING", "base64").replace("PREFIX", ""))
    problem_of(http.post("/v1/connectors/shop-stock", data=SALE, headers=headers), 401)
    assert http.get("/v1/stock/RARE").get_json()["on_hand"] == 3


def test_a_pushed_message_that_was_mended_is_still_the_same_by_its_headers(http, folder, pointsman):
    write(folder, SIGNED.replace("ENCODING", "base64").replace("PREFIX", ""))
    body = json.dumps({"what": "RAR", "pieces": 1}).encode()
    assert http.post("/v1/connectors/shop-stock", data=body, headers=signed(body)).status_code == 202
    (kept,) = (path for path in (folder / "files" / "shop-stock" / "bad").iterdir() if "." not in path.name)
    assert json.loads(kept.with_name(f"{kept.name}.headers.json").read_bytes()) == {"X-Shop-Event": "e1"}
    kept.write_bytes(SALE)
    connector = load_connector(str(folder / "connectors" / "it.yaml"), (folder / "connectors" / "it.yaml").read_bytes())
    assert replay(pointsman, connector, [kept], folder / "files").ended("applied") == 1
    again = http.post("/v1/connectors/shop-stock", data=SALE, headers=signed())
    assert again.get_json()["repeated"] == 1
    done = sorted(path.name[16:] for path in (folder / "files" / "shop-stock" / "done").iterdir())
    assert [name.partition(".")[2] for name in done] == ["", "headers.json"]


def test_a_secret_that_is_not_set_is_told_as_such(http, folder, monkeypatch):
    write(folder, SIGNED.replace("ENCODING", "base64").replace("PREFIX", ""))
    monkeypatch.delenv("POINTSMAN_CONNECTOR_SHOP_STOCK_HOOK")
    problem = problem_of(http.post("/v1/connectors/shop-stock", data=SALE, headers=signed()), 503)
    assert "POINTSMAN_CONNECTOR_SHOP_STOCK_HOOK" in problem["detail"]


def test_a_connector_that_is_not_there_or_reads_otherwise_is_not_found(http, folder):
    write(folder, KEYED.replace("reads: {push: key}", "reads: {folder: in}"))
    problem_of(http.post("/v1/connectors/counter", json=COUNT), 404)
    problem_of(http.post("/v1/connectors/other", json=COUNT), 404)


def test_the_log_says_which_connector_it_was(http, folder, pointsman):
    write(folder, KEYED)
    http.post("/v1/connectors/counter", json=COUNT)
    authors = {entry.by for entry in pointsman.entries(on_damaged=pytest.fail) if entry.kind == "counted"}
    assert authors == {"connector:counter"}


def test_numbers_of_connectors_are_in_the_metrics(http, folder):
    write(folder, KEYED)
    http.post("/v1/connectors/counter", json=[COUNT, {**COUNT, "where": "nowhere"}])
    text = http.get("/metrics").text
    assert 'connector="counter",network=' in text
    lines = {line.partition("{")[0]: line.rpartition(" ")[2] for line in text.splitlines() if 'result="bad"' in line}
    assert lines == {"pointsman_connector_rows_total": "1.0"}


def test_a_connector_that_was_removed_has_no_numbers_any_more_and_one_with_a_mistake_has(http, folder, monkeypatch):
    monkeypatch.setattr("api.connectors.running.book.LOOK_SECONDS", 0.0)
    write(folder, KEYED)
    http.post("/v1/connectors/counter", json=[COUNT])
    write(folder, KEYED.replace("counter", "other"), "other.yaml")
    http.post("/v1/connectors/other", json=[COUNT])
    shown = [name for name in ("counter", "other") if f'connector="{name}"' in http.get("/metrics").text]
    assert shown == ["counter", "other"]
    write(folder, "connector: counter")
    assert 'connector="counter"' in http.get("/metrics").text
    (folder / "connectors" / "it.yaml").unlink()
    text = http.get("/metrics").text
    assert ('connector="counter"' in text, 'connector="other"' in text) == (False, True)
    write(folder, KEYED)
    assert 'pointsman_connector_rows_total{connector="counter"' in http.get("/metrics").text


def test_while_no_file_of_the_folder_could_be_read_all_numbers_are_shown(http, folder, monkeypatch):
    write(folder, KEYED)
    http.post("/v1/connectors/counter", json=[COUNT])
    (folder / "elsewhere").mkdir()
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(folder / "elsewhere"))
    (folder / "elsewhere" / "it.yaml").write_text("connector: counter")
    assert 'connector="counter"' in http.get("/metrics").text


def test_a_message_that_is_too_large_is_refused_with_how_large_one_may_be(http, folder, monkeypatch):
    monkeypatch.setattr("api.http.pushed_messages.MOST_BYTES", 1_000)
    write(folder, KEYED)
    write(folder, SIGNED.replace("ENCODING", "base64").replace("PREFIX", ""), "signed.yaml")
    response = http.post("/v1/connectors/counter", data=b"[" + b" " * 1_000)
    assert (response.status_code, "larger than 1,000 bytes; send it in several" in response.text) == (413, True)
    body = b" " * 1_001
    assert http.post("/v1/connectors/shop-stock", data=body, headers=signed(body)).status_code == 413
    parts = io.BytesIO(b" " * 1_001)
    response = http.post(
        "/v1/connectors/counter", input_stream=parts, environ_overrides={"wsgi.input_terminated": True}
    )
    assert response.status_code == 413
    assert http.post("/v1/connectors/counter", data=json.dumps([COUNT]).ljust(1_000)).status_code == 200


TILLS = """\
connector: tills
owner: retail
because: {en: The tills sell}
kind: movements
reads: {push: key}
format: csv
once: [receipt, line]
when: {kind: {not: note}}
fields:
  node: shop
  sku: article
  delta: {from: pieces, times: -1}
"""


def sales(rows, run=0):
    """So many lines; every hundredth can't be used, and every second is left out."""
    yield b"shop,article,pieces,kind,receipt,line\n"
    for number in range(rows):
        shop, kind = "nowhere" if number % 100 == 50 else "lyon", "note" if number % 2 else "sale"
        yield f"{shop},SHIRT,{1 if number % 4 else -1},{kind},R{run}-{number},1\n".encode()


def post_sales(http, rows, run=0):
    return http.post("/v1/connectors/tills", data=b"".join(sales(rows, run)))


@pytest.mark.slow
@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.exhaustive)])
def test_very_many_rows_are_taken_over_by_one_push_and_each_counts_once(http, folder, count):
    write(folder, TILLS)
    before = http.get("/v1/stock/SHIRT").get_json()["on_hand"]
    report = post_sales(http, count).get_json()
    ended = {name: report[name] for name in ("rows", "applied", "skipped", "bad", "repeated")}
    applied, bad = count * 49 // 100, count // 100
    assert ended == {"rows": count, "applied": applied, "skipped": count // 2, "bad": bad, "repeated": 0}
    assert len(report["problems"]) == bad
    after = http.get("/v1/stock/SHIRT").get_json()["on_hand"]
    sold = sum(1 if number % 4 else -1 for number in range(0, count, 2) if number % 100 != 50)
    assert before - after == sold
    again = post_sales(http, count).get_json()
    assert (again["applied"], again["repeated"], again["bad"]) == (0, applied, bad)
    assert http.get("/v1/stock/SHIRT").get_json()["on_hand"] == after


@pytest.mark.slow
def test_memory_does_not_grow_with_a_message_that_is_pushed(http, folder, monkeypatch):
    monkeypatch.setattr("api.connectors.sources.spooled.IN_MEMORY", 4_096)
    write(folder, TILLS)

    def peak(rows, run):
        body = b"".join(sales(rows, run))
        tracemalloc.start()
        try:
            assert http.post("/v1/connectors/tills", input_stream=io.BytesIO(body)).get_json()["rows"] == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(400, 1)  # whatever is made once
    assert peak(6_000, 2) < 1.3 * peak(800, 3)
