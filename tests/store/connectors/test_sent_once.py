"""What a connector can't put aside keeps it from going on, and what went out beside that is not sent again."""

import json
import logging

import pytest

from api.connectors.running.kept_files import KeptUnknown, kept_by
from api.connectors.running.replaying import send_again
from api.connectors.sending.sender import WAITS
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.connector_targets import Sending, target
from tests.support.facts import inventory, node, order

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
BY_POSTCODE = "fields: {o: order, p: {from: destination.postcode}}\n"
ASKS = """kind: stock_feed
sends:
  http: TARGET/set
  ask: {http: "TARGET/find?sku={skus}", fields: {skus: {from: "records[].sku", split: ","}}}
format: json
fields:
  update: {each: $rows, fields: {id: {from: sku, lookup: ids}, n: on_hand}}
lookups:
  ids: {rows: answer.items, key: sku, value: id}
"""


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon")], {"A": {"lyon": 30}}))
    activate(bare)
    return bare


def begun(here):
    """It sends what is decided from now on."""
    assert here.run().begun
    return here


@pytest.fixture
def here(shop, tmp_path):
    text = f"kind: shipment_orders\nsends: {{folder: out, file: $number.txt}}\nformat: ndjson\n{BY_POSTCODE}"
    return begun(Sending(pointsman=shop, root=tmp_path, text=text))


def spoil(here):
    """Nobody can write the folder of what is put aside."""
    aside = here.root / here.connector.name / "bad"
    aside.parent.mkdir(exist_ok=True)
    aside.symlink_to("/proc")
    return aside


def decide(shop, name, **more):
    shop.decide(order(("A", 1), id=name, **more))


def later(here):
    here.pointsman._clock.now += WAITS[-1]
    return here.run()


def aside_orders(aside):
    return [record["order"] for path in sorted(aside.glob("*.json")) for record in json.loads(path.read_text())]


def test_what_was_sent_beside_a_bad_record_that_can_not_be_put_aside_is_sent_once(shop, here):
    aside = spoil(here)
    for name in ("W-1", "W-2"):
        decide(shop, name, postcode="69003")
    decide(shop, "W-3")
    report = here.run()
    assert f"out-1.json can't be kept in {aside}: " in report.error
    assert report.sent == 0
    assert [row["o"] for row in here.rows()] == ["W-1", "W-2"]
    for _ in range(3):
        assert "can't be kept in" in later(here).error
        assert here.files() == {}
    aside.unlink()
    report = later(here)
    assert (report.error, report.sent, report.ended("bad")) == ("", 2, 1)
    assert (here.files(), aside_orders(aside)) == ({}, ["W-3"])
    status = shop.connectors.status("out")
    assert (status.sent, status.bad, status.error) == (2, 1, "")
    decide(shop, "W-4", postcode="69003")
    assert later(here).sent == 1
    assert [row["o"] for row in here.rows()] == ["W-4"]


def test_records_of_a_connector_that_asks_beforehand_are_sent_once_as_well(bare, tmp_path):
    bare.load(inventory([node("lyon")], {"A": {"lyon": 3}, "B": {"lyon": 2}}))
    activate(bare)
    with target() as there:
        there.answer = lambda sent: (200, {}, b'{"items": [{"sku": "A", "id": "7"}]}' if "find" in sent.path else b"{}")
        here = Sending(pointsman=bare, root=tmp_path, text=ASKS.replace("TARGET", there.url))
        aside = spoil(here)
        assert "can't be kept in" in here.run().error
        assert "can't be kept in" in later(here).error
        aside.unlink()
        report = later(here)
        sent = [json.loads(sent.body) for sent in there.requests if "set" in sent.path]
    assert (report.error, report.sent, report.ended("bad")) == ("", 1, 1)
    assert sent == [{"update": [{"id": "7", "n": 3}]}]
    assert len(there.requests) == 2, "it is asked once, and sent once"
    assert [record["sku"] for path in aside.glob("*.json") for record in json.loads(path.read_text())] == ["B"]


def test_nothing_is_sent_again_that_could_not_be_taken_out_of_its_file(shop, tmp_path, monkeypatch):
    with target() as there:
        text = f"kind: shipment_orders\nsends: {{http: {there.url}/in}}\nformat: ndjson\nfields: {{o: order}}\n"
        here = begun(Sending(pointsman=shop, root=tmp_path, text=text))
        there.answer = lambda _: (422, {}, b"no")
        decide(shop, "W-1")
        (message,) = here.run().messages
        there.answer = lambda _: (200, {}, b"{}")
        refusals = len(there.requests)
        monkeypatch.setattr("pathlib.Path.replace", refused)
        report = send_again(shop, here.connector, [message.kept], here.root)
        assert ("can't be kept in" in report.error, len(there.requests)) == (True, refusals)


def refused(*_arguments):
    raise PermissionError(13, "Permission denied")


def test_states_that_are_told_anew_are_sent_though_older_ones_can_not_be_taken_out(shop, tmp_path, monkeypatch, caplog):
    text = "kind: stock_feed\nsends: {folder: out, file: $number.txt}\nformat: ndjson\nfields: {n: on_hand}\n"
    here = Sending(pointsman=shop, root=tmp_path, text=text)
    here.run()
    here.rows()
    here.root.joinpath("out", "bad").mkdir()
    shop.stock.move([Movement(op="m1", node="lyon", sku="A", delta=-2)])
    monkeypatch.setattr("pathlib.Path.iterdir", refused)
    with caplog.at_level(logging.WARNING):
        report = here.run()
    monkeypatch.undo()
    assert (report.error, report.sent, here.rows()) == ("", 1, [{"n": 28}])
    assert "can't be read: Permission denied" in caplog.text


def test_why_a_folder_can_not_be_read_is_known_of_each_connector(here, monkeypatch):
    (here.root / "out" / "bad").mkdir(parents=True)
    monkeypatch.setattr("pathlib.Path.iterdir", refused)
    folder = here.root / "out" / "bad"
    assert kept_by(here.connector, here.root) == KeptUnknown(f"the folder {folder} can't be read: Permission denied")
