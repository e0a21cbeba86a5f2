"""What a target refused is put aside, and sent again once a person has mended what was wrong."""

import json
from http import HTTPStatus

import pytest

from api.connectors.running.replaying import send_again, waiting_files
from api.connectors.sending.dispatching import Dispatcher
from api.connectors.sending.put_aside import PutAside
from engine.errors import InputInvalid
from engine.model.parcels import ShipmentKey
from engine.orders.cancellation.plan import CancelRequest
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.connector_targets import Sending, target
from tests.support.decision_json import json_of
from tests.support.facts import inventory, node, order, product
from tests.support.parcels import ZOE, pack, packing_network

OK = (200, {}, b"{}")
NO = (422, {}, b"no such article")


@pytest.fixture
def shop(bare):
    stock = {"A": {"lyon": 10, "lille": 5}, "B": {"lyon": 3}, "M": {"lyon": 1_000}}
    goods = [product("M", unit="m", decimals=2)]
    bare.load(inventory([node("lyon"), node("lille")], stock, products=goods, decimals={"M": 2}))
    activate(bare)
    return bare


@pytest.fixture
def there():
    with target() as taker:
        yield taker


def sending(shop, tmp_path, there, kind, fields, more=""):  # noqa: PLR0917  # what every connector is made of
    text = f"kind: {kind}\nsends: {{http: {there.url}/in{more}}}\nformat: ndjson\nfields: {fields}\n"
    return Sending(pointsman=shop, root=tmp_path, text=text)


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more)))


def waiting(here):
    return waiting_files(here.connector, here.root)


def again(here, *paths):
    return send_again(here.pointsman, here.connector, paths or waiting(here), here.root)


def bodies(there):
    return [[json.loads(line) for line in sent.body.splitlines()] for sent in there.requests]


def refused_orders(shop, tmp_path, there, *orders, most=1):
    """A connector all of whose orders were refused."""
    here = sending(shop, tmp_path, there, "shipment_orders", "{o: order, l: lines}", f", most: {most}")
    here.run()
    for lines, name in orders:
        decide(shop, *lines, id=name)
    there.answer = lambda _: NO
    assert here.run().sent == 0
    there.answer = lambda _: OK
    there.requests.clear()
    return here


def test_what_was_refused_is_sent_again_in_its_order_and_goes_away(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 1), ("M", 250)], "W-1"), ([("B", 1)], "W-2"))
    assert len(waiting(here)) == 2
    report = again(here)
    assert (report.sent, report.error, report.messages) == (2, "", [])
    (first,), (second,) = bodies(there)
    assert (first["o"], second["o"]) == ("W-1", "W-2")
    assert [line["quantity"] for line in first["l"]] == [1, 2.5]
    assert (waiting(here), list((here.root / "out" / "bad").iterdir())) == ([], [])
    assert again(here, *waiting(here)).sent == 0
    assert shop.connectors.status("out").sent == 2


def test_one_file_alone_is_sent_again_and_by_a_key_of_its_own(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"))
    _, second = waiting(here)
    assert again(here, second).sent == 1
    assert [sent.headers["idempotency-key"] for sent in there.requests] == ["out-3"]
    assert len(waiting(here)) == 1


def test_a_record_that_a_person_has_corrected_is_sent_as_it_stands_in_the_file(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"))
    (path,) = waiting(here)
    path.write_text(path.read_text().replace('"W-1"', '"W-1b"'))
    assert again(here).sent == 1
    assert bodies(there)[0][0]["o"] == "W-1b"


def test_what_is_refused_again_stays_with_what_is_wrong_now_and_how_to_go_on(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"))
    there.answer = lambda sent: (422, {}, b"still not") if b"W-1" in sent.body else OK
    report = again(here)
    assert report.sent == 1
    (path,) = waiting(here)
    assert report.messages[0].kept == path
    text = path.with_name(path.name + ".problems.txt").read_text()
    assert f"answered 422 {HTTPStatus(422).phrase}: still not" in text
    assert f"pointsman connector replay {path}\n" in text
    assert "pointsman connector replay --connector out\n" in text


def test_of_a_file_of_many_only_those_that_are_refused_again_stay(shop, tmp_path, there):
    orders = [([("A", 1)], f"W-{number}") for number in range(5)]
    here = refused_orders(shop, tmp_path, there, *orders, most=1)
    first, *others = waiting(here)
    every = [record for path in waiting(here) for record in json.loads(path.read_text())]
    first.write_text(json.dumps(every))
    for path in others:
        path.unlink()
    here.text = here.text.replace("most: 1", "most: 10")
    there.answer = lambda sent: NO if b"W-3" in sent.body else OK
    assert again(here).sent == 4
    assert [record["order"] for record in json.loads(first.read_text())] == ["W-3"]


def test_a_target_that_is_not_there_keeps_everything_and_says_so(shop, tmp_path, there, clock):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"))
    there.answer = lambda _: (503, {"Retry-After": "60"}, b"")
    assert "answered 503" in again(here).error
    assert len(waiting(here)) == 2
    there.answer = lambda _: OK
    report = again(here)
    assert (report.sent, "is left alone until" in report.error) == (0, True)
    clock.now += 61
    assert again(here).sent == 2


def test_no_more_are_sent_again_in_a_minute_than_the_target_takes(shop, tmp_path, there, clock):
    here = refused_orders(shop, tmp_path, there, *(([("A", 1)], f"W-{number}") for number in range(3)))
    here.text = here.text.replace("most: 1}", "most: 1, most_a_minute: 2}")
    clock.now += 61
    report = again(here)
    assert (report.sent, "no more requests in this minute" in report.error) == (2, True)
    clock.now += 61
    assert (again(here).sent, waiting(here)) == (1, [])


def test_an_order_that_was_refused_for_want_of_an_addressee_is_sent_once_it_has_one(bare, tmp_path, there):
    shop = packing_network(bare)
    here = sending(shop, tmp_path, there, "shipment_orders", "{o: order, n: addressee.name}")
    here.run()
    decide(shop, ("A", 1), id="W-7")
    assert here.run().sent == 0
    assert again(here).sent == 0
    shop.fulfilment.parcels.put_addressee("W-7", ZOE)
    assert again(here).sent == 1
    assert bodies(there) == [[{"o": "W-7", "n": ZOE.name}]]


def test_what_is_not_to_be_shipped_any_more_is_not_sent_again(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 3)], "W-1"))
    shop.cancellations.cancel(CancelRequest(order="W-1", lines={"1": 1}, op="c"))
    report = again(here)
    (path,) = waiting(here)
    assert "there is still to ship: 2 x A; correct its lines to that, or delete it" in str(
        report.messages[0].problems[0]
    )
    assert [record[0]["o"] for record in bodies(there)] == ["W-1"]  # that of the cancellation alone
    path.write_text(path.read_text().replace('"quantity": 3', '"quantity": 2'))
    assert again(here).sent == 1


def test_what_left_is_sent_again_with_its_tracking_number_unless_it_came_back(bare, tmp_path, there):
    shop = packing_network(bare)
    here = sending(shop, tmp_path, there, "confirmations", "{o: order, n: 'parcels[0].sscc'}", ", most: 1")
    here.run()
    there.answer = lambda _: NO
    made, other = decide(shop, ("A", 2), id="W-7"), decide(shop, ("A", 1), id="W-8")
    pack(shop, ShipmentKey(other["id"], 0), {"1": 1})
    shop.holds.confirm(made["id"], op="x")
    shop.holds.confirm(other["id"], op="y")
    assert here.run().sent == 0
    view = pack(shop, ShipmentKey(made["id"], 0), {"1": 2})
    shop.holds.undo(other["id"], op="z")
    there.answer = lambda _: OK
    there.requests.clear()
    report = again(here)
    assert {"o": "W-7", "n": view.shipment.parcels[0].sscc} in [body[0] for body in bodies(there)]
    assert any("a confirm was undone; delete it" in str(item) for found in report.messages for item in found.problems)


def refused_stock(shop, tmp_path, there, kind="stock_feed", fields="{s: sku, u: on_hand}", *, more=""):
    """A feed of which the stock of A in Lyon was refused."""
    here = sending(shop, tmp_path, there, kind, fields, more)
    there.answer = lambda sent: NO if b'"s":"A"' in sent.body else OK
    here.run()
    assert [record["sku"] for path in waiting(here) for record in json.loads(path.read_text())] == ["A"]
    there.requests.clear()
    return here


def test_a_stock_that_was_refused_is_sent_again_as_it_is_by_now(shop, tmp_path, there):
    here = refused_stock(shop, tmp_path, there, more=", nodes: lyon")
    shop.stock.move([Movement(node="lyon", sku="A", delta=-4, op="m")])
    there.answer = lambda _: OK
    (path,) = waiting(here)
    path.write_text(path.read_text())
    assert again(here).sent == 1  # the change itself takes the place of what was put aside
    assert bodies(there) == [[{"s": "A", "u": 6}]]


def test_a_newer_stock_takes_the_place_of_one_that_was_put_aside_also_if_it_is_refused(shop, tmp_path, there):
    here = refused_stock(shop, tmp_path, there, more=", nodes: lyon")
    shop.stock.move([Movement(node="lyon", sku="A", delta=-4, op="m")])
    here.run()
    (path,) = waiting(here)
    assert [record["on_hand"] for record in json.loads(path.read_text())] == [6]
    shop.stock.move([Movement(node="lyon", sku="A", delta=-1, op="n")])
    there.answer = lambda _: OK
    assert here.run().sent == 1
    assert waiting(here) == []


def test_a_stock_that_was_put_aside_and_has_not_changed_is_looked_up_and_sent(shop, tmp_path, there):
    here = refused_stock(shop, tmp_path, there, more=", nodes: lyon")
    (path,) = waiting(here)
    path.write_text(path.read_text().replace("10", "99"))
    there.answer = lambda _: OK
    assert again(here).sent == 1
    assert bodies(there) == [[{"s": "A", "u": 10}]]
    assert [value for value, _ in shop.connectors.sent("out", ["lyon\tA"])[0]] == ["10 10"]


def test_of_a_channel_too_what_it_may_sell_by_now_is_sent(shop, tmp_path, there):
    here = refused_stock(shop, tmp_path, there, "availability_feed", "{s: sku, u: units}", more=", channel: web")
    there.answer = lambda _: OK
    assert again(here).sent == 1
    assert bodies(there) == [[{"s": "A", "u": 15}]]
    assert waiting(here) == []


def test_a_file_with_a_mistake_is_told_and_nothing_is_sent(shop, tmp_path, there):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"))
    first, second = waiting(here)
    second.write_text("[{")
    elsewhere = tmp_path / "out-1.json"
    elsewhere.write_text("[]")
    with pytest.raises(InputInvalid) as raised:
        again(here, first, second, elsewhere, first.with_name("out-9.json"))
    told = str(raised.value)
    assert all(words in told for words in ("this is no JSON", "this is not in", "there is no such file"))
    second.write_text('{"order": "W-2"}')
    with pytest.raises(InputInvalid, match="a list of records is expected here"):
        again(here, second)
    assert there.requests == []


@pytest.mark.parametrize("step", ["delivered", "kept"])
def test_whoever_dies_while_it_is_sent_again_leaves_it_to_be_sent_under_the_same_key(
    shop, tmp_path, there, monkeypatch, step
):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"))
    place, name = (Dispatcher, "send") if step == "delivered" else (PutAside, "keep")
    true = getattr(place, name)

    def dies(*given, **named):
        true(*given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(place, name, dies)
        with pytest.raises(KeyboardInterrupt):
            again(here)
    decide(shop, ("A", 1), id="W-3")  # sent before what was put aside, as nothing overtakes it
    again(here, *waiting(here))
    found = [(sent.headers["idempotency-key"], json.loads(sent.body)["o"]) for sent in there.requests]
    twice = [("out-3", "W-1")] if step == "delivered" else []
    assert found == [("out-3", "W-1"), ("out-4", "W-3"), *twice, ("out-5", "W-2")]
    assert waiting(here) == []


def in_one_file(here):
    """All that waits, as of a message several of whose records could not be said."""
    first, *others = waiting(here)
    every = [record for path in waiting(here) for record in json.loads(path.read_text())]
    first.write_text(json.dumps(every))
    for path in others:
        path.unlink()
    return first


def test_an_answer_that_got_lost_behind_one_that_is_refused_again_is_no_reason_for_another_key(
    shop, tmp_path, there, clock
):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"), ([("A", 1)], "W-3"))
    path = in_one_file(here)
    taken = []

    def answer(sent):
        if b"W-1" in sent.body:
            return NO
        taken.append((json.loads(sent.body)["o"], sent.headers["idempotency-key"]))
        if len(taken) == 1:
            raise OSError
        return OK

    there.answer = answer
    assert again(here).error
    clock.now += 10
    assert again(here).sent == 2
    assert taken == [("W-2", "out-5"), ("W-2", "out-5"), ("W-3", "out-7")]
    assert [record["order"] for record in json.loads(path.read_text())] == ["W-1"]


def test_of_two_that_are_alike_the_one_that_was_begun_is_sent_once_more(shop, tmp_path, there, clock):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"))
    path = in_one_file(here)
    path.write_text(json.dumps(2 * json.loads(path.read_text())))
    there.answer = lambda _: (503, {}, b"")
    again(here)
    clock.now += 10
    there.answer = lambda _: OK
    there.requests.clear()
    assert again(here).sent == 2
    assert [sent.headers["idempotency-key"] for sent in there.requests] == ["out-2", "out-3"]


def test_what_is_wrong_stays_with_its_record_when_newer_ones_replace_others(shop, tmp_path, there):
    fields = "{n: node, s: sku, q: on_hand, x: {from: sku, words: {Z: z}}}"
    here = sending(shop, tmp_path, there, "stock_feed", fields, ", most: 100, nodes: lyon")
    here.run()
    (path,) = waiting(here)
    skus = [record["sku"] for record in json.loads(path.read_text())]
    assert skus == ["A", "B", "M"]
    shop.stock.move([Movement(node="lyon", sku="A", delta=-1, op="m")])
    here.text = here.text.replace("{Z: z}", "{A: a}")
    assert here.run().sent == 1
    lines = path.with_name(f"{path.name}.problems.txt").read_text().splitlines()
    assert lines[0] == "2 of 3 records of out-1.json wait; newer ones replace the others:"
    found = [line.partition(" (")[0] for line in lines if line.startswith("record ")]
    assert found == [
        "record 1: record: sku: 'B' is none of the `words`",
        "record 2: record: sku: 'M' is none of the `words`",
    ]


def test_whoever_dies_while_it_is_sent_again_leaves_files_that_fit_each_other(shop, tmp_path, there, monkeypatch):
    here = refused_orders(shop, tmp_path, there, ([("A", 1)], "W-1"), ([("B", 1)], "W-2"), ([("A", 1)], "W-3"))
    path = in_one_file(here)
    there.answer = lambda sent: NO if b"W-2" in sent.body else OK
    kept = []
    true = PutAside.keep

    def dies(*given):
        true(*given)
        kept.append(path)
        if len(kept) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(PutAside, "keep", dies)
        patched.setattr(PutAside, "write", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            again(here)
    lines = path.with_name(f"{path.name}.problems.txt").read_text().splitlines()
    assert [record["order"] for record in json.loads(path.read_text())] == ["W-2", "W-3"]
    assert [line.partition(":")[0] for line in lines if line.startswith("record ")] == ["record 1", "record 2"]
    assert "422" in next(line for line in lines if line.startswith("record 1"))
