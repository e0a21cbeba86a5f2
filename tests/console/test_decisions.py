"""Decisions and orders in the console: what is shown is what HTTP answers, and buttons do one call each."""

import re

import pytest
from playwright.sync_api import expect

from api.console.cookies import LANGUAGE
from api.console.rendering import first_rules
from api.console.sentences import rounded
from api.console.shown import kilograms
from api.language.current import speaking
from tests.conftest import activate
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
        expect(page.get_by_role("status")).to_have_text("The order was amended.")
        page.locator("summary", has_text="Others").click()
        page.locator("summary", has_text="Cancel the order").click()
        page.get_by_role("button", name="Cancel the order").click()
        expect(page.get_by_role("status")).to_have_text("Done.")
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


def in_french(client):
    client.set_cookie(LANGUAGE, "fr", path="/console")
    return client


def test_reasons_of_rules_are_told_in_the_language_of_the_reader(site, made):
    """Not as a program has them."""
    rule = b"{id: r1, because: {en: No <b> lyon, fr: Pas de lyon}, when: {node.id: lyon}, then: {exclude: true}}"
    version = site.pointsman.publish({"test.yaml": b"policy: test\nrules:\n  - " + rule}, who="a test", note="").version
    site.pointsman.activate(version, who="a test", note="")
    decided = client_of(site.pointsman, site.app).post("/v1/decisions", json=order_json(("SHIRT", 1), id="R-1")).json
    activate(site.pointsman)
    assert list(decided["rules"]["because"]) == ["test/r1"]
    path = f"/console/decisions/{decided['id']}"
    shown = [
        text_of(client.get(path)).split("The record as")[0] for client in (site.client(), in_french(site.client()))
    ]
    assert "test/r1 No &lt;b&gt; lyon" in shown[0]
    assert "test/r1 Pas de lyon" in shown[1].split("L’enregistrement tel")[0]


def test_what_was_taken_out_of_an_order_is_in_no_shipment_any_more(site):
    client = client_of(site.pointsman, site.app)
    order = order_json(("SHIRT", 2), ("COAT", 1), ("RARE", 99), id="T-1")
    assert client.post("/v1/decisions", json=order).status_code == 201
    lines = client.get("/v1/orders/T-1").json["lines"]
    gone = next(line for line in lines if line["sku"] == "COAT")
    assert gone["held"] == 1
    assert site.send("/decisions/orders/T-1/amend", "oms", **{f"quantity-{gone['line']}": "0"}).status_code == 303
    order = client.get("/v1/orders/T-1").json
    assert sum(line["held"] for item in order["shipments"] for line in item["lines"] if line["sku"] == "COAT") == 0
    page = site.client().get("/console/decisions/orders/T-1")
    assert "Ordered at first, and taken out since by amending the order: 1 × COAT." in text_of(page)
    behind = "".join(re.findall(r"<details class=\"small\">.*?</details>", page.text, re.DOTALL))
    assert "1 × COAT" in behind
    shown = re.search(r'aria-label="Shipments".*?</section>', page.text, re.DOTALL)[0]
    assert "COAT" not in re.sub(r"<details class=\"small\">.*?</details>", "", shown, flags=re.DOTALL)
    assert "nothing of what was decided again for it could be filled; what was right stays" in text_of(page)
    assert 'badge bad">unfilled' not in page.text
    assert "it was amended, and decided again as far as it had to be" in text_of(page)


def test_an_order_is_found_by_its_whole_number_and_a_part_is_told_to_be_one(site, made):
    found = site.client("oms").get("/console/decisions/orders?order=W-1")
    assert (found.status_code, found.headers["Location"]) == (303, "/console/decisions/orders/W-1")
    for path in ("/console/decisions/orders?order=-1", "/console/decisions?order=-1"):
        assert "has to be whole: a part of it finds nothing" in text_of(site.client("oms").get(path))


def test_states_are_said_in_french_in_one_form(site, made):
    page = in_french(site.client()).get("/console/decisions/orders").text
    choices = re.findall(
        r"<option[^>]*>([^<]*)", re.search(r'<select id="field-state".*?</select>', page, re.DOTALL)[0]
    )
    assert choices == [
        *("indifférent", "réservées", "en attente", "non servies", "à approuver", "parties", "retournées"),
        *("annulées", "non comptées"),
    ]


def test_what_is_seldom_done_with_an_order_stands_behind_with_a_sentence(site):
    client_of(site.pointsman, site.app).post("/v1/decisions", json=order_json(("SHIRT", 1), id="D-1"))
    page = site.client("oms").get("/console/decisions/orders/D-1").text
    before, _, behind = page.partition('<details class="others">')
    assert "Confirm as shipped" in before
    assert "(1 × SHIRT)" in before
    for button in ("Release", "Hold longer", "Cancel the order"):
        assert f">{button}<" in behind
        assert f">{button}<" not in before
    assert re.findall(r'<summary class="button danger">([^<]*)', page) == ["Cancel the order"]
    assert "to end all of it, cancel the order" in behind


def test_a_row_names_three_rules_and_leads_to_the_others(site):
    fired = ["a/1", "b/2", "c/3", "d/4", "e/5"]
    assert first_rules(fired) == ["a/1", "b/2", "c/3"]
    assert first_rules(fired, "e/5") == ["e/5", "a/1", "b/2"]


@pytest.mark.parametrize(
    ("language", "sentence", "shown"),
    [
        ("fr", "5,078248 EUR de plus, transport +0,49425 EUR", "5,08 EUR de plus, transport +0,49 EUR"),
        ("en", "1,234.567800 EUR more; 1,234 EUR; <b>", "1,234.57 EUR more; 1,234 EUR; &lt;b&gt;"),
    ],
)
def test_amounts_in_sentences_are_rounded_to_cents_and_exact_behind(language, sentence, shown):
    with speaking(language):
        page = rounded(sentence)
    assert re.sub(r"</?span[^>]*>", "", page) == shown
    assert re.findall(r'title="([^"]*)"', page) == re.findall(r"\+?[\d,]*[.,]\d{5,6}", sentence)


def test_emissions_below_a_kilogram_are_told_in_grams():
    assert [kilograms(milligrams).replace("\u202f", " ") for milligrams in (0, 3_003, 481_000, 1_250_000)] == [
        *("0.0 kg", "3.0 g", "481 g", "1.3 kg")
    ]
