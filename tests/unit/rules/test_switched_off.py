"""Rules that are switched off: read and checked, and as if they were not there."""

import pytest

from rules.diff.compare import compare
from rules.editor.rule_values import text_with
from rules.errors import PolicyInvalid
from rules.lint.check import check
from rules.loader import load_policies
from rules.syntax.yaml_document import read
from rules.wording.catalogue import load_catalogue
from rules.wording.explain import explain

ON = """\
policy: peak # of December
rules:
  - id: shops # the id
    because: Shops are full
    when: {node.type: store}
    then: {avoid: 3.00}
    until: 2026-12-24
  - id: all
    because: Everything
    then: {avoid: 1.00}
    overrides: [peak/shops]
"""
OFF = ON.replace("shops # the id\n", "shops # the id\n    disabled: true\n")
TABLE = "policy,rows\nhit_policy,unique\nid,node.type,keep,because,disabled\none,store,1,x,{}\ntwo,store,2,x,\n"


def loaded(text, name="peak.yaml"):
    return load_policies({name: text.encode()})


def test_what_is_off_does_not_decide_and_keeps_what_it_says():
    policies = loaded(OFF)
    assert list(policies.rules) == ["peak/all"]
    assert policies.written_rules["peak/shops"].off
    assert policies.relevant_at(*(effect.stage for effect in policies.rules["peak/all"].effects)).keys() == {"peak/all"}
    said = {
        language: explain(policies.written_rules["peak/shops"], load_catalogue(language)) for language in ("en", "fr")
    }
    assert said["en"].endswith("Up to and including 24 December 2026. It is switched off, and does nothing.")
    assert said["fr"].endswith("Elle est désactivée et ne fait rien.")


def test_switching_off_and_on_again_gives_the_same_text_and_both_are_told_apart_by_meaning():
    off = text_with(read("peak.yaml", ON.encode()), "shops", {"/disabled": "true"})
    assert off == OFF
    assert text_with(read("peak.yaml", off.encode()), "shops", {"/disabled": ""}) == ON
    (change,) = compare(loaded(ON), loaded(OFF)).changes
    assert (change.kind, change.rule) == ("changed", "peak/shops")
    assert [(item.aspect, item.gone, item.added) for item in change.differences] == [
        ("window", (), ("disabled: true",))
    ]
    (back,) = compare(loaded(OFF), loaded(ON)).changes
    assert back.differences[0].gone == ("disabled: true",)


def test_a_rule_that_is_off_is_still_checked_and_only_true_switches_it_off():
    with pytest.raises(PolicyInvalid, match="unknown"):
        loaded(OFF.replace("node.type", "node.typ"))
    with pytest.raises(PolicyInvalid, match="disabled: write true, or take the key away: a rule without it is on"):
        loaded(OFF.replace("disabled: true", "disabled: false"))


def test_nothing_is_said_against_other_rules_because_of_one_that_is_off():
    shadowed = (
        "policy: p\nrules:\n  - {id: a, because: x, then: {tier: 1}%s}\n  - {id: b, because: x, then: {tier: 2}}\n"
    )
    codes = [
        [finding.code for finding in check({"p.yaml": (shadowed % off).encode()}).warnings]
        for off in ("", ", disabled: true")
    ]
    assert codes == [["shadowed"], []]
    overlaps = [[it.code for it in check({"rows.csv": TABLE.format(off).encode()}).findings] for off in ("", "true")]
    assert "overlapping-rows" in overlaps[0]
    assert "overlapping-rows" not in overlaps[1]
    assert list(loaded(TABLE.format("TRUE"), "rows.csv").rules) == ["rows/two"]
