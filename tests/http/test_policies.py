"""Policy versions over HTTP: uploads, findings, activation, going back."""

import io
from datetime import UTC, datetime

import orjson
import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from api.records.policies import PublishedRecord, ReviewRecord, TimelineRecord, VersionListRecord, VersionRecord
from rules.tables.csv_text import read_sheet
from rules.tables.workbook import write_workbook
from tests.support.callers import client_of
from tests.support.facts import NOW, policy_file
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of
from tests.support.strike import strike_files

GOOD = policy_file("then: {hold: 1 h}", "when: {node.id: lille}, then: {prefer: 4.00 EUR}")["test.yaml"].decode()
OTHER = GOOD.replace("policy: test", "policy: other").replace("4.00", "5.00")
BAD = "policy: bad\nrules:\n  - {id: r, because: x, when: {order.chanel: web}, then: {tier: 1}}\n"


def form(files, **fields):
    """A multipart form: texts by name."""
    contents = [(name, text if isinstance(text, bytes) else text.encode()) for name, text in files]
    parts = [("files", FileStorage(io.BytesIO(content), filename=name)) for name, content in contents]
    boundary, body = encode_multipart(MultiDict([*parts, *fields.items()]))
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}


def publish(http, *files, **more):
    return http.post("/v1/policies", json={"files": dict(files or [("test.yaml", GOOD)]), **more})


def decided_by(http):
    return http.post("/v1/decisions?dry_run=true", json=order_json()).get_json()["policy_version"]


def test_a_form_and_a_json_body_make_the_same_version(http):
    sent = http.post("/v1/policies", **form([("a.yaml", GOOD), ("more/b.yaml", OTHER)], note="été"))
    assert sent.status_code == 201
    assert mistakes_in(http, PublishedRecord, sent.get_json()) == []
    again = publish(http, ("more/b.yaml", OTHER), ("a.yaml", GOOD))
    assert again.status_code == 200
    assert again.get_json()["version"] == sent.get_json()["version"]
    assert again.get_json()["new"] is False
    version = http.get(sent.headers["Location"]).get_json()
    assert mistakes_in(http, VersionRecord, version) == []
    assert version["files"] == {"a.yaml": GOOD, "more/b.yaml": OTHER}
    assert [rule["id"] for rule in version["rules"]] == ["other/r1", "other/r2", "test/r1", "test/r2"]
    assert version["rules"][3]["effects"] == ["prefer: 4.00"]


def test_in_an_emergency_a_version_is_published_although_tests_fail_and_the_answer_says_so(http):
    files = strike_files(GOOD, today=datetime.fromtimestamp(NOW, UTC).date()).items()
    assert "emergency" in problem_of(publish(http, *files, note="a strike"), 422)["detail"]
    assert problem_of(publish(http, *files, emergency=True), 422)["errors"][0]["field"] == "note"
    made = publish(http, *files, note="a strike", emergency=True)
    assert mistakes_in(http, PublishedRecord, made.get_json()) == []
    assert made.get_json()["emergency"] == {"rules": ["strike/lyon"], "failing_tests": 1}
    kept = http.get(made.headers["Location"]).get_json()
    assert kept["files"] | kept["tests"] == dict(files)
    assert all(name.endswith("_test.yaml") for name in kept["tests"])
    in_a_form = http.post("/v1/policies", **form(files, note="a strike", emergency="true"))
    assert (in_a_form.status_code, in_a_form.get_json()["new"]) == (200, False)
    wrong = problem_of(http.post("/v1/policies", **form(files, note="a strike", emergency="perhaps")), 422)
    assert [item["field"] for item in wrong["errors"]] == ["emergency"]


def test_a_published_version_decides_once_it_is_activated_and_a_rollback_undoes_it(http):
    before, version = decided_by(http), publish(http).get_json()["version"]
    assert decided_by(http) == before
    activated = http.post(f"/v1/policies/{version[:8]}/activate", json={"note": "sale"})
    assert mistakes_in(http, TimelineRecord, activated.get_json()) == []
    assert activated.get_json() == {"active": version, "scheduled": [], "before": before, "gone": []}
    again = http.post(f"/v1/policies/{version[:8]}/activate", json={}).get_json()
    assert again == activated.get_json() | {"decided_already": True}
    assert decided_by(http) == version
    for seen in ({"from": before}, {"from": version, "to": version}):
        problem = problem_of(http.post("/v1/policies/rollback", json=seen), 409)
        assert "nothing was rolled back" in problem["detail"]
    back = http.post("/v1/policies/rollback", json={"from": version[:8], "to": before[:8]}).get_json()
    assert (back["active"], back["before"], decided_by(http)) == (before, None, before)
    assert "by its name" in problem_of(http.post("/v1/policies/rollback", json={}), 409)["detail"]


def test_a_version_is_taken_off_the_schedule_over_http_and_never_takes_over(http, pointsman, clock):
    before, version = decided_by(http), publish(http).get_json()["version"]
    path = f"/v1/policies/{version[:8]}"
    for at in ("2026-11-27T10:00:00Z", "2026-11-27T11:00:00Z"):
        http.post(f"{path}/activate", json={"at": at})
    taken_off = http.post(f"{path}/unschedule", json={"note": "put off"})
    assert mistakes_in(http, TimelineRecord, taken_off.get_json()) == []
    assert taken_off.get_json() == {"active": before, "scheduled": [], "before": None, "gone": []}
    assert "is not scheduled" in problem_of(http.post(f"{path}/unschedule", json={}), 404)["detail"]
    problem_of(http.post("/v1/policies/ffffffff/unschedule", json={}), 404)
    clock.now += 3 * 3_600
    assert decided_by(http) == before
    changes = [(change.kind, change.who, change.note) for change in pointsman.versions.history()][-2:]
    assert changes == [("unscheduled", "http", "put off")] * 2


def test_a_version_scheduled_over_http_takes_over_at_its_instant(http, clock):
    before, version = decided_by(http), publish(http).get_json()["version"]
    body = {"at": "2026-11-27T11:00:00+01:00"}  # an hour from now
    scheduled = http.post(f"/v1/policies/{version}/activate", json=body).get_json()
    assert scheduled["scheduled"] == [{"version": version, "from": "2026-11-27T10:00:00Z", "gone": []}]
    assert decided_by(http) == before
    clock.now += 3_600
    assert decided_by(http) == version
    listed = http.get("/v1/policies").get_json()
    assert mistakes_in(http, VersionListRecord, listed) == []
    assert (listed["active"], listed["scheduled"], listed["before"]) == (version, [], before)
    assert [item["active"] for item in listed["versions"]] == [False, True]


@pytest.mark.parametrize("at", ["2026-11-27T09:00:00Z", "2026-11-27T08:59:59Z", "2026-11-28T09:00:00", "soon", 5])
def test_an_instant_that_is_over_or_has_no_zone_is_refused(http, contents, at):
    version = publish(http).get_json()["version"]
    before = contents()
    assert fields_of(problem_of(http.post(f"/v1/policies/{version}/activate", json={"at": at}), 422)) == ["at"]
    assert contents() == before


def test_every_mistake_of_every_file_is_a_finding_with_its_place(http, contents):
    before = contents()
    for body in (form([("bad.yaml", BAD), ("good.yaml", GOOD)]), {"json": {"files": {"bad.yaml": BAD, "x.yaml": "["}}}):
        problem = problem_of(http.post("/v1/policies", **body), 422)
        assert problem["type"].endswith(":policy-invalid")
        assert problem["findings"][0] | {"severity": ""} == {
            "file": "bad.yaml",
            "line": 3,
            "column": 32,
            "code": "unknown-fact",
            "message": "unknown fact 'order.chanel'",
            "meant": "order.channel",
            "severity": "",
        }
    assert problem["findings"][1]["file"] == "x.yaml"
    assert contents() == before


def test_check_says_errors_and_warnings_and_changes_nothing(http, contents):
    before = contents()
    odd = GOOD.replace("lille", "lile")
    review = http.post("/v1/policies/check", **form([("test.yaml", odd)])).get_json()
    assert mistakes_in(http, ReviewRecord, review) == []
    assert (review["rules"], review["errors"]) == (2, [])
    assert [(item["code"], item["meant"]) for item in review["warnings"]] == [("unknown-to-network", "lille")]
    wrong = http.post("/v1/policies/check", json={"files": {"test.yaml": BAD}})
    assert wrong.status_code == 200
    assert (wrong.get_json()["version"], [item["line"] for item in wrong.get_json()["errors"]]) == (None, [3])
    assert contents() == before


CASES = """
products: {SHIRT: {}}
nodes: {lyon: {type: warehouse, away: 5 km}, lille: {type: warehouse, away: 300 km}}
stock: {usual: {SHIRT: {lyon: 5, lille: 5}}}
tests:
  - {test: Lille is worth the way, order: {lines: {SHIRT: 1}}, expect: {shipments: [{node: lille}]}}
  - {test: It has a priority, order: {lines: {SHIRT: 1}}, expect: {priority: 80}}
"""


def test_check_tries_the_tests_that_are_sent_along(http, contents):
    before = contents()
    review = http.post("/v1/policies/check", **form([("test.yaml", GOOD), ("a_test.yaml", CASES)])).get_json()
    assert mistakes_in(http, ReviewRecord, review) == []
    assert (review["errors"], review["tests"]["passed"]) == ([], False)
    first, second = review["tests"]["cases"]
    assert (first["name"], first["passed"], first["fired"]) == (
        "Lille is worth the way",
        True,
        ["test/r1", "test/r2"],
    )
    assert (second["file"], second["line"], second["passed"]) == ("a_test.yaml", 7, False)
    assert second["differences"] == [{"what": "priority", "expected": "80", "got": "50"}]
    assert contents() == before


def test_check_says_the_mistakes_of_tests_beside_those_of_policies(http):
    sent = {"files": {"test.yaml": GOOD, "a_test.yaml": CASES.replace("expect:", "expects:")}}
    review = http.post("/v1/policies/check", json=sent).get_json()
    assert (review["version"], review["tests"]) == (None, None)
    assert {(item["file"], item["line"], item["code"]) for item in review["errors"]} >= {
        ("a_test.yaml", 6, "unknown-key")
    }


def test_a_new_version_is_told_apart_from_the_active_one_by_what_it_changes(http):
    version = publish(http, ("a.yaml", GOOD), ("b.yaml", OTHER)).get_json()["version"]
    http.post(f"/v1/policies/{version}/activate", json={})
    changes = publish(http, ("b.yaml", OTHER.replace("5.00", "6.00"))).get_json()["changes"]
    assert [item["rule"] for item in changes["gone"]] == ["test/r1", "test/r2"]
    (changed,) = changes["changed"]
    assert changed["differences"] == [{"aspect": "effects", "gone": ["prefer: 5.00"], "added": ["prefer: 6.00"]}]
    assert (changes["same"], changes["added"], changes["moved"]) == (False, [], [])


BAD_NAMES = [
    "../test.yaml",
    "a/../../test.yaml",
    "/etc/test.yaml",
    "a//test.yaml",
    "./test.yaml",
    "C:\\test.yaml",
    "a\\test.yaml",
    "te\nst.yaml",
    "te\x00st.yaml",
    "te\x7fst.yaml",
    "te\u2028st.yaml",
    "test.yml",
    "test",
    "",
    "x" * 200 + ".yaml",
]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("path", ["/v1/policies", "/v1/policies/check"])
def test_a_file_name_that_could_lead_elsewhere_is_refused(http, contents, path, name):
    before = contents()
    problem = problem_of(http.post(path, json={"files": {"good.yaml": GOOD, name: GOOD}}), 422)
    assert fields_of(problem) == ["files"]
    assert contents() == before


@pytest.mark.parametrize("name", ["../test.yaml", "/etc/test.yaml", "C:test.yaml", "test.txt", "a.yaml/"])
def test_a_file_name_in_a_form_is_looked_at_as_well(http, contents, name):
    before = contents()
    assert fields_of(problem_of(http.post("/v1/policies", **form([(name, GOOD)])), 422)) == ["files"]
    assert contents() == before


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, {"json": {}}),
        (422, {"json": {"files": {}}}),
        (422, {"json": {"files": {"a.yaml": 5}}}),
        (422, {"json": {"files": ["a.yaml"]}}),
        (422, {"json": {"files": {"a_test.yaml": "cases: []"}}}),
        (422, {"json": {"files": {"a.yaml": GOOD}, "colour": "red"}}),
        (422, {"json": {"files": {"a.yaml": GOOD}, "note": "two\nlines"}}),
        (422, {"json": {"files": {f"{number}.yaml": GOOD for number in range(201)}}}),
        (422, {"json": {"files": {"a.yaml": "#" * (1 << 20) + "#"}}}),
        (422, {"json": [1]}),
        (422, form([("a.yaml", GOOD), ("a.yaml", OTHER)])),
        (422, form([("a.yaml", GOOD)], colour="red")),
        (422, form([("a.yaml", GOOD)], note="n" * 1_001)),
        (422, form([("a.yaml", b"\xff\xfe")])),
        (422, form([("a.yaml", b"#" * (1 << 20) + b"#")])),
        (422, form([])),
        (413, form([(f"{number}.yaml", b"#" * (1 << 20)) for number in range(5)])),
        (400, {"data": b"{", "content_type": "application/json"}),
        (415, {"data": GOOD, "content_type": "application/yaml"}),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused_and_changes_nothing(http, contents, status, body):
    before = contents()
    problem_of(http.post("/v1/policies", **body), status)
    assert contents() == before


def test_only_policies_are_taken_as_a_form(http):
    problem_of(http.post("/v1/decisions", **form([("a.yaml", GOOD)])), 415)
    problem_of(http.post("/v1/policies/rollback", **form([("a.yaml", GOOD)])), 415)


@pytest.mark.parametrize("version", ["0" * 64, "abc", "act", "zzzzzzzz", "%2e%2e"])
def test_a_version_nobody_published_is_not_found(http, version):
    problem_of(http.get(f"/v1/policies/{version}"), 404)
    problem_of(http.post(f"/v1/policies/{version}/activate", json={}), 404)


def test_the_history_names_whose_key_it_was_whatever_headers_say(http, pointsman):
    version = publish(http).get_json()["version"]
    zoe = client_of(pointsman, http.application, client="Zoé", role="merchandiser")
    headers = {"X-Pointsman-User": "Ada"}
    assert zoe.post(f"/v1/policies/{version}/activate", json={"note": "why"}, headers=headers).status_code == 200
    *_, published, activated = pointsman.versions.history()
    assert (published.who, published.at) == ("http", NOW)
    assert (activated.who, activated.note, activated.version) == ("Zoé", "why", version)


def test_a_request_sent_again_under_its_key_is_answered_and_not_done_again(http, pointsman):
    bodies = [GOOD, OTHER, GOOD.replace("1 h", "2 h")]
    for body in bodies:
        version = publish(http, ("a.yaml", body)).get_json()["version"]
        http.post(f"/v1/policies/{version}/activate", json={})
    key = {"Idempotency-Key": "back 1"}
    entries = len(pointsman.versions.history())
    first = http.post("/v1/policies/rollback", json={}, headers=key).get_json()
    assert http.post("/v1/policies/rollback", json={}, headers=key).get_json() == first
    assert len(pointsman.versions.history()) == entries + 1
    # another operation may have the same key
    assert http.post(f"/v1/policies/{version}/activate", json={}, headers=key).status_code == 200
    for _ in range(3):
        assert publish(http, note="x").status_code in (200, 201)
    sent = [http.post("/v1/policies", json={"files": {"n.yaml": GOOD}}, headers={"Idempotency-Key": "p"}) for _ in "12"]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert len(pointsman.versions.history()) == entries + 6


def test_the_page_says_how_files_are_sent(http):
    page = http.get("/openapi.json").get_json()
    for path in ("/v1/policies", "/v1/policies/check"):
        content = page["paths"][path]["post"]["requestBody"]["content"]
        shapes = {name: kind["schema"]["$ref"].rpartition("/")[2] for name, kind in content.items()}
        assert shapes == {"application/json": "UploadRequest", "multipart/form-data": "UploadForm"}
        assert all(page["components"]["schemas"][name]["required"] == ["files"] for name in shapes.values())
    headers = {item.get("name") for item in page["paths"]["/v1/policies/rollback"]["post"]["parameters"]}
    assert "Idempotency-Key" in headers
    used = set(orjson.dumps(page).decode().split('"$ref":"#/components/schemas/')[1:])
    assert {name.partition('"')[0] for name in used} <= set(page["components"]["schemas"])


TABLE = "policy,t\nhit_policy,collect\nid,node.id,prefer,because\nr1,lille,4.00 EUR,x\n"


def workbook(text):
    """The table as a workbook of one sheet."""
    return write_workbook({"near": read_sheet("t.csv", text)})


def test_a_table_is_published_as_text_and_as_a_file_and_decides(http):
    version = publish(http, ("test.yaml", GOOD), ("t.csv", TABLE)).get_json()["version"]
    again = http.post("/v1/policies", **form([("test.yaml", GOOD), ("t.csv", TABLE)])).get_json()
    assert (again["version"], again["new"]) == (version, False)
    shown = http.get(f"/v1/policies/{version}").get_json()
    assert mistakes_in(http, VersionRecord, shown) == []
    assert shown["files"]["t.csv"] == TABLE
    assert "t/r1" in [rule["id"] for rule in shown["rules"]]
    http.post(f"/v1/policies/{version}/activate", json={})
    decision = http.post("/v1/decisions?dry_run=true", json=order_json()).get_json()
    assert decision["policy_version"] == version


def test_a_workbook_is_published_sheet_by_sheet_and_its_sheets_make_the_same_version(http):
    sent = http.post("/v1/policies", **form([("t.xlsx", workbook(TABLE))])).get_json()
    files = http.get(f"/v1/policies/{sent['version']}").get_json()["files"]
    assert files == {"t.xlsx/near.csv": TABLE}
    assert publish(http, *files.items()).get_json() == sent | {"new": False}


def test_a_workbook_in_json_and_a_mistake_in_one_are_refused(http):
    answer = publish(http, ("t.xlsx", "UEsDBA=="))
    assert answer.status_code == 422
    assert "send it in a form" in answer.get_json()["detail"] + str(answer.get_json())
    bad = http.post("/v1/policies/check", **form([("t.xlsx", workbook(TABLE.replace("prefer", "prefre")))])).get_json()
    (error,) = bad["errors"]
    assert (error["file"], error["line"], error["column"]) == ("t.xlsx", 3, 3)
    assert error["message"].startswith("sheet 'near': 'prefre' is no heading")


def test_a_mistake_in_a_gate_is_told_with_its_place(http):
    refused = problem_of(publish(http, ("test.yaml", GOOD), ("gate.yaml", "cost: {at_least: 1%}\n")), 422)
    (finding,) = refused["findings"]
    assert (finding["file"], finding["line"], finding["column"], finding["code"]) == ("gate.yaml", 1, 8, "unknown-key")


def test_the_rules_that_a_rollback_and_a_schedule_drop_are_said(http):
    first = http.get("/v1/policies").get_json()["active"]
    version = publish(http).get_json()["version"]
    http.post(f"/v1/policies/{version}/activate", json={})
    later = http.post(f"/v1/policies/{first}/activate", json={"at": "2026-11-27T10:00:00Z"}).get_json()
    assert later["scheduled"][0]["gone"] == ["test/r1", "test/r2"]
    assert http.post("/v1/policies/rollback", json={}).get_json()["gone"] == ["test/r1", "test/r2"]
