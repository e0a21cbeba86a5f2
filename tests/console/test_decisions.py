"""Decisions and orders in the console: what is shown is what HTTP answers, and buttons do one call each."""

import re

import pytest

from tests.support.callers import client_of
from tests.support.console import page_of, verify_pages
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def made(site):
    """A filled decision, one that lacks units, and what their orders are called."""
    client = client_of(site.pointsman, site.app)
    filled = client.post("/v1/decisions", json=order_json(("SHIRT", 2), id="W-1")).json
    lacking = client.post("/v1/decisions?wait=true", json=order_json(("SHIRT", 1), ("RARE", 99), id="A/B <b>&")).json
    return {"filled": filled, "lacking": lacking}


def text_of(answer):
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def test_each_page_can_be_read_on_a_phone_and_a_desk(opened, site, made):
    verify_pages(opened, site, "/decisions", "decisions")
    verify_pages(opened, site, f"/decisions/{made['lacking']['id']}?why_not=lyon&check=1", "decision")
    verify_pages(opened, site, "/decisions/orders/A%2FB%20%3Cb%3E&", "order")
    verify_pages(opened, site, "/decisions/orders", "orders")
    verify_pages(opened, site, "/decisions/orders/A%2FB%20%3Cb%3E&/amend", "order-amend", role="oms")


def test_a_search_finds_what_http_finds(site, made):
    assert made["filled"]["id"] in site.client("oms").get("/console/decisions?order=W-1").text
    assert made["filled"]["id"] not in site.client("oms").get("/console/decisions?status=unfilled").text
    assert made["filled"]["id"] in site.client("oms").get("/console/decisions?decided_from=2026-11-27").text
    assert made["filled"]["id"] not in site.client("oms").get("/console/decisions?decided_from=2026-11-28").text


def test_a_day_that_is_none_is_told_at_its_field(site):
    answer = site.client().get("/console/decisions?decided_from=tomorrow")
    assert answer.status_code == 422
    assert 'id="field-decided_from-wrong"' in answer.text


def test_what_would_have_changed_a_decision_is_found_when_it_is_asked_for(site, made):
    page = text_of(site.client().get(f"/console/decisions/{made['filled']['id']}?what_if=true"))
    assert "Find out" not in page


def test_a_decision_is_proved_by_those_who_may(site, made):
    path = f"/console/decisions/{made['filled']['id']}"
    assert "Made again, it comes out the same, byte for byte." in text_of(site.client("auditor").get(f"{path}?check=1"))
    assert "Made again" not in text_of(site.client("oms").get(f"{path}?check=1"))


def test_an_order_is_amended_held_longer_and_cancelled(opened, site, made):
    with page_of(opened, site, "/decisions/orders/W-1", role="oms") as look:
        page = look.page
        page.get_by_role("link", name="Amend").click()
        page.get_by_label("SHIRT").fill("1")
        page.get_by_role("button", name="Amend the order").click()
        assert page.get_by_role("status").inner_text() == "The order was amended."
        page.locator("summary", has_text="Cancel the order").click()
        page.get_by_role("button", name="Cancel the order").click()
        assert page.get_by_role("status").inner_text() == "Done."
        assert page.get_by_text("Cancel the order").count() == 0
    order = site.pointsman.orders.show("W-1")
    assert order.states == ("cancelled",)


def test_what_http_refuses_of_an_amendment_is_told_and_what_was_typed_stays(site, made):
    answer = site.send("/decisions/orders/A%2FB%20%3Cb%3E&/amend", "oms", **{"quantity-1": "1.5"})
    assert answer.status_code == 422
    assert 'value="1.5"' in answer.text
    assert "message bad" in answer.text


def test_a_place_that_can_not_ship_has_its_units_decided_again(site, made):
    order = "/decisions/orders/A%2FB%20%3Cb%3E&"
    (shipment, *_) = made["lacking"]["shipments"]
    fields = {"of": made["lacking"]["id"], "node": shipment["node"], "reason": "damaged"}
    answer = site.send(f"{order}/reject", "oms", **fields)
    assert answer.status_code == 303
    decisions = list(site.pointsman.orders.show("A/B <b>&").decisions)
    assert len(decisions) == 2
    assert shipment["node"] not in {item.node for item in decisions[-1].shipments}


def test_who_may_not_do_a_thing_has_no_button_and_is_refused(site, made):
    page = site.client("auditor").get("/console/decisions/orders/A%2FB%20%3Cb%3E&")
    assert page.status_code == 200
    assert "Cancel the order" not in page.text
    assert site.send("/decisions/orders/W-1/cancel", "auditor").status_code == 403
    assert 'href="/console/decisions"' in site.client("merchandiser").get("/console/today").text
    assert site.client("merchandiser").get("/console/decisions").status_code == 200
    assert "Cancel the order" not in site.client("merchandiser").get("/console/decisions/orders/W-1").text
    assert site.send("/decisions/orders/W-1/cancel", "merchandiser").status_code == 403


def test_an_order_that_there_is_not_is_a_page_that_says_so(site):
    answer = site.client().get("/console/decisions/orders/none")
    assert answer.status_code == 404
    assert "There is no such thing here" in answer.text


def test_places_to_ask_about_are_there_to_pick(site, made):
    page = site.client().get(f"/console/decisions/{made['filled']['id']}").text
    suggested = re.search(r'<datalist id="field-why_not-suggestions">(.*?)</datalist>', page)[1]
    (shipment,) = made["filled"]["shipments"]
    assert set(re.findall(r'value="(\w+)"', suggested)) == {"lille", "lyon", "paris"} - {shipment["node"]}
    asked = site.client().get(f"/console/decisions/{made['filled']['id']}?why_not=paris").text
    assert re.search(r"<h3>[^<]*paris", asked)
