"""Drafts of policies over HTTP, rules in plain words and other values in them, and what became of versions."""

import pytest

from api.records.policies import ChangesRecord, PolicyHistoryRecord, ReviewRecord, RuleUsesRecord
from api.records.policy_drafts import DraftListRecord, DraftRecord
from api.records.policy_rules import EditedFilesRecord, PlainPoliciesRecord
from api.records.policy_vocabulary import VocabularyRecord
from engine.policies.drafts import MOST_BYTES
from tests.support.callers import bearer, key_of
from tests.support.facts import policy_file
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

DRAFT = "/v1/policies/drafts/no%C3%ABl%202026"
TEXT = """\
policy: shops # of shops
owner: Zoé
rules:
  - id: near
    because: {en: Near shops first, fr: Les magasins proches d'abord}
    until: 2026-11-26
    when: {node.type: store}
    then: {prefer: 4.00} # euros
"""
FILES = {"shops.yaml": TEXT}
TABLE = "policy,rows\nhit_policy,unique\nid,node.id,prefer,because\none,lyon,1.00,It is near\n"


def saved(http, files=None, tag="", path=DRAFT, **more):
    return http.put(path, json={"files": files or FILES, **more}, headers={"If-Match": tag} if tag else {})


def test_a_draft_is_begun_saved_and_deleted_by_who_read_it_last(http, pointsman, clock):
    begun = saved(http, base="active")
    assert (begun.status_code, begun.headers["Location"]) == (201, DRAFT)
    assert mistakes_in(http, DraftRecord, begun.get_json()) == []
    assert begun.get_json()["base"] == pointsman.versions.find("active")
    clock.now += 60
    changed = saved(http, {"shops.yaml": "no: [yaml"}, begun.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != begun.headers["ETag"]
    read = http.get(DRAFT)
    assert (read.get_json()["files"], read.headers["ETag"]) == ({"shops.yaml": "no: [yaml"}, changed.headers["ETag"])
    assert (read.get_json()["owner"], read.get_json()["name"]) == ("http", "noël 2026")
    assert read.get_json()["base"] == begun.get_json()["base"]
    assert http.get(DRAFT, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    listed = http.get("/v1/policies/drafts").get_json()
    assert mistakes_in(http, DraftListRecord, listed) == []
    assert [item["name"] for item in listed["drafts"]] == ["noël 2026"]
    assert problem_of(http.delete(DRAFT), 412)["type"].endswith(":draft-changed")
    assert http.delete(DRAFT, headers={"If-Match": read.headers["ETag"]}).status_code == 204
    problem_of(http.get(DRAFT), 404)
    problem_of(http.delete(DRAFT, headers={"If-Match": read.headers["ETag"]}), 404)


def test_of_two_who_edit_one_draft_neither_overwrites_the_other(http, pointsman):
    tag = saved(http).headers["ETag"]
    eve = bearer(key_of(pointsman, client="Eve", role="merchandiser"))
    mine, hers = {"shops.yaml": TEXT + "# mine\n"}, {"shops.yaml": TEXT + "# hers\n"}
    first = http.put(DRAFT, json={"files": hers}, headers={"If-Match": tag}, environ_base=eve)
    assert (first.status_code, first.get_json()["owner"], first.get_json()["changed_by"]) == (200, "http", "Eve")
    refused = problem_of(saved(http, mine, tag), 412)
    assert refused["detail"].startswith("Eve changed the draft 'noël 2026' at 2026-")
    assert http.get(DRAFT).get_json()["files"] == hers
    problem_of(saved(http, mine), 412)
    assert saved(http, mine, first.headers["ETag"]).status_code == 200
    # the answer of a save was lost: it is sent again as it was
    assert saved(http, mine, first.headers["ETag"]).status_code == 200
    gone = http.get(DRAFT).headers["ETag"]
    http.delete(DRAFT, headers={"If-Match": gone})
    assert problem_of(saved(http, hers, gone), 412)["detail"].startswith("somebody deleted the draft")


@pytest.mark.parametrize(
    ("path", "files", "field"),
    [
        (DRAFT, {"../shops.yaml": TEXT}, "files"),
        (DRAFT, {"shops.txt": TEXT}, "files"),
        (DRAFT, {"shops.xlsx": "PK"}, "files"),
        (DRAFT, {"shops.yaml": "#" * (MOST_BYTES + 1)}, "files"),
        ("/v1/policies/drafts/" + "n" * 101, FILES, "draft"),
        ("/v1/policies/drafts/a%0Ab", FILES, "draft"),
    ],
)
def test_what_can_be_no_draft_is_refused(http, path, files, field):
    assert fields_of(problem_of(saved(http, files, path=path), 422)) == [field]


def test_rules_are_said_in_the_readers_language_with_what_a_form_can_change(http):
    files = {**FILES, "rows.csv": TABLE, "bad.yaml": "policy: bad\nrules: 3\n", "shops_test.yaml": "tests: []\n"}
    said = http.post("/v1/policies/explain?lang=fr", json={"files": files})
    record = said.get_json()
    assert said.headers["Content-Language"] == "fr"
    assert mistakes_in(http, PlainPoliciesRecord, record) == []
    rows, shops = sorted(record["policies"], key=lambda policy: policy["policy"])
    assert (rows["table"], shops["table"], shops["owner"]) == (True, False, "Zoé")
    assert [finding["file"] for finding in record["findings"]] == ["bad.yaml"]
    (rule,) = shops["rules"]
    assert rule["says"].startswith("Si le lieu est un magasin")
    assert (rule["id"], rule["state"], rule["line"]) == ("shops/near", "over", 4)
    values = {value["path"]: value for value in rule["values"]}
    assert values["/then/prefer"] == {
        "path": "/then/prefer",
        "value": "4.00",
        "label": "Vaut tant par unité",
        "help": "Un montant, comme 4.00 ou 4.00 EUR.",
        "subject": "prefer",
        "choices": [],
        "choice_names": {},
        "kind": "money",
    }
    assert "store" in values["/when/node.type"]["choices"]
    assert values["/when/node.type"]["choice_names"]["store"] == "un magasin"
    assert rows["rules"][0]["values"] == []


MISTAKEN = """\
policy: r
terms: {big: {order.value: {more_than: 90}}, small: {order.value: {at_most: %s}}}
rules:
  - id: dear
    because: {en: Dear, fr: Cher}
    when: {is: big}
    then: {prefer: "4,50"}
  - {id: twice, because: a, then: {hold: 1 h}, color: red}
  - {id: twice, because: b, then: {hold: 1 h}}
  - {because: c, then: {hold: 1 h}}
  - {id: good, because: d, disabled: true, then: {hold: 1 h}}
"""


@pytest.mark.parametrize(("term", "says"), [("9", "The order is held for 1 h"), ("9,5,", "")])
def test_a_file_with_mistakes_keeps_the_rules_of_it_that_can_be_read(http, term, says):
    files = {"r.yaml": MISTAKEN % term, "broken.yaml": "policy: [", "t.csv": "policy,t\nid,prefer\na,b\n"}
    record = http.post("/v1/policies/explain", json={"files": files}).get_json()
    (policy,) = record["policies"]
    rules = {rule["id"]: rule for rule in policy["rules"]}
    assert [rule["id"] for rule in policy["rules"]] == ["r/dear", "r/twice", "r/good"]
    dear = rules["r/dear"]
    assert (dear["state"], dear["says"], dear["line"], dear["because"]["fr"]) == ("mistaken", "", 4, "Cher")
    assert [(its["path"], its["code"]) for its in dear["mistakes"]] == [("/then/prefer", "bad-value")]
    values = {value["path"]: value for value in dear["values"]}
    assert values["/then/prefer"]["value"] == "4,50"
    named = values["/when/is"]
    assert (named["label"], named["choices"]) == ("Named condition", ["big", "small"])
    assert next(its["path"] for its in rules["r/twice"]["mistakes"]) == "/color"
    assert (rules["r/good"]["state"], rules["r/good"]["mistakes"]) == ("off", [])
    assert bool(rules["r/good"]["says"]) == bool(says)
    assert {finding["file"] for finding in record["findings"]} == {"r.yaml", "broken.yaml", "t.csv"}


@pytest.mark.parametrize(
    ("window", "state"),
    [
        ("", "on"),
        ("until: 2026-11-27, ", "on"),
        ("until: 2026-11-26, ", "over"),
        ("from: 2026-11-28, ", "later"),
        ("from: 2026-11-27, ", "on"),
    ],
)
def test_a_rule_is_on_until_its_window_is_over(http, window, state):
    files = {"r.yaml": f"policy: r\nrules:\n  - {{id: a, because: x, {window}then: {{hold: 1 h}}}}\n"}
    (policy,) = http.post("/v1/policies/explain", json={"files": files}).get_json()["policies"]
    assert policy["rules"][0]["state"] == state


def test_a_rule_is_on_until_it_is_switched_off_and_says_its_dates(http):
    rule = (
        "policy: r\nrules:\n  - {id: a, because: x, then: {hold: 1 h}, from: 2026-11-28 08:30, until: 2026-12-24%s}\n"
    )
    files = {
        f"{name}.yaml": (rule % off).replace(": r", f": {name}")
        for name, off in (("on", ""), ("off", ", disabled: true"))
    }
    found = http.post("/v1/policies/explain", json={"files": files}).get_json()["policies"]
    assert {policy["policy"]: policy["rules"][0]["state"] for policy in found} == {"on": "later", "off": "off"}
    assert found[0]["rules"][0]["dates"] == {"begins": "2026-11-28T08:30", "ends": "2026-12-25T00:00"}


NEW = {
    "because": {"en": "Light: goes by bike"},
    "when": {"order.weight": {"at_most": "2.5 kg"}, "node.id": ["lille", "lyon"]},
    "then": {"prefer": "0.50"},
    "until": "2026-12-24",
}


def test_a_rule_is_added_copied_and_taken_out_of_the_text(http):
    def edited(files, **change):
        answer = http.post("/v1/policies/edit", json={"files": files, **change}).get_json()
        assert mistakes_in(http, EditedFilesRecord, answer) == []
        return answer

    mistaken = edited(FILES, rule="shops/bikes", add={**NEW, "when": {"node.type": {"not": "shop"}}})
    assert (mistaken["says"], [finding["path"] for finding in mistaken["findings"]]) == ("", ["/when/node.type/not"])
    added = edited(FILES, rule="shops/bikes", add=NEW)
    assert added["files"]["shops.yaml"].startswith(TEXT)
    assert added["says"].startswith("If the order weighs")
    copied = edited(FILES, rule="shops/near", copy_as="near-too")
    assert copied["says"] == edited(FILES, rule="shops/near", values={"/then/prefer": "4.00"})["says"]
    back = edited(copied["files"], rule="shops/near-too", remove=True)
    assert (back["files"], back["says"], back["findings"]) == (FILES, "", [])


def test_a_rule_is_changed_where_another_file_is_broken(http):
    files = {"a.yaml": "policy: [", **FILES}
    answer = http.post("/v1/policies/edit", json={"files": files, "rule": "shops/near", "copy_as": "near-too"})
    assert answer.status_code == 200
    assert "near-too" in answer.get_json()["files"]["shops.yaml"]
    none = http.post("/v1/policies/edit", json={"files": {"a.yaml": "policy: ["}, "rule": "shops/near", "remove": True})
    assert none.status_code == 422


WRITTEN = """\
policy: shops # of shops
terms: {light: {order.weight: {at_most: 2 kg}}, wrong: {order.colour: red}}
rules:
  - id: near
    because: | # on lines
      Near
      shops
    when: {node.type: store, node.attributes.code: "5"} # where
    then: {prefer: 4.00} # euros
"""


def test_a_rule_is_made_into_another_one_and_what_is_the_same_stays_as_it_is_written(http):
    files = {"shops.yaml": WRITTEN}
    (policy,) = http.post("/v1/policies/explain", json={"files": files}).get_json()["policies"]
    tree = policy["rules"][0]["tree"]
    assert tree == {
        "because": "Near\nshops\n",
        "when": {"node.type": "store", "node.attributes.code": "5"},
        "then": {"prefer": "4.00"},
    }
    assert policy["terms"] == [
        {"name": "light", "says": "the order weighs at most 2 kg"},
        {"name": "wrong", "says": ""},
    ]

    def replaced(**change):
        answer = http.post(
            "/v1/policies/edit", json={"files": files, "rule": "shops/near", "replace": {**tree, **change}}
        )
        assert mistakes_in(http, EditedFilesRecord, answer.get_json()) == []
        return answer.get_json()["files"]["shops.yaml"]

    assert replaced() == WRITTEN
    assert replaced(then={"prefer": "4.00", "tier": "1"}) == WRITTEN.replace("4.00}", "4.00, tier: 1}")
    assert replaced(when={**tree["when"], "is": "light"}) == WRITTEN.replace('"5"}', '"5", is: light}')
    assert replaced(because="Why") == WRITTEN.replace("| # on lines\n      Near\n      shops", "Why")


def test_what_does_not_fit_the_network_is_said_of_a_changed_rule(http):
    def findings(when):
        asked = {"files": FILES, "rule": "shops/new", "add": {**NEW, "when": when}}
        answer = http.post("/v1/policies/edit", json=asked).get_json()
        found = (its for its in answer["findings"] if its["path"].startswith("/when"))
        return {(its["path"], its["code"], its["severity"]) for its in found}

    assert findings({"node.id": "lyonn"}) == {("/when/node.id", "unknown-to-network", "warning")}
    assert findings({"node.attributes.colour": "red"}) == {("/when/node.attributes.colour", "wrong-attribute", "error")}
    assert findings({"node.id": "lyon"}) == set()


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, ["rule"]),
        ({"replace": {**NEW, "because": "a\nb"}}, ["/because"]),
        ({"replace": {**NEW, "when": None}}, ["/when"]),
        ({"rule": "shops/gone", "replace": NEW}, ["rule"]),
        ({"remove": True, "copy_as": "x"}, ["rule"]),
        ({"remove": False}, ["remove"]),
        ({"copy_as": "near"}, ["/id"]),
        ({"copy_as": "No id"}, ["copy_as"]),
        ({"add": NEW}, ["/id"]),
        ({"rule": "shops/new", "add": {**NEW, "then": {"prefer": 4}}}, ["/then/prefer"]),
        ({"rule": "shops/new", "add": {**NEW, "because": "a\nb"}}, ["/because"]),
        ({"rule": "shops/gone", "remove": True}, ["rule"]),
    ],
)
def test_a_change_that_cant_be_made_is_refused_at_its_field(http, change, fields):
    answer = http.post("/v1/policies/edit", json={"files": FILES, "rule": "shops/near", **change})
    assert fields_of(problem_of(answer, 422)) == fields


def test_other_values_are_put_into_the_text(http):
    asked = {"files": FILES, "rule": "shops/near", "values": {"/then/prefer": "5.00", "/until": ""}}
    edited = http.post("/v1/policies/edit", json=asked).get_json()
    assert mistakes_in(http, EditedFilesRecord, edited) == []
    assert edited["files"]["shops.yaml"] == TEXT.replace("4.00", "5.00").replace("    until: 2026-11-26\n", "")
    wrong = http.post("/v1/policies/edit", json={**asked, "values": {"/then/avoid": "1"}})
    assert fields_of(problem_of(wrong, 422)) == ["/then/avoid"]
    problem_of(http.post("/v1/policies/edit", json={**asked, "rule": "shop/near"}), 404)
    assert fields_of(problem_of(http.post("/v1/policies/edit", json={**asked, "rule": "shops/far"}), 422)) == ["rule"]


@pytest.mark.parametrize("text", ["", "\0", "[" * 40, "a: *b", "policy: shops\nrules: [3, {id: near}]", "\ufeff{", "'"])
def test_no_text_makes_these_calls_fail(http, text):
    for call, more in (("explain", {}), ("edit", {"rule": "shops/near", "values": {"/then/prefer": text}})):
        answer = http.post(f"/v1/policies/{call}", json={"files": {"shops.yaml": text}, **more})
        assert answer.status_code in (200, 404, 422)


def test_the_words_of_policies_are_those_of_the_language_and_of_the_network(http):
    words = http.get("/v1/policies/vocabulary?lang=fr").get_json()
    assert mistakes_in(http, VocabularyRecord, words) == []
    facts = {item["word"]: item for item in words["facts"]}
    assert {"lille", "lyon"} <= set(facts["node.id"]["values"])
    assert facts["order.value"]["means"] == "la valeur de la commande"
    assert facts["order.value"]["kind"] == "money"
    assert {"equals", "not", "at_least", "between"} <= set(facts["order.value"]["operators"])
    assert "store" in facts["node.type"]["values"]
    assert facts["node.type"]["value_names"]["store"] == "un magasin"
    franchise = facts["node.attributes.franchise"]
    assert (franchise["means"], franchise["kind"]) == ("l'attribut franchise du lieu", "flag")
    assert franchise["operators"] == ["equals", "not", "known"]
    effects = {item["word"]: item for item in words["effects"]}
    assert [[part["key"] for part in way] for way in effects["keep"]["ways"]] == [[""], [""], ["cover"]]
    assert {item["word"]: item["takes"] for item in words["operators"]}["between"] == "two"


def test_what_became_of_versions_is_read_back(http, pointsman):
    rule = {name: text.decode() for name, text in policy_file("when: {node.id: lille}, then: {prefer: 4.00}").items()}
    before = pointsman.versions.find("active")
    checked = http.post("/v1/policies/check", json={"files": rule}).get_json()
    assert mistakes_in(http, ReviewRecord, checked) == []
    assert [item["rule"] for item in checked["changes"]["added"]] == ["test/r1"]
    version = http.post("/v1/policies", json={"files": rule, "note": "for Lille"}).get_json()["version"]
    http.post(f"/v1/policies/{version}/activate", json={"note": "go"})
    http.post("/v1/decisions", json=order_json())
    changes = http.get(f"/v1/policies/{version}/changes?against={before}").get_json()
    assert mistakes_in(http, ChangesRecord, changes) == []
    assert [item["rule"] for item in changes["added"]] == ["test/r1"]
    assert http.get(f"/v1/policies/{version}/changes").get_json()["same"] is True
    assert http.get(f"/v1/policies/{version}/changes?against=none").get_json()["same"] is False
    history = http.get("/v1/policies/history?limit=2").get_json()
    assert mistakes_in(http, PolicyHistoryRecord, history) == []
    assert (history["turns"][0]["version"], history["turns"][0]["before"]) == (version, before)
    assert [(item["act"], item["note"]) for item in history["changes"]] == [
        ("activated", "go"),
        ("published", "for Lille"),
    ]
    uses = http.get("/v1/policies/uses?weigh=1&from=2026-10-01T00:00:00Z&to=2027-08-01T00:00:00Z").get_json()
    assert mistakes_in(http, RuleUsesRecord, uses) == []
    assert uses["decisions"] == 1
    assert [(item["rule"], item["fired"], item["weighed"]) for item in uses["rules"]] == [("test/r1", 1, 1)]
    problem_of(http.get("/v1/policies/uses?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z"), 422)
    problem_of(http.get("/v1/policies/uses?from=2020-01-01T00:00:00Z&to=2025-01-01T00:00:00Z"), 422)
