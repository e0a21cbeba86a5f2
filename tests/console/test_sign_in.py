"""Signing in and out, and what keeps a session to whom it belongs."""

import dataclasses
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from api.console.cookies import LANGUAGE, SESSION, SIGN_IN
from api.http.app import create_app
from engine.access.console_sessions import LONGEST_SECONDS
from engine.access.settings import AccessSettings
from engine.rate_limit import RateLimit
from engine.service import Pointsman
from engine.store.audit.accesses import AccessFilter
from tests.support.callers import key_of
from tests.support.console import page_of, verify_pages

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


def sign_in(site, client, credential="", **fields):
    """Through the form, as a browser sends it."""
    token = TOKEN.search(client.get("/console/sign-in").text)[1]
    return client.post("/console/sign-in", data={"csrf": token, "credential": credential, **fields})


@pytest.fixture
def key(site):
    return key_of(site.pointsman, client="Ada", role="merchandiser")


def test_one_can_read_the_page_on_which_one_signs_in(opened, site):
    verify_pages(opened, site, "/sign-in", "sign-in", role=None)


def test_one_signs_in_by_a_key_and_out_again(opened, site, key):
    with page_of(opened, site, "/operations", role=None) as look:
        page = look.page
        page.get_by_label("API key").fill("pointsman_wrong")
        page.keyboard.press("Enter")
        assert "not valid" in page.get_by_role("alert").inner_text()
        page.get_by_label("API key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/operations")  # which this role may not see, and is told so
        assert "You may not do this" in page.inner_text("h1")
        page.get_by_role("link", name="Today").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/console/sign-in")
        page.goto(f"{site.address}/console/today")
        assert urlsplit(page.url).path == "/console/sign-in"


def test_the_cookie_is_no_scripts_no_other_sites_and_of_the_console_alone(site, key):
    client = site.client(None)
    (header,) = [value for value in sign_in(site, client, key).headers.getlist("Set-Cookie") if SESSION in value]
    parts = {part.strip() for part in header.split(";")}
    assert {"HttpOnly", "SameSite=Lax", "Path=/console"} <= parts
    assert "Secure" not in parts  # it was no TLS
    encrypted = site.client(None)
    encrypted.environ_base["wsgi.url_scheme"] = "https"
    page = encrypted.get("/console/sign-in", base_url="https://localhost")
    assert "Secure" in page.headers["Set-Cookie"]


def test_neither_the_key_nor_the_id_of_the_session_is_stored(site, key, redis_client):
    client = site.client(None)
    sign_in(site, client, key)
    session_id = client.get_cookie(SESSION, path="/console").value
    stored = {
        name: redis_client.get(name)
        for name in redis_client.scan_iter("{pointsman:access}:console:session:*", count=1000)
    }
    assert stored
    for name, value in stored.items():
        for secret in (session_id, key.rpartition("_")[2]):
            assert secret.encode() not in name + value


def test_whoever_signs_in_gets_another_id_and_the_one_before_is_nobodys(site, key):
    client = site.client(None)
    client.set_cookie(SESSION, "an-id-that-somebody-else-knows", path="/console")
    sign_in(site, client, key)
    first = client.get_cookie(SESSION, path="/console").value
    assert first != "an-id-that-somebody-else-knows"
    token = site.pointsman.console_sessions.find(first, used=False).csrf
    assert client.post("/console/sign-out", data={"csrf": token}).status_code == 303
    assert site.pointsman.console_sessions.find(first, used=False) is None
    client.set_cookie(SESSION, first, path="/console")
    assert client.get("/console/today").status_code == 303


def test_signing_in_anew_ends_the_session_before(site, key):
    client = site.client(None)
    sign_in(site, client, key)
    first = client.get_cookie(SESSION, path="/console").value
    token = client.get_cookie(SIGN_IN, path="/console")
    assert token is None
    assert client.get("/console/sign-in").status_code == 303
    client.set_cookie(SIGN_IN, "a-token", path="/console")
    client.post("/console/sign-in", data={"csrf": "a-token", "credential": key})
    assert client.get_cookie(SESSION, path="/console").value != first
    assert site.pointsman.console_sessions.find(first, used=False) is None


def test_a_key_that_is_revoked_ends_its_sessions(site):
    stored = site.pointsman.api_keys.create(role="oms", client="Bea", networks=("*",))
    client = site.client(None)
    sign_in(site, client, stored.text.reveal())
    assert client.get("/console/today").status_code == 200
    site.pointsman.api_keys.revoke(stored.stored.id)
    assert client.get("/console/today").status_code == 303


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(site, key):
    client, clock = site.client(None), site.pointsman._clock
    sign_in(site, client, key)
    before = clock.now
    try:
        clock.now = before + LONGEST_SECONDS - 1
        assert client.get("/console/today").status_code == 200
        clock.now = before + LONGEST_SECONDS
        assert client.get("/console/today").status_code == 303
    finally:
        clock.now = before


def test_a_session_ends_when_it_is_not_used_and_what_updates_itself_is_no_use(site, key, redis_client):
    client = site.client(None)
    sign_in(site, client, key)

    def longest_left():
        names = redis_client.scan_iter("{pointsman:access}:console:session:*", count=1000)
        return {name: redis_client.ttl(name) for name in names}

    (name,) = [name for name in longest_left() if client_session(site, client) in redis_client.get(name)]
    redis_client.expire(name, 100)
    client.get("/console/today", headers={"X-Own-Update": "1"})
    assert redis_client.ttl(name) <= 100
    client.get("/console/today")
    assert 1_700 < redis_client.ttl(name) <= 1_800


def client_session(site, client):
    return site.csrf(client.get_cookie(SESSION, path="/console").value).encode()


def test_where_one_wanted_to_go_is_gone_to_if_it_is_the_consoles(site, key):
    for here, gone in {
        "/decisions?status=filled": "/console/decisions?status=filled",
        "https://elsewhere.example/": "/console/",
        "//elsewhere.example/": "/console/",
        "/\\elsewhere.example/": "/console/",
        "\\\\elsewhere.example": "/console/",
        "/\telsewhere": "/console/",
        "javascript:alert(1)": "/console/",
        "/x\r\nSet-Cookie: a=b": "/console/",
        "": "/console/",
    }.items():
        answer = sign_in(site, site.client(None), key, next=here)
        assert answer.status_code == 303
        assert answer.headers["Location"] == gone, here
        asked = site.client(None).post("/console/language", data={"language": "fr", "next": here})
        assert asked.headers["Location"] == gone, here


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_no_other_site_signs_anybody_in(site, key, headers):
    client = site.client(None)
    token = TOKEN.search(client.get("/console/sign-in").text)[1]
    answer = client.post("/console/sign-in", data={"csrf": token, "credential": key}, headers=headers)
    assert answer.status_code == 403
    assert client.post("/console/sign-in", data={"csrf": "another", "credential": key}).status_code == 403
    assert client.get_cookie(SESSION, path="/console") is None


def test_too_many_wrong_keys_are_not_looked_at_as_over_http(site, key):
    limit = AccessSettings(failed_keys=RateLimit(requests=2, seconds=3600))
    settings = dataclasses.replace(site.pointsman.settings, access=limit)
    with Pointsman(settings, clock=site.pointsman._clock) as strict:
        client = create_app(strict).test_client()
        client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
        guess = "pointsman_000000000000_" + "x" * 43
        answers = [sign_in(site, client, guess) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert "not valid" in answers[0].text
        assert 3_500 < int(answers[2].headers["Retry-After"]) <= 3_600
        assert sign_in(site, client, key).status_code == 429
        assert client.get("/v1/caller").status_code == 429  # the same count
        client.environ_base["REMOTE_ADDR"] = "192.0.2.98"
        assert sign_in(site, client, key).status_code == 303


def test_without_a_key_only_those_on_this_machine_go_in_and_only_where_that_is_set(site):
    client = site.client(None)
    assert "Go in without a key" not in client.get("/console/sign-in").text
    assert sign_in(site, client, **{"with": "open"}).status_code == 401
    settings = site.pointsman.settings
    object.__setattr__(site.pointsman, "settings", _open(settings))
    try:
        assert "Go in without a key" in client.get("/console/sign-in").text
        answer = sign_in(site, client, **{"with": "open"})
        assert answer.status_code == 303
        assert client.get("/console/today").status_code == 200
        # from elsewhere, behind a proxy and by another name of this machine
        assert client.get("/console/today", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303
        assert client.get("/console/today", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 303
        assert client.get("/console/today", headers={"Host": "rebound.example"}).status_code == 303
    finally:
        object.__setattr__(site.pointsman, "settings", settings)
    assert client.get("/console/today").status_code == 303


def test_a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(opened, site):
    made = site.pointsman.api_keys.create(role="oms", client="Dan", networks=("*",)).stored
    token = site.pointsman.console_sessions.make_link(made.id)
    verify_pages(opened, site, f"/sign-in/once/{token}", "sign-in-by-a-link", role=None)
    with page_of(opened, site, f"/sign-in/once/{token}", role=None) as look:
        look.page.get_by_role("button", name="Sign in").click()
        expect(look.page.locator("header")).to_contain_text("Dan · oms")
    client = site.client(None)
    page = client.get(f"/console/sign-in/once/{token}").text  # the language is chosen without losing the link
    assert f'name="next" value="/sign-in/once/{token}"' in page
    for path in (token, "never-made"):
        csrf = TOKEN.search(client.get(f"/console/sign-in/once/{path}").text)[1]
        answer = client.post(f"/console/sign-in/once/{path}", data={"csrf": csrf})
        assert answer.status_code == 410
        assert "ask whoever sent it" in answer.text
    assert client.post(f"/console/sign-in/once/{token}", data={"csrf": "x"}).status_code == 403


def test_a_link_of_a_key_that_was_revoked_signs_nobody_in(site):
    made = site.pointsman.api_keys.create(role="oms", client="Eve", networks=("*",)).stored
    token = site.pointsman.console_sessions.make_link(made.id)
    site.pointsman.api_keys.revoke(made.id)
    assert site.pointsman.console_sessions.follow_link(token) is None


def _open(settings):
    return dataclasses.replace(settings, access=AccessSettings(open=True))


def test_it_speaks_the_language_that_is_asked_for_or_chosen(site):
    client = site.client(None)
    assert 'lang="fr"' in client.get("/console/sign-in", headers={"Accept-Language": "fr-CA, en;q=0.5"}).text
    assert 'lang="en"' in client.get("/console/sign-in", headers={"Accept-Language": "de"}).text
    client.post("/console/language", data={"language": "fr"})
    assert client.get_cookie(LANGUAGE, path="/console").value == "fr"
    answer = client.get("/console/sign-in", headers={"Accept-Language": "en"})
    assert ('lang="fr"' in answer.text, answer.headers["Content-Language"]) == (True, "fr")
    client.post("/console/language", data={"language": "xx"})
    assert client.get_cookie(LANGUAGE, path="/console").value == "fr"


def test_each_way_in_stands_in_the_access_log(site):
    made = site.pointsman.api_keys.create(role="oms", client="Fay", networks=("*",))
    sign_in(site, site.client(None), made.text.reveal())
    client = site.client(None)
    token = site.pointsman.console_sessions.make_link(made.stored.id)
    csrf = TOKEN.search(client.get(f"/console/sign-in/once/{token}").text)[1]
    client.post(f"/console/sign-in/once/{token}", data={"csrf": csrf})
    sign_in(site, site.client(None), "pointsman_wrong")
    found = site.pointsman.accesses.page(AccessFilter(what="console_sign_in", by="Fay"), limit=9).accesses
    assert [one.query for one in found] == ["link", f"key {made.stored.id}"]
