"""Loading policy files: rules from valid files, and a finding with its place for every mistake."""

import pytest

from rules.conditions import holds
from rules.effects import Exclusion
from rules.loader import load_policies
from rules.policy_documents import is_policy_file
from rules.reserves import Reserve
from rules.wording.catalogue import load_catalogue
from rules.wording.explain import explain
from tests.support import invalid_policies
from tests.support.invalid_policies import findings, rule

ALL_INVALID = {
    f"{part}: {name}": case
    for part, cases in (
        ("shape", invalid_policies.SHAPE),
        ("condition", invalid_policies.CONDITIONS),
        ("effect", invalid_policies.EFFECTS),
        ("window", invalid_policies.WINDOWS),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", ALL_INVALID)
def test_a_mistake_is_reported_at_its_place(name):
    text, finding = ALL_INVALID[name]
    assert findings(p=text) == [finding]


def test_skipped_mistakes_and_those_beside_them_are_reported_together():
    text = (
        "policy: p\nterms: {t: {order.units: 1}, t: {}}\nrules:\n  - id: r\n    id: s\n    because: why\n"
        "    when: {order.totl: 1}\n    then: !x {prefer: 1}\n"
    )
    assert [line.split("  ")[:2] for line in findings(p=text)] == [
        ["p.yaml:2:30", "duplicate-key"],
        ["p.yaml:5:5", "duplicate-key"],
        ["p.yaml:7:12", "unknown-fact"],
        ["p.yaml:8:11", "tag"],
    ]


def test_all_mistakes_of_all_files_are_reported_together():
    lines = findings(
        a="policy: A\nruls: []\n", b=invalid_policies.when("order.chanel: web, node.typ: store"), c="a: [\n"
    )
    assert [line.split("  ")[:2] for line in lines] == [
        ["a.yaml:1:1", "bad-id"],
        ["a.yaml:1:1", "missing-key"],
        ["a.yaml:2:1", "unknown-key"],
        ["b.yaml:5:12", "unknown-fact"],
        ["b.yaml:5:31", "unknown-fact"],
        ["c.yaml:2:1", "bad-yaml"],
    ]


def test_a_word_far_from_any_other_gets_no_suggestion():
    assert findings(p=invalid_policies.when("xyzzy: 1")) == ["p.yaml:5:12  unknown-fact  unknown fact 'xyzzy'"]


def test_a_word_of_a_million_letters_is_refused_at_once():
    (finding,) = findings(p=invalid_policies.when(f"{'order.' * 100_000}: 1"))
    assert finding.startswith("p.yaml:5:")


def test_a_message_that_quotes_a_word_of_a_million_letters_is_cut_short():
    (finding,) = findings(p=invalid_policies.when(f"order.units: '{'x' * 900_000}'"))
    assert finding.startswith("p.yaml:5:12  bad-value  order.units: 'xxx")
    assert finding.endswith("x ...")
    assert len(finding) < 700


def test_everything_in_a_file_is_loaded():
    policies = load_policies(
        {
            "p.yaml": b"policy: p\nowner: me\ndescription: what for\nrules:\n"
            b"  - id: r\n    because: {en: why, fr: pourquoi}\n    when: {order.channel: web}\n"
            b"    then: {exclude: unless_needed, prefer: 4.00, keep: 10%}\n"
        }
    )
    (policy,) = policies.policies
    (only,) = policy.rules
    assert (policy.id, policy.owner, policy.description, only.id) == ("p", "me", "what for", "p/r")
    assert only.because == {"en": "why", "fr": "pourquoi"}
    assert [(effect.name, effect.value) for effect in only.effects] == [
        ("exclude", Exclusion.UNLESS_NEEDED),
        ("prefer", 4_000_000),
        ("keep", Reserve(share=1_000)),
    ]


def test_a_policy_without_owner_or_rules_is_a_policy():
    (policy,) = load_policies({"p.yaml": b"policy: p\nrules: []\n"}).policies
    assert (policy.owner, policy.description, policy.rules) == ("", "", ())


def test_a_reason_in_one_language_is_english():
    assert rule(invalid_policies.then("prefer: 1")).because == {"en": "why"}


def test_a_rule_without_conditions_always_holds():
    assert holds(rule(invalid_policies.then("prefer: 1")).condition, {})


def test_tests_of_policies_are_no_policies():
    names = ["a.yaml", "a_test.yaml", "README.md", "a.yml"]
    assert [name for name in names if is_policy_file(name)] == ["a.yaml"]


def test_all_rules_of_a_policy_are_overridden_but_the_one_that_overrides():
    text = """policy: q
rules:
  - {id: r, because: x, then: {keep: 1}}
  - {id: s, because: x, then: {keep: 2}}
"""
    other = """policy: p
rules:
  - {id: r, because: x, when: {node.type: store}, then: {keep: 0}, overrides: [q/*, p/*]}
  - {id: s, because: x, then: {keep: 3}}
"""
    rules = load_policies({"p.yaml": other.encode(), "q.yaml": text.encode()}).rules
    assert rules["p/r"].overrides == ("q/r", "q/s", "p/s")
    assert explain(rules["p/r"], load_catalogue("en")).endswith("q/* and p/* do not count.")


def test_all_rules_of_no_policy_is_a_mistake_where_it_stands():
    text = invalid_policies.then("keep: 1") + "    overrides: [p/r, nobody/*]\n"
    found = invalid_policies.findings(p=text)
    assert [line for line in found if "nobody" in line] == ["p.yaml:6:22  unknown-rule  unknown rule 'nobody/*'"]


def test_a_rule_that_is_overridden_with_all_of_its_policy_knows_no_facts_of_a_later_stage():
    text = invalid_policies.when("route.late: true") + "    overrides: [q/*]\n"
    other = "policy: q\nrules:\n  - {id: r, because: x, then: {keep: 1}}\n"
    (finding,) = invalid_policies.findings(p=text, q=other)
    assert finding.startswith("p.yaml:7:17  later-stage  'q/r's keep' acts on the place, where route.late is not known")


def test_where_files_name_two_languages_the_others_are_english():
    rule = "rules:\n  - {id: r, because: x, then: {keep: 1}}\n"
    named = {"p": "language: de\n", "q": "language: fr\n", "s": ""}
    files = {f"{name}.yaml": f"policy: {name}\n{language}{rule}".encode() for name, language in named.items()}
    assert load_policies(files).rules["s/r"].because == {"en": "x"}


@pytest.mark.parametrize(
    ("of_p", "of_q", "because"),
    [("language: fr\n", "", "fr"), ("", "", "en"), ("language: de\n", "language: fr\n", "fr")],
)
def test_reasons_without_a_language_are_in_that_of_their_file_or_of_all_files_that_say_one(of_p, of_q, because):
    rule = "rules:\n  - {id: r, because: x, then: {keep: 1}}\n"
    files = {"p.yaml": f"policy: p\n{of_p}{rule}".encode(), "q.yaml": f"policy: q\n{of_q}{rule}".encode()}
    assert load_policies(files).rules["q/r"].because == {because: "x"}
