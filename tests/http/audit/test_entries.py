"""Who did what, over HTTP: entries of the log in pages, the latest first."""

import pytest

from api.records.audit.entries import LoggedEntriesRecord
from engine.actor import act_as
from engine.store.audit import entry_pages
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.facts import order
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def made(http, pointsman):
    """Ada decided three orders."""
    ada = client_of(pointsman, http.application, client="Ada", role="oms")
    return [
        ada.post("/v1/decisions", json=order_json(("SHIRT", 1), id=f"W-{number}")).get_json()["id"] for number in "123"
    ]


def entries(http, **query):
    answer = http.get("/v1/audit/entries", query_string=query)
    assert answer.status_code == 200, answer.text
    assert mistakes_in(http, LoggedEntriesRecord, answer.get_json()) == []
    return answer.get_json()


def about(found):
    return [entry["about"] for entry in found["entries"]]


def test_the_latest_come_first_with_who_made_them(http, made):
    found = entries(http, kind="decided")
    assert about(found) == made[::-1]
    assert {entry["by"] for entry in found["entries"]} == {"Ada"}
    assert (found["entries"][0]["through"], found["next"], found["damaged"]) == ("http", None, [])
    assert http.get(f"/v1/audit/proof/{found['entries'][0]['entry']}").status_code in (200, 404)


@pytest.mark.parametrize("query", [{}, {"until": "2100-01-01T00:00:00Z"}], ids=str)
def test_pages_go_on_where_the_one_before_ended(http, made, query):
    everything = about(entries(http, **query))
    found, pages = entries(http, limit=1, **query), 1
    seen = about(found)
    while found["next"] and pages <= len(everything):
        found = entries(http, limit=1, after=found["next"], **query)
        seen += about(found)
        pages += 1
    assert seen == everything
    assert pages == len(everything)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"by": "Ada"}, 3),
        ({"by": "Nobody"}, 0),
        ({"kind": "decided", "until": "2000-01-01T00:00:00Z"}, 0),
        ({"kind": "decided", "from": "2000-01-01T00:00:00Z"}, 3),
    ],
)
def test_they_are_filtered(http, made, query, number):
    assert len(entries(http, **query)["entries"]) == number


def test_one_is_found_by_what_it_is_about(http, made):
    assert about(entries(http, about=made[1])) == [made[1]]


def test_a_page_ends_after_so_many_entries_that_do_not_match(http, made, monkeypatch):
    monkeypatch.setattr(entry_pages, "MOST_LOOKED_AT", 2)
    found = entries(http, by="Nobody")
    assert found["entries"] == []
    assert found["next"]


def test_one_that_is_damaged_is_named_and_the_others_are_shown(http, pointsman, made):
    pointsman._client.redis.xadd(pointsman._keys.log, {"kind": "decided", "id": "X", "at": "none"})
    found = entries(http, kind="decided")
    assert about(found) == made[::-1]
    assert len(found["damaged"]) == 1


def test_a_kind_that_there_is_not_is_said(http):
    problem_of(http.get("/v1/audit/entries?kind=none"), 422)


def test_what_people_did_is_told_from_what_the_machine_did(http, made, pointsman, clock):
    assert http.post("/v1/webhooks", json={"url": "https://shop.example/hook"}).status_code == 201
    everything = entries(http)["entries"]
    people = entries(http, done_by="people")["entries"]
    machine = entries(http, done_by="machine")["entries"]
    assert sorted([*people, *machine], key=lambda entry: entry["entry"], reverse=True) == everything
    assert {entry["kind"] for entry in machine if entry["by"]} == {"decided"}
    assert [entry["kind"] for entry in people] == ["webhook_added"]
    act_as("ada", through="cli", origin="ada@desk")
    pointsman.decide(order(("SHIRT", 1), id="by-ada"))
    act_as("connector:counts", through="cli", origin="ada@desk")
    pointsman.decide(order(("SHIRT", 1), id="by-connector"))
    act_as("")
    assert entries(http, done_by="people")["entries"][0]["by"] == "ada"
    assert entries(http, done_by="machine")["entries"][0]["by"] == "connector:counts"


def test_few_that_match_are_found_page_by_page(http, made, monkeypatch):
    assert http.post("/v1/webhooks", json={"url": "https://shop.example/hook"}).status_code == 201
    for number in "456":
        http.post("/v1/decisions", json=order_json(("SHIRT", 1), id=f"W-{number}"))
    monkeypatch.setattr(entry_pages, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(entry_pages, "_AT_ONCE", 2)
    found = entries(http, done_by="people")
    assert (found["entries"], found["next"] is None) == ([], False)
    seen = []
    while found["next"]:
        found = entries(http, done_by="people", after=found["next"])
        seen += found["entries"]
    monkeypatch.undo()
    assert seen == entries(http, done_by="people")["entries"]
    assert [entry["kind"] for entry in seen] == ["webhook_added"]


@pytest.mark.parametrize("path", ["/v1/audit/entries", "/v1/audit/accesses", "/v1/decisions", "/v1/policies/history"])
def test_a_place_before_every_entry_is_no_next_of_a_page(http, made, path):
    problem = problem_of(http.get(f"{path}?limit=1&after=0-0"), 422)
    assert problem["errors"] == [{"field": "after", "message": "this is no 'next' of a page before"}]
    assert http.get(f"{path}?limit=1&after=0-1").status_code == 200


@pytest.mark.parametrize("path", ["/v1/audit/entries", "/v1/audit/accesses"])
def test_a_period_that_ends_before_it_begins_is_refused(http, path):
    query = "from=2026-11-27T00:00:00Z&until=2026-11-27T00:00:00Z"
    problem = problem_of(http.get(f"{path}?{query}"), 422)
    assert [(its["field"], "ends before it begins" in its["message"]) for its in problem["errors"]] == [("until", True)]


def test_what_was_done_with_a_policy_version_is_found_by_four_letters_of_it(http, pointsman):
    version = activate(pointsman)
    for start in (version, version[:12], version[:4].upper()):
        assert set(about(entries(http, about=start, kind="published"))) == {version}
    assert about(entries(http, about=version[:3])) == []


def test_other_things_are_found_by_their_whole_names(http, made):
    assert about(entries(http, about=made[1][:8])) == []
