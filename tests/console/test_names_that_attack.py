"""Names that try to be script: every page that shows one shows it as text, and every role may send what it sees."""

import json
import re
from urllib.parse import quote

import pytest

from engine.audit.settings import AuditSettings
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock
from tests.support.callers import client_of
from tests.support.console import console_rules, console_site, page_of
from tests.support.console_crawl import PageParts, crawl
from tests.support.console_pages import FILES
from tests.support.facts import EURO, LYON, PARIS, inventory, node, product, service
from tests.support.naughty_strings import is_readable, naughty_words
from tests.support.order_json import order_json
from tests.support.parcels import LYON_ADDRESS, parcel_terms

ATTACK = """'"></title></textarea></option><svg/onload=alert(1)>{{7*7}}<img src=x onerror=alert(2)>&lt;"""
"""Ends whatever it may stand in, and begins something."""
KINDS = "sku node other service carrier channel order client note reason owner draft product town street person receipt"
NAMED = {kind: f"{kind}{ATTACK}"[:100] for kind in KINDS.split()}
HOOK = "https://shop.example/hook'></a><svg/onload=alert(1)>"
UNSEEN = {"person", "street", "town"}
"""Of whom an order goes to, papers alone tell."""
OF_EVERYBODY = {"/console/language", "/console/network", "/console/sign-out"}
NOT_LINKED = {"/sign-in", "/sign-in/once/<token>"}


def shop_of_attacks():
    """Two places, an article, a lane between them: each with a name that attacks."""
    sku, here, there = NAMED["sku"], NAMED["node"], NAMED["other"]
    places = [
        node(name, at, address=LYON_ADDRESS, services=(NAMED["service"],))
        for name, at in ((here, LYON), (there, PARIS))
    ]
    lane = TransferLane(
        origin=NodeNames(nodes=frozenset({here})),
        goal=NodeNames(nodes=frozenset({there})),
        takes=24 * 60,
        per_unit=EURO // 10,
    )
    return inventory(
        places,
        {sku: {here: 50}, "plain": {there: 5}},
        services=[service(NAMED["service"], carrier=NAMED["carrier"])],
        products=[product(sku, name=NAMED["product"], margin=10 * EURO), product("plain")],
        parcels=parcel_terms(),
        channels=(NAMED["channel"],),
        transfer_lanes=(lane,),
        paces={sku: {here: 100, there: 400}},
    )


def policy_of_attacks():
    words = {kind: json.dumps(NAMED[kind]) for kind in ("owner", "reason", "node", "note")}
    return f"""\
policy: attacked
owner: {words["owner"]}
description: {words["note"]}
rules:
  - id: first
    because: {{en: {words["reason"]}, fr: {words["reason"]}}}
    when: {{node.id: {words["node"]}}}
    then: {{prefer: 0.05}}
"""


def connector_of_attacks():
    reason, owner = json.dumps(NAMED["reason"]), json.dumps(NAMED["owner"])
    return f"""\
connector: attacked
owner: {owner}
because: {{en: {reason}, fr: {reason}}}
kind: counts
reads: {{push: key}}
format: json
fields: {{node: where, sku: what, on_hand: pieces, sequence: number}}
"""


def happenings(pointsman, client):
    """One of each thing that has a page of its own."""

    def sent(method, path, body=None):
        answer = client.open(path, method=method, json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.get_json() if answer.data else None

    text = policy_of_attacks()
    files = {"attacked.yaml": text, "rows.csv": "policy,rows\nhit_policy,collect\nid,node.id,prefer,because\n"}
    who, note = NAMED["client"], NAMED["note"]
    version = pointsman.versions.publish({"attacked.yaml": text.encode()}, who=who, note=note).version
    pointsman.versions.activate(version, who=who, note=note)
    pointsman.policy_drafts.save(NAMED["draft"], files, base=version, before="", who=NAMED["owner"])
    sku, here, there, order = (NAMED[kind] for kind in ("sku", "node", "other", "order"))
    asked = order_json((sku, 2), id=order, channel=NAMED["channel"], segment=NAMED["note"], tags=[NAMED["reason"]])
    decision = sent("POST", "/v1/decisions", asked)["id"]
    addressee = {"name": NAMED["person"][:60], "lines": [NAMED["street"][:60]], "town": NAMED["town"][:60]}
    addressee |= {"postcode": "75011", "country": "FR"}
    sent("PUT", f"/v1/orders/{quote(order, safe='')}/addressee", addressee)
    sent("POST", f"/v1/shipments/{decision}/0/packed", {"parcels": [{"lines": {"1": 2}}]})
    sent("POST", "/v1/manifests", {"node": here, "carrier": NAMED["carrier"]})
    receipt = {"source": "purchase_order", "node": here, "sku": sku, "quantity": 4, "status": "planned", "sequence": 1}
    receipt["expected_at"] = "2026-12-01T00:00:00Z"
    sent("PUT", f"/v1/inbound/{quote(NAMED['receipt'], safe='')}", receipt)
    moved = {"from": here, "to": there, "lines": [{"sku": sku, "quantity": 1}], "note": note}
    sent("POST", "/v1/transfers", moved)
    sent("POST", "/v1/webhooks", {"url": HOOK, "note": note})
    returned = {"order": order, "lines": [{"line": "1", "quantity": 1, "reason": "wrong_size"}]}
    sent("POST", "/v1/returns", returned)
    sent("POST", "/v1/decisions", order_json((sku, 1), ("plain", 1), id="plain", channel=NAMED["channel"]))
    times = {"from": "2020-01-01T00:00:00Z", "to": "2126-01-01T00:00:00Z"}
    sent("POST", "/v1/whatif", {"drafts": [{"name": NAMED["draft"], "files": {"attacked.yaml": text}}], **times})
    pointsman.api_keys.create(role="oms", client=f"till {who}", networks=("attacked",))
    sent("POST", "/v1/connectors/attacked", [{"where": here, "what": sku, "pieces": ATTACK, "number": 1}])


@pytest.fixture(scope="module")
def site(server_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    settings = Settings(
        redis_url=server_url, network="attacked", data=folder, audit=AuditSettings(audit_key=folder / "key")
    )
    (folder / "connectors").mkdir()
    (folder / "connectors" / "attacked.yaml").write_text(connector_of_attacks())
    with Pointsman(settings, clock=Clock()) as pointsman, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POINTSMAN_CONNECTORS", str(folder / "connectors"))
        patch.setenv("POINTSMAN_CONNECTOR_FILES", str(folder / "files"))
        pointsman.load(shop_of_attacks())
        with console_site(pointsman, folder / "pictures") as served:
            happenings(pointsman, client_of(pointsman, served.app, client=NAMED["client"]))
            pointsman.sealer.seal()
            yield served
        pointsman.forget()


@pytest.fixture(scope="module")
def visited(site):
    """Each page of it, as an administrator sees it in English."""
    return list(crawl(site, "admin", most=3))


def verify(page, language):
    assert page.status == 200 or page.rule in FILES, f"{page.path}\n{page.body}"
    assert f'<html lang="{language}">' in page.body
    assert (page.parts.foreign, page.parts.helpless) == ([], []), page.path


def test_every_page_is_led_to_and_shows_them_as_text(site, visited):
    for page in visited:
        verify(page, "en")
    text = "".join(part for page in visited for part in page.parts.text)
    assert {kind for kind, name in NAMED.items() if name[:60] in text} == set(NAMED) - UNSEEN
    pages = {rule.rule for rule in console_rules(site) if "GET" in rule.methods}
    assert pages - {page.rule for page in visited} - FILES == NOT_LINKED


def test_every_page_shows_them_as_text_in_french(site):
    for page in crawl(site, "admin", language="fr", most=1):
        verify(page, "fr")


def buttons(pages):
    """The addresses that their forms are sent to."""
    return {form.action for page in pages for form in page.parts.forms if form.method == "post" and form.action}


def statuses(site, role, addresses):
    """What becomes of forms that stood on a page of another network than the one that is shown: they are refused for
    that (409), unless what they do is refused to the role (403).
    """
    client, token = site.client(role), site.csrf(site.session(role))
    form = {"csrf": token, "shown_network": "another"}
    return {address: client.post(address, data=form).status_code for address in addresses}


@pytest.mark.parametrize("role", ["admin", "oms", "merchandiser"])
def test_each_button_that_somebody_sees_is_one_that_may_be_sent(site, visited, role):
    seen = buttons(visited if role == "admin" else crawl(site, role, most=1)) - {"/console/language"}
    assert statuses(site, role, seen) == dict.fromkeys(seen, 409)
    assert len(seen) > 10


def test_who_may_change_nothing_sees_no_button_and_is_refused_each(site, visited):
    assert buttons(crawl(site, "auditor", most=1)) == {"/console/language", "/console/sign-out"}
    rules = {re.sub("<[^>]*>", "x", rule.rule) for rule in console_rules(site) if "POST" in rule.methods}
    addresses = {rule for rule in rules if not rule.startswith(("/sign-", "/language", "/network"))}
    addresses = {f"/console{address}" for address in addresses} | buttons(visited) - OF_EVERYBODY
    assert statuses(site, "auditor", addresses) == dict.fromkeys(addresses, 403)
    assert len(addresses) > 50


def test_a_person_of_another_network_sees_none_of_its_pages(site, visited):
    stranger = site.client("admin", networks=("elsewhere",))
    for path in {page.rule: page.path for page in visited}.values():
        answer = stranger.get(f"/console{path}")
        assert answer.status_code == 403, path
        assert "onload" not in answer.text, path


def test_a_product_by_any_naughty_name_is_shown_by_it(site):
    http, client = client_of(site.pointsman, site.app), site.client("oms")
    product = http.get("/v1/products/plain").get_json()["product"]
    for name in [name for name in naughty_words() if is_readable(name) and set("<>&\"'{") & set(name)][::3]:
        answer = http.put("/v1/products/plain", json=product | {"name": name})
        if answer.status_code == 200:
            page = PageParts(client.get("/console/stock?sku=plain").text)
            assert page.foreign == [], name
            assert name in page.text


def test_a_browser_runs_nothing_of_them(opened, site):
    named = {kind: quote(name, safe="") for kind, name in NAMED.items()}
    with page_of(opened, site, "/learn") as look:
        look.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for path, shown in (
            ("/decisions", NAMED["order"]),
            ("/policies/drafts/{draft}/text?file=attacked.yaml", NAMED["draft"]),
            ("/stock?sku={sku}&channel={channel}", NAMED["product"]),
            ("/audit?by={client}", NAMED["client"]),
            ("/operations/webhooks", HOOK),
        ):
            look.page.goto(f"{site.address}/console{path.format(**named)}")
            assert shown[:60] in look.page.inner_text("main"), path
            assert look.page.locator("main img, main svg:not(.chart svg)").count() == 0, path
        assert look.complaints == []
        assert [address for address in look.requests if not address.startswith((site.address, "data:"))] == []
