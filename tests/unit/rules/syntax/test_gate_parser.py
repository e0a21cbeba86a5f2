"""gate.yaml: what it says, and every mistake with its place and what was meant."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.editor.gate_schema import gate_schema
from rules.errors import LiteralInvalid
from rules.gate import GATE_FIGURES
from rules.lint.check import check
from rules.loader import load_policies
from rules.syntax.gate_parser import bound
from tests.support.examples import examples
from tests.support.facts import policy_file

POLICIES = policy_file("then: {prefer: 1.00}")


def findings(text):
    return [str(item) for item in check({**POLICIES, "gate.yaml": text.encode()}).findings]


def gate(text):
    return load_policies({**POLICIES, "gate.yaml": text.encode()}).gate


def test_a_gate_says_bounds_in_shares_and_amounts_and_for_how_long_it_counts():
    read = gate("cost: {at_most: +1%}\nco2: {at_most: +5 kg}\nlate: {at_most: -3}\nover: 36 hours\nvalid_for: 2 days\n")
    assert [(its.figure, its.amount, its.is_share) for its in read.bounds] == [
        ("cost", 100, True),
        ("co2", 5_000_000, False),
        ("late", -3, False),
    ]
    assert (read.period, read.validity, read.most_untried) == (36 * 60, 2 * 1_440, 500)
    assert gate("cost: {at_most: +100 EUR}").period == 28 * 1_440


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("csot: {at_most: 1%}", ["gate.yaml:1:1  unknown-key  unknown key 'csot' of a gate (did you mean 'cost'?)"]),
        (
            "cost: {atmost: 1%}",
            ["gate.yaml:1:8  unknown-key  unknown key 'atmost' of a bound (did you mean 'at_most'?)"],
        ),
        ("cost: {at_most: +5 kg}", ["gate.yaml:1:8  wrong-unit  '+5 kg': 'kg' is no currency code"]),
        ("late: {at_most: +1 EUR}", ["gate.yaml:1:8  bad-value  '+1 EUR' is no whole number"]),
        ("late: {at_most: +1.5%}\nover: 4 weeks", ["gate.yaml:2:1  bad-value  '4 weeks' is no time"]),
        ("late: {at_most: 0}\nover: 400 days", ["gate.yaml:2:1  out-of-range  '400 days' is more than 366 days"]),
        ("late: +1%", ["gate.yaml:1:1  wrong-type  write the most that may be added to late as at_most"]),
        ("late: {at_most: -101%}", ["gate.yaml:1:8  out-of-range  '-101%' is not between"]),
        ("over: 28 days", ["gate.yaml:1:1  missing-key  a gate needs a bound"]),
        ("late: {at_most: 0}\nuntried: {at_most: 200%}", ["gate.yaml:2:11  out-of-range  '200%' is not between"]),
        ("- cost", ["gate.yaml:1:1  wrong-type  a gate is a mapping of figures"]),
    ],
)
def test_a_mistake_has_its_place_and_says_what_to_write(text, said):
    found = findings(text)
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True)), found


def test_a_gate_alone_is_no_set_and_a_policy_of_that_name_is_a_policy():
    (finding,) = check({"gate.yaml": b"cost: {at_most: +1%}"}).findings
    assert finding.code == "missing-key"
    policies = load_policies({"gate.yaml": POLICIES["test.yaml"]})
    assert (policies.gate, [policy.id for policy in policies.policies]) == (None, ["test"])


def test_the_gate_is_in_the_versions_name_and_in_no_rule_and_without_one_the_name_is_as_before():
    bare, gated = load_policies(POLICIES), load_policies({**POLICIES, "gate.yaml": b"late: {at_most: +0}"})
    assert bare.version != gated.version
    assert (bare.rules, bare.texts, bare.files) == (gated.rules, gated.texts, gated.files)
    assert set(gated.all_texts) == {"test.yaml", "gate.yaml"}


@given(
    figure=st.sampled_from(GATE_FIGURES),
    text=st.from_regex(r"[+-]?[0-9]{1,4}(\.[0-9]{1,3})? ?(%|kg|EUR|g|)", fullmatch=True),
)
@examples(100)
def test_what_the_schema_takes_is_what_is_read(figure, text):
    """But for a share beyond its range, and an amount with a zero before it, which only reading knows."""
    pattern = gate_schema()["properties"][figure]["properties"]["at_most"]["pattern"]
    refused = why_refused(figure, text.strip())
    assert bool(re.match(pattern, text.strip())) == (not refused) or "is not between" in refused or "zero" in refused


def why_refused(figure, text):
    try:
        bound(figure, text)
    except LiteralInvalid as error:
        return str(error)
    return ""


@given(amount=st.integers(-10_000, 10_000), before=st.integers(0, 10**12), difference=st.integers(-(10**12), 10**12))
@examples(50)
def test_a_share_is_of_what_the_other_version_comes_to(amount, before, difference):
    its = bound("cost", f"{amount / 100:+.2f}%")
    assert its.amount == amount
    assert its.allows(difference, before) == (difference * 10_000 <= before * amount)
