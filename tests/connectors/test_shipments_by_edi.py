"""What a warehouse or supplier is to ship goes to it by EDI, and comes back as shipped, under the shipment's name."""

import json
import re
from dataclasses import replace

import pytest
from pydifact import Parser

from api.connectors.running.folder_of_connectors import shipped_folder
from api.connectors.sending.opening import open_sender
from api.connectors.sending.records.kinds import RECORDS
from api.connectors.testing.runner import made_of
from engine.model.postal_address import PostalAddress
from engine.orders.cancellation.plan import CancelRequest
from tests.support.connectors_in_folders import SKUS, in_folders, stocked
from tests.support.decision_json import json_of
from tests.support.facts import NOW, order

LONGEST = {
    "W05": (1, 22, 22, 6, 22),
    "N1": (3, 60, 2, 80),
    "N2": (60, 60),
    "N3": (55, 55),
    "N4": (30, 2, 15, 3),
    "N9": (3, 50, 45),
    "G62": (2, 8),
    "NTE": (3, 80),
    "W66": (2, 2, 1, 3, 35),
    "LX": (6,),
    "W01": (15, 2, 12, 2, 48),
    "W76": (10,),
}
"""How many letters each element has at most, of version 005010."""
NAME = "Æthelred Fitzgerald-Mountbatten von Sachsen-Coburg und Gotha zu Hohenlohe"
STREETS = ("Résidence les Jardins du Parc, bâtiment C, escalier 4", "128 bis, avenue du Maréchal de Lattre de Tassigny")
AWAY = PostalAddress(name=NAME, company="L'Atelier + Fils", lines=STREETS, postcode="69003", town="Lyon", country="FR")


@pytest.fixture
def shop(bare):
    return stocked(bare)


@pytest.fixture
def connector(shop, tmp_path):
    return lambda name: in_folders(name, shop, tmp_path)


@pytest.fixture
def ten_minutes_later(clock):
    def pass_by():
        clock.now += 600

    return pass_by


def place_order(shop, *lines, addressee=AWAY, **more):
    shop.fulfilment.parcels.put_addressee(more["id"], addressee)
    return json_of(shop.decide(order(*lines, **more)))


def units(shop, state):
    return shop.orders.show("W-1").units(state)


def x12_messages(content: bytes) -> list[list[list[str]]]:
    """Read by nothing of ours: what is between ST and SE of each message, once envelopes and lengths are right."""
    text = content.decode()
    segments = [part.split("*") for part in text.split("~")]
    assert segments.pop() == [""]
    isa, gs, *body, ge, iea = segments
    assert (text[:3], text[103], text[105], text[82]) == ("ISA", "*", "~", "^")
    assert ([len(item) for item in isa[1:9]], len(isa)) == ([2, 10, 2, 10, 2, 15, 2, 15], 17)
    assert (iea[1:], ge[2], gs[1], gs[8], isa[12]) == (["1", isa[13]], gs[6], "OW", "005010", "00501")
    starts = [index for index, segment in enumerate(body) if segment[0] == "ST"]
    messages = [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]
    assert int(ge[1]) == len(messages)
    for message in messages:
        assert (message[0][2], message[-1]) == (message[-1][2], ["SE", str(len(message)), message[0][2]])
        for tag, *elements in message[1:-1]:
            assert len(elements) <= len(LONGEST[tag]), tag
            assert all(len(item) <= most for item, most in zip(elements, LONGEST[tag], strict=False)), (tag, elements)
    return [message[1:-1] for message in messages]


def of(message, tag, qualifier=None):
    return [item for item in message if item[0] == tag and qualifier in (None, item[1])]


def letters(*segments: list[str]) -> str:
    """All that the segments say, without blanks: there is none at an end of an element."""
    return "".join("".join(segment[1:]) for segment in segments).replace(" ", "")


def advice(message: list[list[str]], *, control: int = 1, packages: int = 1) -> str:
    """What a warehouse sends back once it has shipped a 940: its 945."""
    (shipment,) = (item[2] for item in of(message, "N9", "SI"))
    lines = list(zip(of(message, "W01"), of(message, "N9", "LI"), strict=True))
    body = [f"W06*F*{of(message, 'W05')[0][2]}*20261127*BOL-{control}", f"N9*SI*{shipment}", "G62*11*20261127*8*1005"]
    for package in range(packages):
        body += [f"LX*{package + 1}", f"MAN*GM*0034012345000000{package:04}"]
        for w01, n9 in lines:
            left = int(w01[1]) // packages + (package < int(w01[1]) % packages)
            if left:
                body += [f"W12*CC*{w01[1]}*{left}**EA**SK*{w01[5]}", f"N9*LI*{n9[2]}"]
    isa = f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'LYONWMS':15}*ZZ*{'HEXAGONE':15}*261127*0930*^*00501*{control:09}*0*P*>"
    segments = [isa, f"GS*SW*LYONWMS*HEXAGONE*20261127*0930*{control}*X*005010", "ST*945*0001", *body]
    segments += [f"SE*{len(body) + 2}*0001", f"GE*1*{control}", f"IEA*1*{control:09}"]
    return "".join(f"{segment}~\n" for segment in segments)


def test_a_940_says_what_is_to_be_shipped_to_whom_and_what_is_not_any_more(shop, connector):
    orders = connector("wms-940")
    orders.send()
    made = place_order(shop, ("TXT-0059", 2), ("BEA-0036", 3), id="W-1")
    shop.cancellations.cancel(CancelRequest(order="W-1", lines={"2": 1}, op="c"))
    (content,) = orders.send()
    new, cancelled = x12_messages(content)
    key = f"{made['id']}/0"
    assert of(new, "W05") == [["W05", "N", f"{made['id'][:18]}-0"]]
    assert of(new, "N9", "SI") == of(cancelled, "N9", "SI") == [["N9", "SI", key]]
    assert of(new, "N9", "CO") == [["N9", "CO", "W-1"]]
    assert [item[1:] for item in of(new, "W01")] == [
        ["2", "EA", "", "SK", "TXT-0059"],
        ["3", "EA", "", "SK", "BEA-0036"],
    ]
    assert [item[2] for item in of(new, "N9", "LI")] == ["1", "2"]
    assert (of(new, "W76"), of(new, "LX")) == ([["W76", "5"]], [["LX", "1"], ["LX", "2"]])
    assert of(new, "N1", "ST") == [["N1", "ST", AWAY.company]]
    assert letters(*of(new, "N2")) == letters(["N2", NAME])
    assert letters(*of(new, "N3")) == letters(["N3", ", ".join(STREETS)])
    assert of(new, "N4") == [["N4", "Lyon", "", "69003", "FR"]]
    assert [item[1:] for item in of(new, "G62")] == [["10", "20261127"], ["02", "20261129"]]
    assert of(cancelled, "W05")[0][1] == "F"
    assert (of(cancelled, "W01")[0][1:6], of(cancelled, "W76")) == (["1", "EA", "", "SK", "BEA-0036"], [["W76", "1"]])


def test_a_shipment_of_whom_nobody_knows_where_it_goes_is_put_aside(shop, connector, tmp_path):
    orders = connector("wms-940")
    orders.send()
    shop.decide(order(("TXT-0059", 2), id="W-1"))
    place_order(shop, ("TXT-0059", 1), id="W-2")
    (problems,) = open_sender(shop, orders.connector, tmp_path).take_turn().messages
    assert "goes_to" in problems.problems[0].message
    ((message,),) = map(x12_messages, orders.taken_away())
    assert of(message, "N9", "CO") == [["N9", "CO", "W-2"]]


def test_what_the_warehouse_shipped_is_confirmed_and_told_to_the_erp(shop, connector, ten_minutes_later):
    orders, shipped, erp = map(connector, ("wms-940", "wms-945", "erp-confirmations"))
    orders.send(), erp.send()
    made = place_order(shop, ("4711", 3), ("4711", 2), id="W-1")
    ((message,),) = map(x12_messages, orders.send())
    ten_minutes_later()
    report = shipped.take(advice(message, packages=2))
    assert [str(problem) for problem in report.messages[0].problems] == []
    assert (units(shop, "held"), units(shop, "shipped")) == (0, 5)
    assert shop.stock.show("4711").nodes[0].position.on_hand == 5
    (content,) = erp.send()
    assert [line[:55] for line in content.decode().splitlines()] == [
        "D20261127100500" + "4711".zfill(18) + "1000601" + quantity.rjust(15) for quantity in "32"
    ]
    assert "W-1".ljust(35) + f"{made['id']}/0" in content.decode()


def test_a_line_is_confirmed_by_its_own_name_where_two_have_one_article(shop, connector):
    orders, shipped = map(connector, ("wms-940", "wms-945"))
    orders.send()
    place_order(shop, ("4711", 3), ("4711", 2), id="W-1")
    ((message,),) = map(x12_messages, orders.send())
    second = [item for item in message if item not in (["W01", "3", "EA", "", "SK", "4711"], ["N9", "LI", "1"])]
    made = made_of(shipped.connector, advice(second).encode(), name="a", received_at=NOW, headers={})
    assert [row["lines"] for row in made.rows] == [[{"line": "2", "quantity": 2}]]


def test_the_same_945_again_counts_once_and_one_in_another_interchange_is_told(shop, connector, ten_minutes_later):
    orders, shipped = map(connector, ("wms-940", "wms-945"))
    orders.send()
    place_order(shop, ("TXT-0059", 2), id="W-1")
    ((message,),) = map(x12_messages, orders.send())
    ten_minutes_later()
    shipped.take(advice(message))
    assert shipped.take(advice(message), "again.edi").ended("repeated") == 1
    again = shipped.take(advice(message, control=2), "other.edi")
    assert (again.ended("applied"), again.ended("bad")) == (0, 1)
    assert units(shop, "shipped") == 2


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")
def test_a_supplier_is_sent_orders_that_another_reader_reads_and_says_what_it_shipped(
    shop, connector, ten_minutes_later
):
    shop = stocked(shop, stock={sku: {"sup-dropship": 10} for sku in SKUS})
    orders, shipped = map(connector, ("supplier-orders", "wms-desadv"))
    orders.send()
    made = place_order(shop, ("TXT-0059", 2), ("BEA-0036", 1), id="W-1")
    key = f"{made['id']}/0"
    (content,) = orders.send()
    parsed = [(item.tag, item.elements) for item in Parser().parse(content.decode("latin-1"))]
    told = dict(parsed)
    assert (told["UNB"][1], told["UNH"][1]) == (["4000000000002", "14"], ["ORDERS", "D", "01B", "UN", "EAN010"])
    assert told["BGM"] == ["220", key, "9"]
    (to,) = [elements for tag, elements in parsed if tag == "NAD" and elements[0] == "DP"]
    assert letters(["NAD", *to[3]]) == letters(["NAD", f"{AWAY.company}, {NAME}"])
    assert letters(["NAD", *to[4]]) == letters(["NAD", ", ".join(STREETS)])
    assert to[5:] == ["Lyon", "", "69003", "FR"]
    assert max(map(len, (*to[3], *to[4]))) <= 35
    assert [elements[2] for tag, elements in parsed if tag == "LIN"] == [
        ["4012345000009", "SRV"],
        ["4012345000016", "SRV"],
    ]
    assert [elements[0][:2] for tag, elements in parsed if tag == "QTY"] == [["21", "2"], ["21", "1"]]
    begin = [tag for tag, _ in parsed].index("UNH")
    assert (told["UNT"], told["CNT"]) == ([str([tag for tag, _ in parsed].index("UNT") - begin + 1), "1"], [["2", "2"]])
    ten_minutes_later()
    sample = (shipped_folder() / "wms-desadv" / "shipped.edi").read_text()
    answer = re.sub(r"(?<=RFF\+ON:)[^']+", key, sample).replace("202611271702", "202611271005")
    assert shipped.take(answer).ended("applied") == 1
    assert units(shop, "shipped") == 3


def fields(records):
    """Of each action, which fields records have, and those of the lines in them."""
    return {
        (record["action"], tuple(sorted(record)), *(tuple(sorted(line)) for line in record["lines"][:1]))
        for record in records
    }


@pytest.mark.parametrize("name", ["wms-940", "supplier-orders", "erp-confirmations"])
def test_the_records_of_samples_have_the_fields_of_real_ones(shop, connector, ten_minutes_later, name):
    sending = connector(name).connector
    sending = replace(sending, sends=replace(sending.sends, nodes=()))
    records = RECORDS[sending.kind](shop, sending, sending.sends)
    before = records.start()
    place_order(shop, ("TXT-0059", 3), id="W-1")
    shop.cancellations.cancel(CancelRequest(order="W-1", lines={"1": 1}, op="c"))
    ten_minutes_later()
    decision = shop.orders.show("W-1").shipments[0].decision
    shop.holds.confirm(decision, op="x")
    shop.holds.undo(decision, op="y")
    sample = json.loads((shipped_folder() / name / "records.json").read_text())
    assert fields(sample) == fields(records.after(before, most=100).records)
