"""Policy files to rules, and every mistake to its finding."""

import pytest

from rules.conditions import All, Compare, Operator, holds
from rules.effects import Exclusion, Protection, Reserve
from rules.errors import PolicyInvalid
from rules.loader import is_policy_file, load_policies
from tests.support import invalid_policies

ALL_INVALID = {
    f"{about}: {name}": case
    for about, cases in (
        ("shape", invalid_policies.SHAPE),
        ("condition", invalid_policies.CONDITIONS),
        ("effect", invalid_policies.EFFECTS),
        ("window", invalid_policies.WINDOWS),
    )
    for name, case in cases.items()
}


def findings(**files: str) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        load_policies({f"{name}.yaml": text.encode() for name, text in files.items()})
    return [str(finding) for finding in caught.value.findings]


def rule(text: str):
    return load_policies({"p.yaml": text.encode()}).rules["p/r"]


@pytest.mark.parametrize("name", ALL_INVALID)
def test_a_mistake_is_found_where_it_stands(name):
    text, finding = ALL_INVALID[name]
    assert findings(p=text) == [finding]


def test_what_was_passed_over_and_what_is_wrong_beside_it_are_said_at_once():
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


OVERRIDDEN = "policy: q\nrules:\n  - id: s\n    because: why\n    then: {max_shipments: 1}\n"
BETWEEN_FILES = {
    "a policy in two files": (
        {"a": "policy: p\nrules: []\n", "b": "policy: p\nrules: []\n"},
        ["b.yaml:1:1  duplicate-policy  policy 'p' stands here a second time; the first is in a.yaml, line 1"],
    ),
    "a rule that isn't there": (
        {"p": invalid_policies.then("max_shipments: 2") + "    overrides: [q/z]\n", "q": OVERRIDDEN},
        ["p.yaml:6:17  unknown-rule  unknown rule 'q/z' (did you mean 'q/s'?)"],
    ),
    "rules that override each other": (
        {
            "p": invalid_policies.then("max_shipments: 2") + "    overrides: [q/s]\n",
            "q": OVERRIDDEN + "    overrides:\n      - p/r\n",
        },
        [
            "p.yaml:6:17  cyclic-override  'p/r' and 'q/s' override each other",
            "q.yaml:7:9  cyclic-override  'q/s' and 'p/r' override each other",
        ],
    ),
    "a rule that overrides itself": (
        {"p": invalid_policies.then("max_shipments: 2") + "    overrides: [p/r]\n"},
        ["p.yaml:6:17  cyclic-override  'p/r' and 'p/r' override each other"],
    ),
    "an override that is judged too late": (
        {"p": invalid_policies.when("node.type: store") + "    overrides: [q/s]\n", "q": OVERRIDDEN},
        ["p.yaml:7:17  later-stage  'q/s's max_shipments' acts on the order, where node.type is not known yet"],
    ),
    "an override of an override that is judged too late": (
        {
            "p": invalid_policies.when("node.type: store") + "    overrides: [m/r]\n",
            "m": invalid_policies.then("prefer: 1").replace("policy: p", "policy: m") + "    overrides: [q/s]\n",
            "q": OVERRIDDEN,
        },
        ["p.yaml:7:17  later-stage  'q/s's max_shipments' acts on the order, where node.type is not known yet"],
    ),
}


@pytest.mark.parametrize("name", BETWEEN_FILES)
def test_a_mistake_between_files_is_found(name):
    files, expected = BETWEEN_FILES[name]
    assert findings(**files) == expected


def test_every_mistake_of_every_file_is_told_at_once():
    told = findings(
        a="policy: A\nruls: []\n", b=invalid_policies.when("order.chanel: web, node.typ: store"), c="a: [\n"
    )
    assert [finding.split("  ")[:2] for finding in told] == [
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


def test_a_file_is_read_whole():
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


def test_protect_takes_one_channel_or_several():
    one = rule(invalid_policies.then("protect: {channel: web, units: 5}"))
    two = rule(invalid_policies.then("protect: [{channel: web, units: 5}, {channel: app, share: 2.5%}]"))
    web, app = (
        Protection(channel="web", reserve=Reserve(units=5)),
        Protection(channel="app", reserve=Reserve(share=250)),
    )
    assert [effect.value for effect in one.effects] == [web]
    assert [effect.value for effect in two.effects] == [web, app]


@pytest.mark.parametrize(
    ("written", "operands"),
    [("true", (True,)), ('"true"', ("true",)), ("12.5", (12_500_000,)), ('"12"', ("12",)), ("[big, 7]", ("big", "7"))],
)
def test_an_attribute_is_taken_for_what_it_is_compared_with(written, operands):
    condition = rule(invalid_policies.when(f"node.attributes.x: {written}")).condition
    (compared,) = _comparisons(condition)
    assert (compared.operator, compared.operands) == (Operator.EQUALS, operands)


@pytest.mark.parametrize(
    "words", ["{known: true}", "{known: true, at_least: 5}", "{not: {has: a}}", "{matches: 'a*'}", "{between: [1, 2]}"]
)
def test_an_attribute_takes_every_operator_that_tells_its_kind(words):
    assert _comparisons(rule(invalid_policies.when(f"node.attributes.x: {words}")).condition)


def test_tests_of_policies_are_no_policies():
    names = ["a.yaml", "a_test.yaml", "README.md", "a.yml"]
    assert [name for name in names if is_policy_file(name)] == ["a.yaml"]


def _comparisons(condition) -> list[Compare]:
    if isinstance(condition, All):
        return [found for part in condition.parts for found in _comparisons(part)]
    return [condition] if isinstance(condition, Compare) else _comparisons(condition.part)
