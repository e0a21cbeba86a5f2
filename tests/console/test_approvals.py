"""Asking for approval in the console: who sees which button, and what waits for whom."""

import re
from collections.abc import Iterator

import pytest

from engine.access.settings import AccessSettings
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock, small
from tests.support.console import ConsoleSite, console_site, verify_pages
from tests.support.facts import policy_file

NAUGHTY = "Noël <img src=x onerror=alert(1)> \"'&/"
WISHED = 1_796_108_400
"""2026-12-01 08:00 in Paris."""


@pytest.fixture(scope="module")
def site(server_url, tmp_path_factory) -> Iterator[ConsoleSite]:
    """Where versions need approval."""
    settings = Settings(redis_url=server_url, network="four-eyes", access=AccessSettings(four_eyes=True))
    with Pointsman(settings, clock=Clock()) as pointsman:
        pointsman.load(small())
        version = pointsman.publish(policy_file("then: {hold: 1 h}"), who="Zoé", note="").version
        pointsman.versions.activate(version, who="Zoé", note="at first", override=True)
        with console_site(pointsman, tmp_path_factory.mktemp("pictures")) as served:
            yield served
        pointsman.forget()


def published(site, hours, who="Ada merchandiser"):
    return site.pointsman.publish(policy_file(f"then: {{hold: {hours} h}}"), who=who, note=NAUGHTY).version


def place(version, *parts):
    return "/".join(("/policies/versions", version, *parts))


def page(site, path, role="merchandiser"):
    return site.client(role).get(f"/console{path}", headers={"Accept-Language": "en"}).text


def listed(site, version):
    (found,) = (item for item in site.pointsman.versions.published() if item.version == version)
    return found


def buttons(site, version, role):
    text = page(site, place(version), role)
    names = ("ask", "approve", "decline", "take-back")
    return {name for name in names if f'href="/console{place(version, name)}"' in text}


def waits(site, version, role):
    """Where the version is listed as one that waits for this person's answer."""
    marks = [f'href="/console{place(version, name)}"' for name in ("approve", "decline")]
    texts = {path: page(site, path, role) for path in ("/today", "/policies", "/policies/versions")}
    return {path for path, text in texts.items() if all(mark in text for mark in marks)}


EVERYWHERE = {"/today", "/policies", "/policies/versions"}


def test_each_sees_the_buttons_that_they_may_use_and_the_list_of_what_waits_for_them(site):
    version = published(site, 2)
    assert buttons(site, version, "merchandiser") == {"ask"}
    assert buttons(site, version, "admin") == {"ask", "approve"}
    assert buttons(site, version, "auditor") == set()
    assert waits(site, version, "admin") == set()
    asked = site.send(place(version, "ask"), "merchandiser", note=NAUGHTY, activate_at="2026-12-01T08:00")
    assert asked.status_code == 303
    request = listed(site, version).request
    assert (request.who, request.note, request.activate_at) == ("Ada merchandiser", NAUGHTY, WISHED)
    assert buttons(site, version, "merchandiser") == {"take-back"}
    assert buttons(site, version, "admin") == {"approve", "decline"}
    assert waits(site, version, "admin") == EVERYWHERE
    for role in ("merchandiser", "auditor"):
        assert waits(site, version, role) == set()
    for role in ("oms", "auditor"):
        for name in ("ask", "approve", "decline", "take-back"):
            assert site.send(place(version, name), role, note="x").status_code == 403
    assert listed(site, version).request == request
    text = page(site, place(version), "auditor")
    assert "waits for an answer" in text
    assert "<img src=x" not in text


def test_a_request_is_declined_with_a_reason_asked_for_again_taken_back_and_approved(site):
    version = published(site, 3)
    site.send(place(version, "ask"), "merchandiser")
    refused = site.send(place(version, "decline"), "admin", note=" ")
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    site.send(place(version, "decline"), "admin", note="it has no last day")
    text = page(site, place(version))
    assert "it has no last day" in text
    assert "approval declined" in text
    assert buttons(site, version, "merchandiser") == {"ask"}
    assert waits(site, version, "admin") == set()
    over = site.send(place(version, "ask"), "merchandiser", activate_at="2020-01-01T00:00")
    assert over.status_code == 422
    assert "this instant is over" in over.text
    site.send(place(version, "ask"), "merchandiser", activate_at="2026-12-01T08:00")
    site.send(place(version, "take-back"), "merchandiser")
    assert listed(site, version).request is None
    assert 'value="2026-12-01T08:00"' not in page(site, place(version, "schedule"))
    site.send(place(version, "ask"), "merchandiser", activate_at="2026-12-01T08:00")
    site.send(place(version, "approve"), "admin", note="read it")
    assert listed(site, version).approvers == ("Ada admin",)
    assert buttons(site, version, "merchandiser") == set()
    assert 'value="2026-12-01T08:00"' in page(site, place(version, "schedule"))
    conflict = site.send(place(version, "decline"), "admin", note="too late")
    assert conflict.status_code == 409
    assert "&#39;Ada admin&#39; has approved the policy version" in conflict.text


def test_who_approves_what_was_taken_back_meanwhile_is_told_and_may_approve_all_the_same(site):
    version = published(site, 9)
    site.send(place(version, "ask"), "merchandiser", note="please")
    path = place(version, "approve")

    def hidden(text):
        return dict(re.findall(r'<input type="hidden" name="(asked_\w+)" value="([^"]*)">', text))

    asked = hidden(page(site, path, "admin"))
    site.send(place(version, "take-back"), "merchandiser", note="a price is wrong")
    late = site.send(path, "admin", note="read it", **asked)
    assert (late.status_code, listed(site, version).approvers) == (409, ())
    assert "has taken back that the policy version" in late.text
    assert "a price is wrong" in late.text
    assert 'value="read it"' in late.text
    assert "Approve all the same" in late.text
    assert hidden(late.text) == {}
    site.pointsman._clock.now += 1
    site.send(place(version, "ask"), "merchandiser")
    late = site.send(path, "admin", **asked)
    assert (late.status_code, listed(site, version).approvers) == (409, ())
    assert site.send(path, "admin", **hidden(late.text)).status_code == 303
    assert listed(site, version).approvers == ("Ada admin",)


def test_who_published_a_version_is_told_that_another_must_approve_it(site):
    text = page(site, place(published(site, 10, who="Ada admin"), "approve"), "admin")
    assert "Another person must approve this version" in text
    assert "which somebody else published" not in text
    assert 'name="note"' not in text


def test_whoever_published_it_too_may_approve_what_the_other_asks(site):
    version = published(site, 4, who="Ada admin")
    published(site, 4)
    site.send(place(version, "ask"), "merchandiser")
    assert waits(site, version, "admin") == EVERYWHERE
    assert "decline" in buttons(site, version, "admin")


def test_who_asks_for_what_another_person_published_is_not_asked_to_answer(site):
    version = published(site, 5, who="Zoé")
    site.send(place(version, "ask"), "merchandiser")
    assert buttons(site, version, "merchandiser") == {"approve", "take-back"}
    assert waits(site, version, "merchandiser") == set()
    assert waits(site, version, "admin") == EVERYWHERE


def test_a_draft_that_is_published_leads_to_where_one_asks(site):
    text = policy_file("then: {hold: 6 h}")["test.yaml"].decode()
    saved = site.pointsman.policy_drafts.save("mine", {"test.yaml": text}, base=None, before="", who="Ada merchandiser")
    tag = f'"{site.pointsman.policy_drafts.show("mine").tag}"'
    assert saved is not None
    sent = site.send("/policies/drafts/mine/publish", "merchandiser", tag=tag, note="")
    version = sent.headers["Location"].rpartition("/")[2]
    assert buttons(site, version, "merchandiser") == {"ask"}


def test_the_pages_can_be_read_by_everybody(opened, site):
    first, second = published(site, 7), published(site, 8)
    for version in (first, second):
        site.send(place(version, "ask"), "merchandiser", note=NAUGHTY, activate_at="2026-12-01T08:00")
    site.send(place(second, "decline"), "admin", note=NAUGHTY)
    verify_pages(opened, site, "/policies/versions", "policy-approvals", role="admin")
    verify_pages(opened, site, "/today", "today-approvals", role="admin")
    verify_pages(opened, site, place(second), "policy-declined", role="merchandiser")
    verify_pages(opened, site, place(second, "ask"), "policy-ask", role="merchandiser")
