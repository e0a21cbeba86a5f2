"""A message of EDI is left out as a repeat only if it is the same message of the same interchange."""

import re
from dataclasses import replace

import pytest

from api.connectors.running.folder_of_connectors import shipped_folder
from tests.connectors.test_shipments_by_edi import advice, of, place_order, x12_messages
from tests.support.connectors_in_folders import in_folders, stocked

NOTICES = {name: (shipped_folder() / name / "notice.edi").read_bytes() for name in ("supplier-856", "supplier-desadv")}
SHIPPED = (shipped_folder() / "wms-desadv" / "shipped.edi").read_text()


@pytest.fixture
def shop(bare):
    return stocked(bare)


@pytest.fixture
def earlier(bare, clock):
    """The shop, stocked days before the samples were written; the day after them, they come."""
    clock.now -= 2 * 86_400
    loaded = stocked(bare)
    clock.now += 3 * 86_400
    return loaded


@pytest.fixture
def advices(shop, tmp_path, clock):
    """What the warehouse says of two shipments that were sent to it, each as the first message of the interchange 1."""
    orders = in_folders("wms-940", shop, tmp_path)
    orders.send()
    for name in ("W-1", "W-2"):
        place_order(shop, ("TXT-0059", 2), id=name)
    messages = [message for content in orders.send() for message in x12_messages(content)]
    clock.now += 600
    return [advice(next(item for item in messages if of(item, "N9", "CO")[0][2] == name)) for name in ("W-1", "W-2")]


def left(shop):
    return [shop.orders.show(name).units("shipped") for name in ("W-1", "W-2")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ZZ*LYONWMS  ", "ZZ*LILLEWMS "),
        ("*261127*0930*^", "*271127*0930*^"),
        ("", ""),
    ],
    ids=["of another warehouse", "after its counter began again", "under the same numbers altogether"],
)
def test_the_advice_of_another_shipment_counts_whatever_numbers_it_has(shop, advices, tmp_path, old, new):
    here = in_folders("wms-945", shop, tmp_path)
    first, second = advices
    assert here.take(first, "1.edi").ended("applied") == 1
    assert here.take(second.replace(old, new), "2.edi").ended("applied") == 1
    assert left(shop) == [2, 2]
    assert here.take(first, "3.edi").ended("repeated") == 1
    assert left(shop) == [2, 2]


def test_a_bad_message_keeps_back_none_of_its_number_in_another_interchange(shop, advices, tmp_path):
    here = in_folders("wms-945", shop, tmp_path)
    first, second = advices
    bad = first.replace("G62*11*20261127", "G62*11*20269927")
    report = here.take(bad + second.replace("000000001", "000000002"))
    assert (report.ended("applied"), report.ended("bad")) == (1, 1)
    assert left(shop) == [0, 2]
    answers = sorted(path.read_text() for path in (tmp_path / "wms-out").glob("*997*"))
    assert [re.search(r"AK5\*[A-Z]", answer)[0] for answer in answers] == ["AK5*R", "AK5*A"]


def test_a_notice_of_another_interchange_about_the_same_shipment_counts_once(shop, tmp_path, clock):
    made = place_order(shop, ("TXT-0059", 4), ("BEA-0036", 1), id="W-1")
    here = in_folders("wms-desadv", shop, tmp_path)
    notice = SHIPPED.replace("9dc14bbc80fe4c0d84f8dd732a33f0d3/0", f"{made['id']}/0").replace("11271702", "11271001")
    clock.now += 600
    assert here.take(notice, "1.edi").ended("applied") == 1
    assert here.take(notice.replace("REF7", "REF8"), "2.edi").ended("repeated") == 1
    assert shop.orders.show("W-1").units("shipped") == 3
    other = notice.replace("UNB+UNOC:3+4000000000099", "UNB+UNOC:3+4000000000098")
    assert here.take(other, "3.edi").ended("repeated") == 0


@pytest.mark.parametrize("function", ["1", "5"])
def test_a_notice_that_takes_back_or_replaces_another_is_told_and_confirms_nothing(shop, tmp_path, function):
    here = in_folders("wms-desadv", shop, tmp_path)
    report = here.take(SHIPPED.replace("DES-2001+9", f"DES-2001+{function}"))
    assert report.ended("bad") == 1
    assert f"'{function}' is not what it must be ('must')" in report.messages[0].problems[0].message


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("supplier-856", b"ZZ*LYONWMS   ", b"ZZ*LILLEMILL "),
        ("supplier-desadv", b"UNOC:3+4000000000099", b"UNOC:3+4000000000098"),
    ],
)
def test_two_suppliers_may_give_their_notices_the_same_number(earlier, tmp_path, name, old, new):
    here = in_folders(name, earlier, tmp_path)
    assert here.take(NOTICES[name], "1.edi").ended("applied") == 3
    report = here.take(NOTICES[name].replace(old, new), "2.edi")
    assert (report.ended("applied"), report.ended("bad")) == (3, 0)


def test_a_row_without_what_makes_it_the_same_keeps_back_its_message(shop, tmp_path):
    here = in_folders("wms-846", shop, tmp_path)
    here.connector = replace(here.connector, quarantine="file", once=("$message", "QTY.QH.1"))
    stock = (shipped_folder() / "wms-846" / "stock.edi").read_bytes()
    report = here.take(stock)
    assert (report.ended("applied"), report.ended("bad")) == (0, 3)


def test_good_rows_of_that_message_are_kept_back_with_it(shop, tmp_path):
    here = in_folders("wms-846", shop, tmp_path)
    here.connector = replace(here.connector, quarantine="file", once=("$message", "LIN.*.0"))
    stock = (shipped_folder() / "wms-846" / "stock.edi").read_bytes().replace(b"QTY*QH*3", b"QTY*17*3")
    report = here.take(stock.replace(b"LIN*2*", b"LIN**"))
    assert (report.ended("applied"), report.ended("bad")) == (0, 3)


def test_two_dealers_may_give_their_orders_the_same_number(shop, tmp_path):
    order = (shipped_folder() / "b2b-orders" / "order.edi").read_bytes()
    here = in_folders("b2b-orders", shop, tmp_path)
    assert here.take(order, "1.edi").ended("applied") == 1
    other = order.replace(b"UNOC:3+4000000000099", b"UNOC:3+4000000000098")
    assert here.take(other, "2.edi").ended("applied") == 1
    assert {shop.orders.show(f"400000000009{end}-PO-77120").units("held") for end in "98"} == {3}
