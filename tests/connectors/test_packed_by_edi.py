"""A warehouse that packs says by its 945 what is in which box: the shipment is packed so, and confirmed."""

import pytest

from engine.model.parcels import ShipmentKey
from tests.connectors.test_shipments_by_edi import advice, of, place_order, x12_messages
from tests.support.connectors_in_folders import in_folders, stocked


@pytest.fixture
def shop(bare):
    return stocked(bare)


@pytest.fixture
def message(shop, tmp_path, clock):
    """The 940 of an order of three units of one article and two of another, answered ten minutes later."""
    orders = in_folders("wms-940", shop, tmp_path)
    orders.send()
    place_order(shop, ("TXT-0059", 3), ("BEA-0036", 2), id="W-1")
    clock.now += 600
    ((sent,),) = map(x12_messages, orders.send())
    return sent


def boxes(shop, message):
    """The units by line of each box of the shipment."""
    decision, _, number = of(message, "N9", "SI")[0][2].partition("/")
    packed = shop.fulfilment.parcels.find(ShipmentKey(decision, int(number)))
    parcels = [parcel for packing in packed.packings for parcel in packing.parcels]
    return [{line.line: line.quantity for line in parcel.lines} for parcel in parcels]


def test_each_box_is_a_parcel_and_what_is_in_them_has_left(shop, message, tmp_path):
    here = in_folders("wms-945-packed", shop, tmp_path)
    report = here.take(advice(message, packages=2))
    assert [str(problem) for problem in report.messages[0].problems] == []
    assert boxes(shop, message) == [{"1": 2, "2": 1}, {"1": 1, "2": 1}]
    assert (shop.orders.show("W-1").units("shipped"), shop.orders.show("W-1").units("held")) == (5, 0)
    assert here.take(advice(message, packages=2), "again.edi").ended("repeated") == 1
    assert len(boxes(shop, message)) == 2


def test_what_is_short_stays_held_and_follows(shop, message, tmp_path):
    here = in_folders("wms-945-packed", shop, tmp_path)
    short = advice(message).replace("W12*CC*2*2*", "W12*CP*2*0*")
    assert here.take(short, "1.edi").ended("applied") == 1
    assert boxes(shop, message) == [{"1": 3}]
    assert (shop.orders.show("W-1").units("shipped"), shop.orders.show("W-1").units("held")) == (3, 2)
    rest = advice(message, control=2).replace("W12*CC*3*3*", "W12*CP*3*0*")
    assert here.take(rest, "2.edi").ended("applied") == 1
    assert boxes(shop, message) == [{"1": 3}, {"2": 2}]
    assert shop.orders.show("W-1").units("held") == 0


def test_an_advice_of_boxes_without_anything_in_them_changes_nothing(shop, message, tmp_path):
    here = in_folders("wms-945-packed", shop, tmp_path)
    nothing = advice(message).replace("W12*CC*2*2*", "W12*CP*2*0*").replace("W12*CC*3*3*", "W12*CP*3*0*")
    report = here.take(nothing)
    assert (report.ended("unchanged"), report.ended("bad")) == (1, 0)
    assert shop.orders.show("W-1").units("held") == 5
