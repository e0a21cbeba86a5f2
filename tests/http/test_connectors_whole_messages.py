"""Of a connector that takes messages over whole or not at all, a push is refused as a file is: by one bad row of it."""

import os

import pytest

from api.connectors.language.loader import load_connector
from api.connectors.running.opening import open_runner
from engine.errors import StoreUnavailable
from engine.inventory.stock import NetworkStock

PUSHED = """\
connector: counter
owner: logistics
because: {en: The warehouse posts its counts}
kind: counts
reads: {push: key}
format: csv
quarantine: file
fields:
  node: node
  sku: sku
  on_hand: {from: units}
  sequence: number
"""
HEAD = "node,sku,units,number\n"
GOOD = "lyon,RARE,7,1\n"
UNREADABLE = "lyon,COAT,many,1\n"
REFUSED = "lyon,COAT,-5,1\n"
EDI = """\
connector: counter
owner: logistics
because: {en: The warehouse posts its counts}
kind: counts
reads: {push: key}
format: {x12: {rows: LIN, messages: ["846"]}}
fields:
  node: {value: lyon}
  sku: LIN.SK.+1
  on_hand: QTY.17.1
  sequence: /ST.*.1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of connectors, and of what they keep."""
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(tmp_path / "connectors"))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "it.yaml").write_text(PUSHED)
    return tmp_path


def push(http, body):
    return http.post("/v1/connectors/counter", data=body)


def on_hand(http, sku="RARE"):
    return http.get(f"/v1/stock/{sku}").get_json()["on_hand"]


def endings(report):
    return {name: report[name] for name in ("rows", "applied", "unchanged", "bad") if report[name]}


@pytest.mark.parametrize("bad", [UNREADABLE, REFUSED])
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_row_keeps_all_of_a_push_back(http, folder, bad, first):
    response = push(http, HEAD + (bad + GOOD if first else GOOD + bad))
    assert response.status_code == 202
    assert endings(response.get_json()) == {"rows": 2, "bad": 2}
    assert on_hand(http) == 3
    (problems,) = (folder / "files" / "counter" / "bad").glob("*.problems.txt")
    assert "2 of 2 rows could not be taken over." in problems.read_text()
    assert "Nothing of the message was taken over." in problems.read_text()


@pytest.mark.parametrize("body", [HEAD + GOOD, HEAD + GOOD + UNREADABLE, HEAD + REFUSED + GOOD, HEAD, ""])
def test_a_push_ends_as_a_file_of_the_same_rows_does(http, folder, pointsman, tmp_path, body):
    pushed = push(http, body).get_json()
    after_push = on_hand(http)
    text = PUSHED.replace("reads: {push: key}", "reads: {folder: in, settled: 0s}").replace("counter", "watcher")
    connector = load_connector(str(tmp_path / "watcher.yaml"), text.encode())
    (tmp_path / "in").mkdir()
    again = body.replace("RARE", "LAMP")
    (tmp_path / "in" / "it.csv").write_text(again)
    os.utime(tmp_path / "in" / "it.csv", (1, 1))
    runner = open_runner(pointsman, connector, tmp_path)
    (read,) = runner.take_turn().messages
    assert endings(pushed) == {name: count for name, count in {"rows": read.rows, **read.endings}.items() if count}
    told = [(problem["row"], problem["path"], problem["message"]) for problem in pushed["problems"]]
    assert told == [(problem.row, problem.path, problem.message) for problem in read.problems]
    assert after_push == (7 if read.endings["applied"] else 3)


def test_an_article_that_is_not_known_keeps_back_itself_alone(http, folder):
    response = push(http, HEAD + GOOD + "lyon,NEVER-HEARD,5,1\n")
    assert (response.status_code, endings(response.get_json())) == (202, {"rows": 2, "applied": 1, "bad": 1})
    assert on_hand(http) == 7


def interchange(*messages):
    """An interchange of X12 with a message for each list of counts."""
    lines = [
        "ISA*00*          *00*          *ZZ*WMS            *ZZ*POINTSMAN      *261127*0900*U*00401*000000001*0*P*>",
        "GS*IB*WMS*POINTSMAN*20261127*0900*1*X*004010",
    ]
    for number, counts in enumerate(messages, start=1):
        segments = [f"ST*846*{number:04d}", "BIA*00*SI*1*20261127"]
        for sku, units in counts:
            segments += [f"LIN**SK*{sku}", f"QTY*17*{units}"]
        lines += [*segments, f"SE*{len(segments) + 1}*{number:04d}"]
    return "~".join([*lines, f"GE*{len(messages)}*1", "IEA*1*000000001"]) + "~"


def test_of_edi_that_is_pushed_a_bad_row_keeps_its_message_back_and_no_other(http, folder):
    (folder / "connectors" / "it.yaml").write_text(EDI)
    body = interchange([("RARE", 7), ("LAMP", "-1")], [("COAT", 4)])
    report = push(http, body).get_json()
    assert endings(report) == {"rows": 3, "applied": 1, "bad": 2}
    assert (on_hand(http), on_hand(http, "COAT")) == (3, 12)


def test_a_push_that_a_failing_store_broke_off_and_that_comes_again_counts_once(http, folder, monkeypatch):
    monkeypatch.setattr("api.connectors.running.receiving.ROWS_AT_ONCE", 1)
    body = HEAD + GOOD + "lyon,COAT,4,1\n"
    set_counts, calls = NetworkStock.set_counts, []

    def failing(self, counts):
        calls.append(counts)
        if len(calls) == 2:
            raise StoreUnavailable("gone")
        return set_counts(self, counts)

    monkeypatch.setattr(NetworkStock, "set_counts", failing)
    assert push(http, body).status_code == 503
    assert endings(push(http, body).get_json()) == {"rows": 2, "applied": 1, "unchanged": 1}
    assert (on_hand(http), on_hand(http, "COAT")) == (7, 12)
