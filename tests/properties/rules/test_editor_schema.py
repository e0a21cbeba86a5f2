"""The schema for editors and `rules.loader` agree on which policy files are valid.

What the schema refuses, the loader refuses. What the loader refuses and the schema accepts is a mistake that no schema
can express: ONLY_THE_LOADER_KNOWS lists all of these.
"""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from rules.editor.json_schema import policy_schema
from rules.errors import Finding, PolicyInvalid
from rules.loader import load_policies
from rules.policy_documents import is_policy_file
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.yaml_document import Document, read
from rules.vocabulary import Stage
from rules.wording.catalogue import load_catalogues
from tests.properties.rules import condition_trees
from tests.properties.rules.tree_mutations import SPECIMEN, mutated
from tests.support.examples import examples, of_many
from tests.support.yaml12 import core, squiggles

pytestmark = pytest.mark.slow

FILES = [path for path in sorted(Path("policies").glob("*.yaml")) if is_policy_file(path.name)]


def without_overrides(text: str) -> bytes:
    """The file without its overrides, which name rules of other files as well."""
    return re.sub(r"^    overrides:\n(?: +- .*\n)+", "", text, flags=re.MULTILINE).encode()


TEXTS = {"specimen": SPECIMEN.encode()} | {path.stem: without_overrides(path.read_text("utf-8")) for path in FILES}
MUTATIONS = of_many(60, 400)
"""How many mutations of each file are compared."""

ONLY_THE_LOADER_KNOWS = {
    "what the file contains elsewhere": {"unknown-term", "cyclic-term", "too-large", "too-deep", "duplicate-rule"},
    "what other files contain": {"unknown-rule", "cyclic-override", "duplicate-policy"},
    "what is known where an effect is judged": {"later-stage"},
    "the order of two ends": {"out-of-range"},
    "which end of a window comes first": {"empty-window"},
    "the calendar's leap years": {"impossible-date"},
    "an extra attribute's kind": {"bad-value", "wrong-operator"},
    "how a number or a boolean is spelt": {"bad-value", "wrong-type"},
}
NO_DOCUMENT = {"alias", "tag", "duplicate-key", "bad-key", "bad-yaml", "too-deep", "file-too-large", "not-utf-8"}
"""Codes of findings for files that make no document at all, which in an editor too the YAML parser reports."""


def reasons(finding: Finding) -> set[str]:
    """Why a schema can't express what the finding is about; empty if it can."""
    possible = {reason for reason, codes in ONLY_THE_LOADER_KNOWS.items() if finding.code in codes}
    message = finding.message
    if finding.code == "out-of-range" and "the first end of 'between' is above the second" not in message:
        possible.discard("the order of two ends")
    if "the window is empty: it ends before it starts" not in message:
        possible.discard("which end of a window comes first")
    if not re.search(r"'[0-9]{4}-02-29' is no day of the calendar", message):
        possible.discard("the calendar's leap years")
    if not re.search(r"(product|node)\.attributes\.", message):
        possible.discard("an extra attribute's kind")
    if not _is_about_spelling(message):
        possible.discard("how a number or a boolean is spelt")
    return possible


def _is_about_spelling(message: str) -> bool:
    """Whether the word at fault is a number or a boolean to an editor, but in a spelling that the loader refuses."""
    word = re.search(r"'([^']*)'", message)
    spelling = "starts with a zero|is no amount|is finer than a millionth|is not true or false|write true"
    return word is not None and not isinstance(core(word[1]), str) and re.search(spelling, message) is not None


def findings_of(content: bytes) -> tuple[Finding, ...]:
    try:
        load_policies({"p.yaml": content})
    except PolicyInvalid as error:
        return error.findings
    return ()


def document_of(content: bytes) -> Document | None:
    try:
        return read("p.yaml", content)
    except PolicyInvalid:
        return None


def compare(content: bytes) -> str:
    """Which of the two refuse the file. Fails if the schema misses a mistake it can express, or refuses a good file."""
    findings = findings_of(content)
    document = document_of(content)
    if document is None:
        assert {finding.code for finding in findings} <= NO_DOCUMENT
        return "no document"
    underlined = squiggles(document.root)
    if underlined:
        assert findings, f"the schema refuses what the loader accepts: {underlined}\n{content.decode()}"
        return "both"
    unexplained = [str(finding) for finding in findings if not reasons(finding)]
    assert not unexplained, f"the schema accepts what it could refuse:\n{content.decode()}"
    return "loader" if findings else "none"


def test_the_schema_is_a_json_schema():
    Draft7Validator.check_schema(policy_schema(load_catalogues()))


@pytest.mark.parametrize("name", TEXTS)
def test_both_accept_a_good_file(name):
    assert compare(TEXTS[name]) == "none"


@pytest.mark.parametrize("name", TEXTS)
def test_both_agree_on_mutated_files(name):
    root = read(name, TEXTS[name]).root
    chance = random.Random(name)
    refusing = Counter(compare(mutated(root, chance).encode()) for _ in range(MUTATIONS))
    assert refusing["both"] > MUTATIONS // 4
    assert refusing["none"] > MUTATIONS // 50


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


EXAMPLES = {
    "what the file contains elsewhere": policy("is: b"),
    "what other files contain": "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, overrides: [p/x]}]\n",
    "what is known where an effect is judged": policy("route.late: true", "keep: 1"),
    "the order of two ends": policy("order.units: {between: [5, 2]}"),
    "which end of a window comes first": (
        "policy: p\nrules: [{id: r, because: x, then: {tier: 1}, from: 2026-11-02, until: 2026-11-01}]\n"
    ),
    "the calendar's leap years": policy("now.date: 2026-02-29"),
    "an extra attribute's kind": policy("node.attributes.size: [1, big]"),
    "how a number or a boolean is spelt": policy("order.units: 012, route.late: True"),
}


def test_every_entry_of_what_only_the_loader_knows_has_its_example():
    assert set(EXAMPLES) == set(ONLY_THE_LOADER_KNOWS)
    for reason, text in EXAMPLES.items():
        assert {reason} == set.union(*(reasons(finding) for finding in findings_of(text.encode())))
        assert compare(text.encode()) == "loader"


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
        policy(then="hold: until shipped"),
        policy(then="hold: until_shipped + 4"),
        policy(then="hold: until_shipped + 91 d"),
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
def test_wrong_words_types_units_keys_and_ranges_are_underlined(text):
    assert compare(text.encode()) == "both"


@pytest.mark.parametrize(
    "text",
    [
        policy(name='"1"'),
        policy(then="hold: until_shipped"),
        policy(then="hold: until_shipped+4h"),
        policy(then="hold: until_shipped + 1.5 d"),
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
def test_what_the_loader_accepts_or_only_warns_of_is_not_underlined(text):
    assert compare(text.encode()) == "none"


@examples(70)
@given(condition=condition_trees.conditions(Stage.OPTION))
def test_an_editor_underlines_nothing_in_any_condition_that_can_be_written(condition):
    content = policy().replace("{order.channel: web}", condition_trees.written(condition)).encode()
    document = read("p.yaml", content)
    notes = Notes(document=document)
    ConditionParser(notes=notes, terms={}).condition(document.root["rules"][0]["when"], ("rules", 0, "when"))
    if not notes.findings:  # a drawn condition may nest deeper than a file may
        assert squiggles(document.root) == []


@given(data=st.data(), name=st.sampled_from(list(TEXTS)))
def test_both_agree_on_every_mutation_that_hypothesis_tries(data, name):
    compare(mutated(read(name, TEXTS[name]).root, data.draw(st.randoms(use_true_random=False))).encode())
