"""Values of rules, changed in the text of their file by a form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.editor.rule_values import ValueMistake, text_with, values_of
from rules.syntax.yaml_document import read

TEXT = """\
# Of carbon, and of what comes late: 0.25
policy: green
rules:
  - id: first  # the id: first
    because: {en: It counts, fr: "Cela compte"}  # 0.25
    when: {order.units: 1, product.tags: {has_any: [linen, 'silk']}}
    then: {carbon_price: 0.25, protect: {channel: web, share: 10%}} # a price

  - {id: second, because: Nobody waits., until: "2026-12-24", then: {priority: 0.25}}
  - id: third
    because: >-
      on
      several lines
    from: 2026-11-01 # from then on
    hours: ["08:00", "18:00"]
    then:
      keep: 3
"""


def document(text=TEXT):
    return read("green.yaml", text.encode())


def changed(rule, **values):
    return text_with(document(), rule, {name.replace("__", "/"): value for name, value in values.items()})


def test_a_form_has_the_values_of_a_rule_but_for_those_on_several_lines():
    first = {value.pointer: value.text for value in values_of(document(), "first")}
    assert first == {
        "/because/en": "It counts",
        "/because/fr": "Cela compte",
        "/when/order.units": "1",
        "/when/product.tags/has_any/0": "linen",
        "/when/product.tags/has_any/1": "silk",
        "/then/carbon_price": "0.25",
        "/then/protect/channel": "web",
        "/then/protect/share": "10%",
        "/from": "",
        "/until": "",
        "/disabled": "",
    }
    third = [value.pointer for value in values_of(document(), "third")]
    assert third == ["/from", "/hours/0", "/hours/1", "/then/keep", "/until", "/disabled"]
    assert values_of(document(), "none") == []
    words = {value.pointer: (value.subject, value.part) for value in values_of(document(), "first")}
    assert words["/when/product.tags/has_any/0"] == ("product.tags", "has_any")
    assert words["/then/protect/share"] == ("protect", "share")
    assert words["/because/fr"] == ("because", "fr")
    assert words["/then/carbon_price"] == ("carbon_price", "")


@pytest.mark.parametrize(
    ("rule", "pointer", "new", "before", "after"),
    [
        ("first", "/then/carbon_price", "0.30", "carbon_price: 0.25", "carbon_price: 0.30"),
        ("first", "/because/fr", "L'été: « 10 % »", '"Cela compte"', '"L\'été: « 10 % »"'),
        ("first", "/because/en", "a, b}", "It counts", '"a, b}"'),
        ("first", "/when/product.tags/has_any/1", "wool", "'silk'", '"wool"'),
        ("first", "/until", "2026-12-24", "the id: first\n", "the id: first\n    until: 2026-12-24\n"),
        ("second", "/from", "2026-11-01 08:00", "{id: second,", "{id: second, from: 2026-11-01 08:00,"),
        ("second", "/until", "", ', until: "2026-12-24"', ""),
        ("third", "/from", "", "    from: 2026-11-01 # from then on\n", ""),
        ("third", "/hours/0", "09:30", '"08:00"', '"09:30"'),
    ],
)
def test_only_the_value_is_another_in_the_text(rule, pointer, new, before, after):
    assert text_with(document(), rule, {pointer: new}) == TEXT.replace(before, after, 1)


def test_several_values_are_changed_at_once():
    text = text_with(document(), "first", {"/until": "2026-12-24", "/from": "2026-11-01", "/when/order.units": "12"})
    values = {value.pointer: value.text for value in values_of(document(text), "first")}
    assert (values["/until"], values["/from"], values["/when/order.units"]) == ("2026-12-24", "2026-11-01", "12")
    assert text_with(document(), "first", {"/when/order.units": "1"}) == TEXT


@pytest.mark.parametrize(
    ("rule", "values", "pointer"),
    [
        ("first", {"/then/priority": "1"}, "/then/priority"),
        ("third", {"/because": "one"}, "/because"),
        ("first", {"/then/carbon_price": ""}, "/then/carbon_price"),
        ("first", {"/then/carbon_price": "1\n2"}, "/then/carbon_price"),
        ("gone", {"/then/carbon_price": "1"}, ""),
    ],
)
def test_what_a_form_cant_change_is_refused_by_its_place(rule, values, pointer):
    with pytest.raises(ValueMistake) as caught:
        text_with(document(), rule, values)
    assert caught.value.pointer == pointer


def test_what_would_take_more_along_is_refused():
    text = "policy: p\nrules:\n  - {id: r, because: x,\n     until: 2026-01-01, then: {hold: 1 h}}\n"
    with pytest.raises(ValueMistake, match="change it in the text"):
        text_with(document(text), "r", {"/until": ""})


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_whatever_is_written_stands_there_afterwards_and_nothing_else_changes(new):
    try:
        text = text_with(document(), "first", {"/because/en": new})
    except ValueMistake:
        return
    before, after = (
        {(rule, value.pointer): value.text for rule in ("first", "second", "third") for value in values_of(of, rule)}
        for of in (document(), document(text))
    )
    assert after == {**before, ("first", "/because/en"): new}
