"""Whom and where something goes to is repeated neither beside records that could not be sent, nor beside rows that are
bad; and what is erased of an order is not kept there.
"""

import json

import pytest

from engine.model.postal_address import PostalAddress
from tests.support.connector_targets import Sending, target
from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.parcels import packing_network

ZOE = PostalAddress(
    name="Zoé Ménard",
    lines=("3 rue de l'Église", "Bellecour"),
    postcode="69002",
    town="Lyon",
    country="FR",
    phone="+33 6 12 34 56 78",
    email="zoe@example.org",
)
SECRETS = ("Zoé", "Ménard", "ménard", "MÉNARD", "Bellecour", "Église", "69002", "zoe@", "+33", "\\u00e9nard")
ORDERS = """\
kind: shipment_orders
format: json
fields:
  shipment: shipment
  to: {from: addressee.name, upper: true}
  street: {from: "addressee.lines[0]", cut: 3-20}
  mail: addressee.email
  postcode: destination.postcode
  tag: "tags[0]"
"""
READ = """\
connector: shop
owner: e-commerce
because: {en: The shop's orders}
kind: orders
reads: {folder: in, settled: 0s}
format: csv
fields:
  id: id
  channel: {value: web}
  placed_at: {value: "2026-11-27T08:00:00Z"}
  destination.country: {value: FR}
  destination.postcode: postcode
  addressee.name: name
  addressee.lines: {from: street, split: "|"}
  addressee.town: {value: Lyon}
  addressee.country: {value: FR}
  addressee.email: mail
  lines: {each: $rows, fields: {id: {value: "1"}, sku: sku, quantity: pieces}}
group: id
"""
HEAD = "id,name,street,postcode,mail,sku,pieces\n"


@pytest.fixture
def shop(bare):
    return packing_network(bare)


def kept_texts(root):
    return "".join(path.read_text() for path in sorted((root / "out" / "bad").iterdir()))


def secrets_in(text):
    return [secret for secret in SECRETS if secret in text]


def decide(shop, number):
    shop.fulfilment.parcels.put_addressee(f"W-{number}", ZOE)
    return json_of(shop.decide(order(("A", 1), id=f"W-{number}", postcode="69002", tags=("vip-Zoé",))))


@pytest.mark.parametrize("status", [422, 500])
def test_what_a_target_repeats_of_its_message_is_neither_kept_nor_listed(shop, tmp_path, status, caplog):
    with target() as there:
        text = f"{ORDERS}sends: {{http: {there.url}/in, most: 1}}\n"
        here = Sending(pointsman=shop, root=tmp_path, text=text)
        here.run()
        decide(shop, 1)
        there.answer = lambda sent: (status, {}, b"can't take " + sent.body)
        report = here.run()
        sent = there.requests[-1].body.decode()
    assert secrets_in(sent)
    told = report.error + shop.connectors.status("out").error + caplog.text
    told += "".join(str(problem) for message in report.messages for problem in message.problems)
    assert (f"answered {status}" in told, "can't take" in told) == (True, True)
    assert secrets_in(told) == []
    if status == 422:
        assert secrets_in(kept_texts(tmp_path)) == []


def test_what_can_not_be_said_in_the_format_is_told_without_it(shop, tmp_path):
    fields = "{name: addressee.name, street: {from: 'addressee.lines[0]', words: {a: b}}}"
    for number, form in enumerate(("{fixed: {columns: {name: 1-2, street: 3-90}}}", "{csv: {encoding: ascii}}")):
        text = f"kind: shipment_orders\nsends: {{folder: to, file: $number.txt}}\nformat: {form}\nfields: {fields}\n"
        here = Sending(
            pointsman=shop, root=tmp_path, text=text.replace(", words: {a: b}", "" if number else ", words: {a: b}")
        )
        here.run()
        decide(shop, number)
        (message,) = here.run().messages
        assert message.endings["bad"] == 1
        assert secrets_in(kept_texts(tmp_path)) == []


def test_what_is_sent_again_goes_where_the_order_goes(shop, tmp_path):
    with target() as there:
        text = f"{ORDERS}sends: {{http: {there.url}/in, most: 1}}\n"
        here = Sending(pointsman=shop, root=tmp_path, text=text)
        here.run()
        there.answer = lambda _: (422, {}, b"no")
        decide(shop, 1)
        here.run()
        (path,) = (tmp_path / "out" / "bad").glob("*.json")
        (record,) = json.loads(path.read_text())
        assert (set(record["destination"]), "addressee" in record, "tags" in record) == (
            {"country", "region"},
            False,
            False,
        )
        there.answer = lambda _: (200, {}, b"")
        with_sender = here.sender()
        report = with_sender.take_turn(again=[path])
        with_sender.close()
    assert report.sent == 1
    first, again = there.requests[0].json, there.requests[-1].json
    assert first == again
    assert again["postcode"]
    assert again["tag"]


def test_of_an_order_that_was_erased_nothing_is_kept_and_nothing_is_sent(shop, tmp_path):
    with target() as there:
        text = ORDERS.replace("shipment_orders", "confirmations").replace("addressee.", "destination.")
        text = text.replace('"destination.lines[0]", cut: 3-20', "destination.postcode, optional: true")
        text = "\n".join(line for line in text.splitlines() if "destination.name" not in line and "mail" not in line)
        text = text.replace("postcode: destination.postcode", "postcode: {from: destination.postcode, optional: true}")
        here = Sending(pointsman=shop, root=tmp_path, text=f"{text}\nsends: {{http: {there.url}/in, most: 1}}\n")
        here.run()
        made = decide(shop, 1)
        shop.holds.confirm(made["id"], op="left")
        there.answer = lambda _: (422, {}, b"no")
        here.run()
        assert there.requests[-1].json["postcode"]
        shop.erasures.erase("W-1", note="")
        (path,) = (tmp_path / "out" / "bad").glob("*.json")
        assert secrets_in(kept_texts(tmp_path)) == []
        there.answer = lambda _: (200, {}, b"")
        sender = here.sender()
        assert sender.take_turn(again=[path]).sent == 1
        sender.close()
        assert there.requests[-1].json.get("postcode") is None


def test_beside_an_order_that_can_not_be_taken_over_whom_it_goes_to_is_not_repeated(running, shop, redis_client):
    here = running(READ)
    here.put(
        "a.csv",
        HEAD + "1,Zoé Ménard,3 rue de l'Église|Bellecour,69002,zoe@mail@example,A,1\n"
        "2,Zoé Ménard,Bellecour,69002,zoe@example.org,A,many\n3,Zoé Ménard,Bellecour,69002,zoe@example.org,NOSUCH,1\n",
    )
    (message,) = here.run().messages
    assert message.endings["bad"] == 3
    (text,) = (path.read_text() for path in (here.inbox / "bad").glob("*.problems.txt"))
    assert secrets_in(text) == []
    assert "line 2: addressee.email" in text
    assert "line 3: pieces: '…' is no number" in text
    stored = b"".join(
        value for key in redis_client.keys("*connector:shop:*problems*") for value in redis_client.lrange(key, 0, -1)
    )
    assert secrets_in(stored.decode()) == []


def test_of_rows_that_name_nobody_what_stands_in_them_is_still_told(running):
    here = running(
        READ.replace("kind: orders", "kind: counts").partition("fields:")[0]
        + "fields: {node: node, sku: sku, on_hand: units, sequence: n}\n"
    )
    here.put("a.csv", "node,sku,units,n\nlyon,RARE,many,1\n")
    here.run()
    (text,) = (path.read_text() for path in (here.inbox / "bad").glob("*.problems.txt"))
    assert "    lyon,RARE,many,1" in text
