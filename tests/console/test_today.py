"""The page of today: what came of the orders of the day, and what needs attention."""

import re

import pytest
from playwright.sync_api import expect

from api.http.app import create_app
from engine.audit.days import live_days
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock, activate, small
from tests.support.callers import client_of
from tests.support.console import ConsoleSite, console_site, page_of, verify_pages
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def decided(site):
    """A client of HTTP, by which two orders have been sent."""
    http = client_of(site.pointsman, site.app)
    assert http.post("/v1/decisions", json=order_json(("SHIRT", 2), id="W-1")).status_code == 201
    waiting = order_json(("SHIRT", 1), ("RARE", 99), id="W-2")
    assert http.post("/v1/decisions?wait=true", json=waiting).status_code == 201
    return http


def test_before_anything_is_decided_it_says_what_to_do_first(server_url, tmp_path):
    with Pointsman(Settings(redis_url=server_url, network="empty"), clock=Clock()) as pointsman:
        pointsman.load(small())
        activate(pointsman)
        fresh = ConsoleSite(pointsman=pointsman, app=create_app(pointsman), address="", pictures=tmp_path)
        page = fresh.client("merchandiser").get("/console/today")
        pointsman.forget()
    assert page.status_code == 200
    assert "Nothing has been decided yet" in page.text


def test_before_a_network_is_loaded_it_says_how_to_load_one(opened, server_url, tmp_path):
    with (
        Pointsman(Settings(redis_url=server_url, network="bare"), clock=Clock()) as pointsman,
        console_site(pointsman, tmp_path) as bare,
    ):
        verify_pages(opened, bare, "/today", "today-without-a-network")


def test_it_shows_what_came_of_the_day_and_updates_itself(opened, site, decided):
    verify_pages(opened, site, "/today", "today")
    verify_pages(opened, site, "/today/at-risk", "promises-at-risk", role="oms")
    with page_of(opened, site, "/today", role="oms") as look:
        look.page.clock.install()
        look.page.reload()
        assert tiles(look.page)["Orders"] == "2"
        assert decided.post("/v1/decisions?wait=true", json=order_json(("SHIRT", 1), id="W-3")).status_code == 201
        look.page.clock.fast_forward(21_000)
        expect(look.page.locator(".tile", has_text="Orders").locator(".value")).to_have_text("3")
        expect(look.page.locator("#at-risk")).to_contain_text("No promise is at risk")
        assert look.complaints == []


def tiles(page):
    found = page.locator(".tile").all()
    return {tile.locator(".name").inner_text(): tile.locator(".value").inner_text() for tile in found}


def test_another_day_is_shown_when_it_is_asked_for(site):
    page = site.client().get("/console/today?day=2026-11-20").text
    assert re.search(r"<h1><time[^>]*>Fri 20 Nov 2026</time></h1>", page)
    assert site.client().get("/console/today?day=yesterday").status_code == 422


def test_figures_stand_beside_those_of_other_days_once_the_log_is_counted_and_there_are_some(
    site, decided, monkeypatch
):
    def notes():
        page = site.client().get("/console/today").text
        return re.findall(r'class="note">([^<]*)<', page), page

    told, page = notes()
    assert not any("before" in note for note in told)
    assert 'hx-trigger="every 20s"' in page
    monkeypatch.setattr(site.pointsman._clock, "now", site.pointsman._clock.now + 86_400)
    monkeypatch.setattr(site, "_sessions", {})  # those of the day before have ended
    orders = int(re.search(r"Orders</span> <span class=.value.>(\d+)", page)[1])
    assert decided.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-next")).status_code == 201
    told, _ = notes()
    assert told[0] == f"day before {orders}"
    assert not any("week before" in note for note in told)
    monkeypatch.setattr(live_days, "MOST_ENTRIES", 0)
    assert decided.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-not-counted-yet")).status_code == 201
    told, page = notes()
    assert set(told) - {"1 whole, 0 in part, 0 not at all"} == {"still counting"}
    assert "The log is still being added up" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize("role", ["oms", "merchandiser", "auditor"])
def test_each_role_sees_what_waits_and_what_the_policies_did(site, decided, role):
    page = site.client(role).get("/console/today").text
    assert "entries wait for stock now" in page
    assert "What the policies did" in page
