"""A warehouse that packs says by its 945 what is in which box, and by which number the box goes: the shipment is packed
so, and confirmed.
"""

import io
import re
from dataclasses import replace

import pytest

from api.connectors.running.answer_in_response import AnswersInResponse
from api.connectors.running.early_mark import TRIED_AFTER
from api.connectors.running.early_messages import replay_early
from api.connectors.running.opening import open_answering, open_reader
from api.connectors.running.quarantine import Keeping
from api.connectors.running.receiving import Receiver
from api.connectors.running.replaying import replay
from engine.errors import NotReady
from engine.model.parcels import ShipmentKey
from engine.orders.cancellation.plan import CancelRequest
from tests.connectors.test_shipments_by_edi import AWAY, advice, of, place_order, x12_messages
from tests.support.connectors_in_folders import in_folders, stocked
from tests.support.parcels import dpd


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


def parcels(shop, message):
    decision, _, number = of(message, "N9", "SI")[0][2].partition("/")
    packed = shop.fulfilment.parcels.find(ShipmentKey(decision, int(number)))
    return [parcel for packing in packed.packings for parcel in packing.parcels]


def boxes(shop, message):
    """The units by line of each box of the shipment."""
    return [{line.line: line.quantity for line in parcel.lines} for parcel in parcels(shop, message)]


def with_segments(advised: str, **segments: str) -> str:
    """The advice with one segment more behind each that is named by its tag and first element, as `LX_1`."""
    for name, segment in segments.items():
        begin = name.replace("_", "*")
        rows = [f"{row}\n{segment}~" if row.startswith(begin) else row for row in advised.splitlines()]
        advised = "\n".join(rows) + "\n"
    count = advised.count("~\n") - 4
    return re.sub(r"SE\*\d+", f"SE*{count}", advised)


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


@pytest.mark.parametrize(
    "segment", ["MAN*CP*{}", "MAN*GM*00340123450000009999**CP*{}", "N9*2I*{}", "N9*CN*{}", "REF*CN*{}"]
)
def test_the_carriers_number_of_a_box_is_its_tracking_number(shop, message, tmp_path, segment):
    here = in_folders("wms-945-packed", shop, tmp_path)
    first, second = (segment.format(number) for number in ("1Z999AA10123456784", "1Z999AA10123456793"))
    advised = advice(message, packages=2).replace("MAN*GM*00340123450000000000~\n", "")
    advised = advised.replace("MAN*GM*00340123450000000001~\n", "")
    report = here.take(with_segments(advised, LX_1=first, LX_2=second))
    assert [str(problem) for problem in report.messages[0].problems] == []
    assert [parcel.tracking_number for parcel in parcels(shop, message)] == ["1Z999AA10123456784", "1Z999AA10123456793"]
    assert boxes(shop, message) == [{"1": 2, "2": 1}, {"1": 1, "2": 1}]


@pytest.mark.parametrize("segment", ["N9*2I*{}", "N9*CN*{}", "REF*CN*{}"])
def test_a_carriers_number_above_the_boxes_is_that_of_all_without_one(shop, message, tmp_path, segment):
    here = in_folders("wms-945-packed", shop, tmp_path)
    of_all = segment.format("1Z999AA10123456784")
    advised = with_segments(advice(message, packages=2), G62_11=of_all, LX_2="MAN*CP*1Z999AA10123456793")
    assert here.take(advised).ended("applied") == 1
    assert [parcel.tracking_number for parcel in parcels(shop, message)] == ["1Z999AA10123456784", "1Z999AA10123456793"]


def test_a_parcel_has_an_sscc_of_ours_whatever_the_warehouse_labelled_its_box_with(shop, message, tmp_path):
    here = in_folders("wms-945-packed", shop, tmp_path)
    assert here.take(advice(message, packages=2)).ended("applied") == 1
    packed = parcels(shop, message)
    assert len({parcel.sscc for parcel in packed}) == 2
    assert not {parcel.sscc for parcel in packed} & {"340123450000000000", "340123450000000001"}
    assert [parcel.tracking_number for parcel in packed] == [None, None]


def test_a_number_that_is_not_of_the_carrier_of_the_service_keeps_back_the_advice(bare, tmp_path, clock):
    shop = stocked(bare, carriers={"colis": replace(dpd(1, 9), id="colis")})
    orders = in_folders("wms-940", shop, tmp_path)
    orders.send()
    place_order(shop, ("TXT-0059", 1), id="W-1")
    clock.now += 600
    ((sent,),) = map(x12_messages, orders.send())
    here = in_folders("wms-945-packed", shop, tmp_path)
    report = here.take(with_segments(advice(sent), LX_1="MAN*CP*1Z999AA10123456784"))
    (problem,) = report.messages[0].problems
    assert "'1Z999AA10123456784' is no number of carrier 'colis'" in str(problem)
    assert shop.orders.show("W-1").units("held") == 1


@pytest.mark.parametrize("lacking", ["address", "gs1_prefix"])
def test_an_advice_waits_until_the_network_says_how_and_from_where_it_is_packed(shop, message, tmp_path, lacking):
    whole = shop.network()
    lyon = whole.nodes["wh-lyon"]
    if lacking == "address":
        shop.load_network(replace(whole, nodes={**whole.nodes, "wh-lyon": replace(lyon, address=None)}))
    else:
        shop.load_network(replace(whole, parcels=None))
    here = in_folders("wms-945-packed", shop, tmp_path)
    for _ in range(2):
        report = here.take(advice(message))
        assert lacking in report.error
        assert "--network-only" in report.error
        assert report.messages == []
    assert shop.orders.show("W-1").units("held") == 5
    shop.load_network(whole)
    assert here.run().ended("applied") == 1
    assert boxes(shop, message) == [{"1": 3, "2": 2}]
    assert shop.orders.show("W-1").units("held") == 0


@pytest.fixture
def nobody(shop, message, tmp_path):
    """The connector, once the order of the message has no addressee any more."""
    shop.fulfilment.parcels.remove_addressee("W-1")
    return in_folders("wms-945-packed", shop, tmp_path)


def answers(here):
    """Each 997 that was written, and whether its one message is accepted."""
    folder = here.root / here.connector.answer_to.path
    return [re.search(r"AK5\*(\w)", path.read_text())[1] for path in sorted(folder.glob("*-997-*"))]


def taken_again(here):
    return [report.ended("applied") for report in replay_early(here.pointsman, [here.connector], here.root)]


def test_an_advice_for_an_order_without_an_addressee_is_taken_over_and_answered_once_it_has_one(shop, message, nobody):
    report = nobody.take(advice(message))
    (problem,) = report.messages[0].problems
    assert "order 'W-1' has no addressee" in str(problem)
    assert answers(nobody) == []
    assert taken_again(nobody) == []
    shop.fulfilment.parcels.put_addressee("W-1", AWAY)
    assert taken_again(nobody) == [1]
    assert (boxes(shop, message), shop.orders.show("W-1").units("held")) == ([{"1": 3, "2": 2}], 0)
    assert answers(nobody) == ["A"]
    assert [*(nobody.root / "wms-945-packed" / "bad").iterdir()] == []


def test_an_advice_that_waits_for_an_addressee_keeps_no_other_back(shop, message, nobody, clock):
    orders = in_folders("wms-940", shop, nobody.root)
    place_order(shop, ("SPO-0007", 1), id="W-2")
    clock.now += 600
    ((other,),) = map(x12_messages, orders.send())
    nobody.take(advice(message), "1.edi")
    left_later = advice(other, control=2).replace("*8*1005", "*8*1015")
    assert nobody.take(left_later, "2.edi").ended("applied") == 1
    assert (answers(nobody), shop.orders.show("W-2").units("shipped")) == (["A"], 1)


def test_an_advice_whose_order_has_no_addressee_for_a_day_is_rejected_then(shop, message, nobody, clock):
    nobody.take(advice(message))
    came = clock.now
    for after in TRIED_AFTER:
        assert answers(nobody) == []
        clock.now = came + after
        assert taken_again(nobody) == [0]
    assert answers(nobody) == ["R"]
    shop.fulfilment.parcels.put_addressee("W-1", AWAY)
    assert taken_again(nobody) == []
    (kept,) = Keeping(nobody.connector, nobody.root).quarantined()
    assert replay(shop, nobody.connector, [kept], nobody.root).ended("applied") == 1


def test_an_advice_that_waits_for_an_addressee_is_rejected_once_something_else_is_wrong(shop, message, nobody, clock):
    nobody.take(advice(message))
    shop.cancellations.cancel(CancelRequest(order="W-1", op="c"))
    clock.now += TRIED_AFTER[0]
    assert taken_again(nobody) == [0]
    assert answers(nobody) == ["R"]


def test_an_advice_that_is_answered_in_the_response_is_to_be_sent_again(shop, message, nobody):
    connector = replace(nobody.connector, answer_to=None)
    response, reader = AnswersInResponse(), open_reader(connector)
    receiver = Receiver(
        shop,
        connector,
        reader=reader,
        keeping=Keeping(connector, nobody.root),
        answering=open_answering(shop, connector, reader, nobody.root, response),
    )
    with pytest.raises(NotReady, match="order 'W-1' has no addressee"):
        receiver.receive(io.BytesIO(advice(message).encode()), {})
    assert response.body == b""
    assert Keeping(connector, nobody.root).quarantined() == []
    shop.fulfilment.parcels.put_addressee("W-1", AWAY)
    assert receiver.receive(io.BytesIO(advice(message).encode()), {}).endings["applied"] == 1
    assert b"AK5*A" in response.body


def test_an_advice_for_an_order_whose_personal_values_are_erased_waits_for_no_addressee(shop, message, nobody):
    nobody.take(advice(message))
    shop.cancellations.cancel(CancelRequest(order="W-1", op="c"))
    shop.erasures.erase("W-1", note="asked")
    assert taken_again(nobody) == [0]
    assert answers(nobody) == ["R"]
