"""Rules added to the text of a file, copied in it and taken out of it, with all else as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.editor.rule_text import lines_of_rule, text_with_copy, text_with_rule, text_without_rule
from rules.editor.rule_values import ValueMistake, pointer_at
from rules.loader import load_policies
from rules.syntax.yaml_document import Plain, read
from tests.support.examples import examples

TEXT = """\
policy: green # the file's own
rules:
  # of carbon
  - id: first # the id
    because: >-
      on
      # no comment
      several lines
    then: {carbon_price: 0.25} # a price
    # its last comment

  # of the second
  - {id: second, because: x,
     then: {priority: 10}}
  - id: third
    because: z
    then:
      keep: 3
terms:
  far: {route.distance: {more_than: 300 km}}
"""
NEW = {
    "id": "new",
    "because": {"en": "Why: it's so", "fr": "Parce que"},
    "when": {
        "is": Plain("far"),
        "any": [{"order.value": {"at_least": Plain("50")}}, {"order.tags": {"has": Plain("vip")}}],
    },
    "then": {"prefer": Plain("4.00"), "tier": Plain("2")},
    "until": Plain("2026-12-24"),
}
WRITTEN = """\
  - id: new
    because:
      en: "Why: it's so"
      fr: Parce que
    when:
      is: far
      any: [{order.value: {at_least: 50}}, {order.tags: {has: vip}}]
    then:
      prefer: 4.00
      tier: 2
    until: 2026-12-24
"""


def document(text=TEXT):
    return read("green.yaml", text.encode())


def test_a_new_rule_stands_behind_the_others_and_all_else_is_as_it_was():
    text = text_with_rule(document(), NEW)
    assert text == TEXT.replace("      keep: 3\n", f"      keep: 3\n{WRITTEN}")
    assert "green/new" in load_policies({"green.yaml": text.encode()}).rules
    assert text_without_rule(document(text), "new") == TEXT
    places = document(text).values
    assert pointer_at(document(text), "new", places["rules", 3, "then", "tier"]) == "/then/tier"
    innermost = ("when", "any", 0, "order.value", "at_least")
    assert pointer_at(document(text), "new", places["rules", 3, *innermost]) == "/when/any/0/order.value/at_least"
    assert pointer_at(document(text), "first", places["rules", 3, "then", "tier"]) is None


@pytest.mark.parametrize("end", ["rules: []\n", "rules: []", "rules: [ ] # none yet\n", "rules: []\r\n"])
def test_the_first_rule_of_a_file_takes_the_place_of_the_empty_list(end):
    text = f"policy: green\n{end}"
    added = text_with_rule(document(text), {"id": "one", "because": "x", "then": {"hold": Plain("2 d")}})
    assert document(added).root["rules"] == [{"id": "one", "because": "x", "then": {"hold": "2 d"}}]
    assert "# none yet" in added or "# none yet" not in end
    emptied = text_without_rule(document(added), "one")
    assert document(emptied).root == document(text).root


def test_a_copy_has_the_comments_of_the_rule_and_another_id():
    text = text_with_copy(document(), "first", "first-2")
    block = TEXT[TEXT.index("  - id: first") : TEXT.index("\n\n  # of the second")]
    assert text == TEXT.replace(block, f"{block}\n{block.replace('id: first', 'id: first-2')}")
    assert text_without_rule(document(text), "first-2") == TEXT


def test_a_rule_is_taken_out_with_its_own_comments_and_no_others():
    text = text_without_rule(document(), "first")
    assert "# of carbon\n\n  # of the second" in text
    assert "its last comment" not in text
    assert [rule["id"] for rule in document(text).root["rules"]] == ["second", "third"]
    assert lines_of_rule(document(), "second") == (13, 14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: text_with_rule(document(), {**NEW, "id": "third"}), "has a rule 'third' already"),
        (lambda: text_with_copy(document(), "first", "third"), "has a rule 'third' already"),
        (lambda: text_without_rule(document(), "none"), "has no rule 'none'"),
        (lambda: text_without_rule(document("policy: p\nrules: [{id: a}, {id: b}]\n"), "a"), "stand in brackets"),
        (lambda: text_with_rule(document("policy: p\n"), NEW), "change it in the text"),
        (
            lambda: text_with_rule(document(), {**NEW, "when": {"order.value": {"at_least: 5, at_most": "9"}}}),
            "change it in the text",
        ),
    ],
)
def test_what_has_no_place_in_the_text_is_refused(change, message):
    with pytest.raises(ValueMistake, match=message):
        change()


@examples(60)
@given(
    st.lists(st.sampled_from(["first", "second", "third", "new", "copy"]), max_size=6),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
)
def test_after_any_changes_the_file_has_these_rules_and_the_others_as_they_were(steps, reason):
    text, expected = TEXT, list(document().root["rules"])
    for step in steps:
        ids = [rule["id"] for rule in expected]
        if step in ids:
            text = text_without_rule(document(text), step)
            expected = [rule for rule in expected if rule["id"] != step]
        elif step == "copy" and expected:
            text = text_with_copy(document(text), ids[0], "copy")
            expected = [expected[0], {**expected[0], "id": "copy"}, *expected[1:]]
        else:
            rule = {**NEW, "id": step, "because": {"en": reason}}
            text = text_with_rule(document(text), rule)
            expected = [*expected, rule]
        assert document(text).root == {**document().root, "rules": expected}
