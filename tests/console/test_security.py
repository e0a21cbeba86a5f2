"""What pages send along, and who may do what: no page of another site, no other network and no other role gets in."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from api.console.app import HEADERS
from api.console.cookies import SESSION
from tests.support.callers import client_of
from tests.support.console import page_of
from tests.support.naughty_strings import is_readable, naughty_words
from tests.support.order_json import order_json


class Inline(HTMLParser):
    """Finds what the policy forbids: script and style in the page, and addresses that are scripts."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("style", "base", "object", "embed") or (tag == "script" and not values.get("src")):
            self.found.append(tag)
        self.found += [name for name in values if name == "style" or name.startswith("on")]
        for name in ("href", "src", "action", "formaction"):
            address = (values.get(name) or "").strip().lower()
            if address.startswith(("javascript:", "http:", "https:", "//")):
                self.found.append(address)


def rules(site):
    """Those of the console's own application."""
    return list(site.app.wsgi_app._console.url_map.iter_rules())


def pages(site):
    return [rule.rule for rule in rules(site) if "GET" in rule.methods and not rule.arguments]


def buttons(site):
    """The addresses that forms are sent to, with a made-up name for each of their parts."""
    found = [rule for rule in rules(site) if "POST" in rule.methods]
    return [re.sub(r"<[^>]*>", "x", rule.rule) for rule in found if not rule.rule.startswith(("/sign-in", "/language"))]


def test_every_page_forbids_frames_foreign_scripts_and_caches(site):
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert len(pages(site)) > 4
    for path in (*pages(site), "/no-such-page", "/decisions/none"):
        for client in (site.client(), site.client(None)):
            answer = client.get(f"/console{path}")
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
            assert answer.headers["Cache-Control"] == "no-store"
            assert Inline(answer.text).found == [], path


def test_every_failure_is_a_page(site):
    for path, method, status in (
        ("/no-such-page", "get", 404),
        ("/no-such-page", "post", 404),
        ("/today", "put", 405),
        ("/sign-in", "delete", 405),
        ("/decisions/none", "get", 404),
    ):
        for client in (site.client(), site.client(None)):
            answer = getattr(client, method)(f"/console{path}")
            assert answer.status_code in (status, 303), path
            assert answer.mimetype == "text/html"


def test_no_button_works_without_the_token_of_its_session(site):
    assert len(buttons(site)) > 3
    other = site.csrf(site.session("auditor"))
    for path in buttons(site):
        for fields in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": other}):
            answer = site.client("admin").post(f"/console{path}", data=fields)
            assert answer.status_code == 403, path
        assert site.client(None).post(f"/console{path}", data={"csrf": other}).status_code == 303, path


def test_the_token_may_stand_in_a_header(site):
    token = site.csrf(site.session("admin"))
    answer = site.client("admin").post("/console/network", data={"network": "x"}, headers={"X-Csrf-Token": token})
    assert answer.status_code == 303


def test_who_has_no_scope_of_a_call_is_refused_its_page_and_its_button(site):
    for path in ("/audit", "/audit/accesses", "/operations", "/operations/keys"):
        assert site.client("merchandiser").get(f"/console{path}").status_code == 403, path
    for action in ("cancel", "amend", "reject", "confirm"):
        assert site.send(f"/decisions/orders/x/{action}", "merchandiser").status_code == 403, action


def test_nobody_says_for_whom_a_call_is(site):
    """What stands for the caller within the process is no header."""
    for name in ("pointsman.caller", "Pointsman-Caller", "Pointsman.Caller"):
        answer = site.app.test_client().get("/v1/caller", headers={name: "admin"})
        assert answer.status_code == 401
    answer = site.app.test_client().get("/v1/caller", environ_base={"pointsman.caller": "admin"})
    assert answer.status_code == 401


def test_a_session_of_another_network_sees_nothing_of_this_one(site):
    http = client_of(site.pointsman, site.app)
    made = http.post("/v1/decisions?dry_run=false", json=order_json(("SHIRT", 1), id="Secret-1")).json
    stranger = site.client("admin", networks=("another",))
    for path in (f"/decisions/{made['id']}", "/decisions", "/decisions/orders/Secret-1", "/today"):
        answer = stranger.get(f"/console{path}")
        assert answer.status_code == 403, path
        assert "Secret-1" not in answer.text
    token = site.csrf(site.session("admin", ("another",)))
    network = site.pointsman.settings.network
    answer = stranger.post("/console/network", data={"csrf": token, "network": network})
    assert answer.status_code == 403
    assert stranger.get("/console/today").status_code == 403


def test_a_session_that_is_made_up_is_none(site):
    client = site.client(None)
    for made_up in ("", "x", "../admin", "*", "a" * 3_000, "é"):
        client.set_cookie(SESSION, made_up, path="/console")
        assert client.get("/console/today").status_code == 303


@pytest.mark.parametrize("language", ["en", "fr"])
def test_naughty_names_are_shown_as_they_are_and_run_nothing(opened, site, language):
    http = client_of(site.pointsman, site.app)
    names = [name for name in naughty_words() if is_readable(name) and name.isprintable()]
    shown = [name for name in names if "<" in name or "&" in name or '"' in name or "{{" in name][:40]
    assert len(shown) > 20
    made = {}
    for name in shown:
        answer = http.post("/v1/decisions", json=order_json(("SHIRT", 1), id=name, segment=name, tags=[name]))
        if answer.status_code in (200, 201):
            made[answer.json["id"]] = name
    assert len(made) > 15
    with page_of(opened, site, "/decisions", language=language) as look:
        look.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        texts = {link.inner_text() for link in look.page.locator("tbody th a").all()}
        assert {" ".join(name.split()) for name in made.values()} <= {" ".join(text.split()) for text in texts}
        for decision in list(made)[:3]:
            look.page.goto(f"{site.address}/console/decisions/{decision}")
            assert " ".join(made[decision].split()) in " ".join(look.page.inner_text("h1").split())
        assert look.complaints == []
        assert all(address.startswith((site.address, "data:")) for address in look.requests)


def test_every_page_with_a_naughty_name_in_its_address_is_a_page(site):
    for name in naughty_words()[::12]:
        for path in ("/decisions/", "/decisions/orders/", "/decisions?order=", "/decisions?why_not="):
            answer = site.client().get(f"/console{path}{quote(name, safe='', errors='replace')}")
            assert answer.status_code in (200, 404, 422), (path, name)
            assert Inline(answer.text).found == [], (path, name)
