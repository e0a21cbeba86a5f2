"""What shops push, signed as they sign it: counted once, in any order, and whose parcels they are kept apart."""

import json
import shutil

import pytest

from api.connectors.running.early_messages import replay_early
from api.connectors.running.folder_of_connectors import read_connectors
from engine.errors import NotFound
from tests.support.fake_shops.fake_shop import signature
from tests.support.problem_json import problem_of
from tests.support.shipped_connectors import FOLDER

SECRET = "hush"
NAMES = (
    *("shopify-orders", "shopify-cancellations", "shopify-refunds"),
    *("woocommerce-orders", "woocommerce-cancellations"),
)
PARIS = {"country_code": "FR", "zip": "75001", "city": "Paris", "province_code": None}
ID = 820982911946154508
LINES = (866550311766439020, 141249953214522974)

LEVELS = """\
connector: levels
owner: e-commerce
because: {en: Stock that a shop counts}
kind: counts
reads: {push: hmac-sha256, header: X-WC-Webhook-Signature, secret: SECRET}
format: json
echo_of: shopify-stock
fields:
  node: {from: place, words: {one: lyon}}
  sku: sku
  on_hand: units
  at: at
"""


@pytest.fixture
def send(http, tmp_path, monkeypatch):
    """Sends a webhook without an API key; the signature is right unless the test says another."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.yaml", folder)
        shutil.copytree(FOLDER / name, folder / name)
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_{name.upper().replace('-', '_')}_SECRET", SECRET)
    (folder / "levels.yaml").write_text(LEVELS)
    monkeypatch.setenv("POINTSMAN_CONNECTOR_LEVELS_SECRET", SECRET)
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(folder))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    anonymous = http.application.test_client()

    def sent(name, payload, *, sign=None, **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        header = "X-Shopify-Hmac-Sha256" if name.startswith("shopify") else "X-WC-Webhook-Signature"
        signed = {header: signature(body, SECRET) if sign is None else sign}
        return anonymous.post(f"/v1/connectors/{name}", data=body, headers={**signed, **headers})

    return sent


def shopify_order(**more):
    """The documented one, of a SHIRT and a LAMP, to Paris."""
    made = json.loads((FOLDER / "shopify-orders" / "order.json").read_text())
    made["line_items"][0]["sku"], made["line_items"][1]["sku"] = "SHIRT", "LAMP"
    made["shipping_address"] |= PARIS
    return {**made, "currency": "EUR", "created_at": "2026-11-27T09:00:00+01:00", **more}


def test_an_order_of_shopify_is_decided_once_whatever_event_brings_it(send, pointsman, contents):
    first = send("shopify-orders", shopify_order(), **{"X-Shopify-Event-Id": "e1", "X-Shopify-Webhook-Id": "w1"})
    assert (first.status_code, first.get_json()["applied"]) == (200, 1)
    for event in ("e1", "e2"):
        again = send("shopify-orders", shopify_order(), **{"X-Shopify-Event-Id": event})
        assert (again.status_code, again.get_json()["unchanged"]) == (200, 1)
    state = pointsman.orders.show(str(ID))
    assert state.units("held") + state.units("waiting") == 2
    assert pointsman.fulfilment.parcels.addressee(str(ID)).name == "Steve Shipper"
    assert b"Shipper" not in repr(contents()).encode()


def test_a_body_that_was_changed_or_signed_with_another_key_is_refused(send, pointsman):
    body = json.dumps(shopify_order()).encode()
    for sign in ("", signature(b"other", SECRET), signature(body, "another")):
        problem_of(send("shopify-orders", body, sign=sign), 401)
    with pytest.raises(NotFound):
        pointsman.orders.show(str(ID))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (json.dumps(shopify_order()).encode()[:300], "cut short"),
        (json.dumps(shopify_order(email="é"), ensure_ascii=False).encode("cp1252"), "utf-8"),
    ],
)
def test_what_is_no_order_is_kept_for_a_person_and_answered_so_that_it_does_not_come_for_ever(send, body, message):
    response = send("shopify-orders", body)
    assert (response.status_code, response.get_json()["quarantined"]) == (202, True)
    assert message in response.get_json()["problems"][0]["message"]


def test_a_cancellation_of_shopify_counts_once(send, pointsman):
    send("shopify-orders", shopify_order())
    cancelled = shopify_order(cancelled_at="2026-11-27T10:00:00+01:00")
    assert send("shopify-cancellations", cancelled).get_json()["applied"] == 1
    assert send("shopify-cancellations", cancelled).get_json()["repeated"] == 1
    assert pointsman.orders.show(str(ID)).units("cancelled") == 2


def test_units_that_were_taken_off_an_order_are_not_shipped(send, pointsman):
    send("shopify-orders", shopify_order())
    refund = json.loads((FOLDER / "shopify-refunds" / "documented.json").read_text())
    assert send("shopify-refunds", refund).get_json()["applied"] == 1
    assert pointsman.orders.show(str(ID)).units("cancelled") == 1


def test_a_refund_of_an_order_that_was_cancelled_before_changes_nothing_and_waits_for_nobody(send, pointsman, tmp_path):
    send("shopify-orders", shopify_order())
    send("shopify-cancellations", shopify_order(cancelled_at="2026-11-27T10:00:00+01:00"))
    refund = json.loads((FOLDER / "shopify-refunds" / "documented.json").read_text())
    response = send("shopify-refunds", refund)
    assert (response.status_code, response.get_json()["unchanged"]) == (200, 1)
    assert pointsman.orders.show(str(ID)).units("cancelled") == 2
    (cancelled,) = [line for line in refund["refund_line_items"] if line["restock_type"] == "cancel"]
    too_many = {**refund, "id": 2, "refund_line_items": [{**cancelled, "quantity": 2}]}
    assert send("shopify-refunds", too_many).get_json()["bad"] == 1


def test_a_refund_of_units_that_have_left_waits_for_a_person(send, pointsman):
    send("shopify-orders", shopify_order())
    for decision in {shipment.decision for shipment in pointsman.orders.show(str(ID)).shipments}:
        pointsman.holds.confirm(decision)
    refund = json.loads((FOLDER / "shopify-refunds" / "documented.json").read_text())
    assert send("shopify-refunds", refund).get_json()["bad"] == 1


def test_the_cancellation_of_an_order_of_which_nothing_is_shipped_is_left_out(send):
    digital = [{**line, "requires_shipping": False} for line in shopify_order()["line_items"]]
    cancelled = shopify_order(line_items=digital, cancelled_at="2026-11-27T10:00:00+01:00")
    assert send("shopify-cancellations", cancelled).get_json()["skipped"] == 1


def test_a_level_that_is_older_than_the_last_or_that_we_sent_ourselves_changes_nothing(send, pointsman, clock):
    def tell(units, at):
        return send("levels", {"place": "one", "sku": "SHIRT", "units": units, "at": at}).get_json()

    clock.now += 7_200
    assert tell(7, "2026-11-27T11:30:00+01:00")["applied"] == 1
    assert tell(9, "2026-11-27T11:29:00+01:00")["older"] == 1
    pointsman.connectors.remember_sent("shopify-stock", {"lyon\tSHIRT": "12 5"}, now=clock.now, since=0)
    assert tell(5, "2026-11-27T11:31:00+01:00")["skipped"] == 1
    assert tell(6, "2026-11-27T11:31:00+01:00")["applied"] == 1


def woo_order(**more):
    made = json.loads((FOLDER / "woocommerce-orders" / "order.json").read_text())
    made["line_items"][0]["sku"], made["line_items"][1]["sku"] = "SHIRT", "LAMP"
    made["shipping"] |= {"country": "FR", "postcode": "75001", "city": "Paris", "state": ""}
    return {**made, "currency": "EUR", "date_created_gmt": "2026-11-27T08:00:00", **more}


def test_an_order_of_woocommerce_is_taken_over_once_it_is_paid(send, pointsman):
    assert send("woocommerce-orders", woo_order(status="pending")).get_json()["skipped"] == 1
    assert send("woocommerce-orders", woo_order()).get_json()["applied"] == 1
    assert send("woocommerce-orders", woo_order(customer_note="ring twice")).get_json()["unchanged"] == 1
    assert send("woocommerce-orders", woo_order(status="completed")).get_json()["skipped"] == 1
    assert pointsman.fulfilment.parcels.addressee("woo-727").name == "John Doe"
    assert send("woocommerce-cancellations", woo_order(status="cancelled")).get_json()["applied"] == 1
    assert send("woocommerce-cancellations", woo_order(status="refunded")).get_json()["repeated"] == 1
    assert pointsman.orders.show("woo-727").units("cancelled") == 3


def test_a_cancellation_that_comes_before_its_order_is_taken_over_once_that_is_there(send, pointsman, clock, tmp_path):
    early = send("shopify-cancellations", shopify_order(cancelled_at="2026-11-27T10:00:00+01:00"))
    assert (early.status_code, early.get_json()["bad"]) == (202, 1)
    connectors = read_connectors(tmp_path / "connectors")
    (bad,) = (tmp_path / "files" / "shopify-cancellations" / "bad").glob("*.early")
    came = pointsman.now

    def tried(after):
        clock.now = came + after
        return list(replay_early(pointsman, connectors, tmp_path / "files"))

    assert tried(59) == []
    (report,) = tried(60)
    assert report.ended("bad") == 1
    assert tried(61) == []
    assert send("shopify-orders", shopify_order()).get_json()["applied"] == 1
    (report,) = tried(62)
    assert (report.error, report.ended("applied")) == ("", 1)
    assert pointsman.orders.show(str(ID)).units("cancelled") == 2
    assert not bad.exists()
    assert tried(10**9) == []


def test_a_message_with_another_mistake_as_well_waits_for_a_person(send, tmp_path):
    level = {"place": "one", "sku": "NO-SUCH", "units": 1, "at": "2026-11-27T09:30:00Z"}
    assert send("levels", [level, {**level, "place": "two"}]).get_json()["bad"] == 2
    assert list((tmp_path / "files" / "levels" / "bad").glob("*.early")) == []


def test_a_webhook_of_woocommerce_that_is_not_signed_so_is_refused(send):
    problem_of(send("woocommerce-orders", woo_order(), sign=signature(b"x", SECRET)), 401)
