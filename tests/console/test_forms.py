"""What a form takes along, and what people are told of it."""

import re

from tests.support.callers import client_of
from tests.support.console import page_of

MESSAGE = re.compile(r'class="(?:message|wrong)[^>]*>(.*?)</p>', re.DOTALL)


def told(site, answer, role="admin"):
    """What an answer says of what was done, or the page that it leads to."""
    page = site.client(role).get(answer.headers["Location"]) if answer.status_code == 303 else answer
    return MESSAGE.findall(page.text)


def test_a_form_of_another_network_than_the_one_that_is_chosen_does_nothing(site):
    oms = client_of(site.pointsman, site.app, role="admin")
    before = oms.get("/v1/stock/SHIRT").json
    node = before["nodes"][0]["node"]
    page = site.client("oms").get("/console/stock?sku=SHIRT").text
    assert f'name="shown_network" value="{site.pointsman.settings.network}"' in page
    fields = {"sku": "SHIRT", "node": node, "on_hand": "77"}
    refused = site.send("/stock/count", "oms", shown_network="another", **fields)
    assert refused.status_code == 409
    assert "showed another network" in told(site, refused)[0]
    assert oms.get("/v1/stock/SHIRT").json == before
    assert site.send("/stock/count", "oms", shown_network=site.pointsman.settings.network, **fields).status_code == 303
    assert oms.get("/v1/stock/SHIRT").json != before


def test_each_of_several_messages_is_told_once_and_what_updates_itself_takes_none(site):
    sessions = site.pointsman.console_sessions
    session_id = site.session("admin")
    session = sessions.find(session_id, used=True)
    for text in ("the first", "the second"):
        session = sessions.leave_message(session_id, session, tone="good", text=text)
    client = site.client("admin")
    assert "the first" not in client.get("/console/today", headers={"HX-Request": "true", "X-Own-Update": "1"}).text
    assert MESSAGE.findall(client.get("/console/learn").text) == ["the first", "the second"]
    assert MESSAGE.findall(client.get("/console/learn").text) == []


def test_a_mistake_that_has_no_field_on_the_page_is_told_all_the_same(site):
    refused = site.send("/operations/webhooks", url="http://shop.example/hook", types="no.such.type")
    assert refused.status_code == 422
    assert "no.such.type" in " ".join(told(site, refused))
    beside = site.send("/parcels/manifests", node="", carrier="")
    assert len(told(site, beside)) == 2  # each beside its field, and no more


def test_a_draft_without_a_name_or_with_one_that_is_taken_is_refused_in_plain_words(site):
    assert "a draft needs a name" in told(site, site.send("/policies/begin", name="", start="nothing"))[0]
    begun = site.send("/policies/begin", name="Taken", start="nothing")
    assert told(site, begun) == ["The draft is begun. Nothing of it decides yet."]  # a draft without files is a page
    other = site.send("/policies/begin", "merchandiser", name="Taken", start="nothing")
    assert other.status_code == 412
    assert told(site, other) == ["There is a draft of this name already. Choose another name."]
    late = site.send("/policies/drafts/Taken/delete", tag='"stale"')
    assert told(site, late) == ["Somebody changed the draft since you opened this page, so that nothing was saved."]


def test_days_at_the_ends_of_the_calendar_are_refused_and_break_nothing(site):
    for day in ("0001-01-01", "9999-12-31", "x"):
        for path in (f"/decisions?decided_from={day}&decided_until={day}", f"/audit?from={day}&until={day}"):
            answer = site.client().get(f"/console{path}")
            assert answer.status_code in (200, 422), path
        fields = {"id": "R-9", "node": "lyon", "sku": "SHIRT", "quantity": "1", "sequence": "1", "source": "asn"}
        assert site.send("/stock/inbound", expected_on=day, status="planned", **fields).status_code == 422


def test_what_the_editor_could_not_save_is_told(opened, site):
    drafts = site.pointsman.policy_drafts
    drafts.save("lost", {"rules.yaml": "policy: rules\nrules: []\n"}, base=None, before="", who="Ada")
    path = "/policies/drafts/lost/text?file=rules.yaml"
    with page_of(opened, site, path, role="merchandiser") as look:
        page = look.page
        drafts.remove("lost", before=drafts.show("lost").tag)
        page.locator(".cm-content").click()
        page.locator(".cm-focused").wait_for()
        page.keyboard.type("# mine")
        page.get_by_text("What you wrote last is not saved").wait_for()
        assert "# mine" in page.locator(".cm-content").inner_text()
