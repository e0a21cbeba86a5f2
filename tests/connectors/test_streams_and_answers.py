"""Shipped connectors over Redis streams, and what senders of EDI are answered."""

from dataclasses import replace

import pytest

from api.connectors.language.connector import Reads
from api.connectors.language.places import Stream
from api.connectors.running.folder_of_connectors import shipped_folder
from api.connectors.running.opening import open_runner
from api.connectors.sending.opening import open_sender
from api.connectors.testing.runner import made_of
from tests.support.connectors_in_folders import in_folders, shipped, stocked
from tests.support.facts import NOW
from tests.support.parcels import ZOE

ORDERS = (shipped_folder() / "b2b-orders" / "order.edi").read_bytes()
STOCK = {name: (shipped_folder() / name / "stock.edi").read_bytes() for name in ("wms-846", "wms-invrpt")}


@pytest.fixture
def shop(bare, clock):
    """As it was two days before the samples; the day after them, they come."""
    clock.now = NOW - 2 * 86_400
    loaded = stocked(bare)
    clock.now = NOW + 86_400
    return loaded


def test_orders_come_by_one_stream_and_shipments_go_out_by_another_each_once(shop, redis_client, network, tmp_path):
    orders, shipments = f"{network}-orders", f"{network}-shipments"
    reading = replace(shipped("b2b-orders"), reads=Reads(source=Stream(name=orders)))
    sending = shipped("wms-940")
    sending = replace(sending, sends=replace(sending.sends, target=Stream(name=shipments)))
    open_sender(shop, sending, tmp_path).take_turn()
    shop.fulfilment.parcels.put_addressee("4000000000099-PO-77120", ZOE)
    redis_client.xadd(orders, {"body": ORDERS})
    redis_client.xadd(orders, {"body": ORDERS})
    (report, again) = (open_runner(shop, reading, tmp_path).take_turn() for _ in range(2))
    assert ([message.endings for message in again.messages], again.error) == ([], "")
    assert (report.ended("applied"), report.ended("unchanged"), report.ended("bad")) == (1, 1, 0)
    for _ in range(2):
        assert open_sender(shop, sending, tmp_path).take_turn().error == ""
    ((_, entry),) = redis_client.xrange(shipments)
    assert entry[b"key"] == b"wms-940-1"
    assert b"N9*CO*4000000000099-PO-77120~" in entry[b"body"]
    redis_client.delete(orders, shipments)


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("wms-846", "997", ["AK3*QTY*", "AK5*E*5~AK9*E*1*1*1"]),
        ("wms-invrpt", "CONTRL", ["UCM+1+INVRPT:D:96A:UN:EAN004+7", "UCS+11+12"]),
    ],
)
def test_a_warehouse_is_answered_that_its_stock_was_taken_over_and_which_line_was_not(
    shop, tmp_path, name, answer, told
):
    here = in_folders(name, shop, tmp_path)
    assert here.take(STOCK[name]).error == ""
    (path,) = (tmp_path / "wms-out").iterdir()
    text = path.read_text()
    assert path.name.startswith(f"{name}-{answer}-")
    assert [segment for segment in told if segment not in text] == []


@pytest.mark.parametrize(
    ("damage", "accepted"),
    [
        ((b"", b""), "UCM+1+ORDERS:D:01B:UN:EAN010+7"),
        ((b"UNT+13+1", b"UNT+12+1"), "UCM+1+ORDERS:D:01B:UN:EAN010+4+29"),
        ((b"UNZ+1+", b"UNZ+2+"), "UCI+REF1+4000000000099:14+4000000000002:14+4+29"),
    ],
)
def test_a_dealer_is_answered_whether_its_order_was_taken(shop, tmp_path, damage, accepted):
    report = in_folders("b2b-orders", shop, tmp_path).take(ORDERS.replace(*damage))
    (path,) = (tmp_path / "b2b-out").iterdir()
    assert accepted in path.read_text()
    assert report.ended("applied") == (1 if damage == (b"", b"") else 0)


@pytest.mark.parametrize("function", ["1", "4", "5"])
def test_a_message_that_takes_an_order_back_or_changes_it_makes_none(shop, tmp_path, function):
    report = in_folders("b2b-orders", shop, tmp_path).take(
        ORDERS.replace(b"PO-77120+9", b"PO-77120+%s" % function.encode())
    )
    assert report.ended("bad") == 1
    assert "'…' is none of the `words`" in report.messages[0].problems[0].message


@pytest.mark.parametrize(
    ("name", "original", "taken_back"),
    [
        ("supplier-856", (b"BSN*00*", b"*20261127*1702*"), (b"BSN*01*", b"*20261127*1703*")),
        ("supplier-desadv", (b"DES-88+9", b"202611270915"), (b"DES-88+1", b"202611270916")),
    ],
)
def test_what_a_supplier_takes_back_is_not_on_its_way_any_more(shop, tmp_path, name, original, taken_back):
    here = in_folders(name, shop, tmp_path)
    notice = (shipped_folder() / name / "notice.edi").read_bytes()
    assert here.take(notice, "1.edi").ended("applied") == 3
    for old, new in zip(original, taken_back, strict=True):
        notice = notice.replace(old, new)
    assert here.take(notice, "2.edi").ended("applied") == 3
    ids = {row["id"] for row in made_of(here.connector, notice, name="a", received_at=NOW, headers={}).rows}
    assert {shop.flows.inbound.find(name).status for name in ids} == {"cancelled"}
    assert len(ids) == 3
