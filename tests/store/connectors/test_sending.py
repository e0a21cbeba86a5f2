"""What connectors send: each change once, in order, and again under the same name after a crash."""

import hashlib
import hmac
import json
from contextlib import closing
from http import HTTPStatus

import pytest

from api.connectors.running.schedule import ConnectorSchedule
from api.connectors.sending.beginning import begin_sending
from api.connectors.sending.opening import open_sender
from api.connectors.sending.sender import ConnectorSender
from api.language.connector_wording import connector_wording
from engine.model.parcels import ShipmentKey
from engine.orders.cancellation.plan import CancelRequest
from engine.store.connectors.connector_store import LEASE_MILLISECONDS, ConnectorStore, Step
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.connector_targets import Sending, target
from tests.support.decision_json import json_of
from tests.support.facts import inventory, node, order, product
from tests.support.parcels import ZOE, pack, packing_network

SENDS = "sends: {folder: out, file: $number.txt}\nformat: ndjson\n"
ALL = SENDS + "fields: {r: {from: '@'}}\n"


@pytest.fixture
def sending(tmp_path):
    return lambda pointsman, text: Sending(pointsman=pointsman, root=tmp_path, text=text)


@pytest.fixture
def shop(bare):
    """Two places with stock, and goods in metres."""
    stock = {"A": {"lyon": 10, "lille": 5}, "B": {"lyon": 3}, "M": {"lyon": 1_000}}
    places, goods = [node("lyon"), node("lille")], [product("M", unit="m", decimals=2)]
    bare.load(inventory(places, stock, products=goods, decimals={"M": 2}))
    activate(bare)
    return bare


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more)))


def records(here):
    return [row["r"] for row in here.rows()]


def test_a_shipment_that_a_node_is_given_is_sent_once_and_what_was_before_is_not(sending, shop):
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    decide(shop, ("A", 1))
    assert here.run().sent == 0
    made = decide(shop, ("A", 2), ("M", 250), id="W-7")
    assert here.run().sent == 1
    (record,) = records(here)
    assert (record["action"], record["shipment"], record["node"]) == ("ship", f"{made['id']}/0", "lyon")
    assert [(line["sku"], line["quantity"]) for line in record["lines"]] == [("A", 2), ("M", 2.5)]
    assert (record["order"], record["destination"]["country"], record["addressee"]) == ("W-7", "FR", None)
    assert record["ships_at"] == made["shipments"][0]["ships_at"]
    assert here.run().sent == 0
    assert here.files() == {}


def test_units_that_are_not_to_ship_any_more_are_told_with_the_reason(sending, shop, clock):
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    assert here.run().begun
    made = decide(shop, ("A", 3), id="W-7")
    shop.cancellations.cancel(CancelRequest(order="W-7", lines={"1": 1}, op="c"))
    expiring = decide(shop, ("B", 1))
    clock.now += 40 * 86_400
    decide(shop, ("A", 1))
    report = here.run()
    assert (report.error, report.busy, report.sent) == ("", False, 6)
    found = [(row["action"], row["reason"], row["shipment"], row["units"]) for row in records(here)]
    assert found[:3] == [
        ("ship", None, f"{made['id']}/0", 3),
        ("cancel", "cancelled", f"{made['id']}/0", 1),
        ("ship", None, f"{expiring['id']}/0", 1),
    ]
    assert sorted(found[3:5]) == sorted(
        [("cancel", "expired", f"{made['id']}/0", 2), ("cancel", "expired", f"{expiring['id']}/0", 1)]
    )


def test_what_a_person_has_to_approve_is_sent_once_it_is_approved(sending, shop):
    activate(shop, PARKS_RISKY_ORDERS)
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    here.run()
    decide(shop, ("A", 1), id="W-7", segment="risky")
    assert here.run().sent == 0
    shop.orders.approve("W-7", who="ann", note="")
    assert here.run().sent == 1
    assert records(here)[0]["order"] == "W-7"


def test_only_nodes_and_channels_that_are_meant_are_sent(sending, shop):
    meant = ALL.replace("txt}", "txt, nodes: lille, channel: web}")
    here = sending(shop, "kind: shipment_orders\n" + meant)
    here.run()
    decide(shop, ("A", 10))
    decide(shop, ("A", 1), channel="shops")
    decide(shop, ("A", 1))
    here.run()
    assert [(row["node"], row["channel"]) for row in records(here)] == [("lille", "web")]


def test_only_records_that_count_are_sent_and_the_others_are_passed(sending, shop):
    here = sending(shop, "kind: shipment_orders\nwhen: {units: {at_least: 2}}\n" + ALL)
    here.run()
    decide(shop, ("A", 1))
    decide(shop, ("A", 2))
    assert here.run().sent == 1
    assert shop.connectors.status("out").skipped == 1


def test_whom_parcels_go_to_is_looked_up_where_it_is_sent(sending, bare):
    shop = packing_network(bare)
    street = "{from: 'addressee.lines[0]', optional: true}"
    fields = f"fields: {{name: {{from: addressee.name, default: nobody}}, street: {street}}}\n"
    here = sending(shop, "kind: shipment_orders\n" + SENDS + fields)
    here.run()
    shop.fulfilment.parcels.put_addressee("W-7", ZOE)
    decide(shop, ("A", 1), id="W-7")
    decide(shop, ("A", 1))
    here.run()
    assert here.rows() == [{"name": ZOE.name, "street": ZOE.lines[0]}, {"name": "nobody"}]


def test_what_is_kept_aside_does_not_say_whom_it_goes_to(sending, bare):
    shop = packing_network(bare)
    here = sending(shop, "kind: shipment_orders\n" + SENDS + "fields: {n: addressee.name, p: destination.postcode}\n")
    here.run()
    shop.fulfilment.parcels.put_addressee("W-7", ZOE)
    decide(shop, ("A", 1), id="W-7")
    (message,) = here.run().messages
    assert json.loads(message.kept.read_text())[0]["order"] == "W-7"
    assert ZOE.name not in "".join(path.read_text() for path in message.kept.parent.iterdir())


def test_what_left_is_sent_with_its_parcels_and_undone_when_it_is(sending, bare):
    shop = packing_network(bare)
    here = sending(shop, "kind: confirmations\n" + ALL)
    here.run()
    made = decide(shop, ("A", 2), id="W-7")
    view = pack(shop, ShipmentKey(made["id"], 0), {"1": 2})
    shop.holds.confirm(made["id"], op="x")
    here.run()
    shop.holds.undo(made["id"], op="y")
    here.run()
    left, undone = records(here)
    assert (left["action"], left["units"], left["order"]) == ("left", 2, "W-7")
    assert left["parcels"][0]["sscc"] == view.shipment.parcels[0].sscc
    assert left["left_at"].endswith("Z")
    assert (undone["action"], undone["shipment"], undone["left_at"]) == ("undone", left["shipment"], None)


def lines_of(record):
    return {line["line"]: line["quantity"] for line in record["lines"]}


def test_of_lines_of_one_sku_those_are_told_that_left_also_in_parts(sending, shop):
    here = sending(shop, "kind: confirmations\n" + ALL)
    here.run()
    made = decide(shop, ("A", 2), ("B", 1), ("A", 3))
    shop.holds.confirm(made["id"], lines={"3": 2}, op="x")
    shop.holds.confirm(made["id"], op="y")
    shop.holds.undo(made["id"], lines={"3": 3}, op="z")
    here.run()
    assert [(record["action"], lines_of(record)) for record in records(here)] == [
        ("left", {"3": 2}),
        ("left", {"1": 2, "2": 1, "3": 1}),
        ("undone", {"3": 3}),
    ]
    assert shop.check().clean


def test_what_left_after_units_were_cancelled_is_told_of_the_lines_that_are_left(sending, shop):
    here = sending(shop, "kind: confirmations\n" + ALL)
    here.run()
    made = decide(shop, ("A", 2), ("A", 3), id="W-1")
    shop.cancellations.cancel(CancelRequest(order="W-1", lines={"1": 2}, op="c"))
    shop.holds.confirm(made["id"], op="x")
    here.run()
    assert [lines_of(record) for record in records(here)] == [{"2": 3}]
    assert shop.check().clean


def test_of_a_shipment_that_leaves_whole_each_line_is_told(sending, shop):
    here = sending(shop, "kind: confirmations\n" + ALL)
    here.run()
    shop.holds.confirm(decide(shop, ("A", 2), ("A", 3))["id"], op="x")
    here.run()
    assert [lines_of(record) for record in records(here)] == [{"1": 2, "2": 3}]


def test_of_lines_of_one_sku_the_first_is_filled_first(sending, shop):
    here = sending(shop, "kind: confirmations\n" + ALL)
    here.run()
    made = decide(shop, ("A", 2), ("B", 1), ("A", 3))
    shop.holds.confirm(made["id"], lines={"1": 2, "3": 1}, op="x")
    here.run()
    (record,) = records(here)
    lines = [(line["line"], line["sku"], line["quantity"]) for line in record["lines"]]
    assert lines == [("1", "A", 2), ("3", "A", 1)]


def test_an_allocation_says_where_each_line_comes_from(sending, shop):
    here = sending(shop, "kind: allocations\n" + ALL)
    here.run()
    made = decide(shop, ("A", 12), ("B", 5), id="W-7")
    here.run()
    (record,) = records(here)
    assert sum(line["quantity"] for line in record["lines"] if line["sku"] == "A") == 12
    assert {line["node"] for line in record["lines"]} == {"lyon", "lille"}
    assert [(item["sku"], item["quantity"]) for item in record["unfilled"]] == [("B", 2)]
    assert (record["decision"], record["status"], record["because"]) == (made["id"], "partial", None)


def test_the_stock_is_sent_whole_at_first_and_then_as_it_changes(sending, shop, clock):
    here = sending(shop, "kind: stock_feed\n" + SENDS + "fields: {n: node, s: sku, u: {from: on_hand}}\n")
    assert here.run().sent == 4
    assert {(row["n"], row["s"]): row["u"] for row in here.rows()} == {
        ("lyon", "A"): 10, ("lille", "A"): 5, ("lyon", "B"): 3, ("lyon", "M"): 10,
    }  # fmt: skip
    clock.now += 60
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=8, stamp=Stamp(kind="t", number=clock.now * 1_000_000)))
    shop.stock.move(
        [Movement(node="lyon", sku="M", delta=-150, op="m"), Movement(node="lyon", sku="A", delta=1, op="n")]
    )
    assert here.run().sent == 2
    assert here.rows() == [{"n": "lyon", "s": "A", "u": 9}, {"n": "lyon", "s": "M", "u": 8.5}]
    decide(shop, ("A", 1))
    assert here.run().sent == 0


def test_after_a_load_all_of_the_stock_is_sent_again_in_as_many_messages_as_it_takes(sending, shop):
    sends = "sends: {folder: out, file: $number.txt, most: 2}\nformat: ndjson\nfields: {n: node, s: sku, u: on_hand}\n"
    here = sending(shop, "kind: stock_feed\n" + sends)
    here.run()
    assert len(here.files()) == 3
    here.take_away()
    shop.load(inventory([node("lyon"), node("lille")], {"A": {"lyon": 1}, "B": {"lille": 2}}))
    here.run()
    assert sorted((row["n"], row["s"], row["u"]) for row in here.rows()) == [("lille", "B", 2), ("lyon", "A", 1)]


def test_a_feed_that_is_always_whole_overwrites_its_file(sending, shop):
    sends = "sends: {folder: out, file: stock.csv, whole: true}\nformat: csv\nfields: {n: node, s: sku, u: on_hand}\n"
    here = sending(shop, "kind: stock_feed\n" + sends)
    here.run()
    shop.stock.move([Movement(node="lyon", sku="A", delta=-1, op="m")])
    here.run()
    assert here.files()["stock.csv"].splitlines() == ["n,s,u", "lille,A,5", "lyon,A,9", "lyon,B,3", "lyon,M,10.00"]


def test_the_availability_of_a_channel_is_sent_and_then_what_changed(sending, shop):
    sends = (
        "sends: {folder: out, file: $number.txt, channel: web, most: 2}\nformat: ndjson\nfields: {s: sku, u: units}\n"
    )
    here = sending(shop, "kind: availability_feed\n" + sends)
    here.run()
    assert sorted(here.files()) == ["1.txt", "2.txt"]
    assert here.rows() == [{"s": "A", "u": 15}, {"s": "B", "u": 3}, {"s": "M", "u": 10}]
    decide(shop, ("A", 4))
    here.run()
    assert here.rows() == [{"s": "A", "u": 11}]
    assert here.run().sent == 0


def test_a_message_that_was_sent_when_the_process_died_is_sent_again_under_the_same_name(sending, shop, monkeypatch):
    """Whoever goes on does not know whether it arrived: new records come in the next message, and not in this one."""
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    here.run()
    decide(shop, ("A", 1), id="W-1")

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ConnectorSender, "_finish", dies)
        with pytest.raises(KeyboardInterrupt):
            here.run()
    first = here.take_away()
    decide(shop, ("A", 1), id="W-2")
    assert here.run().sent == 2
    again = here.take_away()
    assert list(first) == ["1.txt"]
    assert list(again) == ["1.txt", "2.txt"]
    assert again["1.txt"] == first["1.txt"]
    assert [json.loads(text)["r"]["order"] for text in again.values()] == ["W-1", "W-2"]


@pytest.mark.parametrize("kind", ["stock_feed", "availability_feed"])
def test_so_is_a_feed_and_what_changed_meanwhile_comes_after_it(sending, shop, monkeypatch, kind):
    sends = "sends: {folder: out, file: $number.txt, channel: web}\nformat: ndjson\nfields: {r: {from: '@'}}\n"
    here = sending(shop, f"kind: {kind}\n" + sends)
    here.run()
    here.take_away()
    shop.stock.move([Movement(node="lyon", sku="A", delta=-1, op="1")])

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ConnectorSender, "_finish", dies)
        with pytest.raises(KeyboardInterrupt):
            here.run()
    assert list(here.take_away()) == ["2.txt"]
    shop.stock.move([Movement(node="lyon", sku="B", delta=-1, op="2")])
    here.run()
    files = here.take_away()
    assert list(files) == ["2.txt", "3.txt"]
    assert {json.loads(line)["r"]["sku"] for line in files["3.txt"].splitlines()} == {"B"}


def test_what_lies_in_the_folder_under_the_same_name_is_not_overwritten(sending, shop, clock):
    """As when the store was set up anew, and numbers begin again."""
    here = sending(shop, "kind: shipment_orders\n" + SENDS + "fields: {o: order}\n")
    here.run()
    decide(shop, id="W-1")
    (here.root / "out").mkdir()
    (here.root / "out" / "1.txt").write_text("of another order")
    assert "1.txt is there still" in here.run().error
    status = shop.connectors.status("out")
    assert (status.waiting, "is there still" in status.error) == (1, True)
    assert here.take_away() == {"1.txt": "of another order"}
    assert here.run().error == ""
    assert here.files() == {}
    clock.now += 6
    here.run()
    assert here.rows() == [{"o": "W-1"}]
    assert shop.connectors.status("out").error == ""


def test_a_record_that_can_not_be_said_is_kept_aside_and_keeps_no_other_back(sending, shop):
    fields = "fields: {o: order, p: {from: destination.postcode}}\n"
    here = sending(shop, "kind: shipment_orders\n" + SENDS.replace("ndjson", "{csv: {encoding: cp1252}}") + fields)
    here.run()
    decide(shop, id="W-1", postcode="69003")
    decide(shop, id="W-2")
    decide(shop, id="W-λ", postcode="1")
    report = here.run()
    assert report.sent == 1
    assert here.files() == {"1.txt": "o,p\nW-1,69003\n"}
    (message,) = report.messages
    kept = json.loads(message.kept.read_text())
    assert [record["order"] for record in kept] == ["W-2", "W-λ"]
    text = (message.kept.parent / f"{message.kept.name}.problems.txt").read_text()
    assert "2 of 3 records of message 1 of connector out were not sent:" in text
    assert "What the connector is for: For others" in text
    assert "record 1: record: destination.postcode: nothing is there (field 'p')" in text
    assert "record 2: row 1: 'λ' can't be written in cp1252" in text
    status = shop.connectors.status("out")
    assert (status.sent, status.bad, status.quarantined) == (1, 2, 1)


def test_what_is_kept_aside_is_told_in_the_language_of_the_installation(sending, shop, tmp_path):
    here = sending(shop, "kind: shipment_orders\n" + SENDS + "fields: {o: order, p: {from: destination.postcode}}\n")
    here.run()
    decide(shop, id="W-2")
    with closing(open_sender(shop, here.connector, tmp_path, wording=connector_wording("fr"))) as sender:
        (message,) = sender.take_turn().messages
    text = (message.kept.parent / f"{message.kept.name}.problems.txt").read_text()
    assert "enregistrements qui n'ont pas été envoyés\xa0: 1 sur 1 du message 1 du connecteur out\xa0:" in text
    assert "enregistrement 1: record: destination.postcode: il n'y a rien là (champ 'p')" in text
    assert "Corrigez-les là, ou dans" in text
    assert "Puis renvoyez-les\xa0:\n    pointsman connector replay " in text


def test_each_line_of_a_record_may_be_a_row(sending, shop):
    sends = "sends: {folder: out, file: $number.csv, each: lines}\nformat: csv\n"
    here = sending(
        shop, "kind: shipment_orders\n" + sends + "fields: {o: /order, s: sku, q: quantity, f: $connector}\n"
    )
    here.run()
    decide(shop, ("A", 2), ("B", 1), id="W-1")
    assert here.run().sent == 1
    assert here.files()["1.csv"].splitlines() == ["o,s,q,f", "W-1,A,2,out", "W-1,B,1,out"]


HTTP = "format: json\nfields: {id: shipment, node: node}\n"


def over_http(sending, shop, url, more=""):
    return sending(shop, f"kind: shipment_orders\nsends: {{http: {url}/in, most: 1{more}}}\n" + HTTP)


def test_over_http_each_message_has_its_key_its_type_and_its_authorization(sending, shop, monkeypatch):
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_TOKEN", "t0p")
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_HMAC", "key")
    with target() as there:
        signature = "signature: {header: X-Signed, secret: HMAC, prefix: 'sha256='}"
        more = ", bearer: {secret: TOKEN}, method: PUT, headers: {X-Shop: one}, " + signature
        here = over_http(sending, shop, there.url, more)
        here.run()
        made = decide(shop)
        assert here.run().error == ""
        (sent,) = there.requests
    assert (sent.method, sent.path, sent.json) == ("PUT", "/in", {"id": f"{made['id']}/0", "node": "lille"})
    assert sent.headers["idempotency-key"] == "out-1"
    assert (sent.headers["content-type"], sent.headers["authorization"]) == ("application/json", "Bearer t0p")
    assert sent.headers["x-shop"] == "one"
    assert sent.headers["x-signed"] == "sha256=" + hmac.digest(b"key", sent.body, hashlib.sha256).hex()


def test_a_busy_target_is_left_alone_for_as_long_as_it_asks_and_then_gets_the_same_message(sending, shop, clock):
    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        decide(shop)
        there.answer = lambda _: (429, {"Retry-After": "90"}, b"slow down")
        assert "answered 429" in here.run().error
        clock.now += 89
        assert here.run().sent == 0
        there.answer = lambda _: (503, {}, b"")
        clock.now += 2
        assert "answered 503" in here.run().error
        there.answer = lambda _: (200, {}, b"")
        clock.now += 29
        here.run()
        assert len(there.requests) == 2
        clock.now += 2
        assert here.run().sent == 1
        assert {sent.headers["idempotency-key"] for sent in there.requests} == {"out-1"}
        assert len({sent.body for sent in there.requests}) == 1
    assert shop.connectors.status("out").error == ""


def test_an_answer_that_got_lost_is_no_reason_to_make_another_message(sending, shop, clock):
    def lost(_):
        raise ConnectionError

    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        decide(shop)
        there.answer = lost
        assert "was not reached" in here.run().error
        there.answer = lambda _: (201, {}, b"")
        clock.now += 10
        here.run()
        assert [sent.headers["idempotency-key"] for sent in there.requests] == ["out-1", "out-1"]


def test_a_message_that_is_refused_is_kept_aside_and_the_next_goes_out(sending, shop):
    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        decide(shop)
        decide(shop)
        there.answer = lambda sent: (
            (422, {}, b"no such node") if sent.headers["idempotency-key"] == "out-1" else (200, {}, b"")
        )
        report = here.run()
    assert (report.sent, report.error) == (1, "")
    assert f"answered 422 {HTTPStatus(422).phrase}: no such node" in str(report.messages[0].problems[0])


def test_keys_that_are_wrong_keep_everything_back(sending, shop):
    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        decide(shop)
        there.answer = lambda _: (401, {}, b"who?")
        report = here.run()
    assert (report.sent, report.messages) == (0, [])
    assert "answered 401" in report.error


def test_an_answer_may_say_in_its_body_that_the_message_was_not_taken(sending, shop, clock):
    with target() as there:
        here = over_http(sending, shop, there.url, ", errors: data.set.userErrors, busy: 'errors[0].code'")
        here.run()
        decide(shop)
        there.answer = lambda _: (200, {}, b'{"errors": [{"code": "THROTTLED"}]}')
        assert "says that it is busy" in here.run().error
        clock.now += 10
        there.answer = lambda _: (200, {}, b'{"data": {"set": {"userErrors": [{"message": "no"}]}}}')
        (message,) = here.run().messages
        assert '[{"message":"no"}]' in str(message.problems[0])
        decide(shop)
        there.answer = lambda _: (200, {}, b'{"data": {"set": {"userErrors": []}}}')
        assert here.run().sent == 1


def test_no_more_are_sent_in_a_minute_than_the_target_takes(sending, shop, clock):
    with target() as there:
        here = over_http(sending, shop, there.url, ", most_a_minute: 2")
        here.run()
        for _ in range(5):
            decide(shop)
        assert [here.run().sent, here.run().sent] == [2, 0]
        clock.now += 61
        assert here.run().sent == 2
        assert len(there.requests) == 4


def test_the_lag_is_that_of_the_oldest_record_that_was_not_sent_yet(sending, shop, clock):
    def lag():
        return shop.connectors.status("out").lag(clock.now)

    with target() as there:
        here = over_http(sending, shop, there.url, ", most_a_minute: 1")
        here.run()
        for seconds in (0, 5, 10):
            clock.now += seconds
            decide(shop)
        clock.now += 5
        assert (here.run().sent, lag()) == (1, 15)
        clock.now += 61
        there.answer = lambda _: (503, {}, b"")
        here.run()
        assert lag() == 76
        clock.now += 61
        assert lag() == 137
        there.answer = lambda _: (200, {}, b"")
        assert (here.run().sent, lag()) == (1, 127)
        clock.now += 61
        assert (here.run().sent, lag()) == (1, 0)


@pytest.mark.parametrize("field", ["on_hand", "available"])
def test_so_is_that_of_a_feed(sending, shop, clock, field):
    with target() as there:
        text = f"kind: stock_feed\nsends: {{http: {there.url}/in, most: 1, nodes: lyon, most_a_minute: 4}}\n"
        here = sending(shop, f"{text}format: json\nfields: {{s: sku, u: {field}}}\n")
        assert here.run().sent == 3
        clock.now += 61
        here.run()
        for number, sku in enumerate("AB"):
            shop.stock.move([Movement(node="lyon", sku=sku, delta=1, op=str(number))])
        clock.now += 120
        here.text = here.text.replace("most_a_minute: 4", "most_a_minute: 1")
        assert here.run().sent == 1
        status = shop.connectors.status("out")
        assert status.waiting == 1
        if field == "on_hand":  # of what is held, the server's clock says when it changed, which is not this one
            assert status.lag(clock.now) == 120


def test_a_token_is_asked_for_with_the_clients_keys(sending, shop, monkeypatch):
    monkeypatch.setenv("POINTSMAN_CONNECTOR_OUT_SECRET", "s/cret")
    with target() as there:
        oauth = f", oauth: {{token: {there.url}/token, client: me, secret: SECRET, scope: stock}}"
        here = over_http(sending, shop, there.url, oauth)
        here.run()
        decide(shop)
        decide(shop)
        there.answer = lambda sent: (
            200,
            {},
            b'{"access_token": "abc", "expires_in": 3600}' if sent.path == "/token" else b"",
        )
        assert here.run().sent == 2
        assert [sent.path for sent in there.requests] == ["/token", "/in", "/in"]
        token, first, _ = there.requests
        assert token.body == b"grant_type=client_credentials&scope=stock"
        assert token.headers["authorization"] == "Basic bWU6cyUyRmNyZXQ="
        assert first.headers["authorization"] == "Bearer abc"


def test_fields_may_stand_in_the_address(sending, shop):
    with target() as there:
        sends = f"sends: {{http: '{there.url}/orders/{{order}}/ship', most: 1}}\n"
        text = f"kind: shipment_orders\n{sends}format: json\nfields: {{order: order, n: node}}\n"
        here = sending(shop, text)
        here.run()
        decide(shop, id="W 7/1")
        here.run()
        assert [(sent.path, sent.json) for sent in there.requests] == [("/orders/W%207%2F1/ship", {"n": "lille"})]


def test_all_records_may_be_one_document(sending, shop):
    with target() as there:
        text = f"""\
kind: stock_feed
sends: {{http: {there.url}/graphql}}
format: json
fields:
  query: {{value: 'mutation'}}
  variables.input.quantities:
    each: $rows
    fields: {{item: sku, quantity: on_hand, place: node}}
"""
        here = sending(shop, text)
        assert here.run().error == ""
        (sent,) = there.requests
    assert sent.json["query"] == "mutation"
    assert sent.json["variables"]["input"]["quantities"][0] == {"item": "A", "quantity": 5, "place": "lille"}
    assert len(sent.json["variables"]["input"]["quantities"]) == 4


def test_a_stream_gets_an_entry_for_each_message(sending, shop, redis_client):
    text = "kind: shipment_orders\nsends: {stream: to-wms, most: 1}\nformat: json\nfields: {o: order}\n"
    here = sending(shop, text)
    here.run()
    redis_client.delete("to-wms")
    decide(shop, id="W-1")
    here.run()
    ((_, fields),) = redis_client.xrange("to-wms")
    redis_client.delete("to-wms")
    assert fields == {b"body": b'{"o":"W-1"}', b"key": b"out-1"}


def test_two_processes_do_not_send_at_once(sending, shop):
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    here.run()
    decide(shop)
    assert shop.connectors.take_turn("out", "another")
    assert here.run().busy
    assert here.files() == {}
    shop.connectors.end_turn("out", "another")
    assert here.run().sent == 1


def test_what_was_sent_of_the_stock_is_remembered_so_that_its_echo_is_known(sending, shop):
    here = sending(shop, "kind: stock_feed\n" + ALL)
    here.run()
    assert shop.connectors.sent("out", ["lyon\tA", "lyon\tM"]) == [[("10 10", shop.now)]] * 2


def test_a_connector_whose_kind_was_changed_says_so(sending, shop):
    here = sending(
        shop,
        "kind: stock_feed\n" + ALL,
    )
    assert shop.connectors.take_turn("out", "x")
    assert shop.connectors.keep("out", "x", 1, Step(fields={"cursor": "nonsense"}), now=shop.now, since=0)
    shop.connectors.end_turn("out", "x")
    assert "'nonsense' is no place from where these records could go on" in here.run().error


def test_edi_is_sent_with_numbers_that_never_come_again(sending, shop):
    text = """\
kind: shipment_orders
sends: {folder: out, file: 940-$number.edi}
format:
  x12:
    envelope: {type: "940", sender: ZZ:US, receiver: ZZ:WMS, version: "004010"}
    segments:
      - W05*N*{order}
      - each: lines
        segments: ["LX*{$index}", "W01*{quantity}*EA**VN*{sku}"]
      - W76*{units}
fields:
  order: order
  units: units
  lines: {each: lines, fields: {sku: sku, quantity: quantity}}
"""
    here = sending(shop, text)
    here.run()
    decide(shop, ("A", 2), id="W-1")
    here.run()
    decide(shop, ("A", 1), id="W-2")
    here.run()
    files = here.files()
    assert sorted(files) == ["940-1.edi", "940-2.edi"]
    assert "ST*940*0001~W05*N*W-1~LX*1~W01*2*EA**VN*A~W76*2~SE*6*0001~GE*1*1~IEA*1*000000001~" in files["940-1.edi"]
    assert files["940-2.edi"].endswith("IEA*1*000000002~")


def test_what_happens_once_a_sender_is_seen_is_sent_also_if_it_could_not_send_yet(sending, shop, tmp_path):
    here = sending(shop, "kind: shipment_orders\n" + ALL)
    schedule = ConnectorSchedule(pointsman=shop, connectors=[here.connector], files=tmp_path)
    who = "a process that has its turn"
    assert shop.connectors.take_turn("out", who)
    assert schedule.run_due()[0].busy
    shop.connectors.end_turn("out", who)
    assert begin_sending(shop, here.connector)
    decide(shop, ("A", 1), id="W-7")
    assert begin_sending(shop, here.connector)
    assert here.run().sent == 1
    assert records(here)[0]["order"] == "W-7"


def test_a_sender_whose_table_is_wrong_begins_when_it_is_seen(sending, shop, tmp_path):
    lookups = "lookups: {places: {file: places.csv, key: a, value: b}}\n"
    here = sending(shop, "kind: shipment_orders\n" + lookups + ALL)
    schedule = ConnectorSchedule(pointsman=shop, connectors=[here.connector], files=tmp_path)
    assert schedule.run_due()[0].error
    decide(shop, ("A", 1), id="W-7")
    (tmp_path / "places.csv").write_text("a,b\nlyon,L\n")
    assert here.run().sent == 1


def test_of_a_message_that_is_refused_only_the_bad_records_are_put_aside(sending, shop):
    with target() as there:
        text = f"kind: shipment_orders\nsends: {{http: {there.url}/in, most: 8}}\nformat: ndjson\n"
        here = sending(shop, text + "fields: {order: order}\n")
        here.run()
        for number in range(1, 8):
            decide(shop, id=f"o{number}")
        bad = b'"o3"'
        there.answer = lambda sent: (422, {}, b"no") if bad in sent.body else (200, {}, b"")
        report = here.run()
        keys = [sent.headers["idempotency-key"] for sent in there.requests]
        taken = [line for sent in there.requests if bad not in sent.body for line in sent.body.splitlines()]
        for number in range(11, 19):
            decide(shop, ("M", 1), id=f"o{number}")
        assert here.run().sent == 8
        assert "fewer" not in shop.connectors.place("out").fields
    assert (report.sent, report.ended("bad"), report.error) == (6, 1, "")
    assert len({*taken}) == len(taken) == 6
    assert all(key.count("-") == 1 for key in keys)  # smaller messages, each with a number of its own
    assert len(set(keys)) == len(keys)


def test_of_one_event_that_is_refused_each_record_is_sent_alone(sending, shop):
    with target() as there:
        fields = "format: ndjson\nfields: {sku: sku, units: on_hand}\n"
        here = sending(shop, f"kind: stock_feed\nsends: {{http: {there.url}/in, most: 8}}\n" + fields)
        here.run()
        there.answer = lambda sent: (422, {}, b"no") if b'"B"' in sent.body else (200, {}, b"")
        there.requests.clear()
        shop.stock.move([Movement(op=f"more-{sku}", node="lyon", sku=sku, delta=1) for sku in ("A", "B")])
        report = here.run()
        keys = [sent.headers["idempotency-key"] for sent in there.requests]
    assert (report.sent, report.ended("bad")) == (1, 1)
    assert len(set(keys)) == len(keys)
    assert [key.split(".")[1:] for key in keys] in ([[], ["1"], ["2"]], [[], [], ["1"], ["2"]])


def test_while_the_target_is_waited_for_the_turn_stays_and_a_lost_one_sends_nothing(sending, shop, redis_client):
    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        lease = shop.connectors._keys.connector_lease("out")
        left = []
        there.answer = lambda _: (left.append(redis_client.pttl(lease)), (200, {}, b""))[1]
        decide(shop)
        assert here.run().sent == 1
        assert left[0] > LEASE_MILLISECONDS


def test_a_sender_that_lost_its_turn_does_not_deliver(sending, shop, redis_client, monkeypatch):
    with target() as there:
        here = over_http(sending, shop, there.url)
        here.run()
        decide(shop)
        real = ConnectorStore.remember_sent

        def slowly(store, name, values, **more):
            real(store, name, values, **more)
            redis_client.set(store._keys.connector_lease(name), "another")

        monkeypatch.setattr(ConnectorStore, "remember_sent", slowly)
        assert here.run().busy
        assert there.requests == []
