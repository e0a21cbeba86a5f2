"""Stock in the console: an article, holds, channels, receipts, transfers, returns."""

import re

import pytest

from api.console.pages.stock import sku
from engine.model.transfer_lanes import NodeNames, TransferLane
from rules.vocabulary import NODE_TYPES
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.console import page_of, verify_pages
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, product
from tests.support.order_json import order_json


@pytest.fixture(scope="module", autouse=True)
def oms(site):
    """A client of the HTTP API. Of SHIRT many are in Lyon, and few where they sell; lanes lead from there."""
    lane = TransferLane(
        origin=NodeNames(nodes=frozenset({"lyon"})),
        goal=NodeNames(nodes=frozenset({"paris", "lille"})),
        takes=24 * 60,
        per_unit=EURO // 10,
    )
    site.pointsman.load(
        inventory(
            [node("lyon", LYON), node("paris", PARIS), node("lille", LILLE)],
            {"SHIRT": {"lyon": 50, "paris": 0, "lille": 2}, "COAT": {"paris": 5}, "LAMP": {"lyon": 0}},
            products=[product("SHIRT", category="tops", margin=10 * EURO), product("COAT"), product("LAMP")],
            paces={"SHIRT": {"lyon": 100, "paris": 400, "lille": 200}},
            transfer_lanes=(lane,),
            channels=("web", "store"),
        )
    )
    activate(site.pointsman)
    return client_of(site.pointsman, site.app, role="admin")


def text_of(answer):
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_an_article_is_shown_by_node_and_by_channel(site):
    page = text_of(site.client("oms").get("/console/stock?sku=SHIRT&channel=web"))
    assert "lyon 50 0 50" in page
    assert "What web may take, and why not more" in page
    assert "it may take all of it" in page


@pytest.mark.parametrize(("written", "skus"), [("", ["COAT", "LAMP", "SHIRT"]), ("sh", ["SHIRT"]), ("blue", ["LAMP"])])
def test_articles_are_listed_by_how_they_are_called(site, oms, written, skus):
    named = {"category": "home", "lifecycle": "core", "weight_g": 100, "name": "Blue lamp"}
    assert oms.put("/v1/products/LAMP", json=named).status_code == 200
    for role in ("oms", "merchandiser", "auditor"):
        page = site.client(role).get(f"/console/stock?sku={written}").text
        assert re.findall(r'href="/console/stock\?sku=([A-Z]+)"', page) == skus
        options = site.client(role).get(f"/console/stock/suggested?sku={written}").text
        assert re.findall(r'<option value="([A-Z]+)">', options) == (skus if written else [])


def test_a_list_of_articles_goes_on_where_a_page_ends(site, oms, monkeypatch):
    monkeypatch.setattr(sku, "MOST_ARTICLES", "2")
    first = site.client("oms").get("/console/stock").text
    more = re.search(r'href="([^"]*)" rel="next"', first)[1].replace("&amp;", "&")
    second = site.client("oms").get(more).text
    assert re.findall(r'href="/console/stock\?sku=([A-Z]+)"', first + second) == ["COAT", "LAMP", "SHIRT"]
    assert 'rel="next"' not in second


def test_articles_are_suggested_as_one_types(opened, site):
    for path in ("/stock", "/stock/holds"):
        with page_of(opened, site, path, role="oms", language="fr") as look:
            field = look.page.locator("input[name=sku]").first
            field.press_sequentially("sh")
            look.page.locator(f"#{field.get_attribute('list')} option[value=SHIRT]").wait_for(state="attached")


def test_places_are_listed_by_what_they_are(site):
    for role in ("oms", "merchandiser", "auditor"):
        client = site.client(role)
        assert "lille warehouse FR parcel lyon warehouse" in text_of(client.get("/console/stock/nodes"))
        assert "lille" not in text_of(client.get("/console/stock/nodes?search=L&type=store"))
        assert "lyon" not in text_of(client.get("/console/stock/nodes?search=li"))
        french = client.get("/console/stock/nodes", headers={"Accept-Language": "fr"}).text
        chosen = re.findall(
            r'<option value="(\w+)">\w', french[french.index('name="type"') : french.index('name="tag"')]
        )
        assert tuple(chosen) == NODE_TYPES
        assert "lyon entrepôt" in text_of(client.get("/console/stock/nodes", headers={"Accept-Language": "fr"}))


def test_a_sku_that_nothing_goes_by_is_said(site):
    assert "No product goes by the SKU GHOST" in text_of(site.client("oms").get("/console/stock?sku=GHOST"))


def test_a_count_and_a_movement_are_written(site, oms):
    counted = site.send("/stock/count", "oms", node="lyon", sku="COAT", on_hand="7")
    assert counted.headers["Location"].endswith("/console/stock?sku=COAT")
    site.send("/stock/move", "oms", node="lyon", sku="COAT", delta="-2", reason="shelf")
    nodes = oms.get("/v1/stock/COAT").get_json()["nodes"]
    assert {node["node"]: node["on_hand"] for node in nodes}["lyon"] == 5
    refused = site.send("/stock/move", "oms", node="lyon", sku="COAT", delta="-20")
    assert "fewer than none" in site.client("oms").get(refused.headers["Location"]).text
    mistaken = site.send("/stock/count", "oms", node="lyon", sku="COAT", on_hand="many")
    assert mistaken.status_code == 422
    assert 'aria-invalid="true"' in mistaken.text


def test_a_movement_that_is_sent_twice_is_done_once(site, oms):
    for _ in range(2):
        site.send("/stock/move", "oms", node="paris", sku="COAT", delta="3", key="0123456789abcdef")
    nodes = oms.get("/v1/stock/COAT").get_json()["nodes"]
    assert {node["node"]: node["on_hand"] for node in nodes}["paris"] == 8


def test_a_hold_is_made_longer_and_released(site, oms):
    decision = oms.post("/v1/decisions", json=order_json(("SHIRT", 1), id="H-1")).get_json()["id"]
    assert decision in site.client("oms").get("/console/stock/holds?sku=SHIRT").text
    before = oms.get(f"/v1/holds/{decision}").get_json()["expires_at"]
    site.send(f"/stock/holds/{decision}/extend", "oms", minutes="9000")
    assert oms.get(f"/v1/holds/{decision}").get_json()["expires_at"] > before
    site.send(f"/stock/holds/{decision}/release", "oms")
    assert oms.get(f"/v1/holds/{decision}").get_json()["expires_at"] is None


def test_a_receipt_is_announced_and_received(site, oms):
    fields = {"source": "purchase_order", "sku": "LAMP", "node": "lyon", "quantity": "6", "status": "planned"}
    announced = site.send("/stock/inbound", "oms", id="PO/1", expected_on="2026-12-01", sequence="1", **fields)
    assert announced.status_code == 303, re.findall(r"(?s)class=.wrong.*?p>|alert.*?p>", announced.text)
    assert announced.headers["Location"].endswith("/stock/inbound/PO%2F1")
    assert "Receipt PO/1" in site.client("oms").get("/console/stock/inbound/PO%2F1").text
    site.send("/stock/inbound/PO%2F1/receive", "oms", quantity="6", last="1")
    assert oms.get("/v1/inbound/PO%2F1").get_json()["status"] == "received"
    mistaken = site.send("/stock/inbound", "oms", id="PO/2", expected_on="", sequence="1", **fields)
    assert mistaken.status_code == 422
    assert 'aria-invalid="true"' in mistaken.text


def test_a_transfer_is_made_approved_shipped_and_received(site, oms):
    oms.post("/v1/decisions", json=order_json(("SHIRT", 1), id="H-2"))
    made = site.send(
        "/stock/transfers/create", "oms", **{"from": "lyon", "to": "paris", "sku": "SHIRT", "quantity": "2"}
    )
    assert made.status_code == 303, made.text
    place = made.headers["Location"].removeprefix("/console")
    assert "proposed" in site.client("oms").get(f"/console{place}").text
    for verb, fields in (
        ("approve", {}),
        ("ship", {"sku": "SHIRT", "quantity": "2"}),
        ("receive", {"sku": "SHIRT", "quantity": "1", "last": "1"}),
    ):
        assert site.send(f"{place}/{verb}", "oms", **fields).status_code == 303
    transfer = oms.get(f"/v1{place.removeprefix('/stock')}").get_json()
    assert (transfer["status"], transfer["lines"][0]["received"]) == ("received", 1)


def test_transfers_are_proposed_on_a_map(site):
    answer = site.send("/stock/transfers/propose", "oms", days="14", skus="SHIRT, COAT")
    page = text_of(answer)
    assert "is expected to be asked for" in page
    assert "<title>lyon → paris" in answer.text
    refused = site.send("/stock/transfers/propose", "oms", days="none")
    assert "whole number" in site.client("oms").get(refused.headers["Location"]).text


def test_a_return_is_taken_in_graded_and_put_back(site, oms):
    made = oms.post("/v1/decisions", json=order_json(("SHIRT", 2), id="R/1")).get_json()
    assert oms.post(f"/v1/decisions/{made['id']}/confirm").status_code == 200
    opened = site.send("/stock/returns", "oms", order="R/1", line="SHIRT", quantity="1", reason="wrong_size")
    place = opened.headers["Location"].removeprefix("/console")
    found = site.client("oms").get("/console/stock/returns?number=R%2F1-R1")
    assert found.headers["Location"] == f"/console{place}"
    assert "R/1-R1" in site.client("oms").get("/console/stock/returns?number=R/1").text
    for verb, fields in (
        ("receive", {"node": "paris", "line": "1", "quantity": "1", "complete": "1"}),
        ("inspect", {"grade": "as_new"}),
    ):
        assert site.send(f"{place}/{verb}", "oms", **fields).status_code == 303
    assert "Nothing has changed yet" in site.send(f"{place}/where", "oms").text
    disposed = site.send(f"{place}/dispose", "oms")
    told = text_of(site.client("oms").get(disposed.headers["Location"]))
    assert "No rule says what becomes of the unit" in told
    assert "It stays at paris" in told  # each sentence of the answer is told
    assert oms.get("/v1/returns/R%2F1-R1").get_json()["state"] == "closed"


def test_a_name_can_be_no_markup(site, oms):
    evil = '"><script>alert(1)</script>'
    shirt = oms.get("/v1/products/COAT").get_json()["product"] | {"name": evil}
    assert oms.put("/v1/products/COAT", json=shirt).status_code == 200
    for path in ("/stock?sku=COAT", "/stock?sku=%22%3E%3Cscript%3E", "/stock/returns?number=%3Cscript%3E"):
        page = site.client("oms").get(f"/console{path}").text
        assert page.count("<script") == 1
        assert "alert(1)</" not in page


def test_who_may_not_change_stock_sees_no_button_and_is_refused(site):
    for role in ("auditor", "merchandiser"):
        page = site.client(role).get("/console/stock?sku=SHIRT")
        assert page.status_code == 200
        assert "Write a count" not in page.text
    assert site.send("/stock/count", "auditor", node="lyon", sku="SHIRT", on_hand="1").status_code == 403
    assert site.client("oms").post("/console/stock/count", data={"sku": "SHIRT"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/stock?sku=SHIRT&channel=web", "stock"),
        ("/stock?sku=s", "stock-articles"),
        ("/stock/nodes", "stock-places"),
        ("/stock/holds", "stock-holds"),
        ("/stock/channels", "stock-channels"),
        ("/stock/channels/web?sku=SHIRT", "stock-channel"),
        ("/stock/inbound", "stock-receipts"),
        ("/stock/transfers", "stock-transfers"),
        ("/stock/returns/R%2F1-R1", "stock-return"),
        ("/stock/returns", "stock-returns"),
    ],
)
def test_its_pages_are_readable(opened, site, path, name):
    verify_pages(opened, site, path, name)


def test_somebody_finds_a_return_by_the_keyboard(opened, site, oms):
    made = oms.post("/v1/decisions", json=order_json(("SHIRT", 1), id="R/9")).get_json()
    assert oms.post(f"/v1/decisions/{made['id']}/confirm").status_code == 200
    opening = {"order": "R/9", "line": "SHIRT", "quantity": "1", "reason": "wrong_size"}
    assert site.send("/stock/returns", "oms", **opening).status_code == 303
    with page_of(opened, site, "/stock/returns", role="oms") as look:
        # the browser puts the cursor into the field some time after the page is loaded
        look.page.locator("[name=number]:focus").wait_for()
        look.page.keyboard.type("R/9-R1")
        look.page.keyboard.press("Enter")
        look.page.wait_for_url("**/stock/returns/R%2F9-R1")


def test_a_receipt_a_transfer_and_what_is_proposed_are_readable(opened, site, oms):
    receipt = {"source": "purchase_order", "node": "lyon", "sku": "LAMP", "quantity": 6, "status": "planned"}
    receipt |= {"expected_at": "2026-12-01T00:00:00Z", "sequence": 1}
    assert oms.put("/v1/inbound/PO-3", json=receipt).status_code == 201
    verify_pages(opened, site, "/stock/inbound/PO-3", "stock-receipt")
    moved = {"from": "lyon", "to": "paris", "lines": [{"sku": "SHIRT", "quantity": 1}]}
    transfer = oms.post("/v1/transfers", json=moved).get_json()["id"]
    verify_pages(opened, site, f"/stock/transfers/{transfer}", "stock-transfer")

    def propose(page):
        page.locator("form[action$=propose] button").click()
        page.locator("form[action$=create]").first.wait_for()

    verify_pages(opened, site, "/stock/transfers", "stock-proposal", reach=propose)
