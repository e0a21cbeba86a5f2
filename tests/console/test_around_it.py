"""What stands around the console: several networks, a proxy in front, and a store that is away."""

import contextlib
import re

import pytest
import redis

from api.console.app import HEADERS
from api.console.cookies import SESSION
from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import Clock, activate, small
from tests.support.callers import client_of
from tests.support.console import ConsoleSite
from tests.support.console_crawl import PageParts
from tests.support.order_json import order_json
from tests.support.wait_until import wait_until

PAGES = (
    "/today",
    "/decisions",
    "/policies",
    "/stock?sku=SHIRT",
    "/parcels",
    "/audit",
    "/operations/networks",
    "/learn",
)


@pytest.fixture(scope="module")
def second(server_url):
    with Pointsman(Settings(redis_url=server_url, network="second"), clock=Clock()) as second:
        second.load(small())
        activate(second)
        yield second
        second.forget()


@pytest.fixture(scope="module")
def both(site, second, tmp_path_factory):
    """A site that serves two networks."""
    app = create_app(site.pointsman, second)
    return ConsoleSite(pointsman=site.pointsman, app=app, address="", pictures=tmp_path_factory.mktemp("pictures"))


def test_nobody_sees_by_its_id_what_is_of_another_network(both, second):
    made = client_of(second, both.app, networks=(second.settings.network,)).post(
        "/v1/decisions", json=order_json(("SHIRT", 1), id="Secret-1")
    )
    second.policy_drafts.save("Secret-2", {}, base=None, before="", who="Eve")
    own, other = both.pointsman.settings.network, second.settings.network
    asked = (f"/decisions/{made.json['id']}", "/decisions/orders/Secret-1", "/policies/drafts/Secret-2")
    for path in (*asked, f"/parcels/shipments/{made.json['id']}/0"):
        for headers in ({}, {"X-Pointsman-Network": other}):
            answer = both.client(networks=(own,)).get(f"/console{path}", headers=headers)
            assert answer.status_code == 404, path
        assert both.client(networks=(other,)).get(f"/console{path}").status_code == 200, path
    for path in ("/decisions", "/decisions/orders", "/policies/drafts", "/audit"):
        assert "Secret" not in both.client(networks=(own,)).get(f"/console{path}").text, path


def test_one_network_after_the_other_is_shown_to_whoever_may_see_both(both, second):
    client, token = both.client(), both.csrf(both.session())
    own, other = both.pointsman.settings.network, second.settings.network
    for network in (other, own):
        client.post("/console/network", data={"csrf": token, "network": network})
        page = client.get("/console/operations/networks").text
        assert re.search(rf"<option selected>{network}</option>", page)
    client.post("/console/network", data={"csrf": token, "network": "elsewhere"})
    assert f"<option selected>{own}</option>" in client.get("/console/operations/networks").text


def test_behind_a_proxy_with_a_path_of_its_own_every_address_stays_below_it(site):
    client = site.client(None)
    client.set_cookie(SESSION, site.session("auditor"), path="/shop/console")
    below = {"SCRIPT_NAME": "/shop"}
    for path in PAGES:
        parts = PageParts(client.get(f"/console{path}", environ_overrides=below).text)
        addresses = [*parts.links, *(form.action for form in parts.forms)]
        assert [at for at in addresses if not at.startswith(("/shop/console", "#"))] == [], path
        assert parts.foreign == []
    sent = client.get("/console/", environ_overrides=below)
    assert sent.headers["Location"] == "/shop/console/today"
    left = client.post("/console/sign-out", data={"csrf": site.csrf(site.session("auditor"))}, environ_overrides=below)
    assert left.headers["Location"] == "/shop/console/sign-in"
    assert "Path=/shop/console" in left.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "forwarded", ["X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Original-URL"]
)
def test_what_a_caller_says_of_the_address_in_front_changes_no_address(site, forwarded):
    headers = {forwarded: "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "99"}
    for path in ("/", "/today", "/no-such-page"):
        for client in (site.client(), site.client(None)):
            answer = client.get(f"/console{path}", headers=headers)
            assert "evil" not in f"{answer.headers}{answer.text}", path
            assert answer.headers.get("Location", "/console").startswith("/console")


def test_while_the_store_is_away_each_page_says_so_in_plain_words(tmp_path):
    with contextlib.ExitStack() as server_stack, contextlib.ExitStack() as stack:
        server = server_stack.enter_context(open_server(Settings(data=tmp_path / "data")))
        pointsman = stack.enter_context(Pointsman(Settings(redis_url=server.url, network="main"), clock=Clock()))
        pointsman.load(small())
        activate(pointsman)
        site = ConsoleSite(pointsman=pointsman, app=create_app(pointsman), address="", pictures=tmp_path)
        client, form = site.client(), {"csrf": site.csrf(site.session()), "sku": "SHIRT"}
        assert client.get("/console/today").status_code == 200
        with redis.Redis.from_url(server.url) as store:
            store.replicaof("127.0.0.1", 1)
            answers = [client.post("/console/stock/count", data={**form, "node": "lyon", "on_hand": "1"})]
            store.replicaof("NO", "ONE")
        server_stack.close()
        wait_until(lambda: client.get("/console/today").status_code == 503, "the server has ended")
        answers += [client.get("/console/today"), client.post("/console/stock/count", data=form)]
        answers += [client.get("/console/sign-in"), client.get("/console/today", headers={"Accept-Language": "fr"})]
        assert [answer.status_code for answer in answers] == [503] * 5
        for answer in answers:
            assert "Traceback" not in answer.text
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "does not answer; try again in a moment" in answers[1].text
        assert "ne répond pas\xa0; réessayez dans un instant" in answers[-1].text
