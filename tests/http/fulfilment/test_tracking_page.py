"""The page on which a customer sees where a parcel is: in two languages, without anything of the order but a town."""

import re
from dataclasses import replace

import pytest

from api.http.app import create_app
from api.http.fulfilment.page.page import policy, style
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.fulfilment.tracking.settings import TrackingSettings
from engine.model.facts import GeoPoint
from engine.rate_limit import RateLimit
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import client_of
from tests.support.facts import HOUR, NOW, service
from tests.support.parcels import ZOE, decided, pack, packing_network
from tests.support.tracking import said, tell

DAY = 24 * HOUR
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}

"""The server makes no difference here: what it is asked is tested with each in tests/store/fulfilment."""


@pytest.fixture
def shop(bare):
    return packing_network(bare)


@pytest.fixture
def customer(shop, application):
    """Without a key."""
    return application.around(shop).test_client()


@pytest.fixture
def sscc(shop):
    key = decided(shop, ("A", 2), id="O-SECRET", promise_by=NOW + 2 * DAY, country="FR", postcode="75011")
    return pack(shop, key, {"1": 1}, {"1": 1}).shipment.parcels[0].sscc


def page(customer, number, status=200, headers=(), **query):
    answer = customer.get(f"/track/{number}", query_string=query, headers=dict(headers))
    assert answer.status_code == status, answer.data
    return answer, answer.get_data(as_text=True)


def text_of(html):
    """What is read, without the style."""
    body = re.sub(r"<style>.*?</style>|</?time[^>]*>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_a_customer_sees_where_the_parcel_is(shop, customer, sscc, clock):
    clock.now += HOUR
    tell(shop, said(sscc, "info_received", NOW), said(sscc, "in_transit", NOW + 60, town="Villeneuve"))
    _, html = page(customer, sscc)
    text = text_of(html)
    assert "On its way since Friday 27 November, 10:01 Promised by Sunday 29 November, 10:00 To Paris" in text
    assert "Parcel 1 of 2 of this shipment" in text
    assert "Announced to the carrier Friday 27 November, 10:00" in text
    assert "On its way Friday 27 November, 10:01 Villeneuve" in text
    assert "Times are those of Paris." in text
    assert '<html lang="en">' in html
    assert html.count("<h1>") == 1
    assert re.findall(r'<li class="([a-z ]*)"', html) == ["reached", "reached current", "", ""]
    assert html.count('aria-current="step"') == 1


def test_what_was_handed_to_the_driver_is_no_longer_being_prepared(shop, customer, sscc):
    assert "Your parcel is being prepared" in text_of(page(customer, sscc)[1])
    shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    _, html = page(customer, sscc)
    assert "Français Handed over to the carrier Promised by Sunday" in text_of(html)
    assert "The carrier has not said anything of it yet. Come back in a few hours." in text_of(html)
    assert re.findall(r'<li class="([a-z ]*)"', html) == ["reached current", "", "", ""]
    tell(shop, said(sscc, "in_transit", NOW))
    assert "On its way since" in text_of(page(customer, sscc)[1])


def test_it_is_in_french_for_who_reads_french_or_asks_for_it(shop, customer, sscc, clock):
    tell(shop, said(sscc, "out_for_delivery", NOW))
    for answer, html in (page(customer, sscc, headers=FRENCH), page(customer, sscc, lang="fr")):
        assert '<html lang="fr">' in html
        assert "En cours de livraison depuis le vendredi 27 novembre à 10:00" in text_of(html)
        assert answer.headers["Content-Language"] == "fr"
        assert "Accept-Language" in answer.headers["Vary"]
        assert 'href="?lang=en" lang="en" hreflang="en">English<' in html
    assert '<html lang="en">' in page(customer, sscc, headers=FRENCH, lang="en")[1]
    assert page(customer, sscc, 422, lang="tlh")


def test_nothing_of_the_order_is_shown_but_the_town_and_once_it_is_erased_not_even_that(shop, customer, sscc, clock):
    clock.now += HOUR
    found = shop.fulfilment.tracking.find(sscc)
    other = found.shipment.parcels[1].sscc
    tell(shop, said(sscc, "delivered", NOW, town="Hometown"), said(other, "delivered", NOW))
    _, html = page(customer, sscc)
    decision = found.shipment.key.decision
    for secret in ("O-SECRET", decision, other, "Hometown", ZOE.name, ZOE.postcode, *ZOE.lines, "lyon"):
        assert secret not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL), secret
    assert "To Paris" in text_of(html)
    shop.holds.confirm(decision)
    shop.erasures.erase("O-SECRET", note="asked")
    _, html = page(customer, sscc)
    assert "Paris" not in text_of(html).replace("Times are those of Paris", "")
    assert "Delivered" in text_of(html)


def test_browsers_load_nothing_and_search_engines_keep_nothing(customer, sscc):
    answer, html = page(customer, sscc)
    assert answer.headers["Content-Security-Policy"] == policy()
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert style() in html
    assert not re.search(r"<script|<link|<img|\son\w+=|\sstyle=|https?:", html)


def test_a_number_that_no_parcel_has_is_said_so_on_a_page(customer, shop):
    for number in ("nothing", "<script>", "%F0%9F%93%A6", "a b"):
        answer, html = page(customer, number, 404, headers=FRENCH)
        assert "Nous ne connaissons aucun colis à ce numéro" in text_of(html)
        assert "<script" not in html
        assert answer.headers["Content-Security-Policy"] == policy()


def test_what_is_late_or_troubled_is_said(shop, customer, sscc, clock):
    tell(shop, said(sscc, "exception", NOW))
    text = text_of(page(customer, sscc)[1])
    assert "Held up on its way" in text
    assert "rrives by" not in text, "no day is promised while something is in the way"
    clock.now = NOW + 2 * DAY + 1
    shop.flows.promise_watch.watch()
    _, html = page(customer, sscc)
    assert 'data-tone="troubled"' in html
    assert "It was to arrive by Sunday 29 November, 10:00. It is late, and we are sorry." in text_of(html)


def test_times_are_those_of_the_place_where_it_goes(bare, clock):
    far = service(carrier="colis", countries=frozenset({"PT"}), transit=((5_000_000, 48 * 60),))
    shop = packing_network(bare, services=[far, service("pickup", mode="pickup", base=0)])
    key = decided(shop, ("A", 1), country="PT", place=GeoPoint(latitude=37_740_000, longitude=-25_670_000))
    (parcel,) = pack(shop, key, addressee=replace(ZOE, country="PT")).shipment.parcels
    tell(shop, said(parcel.sscc, "in_transit", NOW))
    _, html = page(create_app(shop).test_client(), parcel.sscc)
    assert "since Friday 27 November, 08:00" in text_of(html)
    assert "Times are those of Azores." in text_of(html)


def guarded(shop, **settings):
    """A customer of a service with other settings."""
    tracking = TrackingSettings(**settings)
    other = Pointsman(
        Settings(redis_url=shop.settings.redis_url, network=shop.settings.network, tracking=tracking), clock=lambda: NOW
    )
    return other, create_app(other).test_client()


def test_by_setting_a_token_is_asked_for_that_the_number_does_not_tell(shop, sscc):
    other, customer = guarded(shop, page="token")
    with other:
        page(customer, sscc, 404)
        page(customer, sscc, 404, t="aaaaaaaaaaaaaaaa")
        path = client_of(other).get(f"/v1/tracking/{sscc}").get_json()["page"]
        assert path.startswith(f"/track/{sscc}?t=")
        answer = customer.get(path)
        assert answer.status_code == 200
        assert f"lang=fr&amp;t={path.partition('=')[2]}" in answer.get_data(as_text=True)


def test_by_setting_there_is_no_page(shop, sscc):
    other, customer = guarded(shop, page="off")
    with other:
        page(customer, sscc, 404)
        assert "page" not in client_of(other).get(f"/v1/tracking/{sscc}").get_json()


def test_an_address_may_ask_only_so_often(shop, sscc):
    other, customer = guarded(shop, page_limit=RateLimit(requests=3, seconds=60))
    with other:
        for number in (sscc, "guess", sscc):
            customer.get(f"/track/{number}")
        answer, html = page(customer, sscc, 429)
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert "Too many look-ups" in text_of(html)
        answer = customer.get(f"/track/{sscc}", environ_base={"REMOTE_ADDR": "192.0.2.9"})
        assert answer.status_code == 200
