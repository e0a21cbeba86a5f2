"""The schema for editors and `rules.loader` agree on what is valid.

What the schema refuses, check refuses. What check refuses and the schema doesn't is of a kind that a schema can't know:
the list below is closed.
"""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from rules.editor.json_schema import policy_schema
from rules.errors import Finding, PolicyInvalid
from rules.loader import is_policy_file, load_policies
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.yaml_document import Document, read
from rules.vocabulary import Stage
from tests.properties.rules import condition_trees
from tests.properties.rules.tree_mutations import SPECIMEN, mutated
from tests.support.yaml12 import core, squiggles

pytestmark = pytest.mark.slow

FILES = [path for path in sorted(Path("policies").glob("*.yaml")) if is_policy_file(path.name)]


def by_itself(text: str) -> bytes:
    """The file without its overrides, which name rules of other files as well."""
    return re.sub(r"^    overrides:\n(?: +- .*\n)+", "", text, flags=re.MULTILINE).encode()


TEXTS = {"specimen": SPECIMEN.encode()} | {path.stem: by_itself(path.read_text("utf-8")) for path in FILES}
MUTATIONS = 400
"""Of each file."""

ONLY_CHECK_KNOWS = {
    "what the file's other places say": {"unknown-term", "cyclic-term", "too-large", "too-deep", "duplicate-rule"},
    "what other rules and files say": {"unknown-rule", "cyclic-override", "duplicate-policy"},
    "what is known where an effect is judged": {"later-stage"},
    "the order of two ends": {"out-of-range"},
    "which end of a window comes first": {"empty-window"},
    "the calendar's leap years": {"impossible-date"},
    "an extra attribute's kind": {"bad-value", "wrong-operator"},
    "how a number or a truth is spelt": {"bad-value", "wrong-type"},
}
READING = {"alias", "tag", "duplicate-key", "bad-key", "bad-yaml", "too-deep", "file-too-large", "not-utf-8"}
"""What makes no document at all is the YAML parser's to say, in an editor too."""


def reasons(finding: Finding) -> set[str]:
    """Why a schema can't know this; none if it can."""
    found = {reason for reason, codes in ONLY_CHECK_KNOWS.items() if finding.code in codes}
    message = finding.message
    if finding.code == "out-of-range" and "the first end of 'between' is above the second" not in message:
        found.discard("the order of two ends")
    if "the window is empty: it ends before it starts" not in message:
        found.discard("which end of a window comes first")
    if not re.search(r"'[0-9]{4}-02-29' is no day of the calendar", message):
        found.discard("the calendar's leap years")
    if not re.search(r"(product|node)\.attributes\.", message):
        found.discard("an extra attribute's kind")
    if not _spelt(message):
        found.discard("how a number or a truth is spelt")
    return found


def _spelt(message: str) -> bool:
    """Whether the word at fault is a number or a truth to an editor, and no number of a form or fineness we read."""
    word = re.search(r"'([^']*)'", message)
    spelling = "starts with a zero|is no amount|is finer than a millionth|is not true or false|write true"
    return word is not None and not isinstance(core(word[1]), str) and re.search(spelling, message) is not None


def refused(content: bytes) -> tuple[Finding, ...]:
    try:
        load_policies({"p.yaml": content})
    except PolicyInvalid as error:
        return error.findings
    return ()


def document(content: bytes) -> Document | None:
    try:
        return read("p.yaml", content)
    except PolicyInvalid:
        return None


def compare(content: bytes) -> str:
    """Which of the two refuse; fails where the schema should have spoken, or shouldn't have."""
    findings = refused(content)
    found = document(content)
    if found is None:
        assert {finding.code for finding in findings} <= READING
        return "no document"
    underlined = squiggles(found.root)
    if underlined:
        assert findings, f"the schema refuses what check accepts: {underlined}\n{content.decode()}"
        return "both"
    unexplained = [str(finding) for finding in findings if not reasons(finding)]
    assert not unexplained, f"the schema accepts what it could know:\n{content.decode()}"
    return "check" if findings else "none"


def test_the_schema_is_one():
    Draft7Validator.check_schema(policy_schema())


@pytest.mark.parametrize("name", TEXTS)
def test_a_good_file_is_good_to_both(name):
    assert compare(TEXTS[name]) == "none"


@pytest.mark.parametrize("name", TEXTS)
def test_both_agree_on_mutated_files(name):
    root = read(name, TEXTS[name]).root
    chance = random.Random(name)
    said = Counter(compare(mutated(root, chance).encode()) for _ in range(MUTATIONS))
    assert said["both"] > MUTATIONS // 4
    assert said["none"] > MUTATIONS // 50


@pytest.mark.parametrize("name", TEXTS)
def test_both_agree_on_files_with_letters_changed(name):
    text, chance = TEXTS[name].decode(), random.Random(name)
    for _ in range(MUTATIONS // 4):
        place = chance.randrange(len(text))
        letter = chance.choice("aeb019 .:,-_%[]{}\"'\n#\té")
        compare((text[:place] + letter + text[place + chance.randrange(2) :]).encode())


def policy(when: str = "order.channel: web", then: str = "prefer: 1", more: str = "", name: str = "p") -> str:
    return (
        f"policy: {name}\nterms: {{a: {{order.units: 1}}}}\n{more}\n"
        f"rules: [{{id: r, because: why, when: {{{when}}}, then: {{{then}}}}}]\n"
    )


ONLY_CHECK = {
    "what the file's other places say": policy("is: b"),
    "what other rules and files say": "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, overrides: [p/x]}]\n",
    "what is known where an effect is judged": policy("route.late: true", "keep: 1"),
    "the order of two ends": policy("order.units: {between: [5, 2]}"),
    "which end of a window comes first": (
        "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, from: 2026-11-02, until: 2026-11-01}]\n"
    ),
    "the calendar's leap years": policy("now.date: 2026-02-29"),
    "an extra attribute's kind": policy("node.attributes.size: [1, big]"),
    "how a number or a truth is spelt": policy("order.units: 012, route.late: True"),
}


def test_what_only_check_knows_is_a_closed_list_with_no_idle_entry():
    assert set(ONLY_CHECK) == set(ONLY_CHECK_KNOWS)
    for reason, text in ONLY_CHECK.items():
        assert {reason} == set.union(*(reasons(finding) for finding in refused(text.encode())))
        assert compare(text.encode()) == "check"


@pytest.mark.parametrize(
    "text",
    [
        policy(name="P"),
        policy(name="1"),
        policy(name="true"),
        policy(name="0x1f"),
        policy(name="null"),
        "policy: p\nrules: [{id: 012, because: x, then: {tier: 1}}]\n",
        "policy: p\nrules: [{id: 1e3, because: x, then: {tier: 1}}]\n",
        policy(more="owners: me"),
        policy(more='owner: ""'),
        policy("order.chanel: web"),
        policy("order.units: {at_leats: 5}"),
        policy("order.channel: {has: web}"),
        policy("order.tags: gift"),
        policy("order.delivery: [standard, expres]"),
        policy("product.weight: {at_least: 15}"),
        policy("product.weight: {at_least: 15 lb}"),
        policy("product.weight: {at_least: 0.5 g}"),
        policy("order.value: {at_least: 4 EURO}"),
        policy("order.units: 1.5"),
        policy("stock.on_hand: {less_than: -1}"),
        policy("now.date: 2026-11-31"),
        policy("now.date: 2026-13-01"),
        policy("order.placed_at: 0000-01-01 08:00"),
        policy("order.placed_at: 2026-11-01"),
        policy("order.placed_at: [2026-11-01 08:00, 2026-11-02]"),
        policy("order.placed_at: {not: 2026-11-01}"),
        policy("order.placed_at: {more_than: 2026-11-01}"),
        policy("order.promise_by: {at_most: 2026-11-01}"),
        policy("order.promise_by: {between: [2026-11-01, 2026-11-02 08:00]}"),
        policy('now.time: "8:00"'),
        policy("order.channel: "),
        policy("node.attributes.size: {at_least: 5, has: a}"),
        policy("any: []"),
        policy(then="prefre: 4.00"),
        policy(then="tier: 10"),
        policy(then="hold: 91 d"),
        policy(then="hold: 30"),
        policy(then="keep: 101%"),
        policy(then="ship_complete: false"),
        policy(then="protect: {channel: web}"),
        policy(then=""),
        "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, weekdays: [someday]}]\n",
        'policy: p\nrules: [{id: r, because: x, then: {tier: 1}, hours: ["08:00", "08:00"]}]\n',
        "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, until: 31/12/2026}]\n",
        "policy: p\nrules: [{id: r, then: {tier: 1}}]\n",
        "rules: []\n",
    ],
)
def test_words_types_units_keys_and_ranges_are_underlined(text):
    assert compare(text.encode()) == "both"


@pytest.mark.parametrize(
    "text",
    [
        policy(name='"1"'),
        policy(name='"true"'),
        policy(name="1st"),
        policy(name="yes"),
        policy("order.placed_at: {at_least: 2026-11-01, less_than: 2026-11-02}"),
        policy("order.placed_at: {not: {less_than: 2026-11-01}}"),
        policy("order.placed_at: 2026-11-01 08:00"),
        policy("order.promise_by: {between: [2026-11-01T08:00, 2026-11-02 24:00]}"),
        policy("now.date: {at_most: 2026-11-01}"),
        'policy: p\nrules: [{id: "12", because: x, then: {tier: 1}, from: 2026-11-01, until: 2026-11-01}]\n',
        "policy: p\nrules: []\n",
    ],
)
def test_what_check_takes_or_only_warns_of_is_not_underlined(text):
    assert compare(text.encode()) == "none"


@settings(max_examples=200)
@given(condition=condition_trees.conditions(Stage.OPTION))
def test_every_condition_that_can_be_written_is_valid_to_an_editor(condition):
    content = policy().replace("{order.channel: web}", condition_trees.written(condition)).encode()
    found = read("p.yaml", content)
    notes = Notes(document=found)
    ConditionParser(notes=notes, terms={}).condition(found.root["rules"][0]["when"], ("rules", 0, "when"))
    if not notes.findings:  # what is drawn may nest deeper than a file may
        assert squiggles(found.root) == []


@given(data=st.data(), name=st.sampled_from(list(TEXTS)))
def test_both_agree_wherever_hypothesis_looks(data, name):
    compare(mutated(read(name, TEXTS[name]).root, data.draw(st.randoms(use_true_random=False))).encode())
