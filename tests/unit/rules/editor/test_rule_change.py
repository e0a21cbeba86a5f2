"""A rule made into another one in the text of its file, with all that is the same in both as it was."""

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from rules.editor.rule_change import text_with_rule_as
from rules.editor.rule_values import ValueMistake
from rules.syntax.yaml_document import Plain, read
from tests.support import written_rules
from tests.support.examples import examples

TEXT = """\
policy: green # the file's own
rules:
  - id: first # the id
    because: {en: It counts, fr: "Cela compte"}  # why
    # what it asks
    when:
      order.units: 1 # one
      any: # of these
        - node.type: store # a shop
          # or so
          node.tags: {has: 'big'}
        - {order.channel: [web, app,]} # by web
    then: {carbon_price: 0.25, protect: {channel: web, share: 10%}} # a price
    # its end

  - {id: second, because: Nobody waits., then: {priority: 0.25}}
"""


def document(text):
    return read("green.yaml", text.encode())


def rule_in(text, name):
    return next(dict(rule) for rule in document(text).root["rules"] if rule["id"] == name)


def plain(node):
    if isinstance(node, dict):
        return {key: plain(inner) for key, inner in node.items()}
    return [plain(inner) for inner in node] if isinstance(node, list) else Plain(node)


def changed(name, change, text=TEXT):
    rule = rule_in(text, name)
    rule.pop("id")
    change(rule)
    return text_with_rule_as(document(text), name, rule)


def with_when(change):
    return lambda rule: change(rule["when"])


@pytest.mark.parametrize(
    ("name", "change", "before", "after"),
    [
        ("first", with_when(lambda when: when.update({"order.units": Plain("2")})), "units: 1", "units: 2"),
        (
            "first",
            with_when(lambda when: when.update({"route.late": Plain("true")})),
            "web, app,]} # by web\n",
            "web, app,]} # by web\n      route.late: true\n",
        ),
        (
            "first",
            with_when(lambda when: when["any"].append({"order.value": {"at_least": Plain("5")}})),
            "web, app,]} # by web\n",
            "web, app,]} # by web\n        - order.value: {at_least: 5}\n".replace(
                "order.value: {at_least: 5}", "{order.value: {at_least: 5}}"
            ),
        ),
        (
            "first",
            with_when(lambda when: when["any"][0].update({"route.late": Plain("true")})),
            "{has: 'big'}\n",
            "{has: 'big'}\n          route.late: true\n",
        ),
        ("first", with_when(lambda when: when.pop("order.units")), "      order.units: 1 # one\n", ""),
        (
            "first",
            with_when(lambda when: when["any"][0].pop("node.type")),
            "- node.type: store # a shop\n          # or so\n          node.tags",
            "-  # a shop\n          # or so\n          node.tags",
        ),
        ("first", with_when(lambda when: when["any"].pop(1)), "        - {order.channel: [web, app,]} # by web\n", ""),
        (
            "first",
            with_when(lambda when: when["any"][1]["order.channel"].insert(0, Plain("social"))),
            "[web, app,]",
            "[social, web, app,]",
        ),
        (
            "first",
            with_when(lambda when: when["any"][1].update({"order.channel": {"not": Plain("web")}})),
            "order.channel: [web, app,]}",
            "order.channel: {not: web}}",
        ),
        (
            "first",
            with_when(lambda when: when["any"][0]["node.tags"].update({"has": Plain("5")})),
            "'big'",
            '"5"',
        ),
        ("first", lambda rule: rule["then"].pop("carbon_price"), "carbon_price: 0.25, ", ""),
        ("first", lambda rule: rule["then"].pop("protect"), ", protect: {channel: web, share: 10%}", ""),
        (
            "first",
            lambda rule: rule.update({"weekdays": [Plain("friday")]}),
            "share: 10%}} # a price\n",
            "share: 10%}} # a price\n    weekdays: [friday]\n",
        ),
        (
            "second",
            lambda rule: rule.update({"when": {"order.units": Plain("3")}}),
            "then: {priority: 0.25}}",
            "then: {priority: 0.25}, when: {order.units: 3}}",
        ),
        ("second", lambda rule: rule.update({"because": "Why: so"}), "Nobody waits.", '"Why: so"'),
    ],
)
def test_only_what_differs_is_another_in_the_text(name, change, before, after):
    assert before in TEXT
    assert changed(name, change) == TEXT.replace(before, after, 1)


def test_conditions_of_a_rule_without_any_stand_behind_its_reason():
    text = "policy: p\nrules:\n  - id: a\n    because: |\n      long\n      one\n\n    then:\n      prefer: 1\n"
    found = changed(
        "a", lambda rule: rule.update({"when": {"node.type": Plain("store"), "order.units": Plain("1")}}), text
    )
    assert found == text.replace("one\n", "one\n    when:\n      node.type: store\n      order.units: 1\n")
    assert changed("a", lambda rule: rule.pop("when"), found) == text


def test_rules_in_brackets_are_changed_too_and_a_rule_that_is_not_there_is_refused():
    text = "\ufeffpolicy: p\nrules: [{id: a, because: x, then: {prefer: 1}}, {id: b, because: y, then: {prefer: 2}}]\n"
    found = changed("b", lambda rule: rule["then"].update({"tier": Plain("1")}), text)
    assert found == text.replace("prefer: 2", "prefer: 2, tier: 1")
    with pytest.raises(ValueMistake, match="has no rule 'c'"):
        text_with_rule_as(document(text), "c", {})


def test_what_would_be_read_as_something_else_is_refused():
    with pytest.raises(ValueMistake, match="change it in the text"):
        changed("first", with_when(lambda when: when.update({"order.value": {"at_least: 5, at_most": Plain("9")}})))


@examples(100)
@given(st.data())
def test_whatever_a_rule_becomes_the_file_means_that_and_is_as_it_was_around_it(data):
    first, second = data.draw(written_rules.rules), data.draw(written_rules.rules)
    text = written_rules.file_with(data.draw, first)
    note(text)
    assert text_with_rule_as(document(text), "drawn", {k: v for k, v in first.items() if k != "id"}) == text
    wanted = {key: value if key == "because" else plain(value) for key, value in second.items() if key != "id"}
    found = text_with_rule_as(document(text), "drawn", wanted)
    assert rule_in(found, "drawn") == {"id": "drawn", **wanted}
    start, end = text.index("  # of the rule"), text.index("  # of the next")
    assert found.startswith(text[:start])
    assert found.endswith(text[end:])


@examples(100)
@given(st.data())
def test_with_one_more_condition_every_line_but_one_is_as_it_was(data):
    rule = data.draw(written_rules.rules.filter(lambda rule: "route.distance" not in rule.get("when", {})))
    text = written_rules.file_with(data.draw, rule)
    note(text)
    when = {**plain(rule.get("when", {})), "route.distance": {"more_than": Plain("300 km")}}
    found = text_with_rule_as(document(text), "drawn", {**rule, "when": when})
    assert rule_in(found, "drawn")["when"] == when
    before, after = text.splitlines(), found.splitlines()
    kept = [line for line in before if line in after]
    assert len(before) - len(kept) <= 1
