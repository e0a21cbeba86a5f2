"""Connectors, webhooks, keys, networks and jobs in the console, and the tour."""

import re
from dataclasses import replace
from typing import get_args

import msgspec
import pytest

from api.console.pages.learn import STEPS
from engine.events.event import Position
from engine.events.webhooks.delivery_state import DeadLetter
from engine.events.webhooks.stored_state import change_between, state_of
from engine.model.scopes import ROLE_SCOPES, Role
from tests.support.callers import client_of
from tests.support.console import verify_pages

CONNECTOR = """\
connector: counter
owner: logistics
because: {en: "The <b>warehouse posts its counts", fr: L'entrepôt envoie ses comptages}
kind: counts
reads: {push: key}
format: json
fields:
  node: where
  sku: what
  on_hand: pieces
  sequence: number
"""


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """With a connector."""
    made = tmp_path_factory.mktemp("connectors")
    (made / "counter.yaml").write_text(CONNECTOR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POINTSMAN_CONNECTORS", str(made))
        patch.setenv("POINTSMAN_CONNECTOR_FILES", str(made / "files"))
        yield made


def shown(site, path, role="admin"):
    answer = site.client(role).get(f"/console{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_connectors_are_listed_with_how_they_are(site):
    page = shown(site, "/operations", "auditor")
    assert "The &lt;b&gt;warehouse" in page
    assert "has not run yet" in page


@pytest.fixture
def waiting(site):
    """The address of the page of a file that waits for a person."""
    bad = [{"where": "<b>none</b>", "what": "RARE", "pieces": "many", "number": 1}]
    pushed = client_of(site.pointsman, site.app, role="oms").post("/v1/connectors/counter", json=bad)
    assert pushed.status_code == 202
    page = shown(site, "/operations/connectors/counter")
    return re.search(r'href="/console(/operations/connectors/counter/[^"]+)"', page)[1]


def test_a_file_that_could_not_be_used_is_looked_at_taken_over_again_and_deleted(opened, site, waiting, folder):
    assert "waits for a person" in shown(site, "/operations", "auditor")
    page = shown(site, waiting)
    assert "&lt;b&gt;none" in page
    assert "<b>none" not in page
    verify_pages(opened, site, "/operations/connectors/counter", "operations-connector")
    verify_pages(opened, site, waiting, "operations-connector-file")
    tried = site.send(f"{waiting}/replay")
    assert tried.headers["Location"] == f"/console{waiting}"
    assert "still something wrong with it" in shown(site, waiting)
    (kept,) = (path for path in (folder / "files").rglob("*") if path.name == waiting.rpartition("/")[2])
    kept.write_text('[{"where": "lyon", "what": "RARE", "pieces": 7, "number": 1}]')
    taken = site.send(f"{waiting}/replay")
    assert taken.headers["Location"] == "/console/operations/connectors/counter"
    page = shown(site, "/operations/connectors/counter")
    assert "It was taken over. Rows that changed something: 1" in page
    assert "Everything could be used" in page


def test_a_file_is_deleted_by_who_may_and_the_log_says_so(site, waiting):
    for verb in ("replay", "drop"):
        assert site.send(f"{waiting}/{verb}", "auditor").status_code == 403
    assert site.client("auditor").get(f"/console{waiting}").status_code == 403
    assert site.send(f"{waiting}/drop").status_code == 303
    assert site.client().get(f"/console{waiting}").status_code == 404
    assert "message_dropped" in [entry.kind for entry in site.pointsman.entries(on_damaged=pytest.fail)]


def test_a_webhook_is_added_rotated_enabled_and_removed(site):
    made = site.send("/operations/webhooks", url="https://shop.example/<i>", types="stock.low", note="Zoë's")
    assert made.status_code == 200, made.text
    secret = re.search(r"<pre[^>]*>([^<]+)</pre>", made.text)[1]
    page = shown(site, "/operations/webhooks", "auditor")
    assert "https://shop.example/&lt;i&gt;" in page
    assert secret not in page
    place = re.search(r"/operations/webhooks/[\w-]+", page)[0]
    rotated = site.send(f"{place}/rotate")
    assert re.search(r"<pre[^>]*>([^<]+)</pre>", rotated.text)[1] != secret
    for verb in ("enable", "replay"):
        assert site.send(f"{place}/{verb}").status_code == 303
    assert "Every event was taken" in shown(site, place)
    mistaken = site.send("/operations/webhooks", url="", types="no.such")
    assert mistaken.status_code == 422
    assert 'aria-invalid="true"' in mistaken.text
    assert site.send(f"{place}/remove", "auditor").status_code == 403
    assert site.send(f"{place}/remove").status_code == 303
    assert "Events are sent nowhere" in shown(site, "/operations/webhooks")


def pages_of_keys(site, role="admin"):
    """One after the other: other tests made keys, too."""
    pages = [shown(site, "/operations/keys", role)]
    while more := re.search(r'href="/console([^"]*)" rel="next"', pages[-1]):
        pages.append(shown(site, more[1].replace("&amp;", "&"), role))
    return pages


def test_keys_of_this_network_are_listed_and_those_of_others_are_not(site):
    site.pointsman.api_keys.create(role="oms", client="Till <u>", networks=(site.pointsman.settings.network,))
    site.pointsman.api_keys.create(role="oms", client="Stranger", networks=("elsewhere",))
    page = "".join(pages_of_keys(site, "auditor"))
    assert "Till &lt;u&gt;" in page
    assert "Stranger" not in page


def make_key(site, **fields):
    """By the form, which has a field `role`."""
    csrf = site.csrf(site.session("admin"))
    return site.client().post("/console/operations/keys", data={"csrf": csrf, **fields})


def test_a_key_is_made_shown_once_replaced_and_revoked_by_buttons(site):
    fields = {"client": "Kiosk <i>", "role": "oms", "expires_at": "2100-01-31", "key": "the same form"}
    made = make_key(site, **fields)
    assert made.status_code == 200, made.text
    secret = re.search(r"<pre[^>]*>([^<]+)</pre>", made.text)[1]
    assert site.pointsman.api_keys.authenticate(secret).client == "Kiosk <i>"
    again = make_key(site, **fields).text
    assert "was shown then" in again
    assert secret not in again
    page = "".join(pages_of_keys(site, "auditor"))
    assert "Kiosk &lt;i&gt;" in page
    assert secret not in page
    assert "/rotate" not in page
    key = secret.split("_")[1]
    stored = site.pointsman.api_keys.find(key)
    assert stored.expires_at == 4_105_119_600  # when the day ends in Paris
    rotated = site.send(f"/operations/keys/{key}/rotate")
    assert re.search(r"<pre[^>]*>([^<]+)</pre>", rotated.text)[1] != secret
    assert f"{key}/rotate" not in "".join(pages_of_keys(site))
    assert site.send(f"/operations/keys/{key}/revoke", "auditor").status_code == 403
    assert site.send(f"/operations/keys/{key}/revoke").status_code == 303
    assert site.pointsman.api_keys.authenticate(secret) is None
    mistaken = make_key(site, client="", role="oms", expires_at="soon")
    assert mistaken.status_code == 422
    assert mistaken.text.count('aria-invalid="true"') == 2


def test_the_key_list_over_http_is_of_this_network_and_has_no_secret(site):
    answer = client_of(site.pointsman, site.app, role="auditor").get("/v1/keys").get_json()
    assert {frozenset(key) & {"key", "secret"} for key in answer["keys"]} == {frozenset()}


def test_a_key_of_several_networks_names_none_that_who_asks_may_not_use(site):
    network = site.pointsman.settings.network
    site.pointsman.api_keys.create(role="oms", client="Both", networks=(network, "another-brand"))

    def networks_of(**rights):
        answer = client_of(site.pointsman, site.app, role="auditor", **rights).get("/v1/keys").get_json()
        return next(key["networks"] for key in answer["keys"] if key["client"] == "Both")

    assert networks_of(networks=(network,)) == [network]
    assert networks_of() == [network, "another-brand"]


def test_networks_and_jobs_are_listed(site):
    assert site.pointsman.settings.network in shown(site, "/operations/networks")
    assert "Nothing was asked for" in shown(site, "/operations/jobs")


def test_who_has_no_part_in_operations_sees_none_of_it(site):
    assert "/console/operations" not in shown(site, "/learn", "merchandiser")
    for path in ("/operations", "/operations/keys", "/operations/webhooks"):
        assert site.client("merchandiser").get(f"/console{path}").status_code == 403


def test_each_step_of_the_tour_leads_to_a_page(site):
    links = re.findall(r'<a class="button" href="/console([^"]+)"', shown(site, "/learn"))
    assert len(links) >= 5
    for link in links:
        assert site.client("admin").get(f"/console{link.replace('&amp;', '&')}").status_code == 200, link


def test_the_tour_counts_the_steps_of_a_role_and_says_who_does_the_others(site):
    for role in get_args(Role):
        page = shown(site, "/learn", role)
        counted = re.findall(r"<h2>(\d+)\. ([^<]*)</h2>", page)
        own = [step for step in STEPS if ROLE_SCOPES[role] & set(scopes_of(site, step.operation))]
        assert counted == [(str(number), step.title) for number, step in enumerate(own, start=1)]
        others = page.partition("What others do")[2]
        for step in STEPS:
            assert ROLE_SCOPES[step.role] & set(scopes_of(site, step.operation)), step.title
            assert (f">{step.title}</th>" in others) == (step not in own)
        assert ("What others do" in page) == (role != "admin")


def scopes_of(site, operation):
    """Those of which one is enough for it."""
    found = site.app.wsgi_app._scopes
    return next(scopes for endpoint, scopes in found.items() if endpoint.replace(".", "_") == operation)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/operations", "operations"),
        ("/operations/webhooks", "operations-webhooks"),
        ("/operations/keys", "operations-keys"),
        ("/operations/networks", "operations-networks"),
        ("/operations/jobs", "operations-jobs"),
        ("/learn", "learn"),
    ],
)
def test_its_pages_are_readable(opened, site, path, name):
    verify_pages(opened, site, path, name)


def test_a_webhook_and_its_secret_are_readable(opened, site):
    def add(page):
        page.locator("input[name=url]").fill("https://shop.example/pointsman/events-of-a-long-address")
        page.locator("form.fields button").last.click()
        page.locator("main pre").wait_for()

    verify_pages(opened, site, "/operations/webhooks", "operations-webhook-secret", reach=add)
    webhooks = client_of(site.pointsman, site.app).get("/v1/webhooks").get_json()["webhooks"]
    verify_pages(opened, site, f"/operations/webhooks/{webhooks[0]['id']}", "operations-webhook")


def test_one_dead_letter_is_sent_again_alone(site):
    admin, stored = client_of(site.pointsman, site.app, role="admin"), site.pointsman.events._stored
    name = admin.post("/v1/webhooks", json={"url": "https://shop.example/dead"}).get_json()["id"]
    events = [str(Position(1, number, 1)) for number in range(60)]
    letter = msgspec.json.encode(DeadLetter(lane="order:1", attempts=10, at=1, error="answered 500"))
    reading = stored.read(name)
    change = change_between(state_of(reading), replace(state_of(reading), dead=len(events)))
    assert stored.note(name, reading.version, replace(change, dead=dict.fromkeys(events, letter)))
    page = shown(site, f"/operations/webhooks/{name}")
    more = re.search(r'href="/console([^"]*)" rel="next"', page)[1].replace("&amp;", "&")
    assert re.findall(r'name="event" value="([^"]*)"', page + shown(site, more)) == events
    assert 'name="event"' not in shown(site, f"/operations/webhooks/{name}", "auditor")
    assert site.send(f"/operations/webhooks/{name}/replay", "auditor", event=events[3]).status_code == 403
    site.send(f"/operations/webhooks/{name}/replay", event=events[3])
    assert f"The event {events[3]} is sent again" in shown(site, f"/operations/webhooks/{name}")
    left = admin.get(f"/v1/webhooks/{name}/dead-letters").get_json()["events"]
    assert [item["event"] for item in left] == events[:3] + events[4:]
    admin.delete(f"/v1/webhooks/{name}")


def test_keys_are_listed_page_by_page(site):
    for number in range(51):
        site.pointsman.api_keys.create(role="oms", client=f"till {number:02}", networks=("shop",))
    pages = pages_of_keys(site)
    assert len(pages) > 1
    named = set(re.findall(r"till [0-9]{2}", "".join(pages)))
    assert named == {f"till {number:02}" for number in range(51)}
    assert "To the beginning" in pages[-1]


def test_who_handles_orders_sees_how_things_are_and_no_secret(site):
    admin = client_of(site.pointsman, site.app, role="admin")
    name = admin.post("/v1/webhooks", json={"url": "https://shop.example/hooks/s3cret?token=t0ken"}).get_json()["id"]
    assert admin.get(f"/v1/webhooks/{name}").get_json()["behind"] is False
    for path in ("/operations", "/operations/webhooks", f"/operations/webhooks/{name}", "/operations/jobs"):
        page = shown(site, path, "oms")
        assert "s3cret" not in page
        assert "t0ken" not in page
    assert "https://shop.example" in shown(site, "/operations/webhooks", "oms")
    assert "s3cret" in shown(site, "/operations/webhooks", "auditor")
    assert "counter" in shown(site, "/operations", "oms")
    assert shown(site, "/operations/connectors/counter", "oms")
    assert 'action="/console/operations' not in shown(site, f"/operations/webhooks/{name}", "oms")
    assert site.client("oms").get("/console/operations/keys").status_code == 403
    admin.delete(f"/v1/webhooks/{name}")
