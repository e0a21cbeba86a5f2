"""A rule between its policy file and the rows of its form: nothing is lost on the way, and what is added is there."""

import json

import msgspec
import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from api.console.pages.policies.rule_draft import RuleDraft, read_rule, tree_of
from api.console.pages.policies.rule_form import MOST_ROWS, add_condition, read_form, remove_row
from api.console.pages.policies.rule_rows import Condition, Group, Kept, Term
from api.console.pages.policies.rule_words import Vocabulary
from api.records.policy_vocabulary import VocabularyRecord
from rules.conditions import All
from rules.diff.canonical_form import canonical_form
from rules.editor.rule_change import text_with_rule_as
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.yaml_document import Document, read
from rules.wording.catalogue import load_catalogue
from tests.support import written_rules
from tests.support.examples import examples

WORDS = {"order.channel": ["web", "app"], "node.id": ["lille", "lyon"]}
VOCABULARY = Vocabulary(json.loads(msgspec.json.encode(VocabularyRecord.of(load_catalogue("en"), WORDS, {}))))


def read_back(tree):
    return read_rule(tree, "en", VOCABULARY)


def written(rule, tree):
    return tree_of(rule, tree, "en", VOCABULARY)


def added(rule, about, place="", *, operator="equals", values=()):
    """A row that is added and filled in."""
    its = add_condition(rule, VOCABULARY, about, place)
    row = next(row for row in rule.rows if row.place == its)
    if isinstance(row, Condition):
        row.operator, row.takes, row.values = operator, VOCABULARY.takes(operator, row.fact), list(values)
    return row


def meaning(when):
    document = Document(file="", text="")
    terms = {"heavy": {"product.weight": {"at_least": "15 kg"}}, "far": {"route.distance": {"more_than": "300 km"}}}
    return ConditionParser(notes=Notes(document=document), terms=terms).condition(when, ())


def without_id(rule):
    return {key: value for key, value in rule.items() if key != "id"}


@examples(150)
@given(written_rules.rules)
def test_every_rule_of_the_language_has_rows_and_is_written_as_it_was(rule):
    tree = without_id(rule)
    form = read_back(tree)
    assert not form.others
    assert not any(isinstance(row, Kept) for row in form.rows)
    assert written(form, tree) == tree


@examples(100)
@given(st.data())
def test_a_condition_more_in_any_group_is_a_condition_more_in_the_rule_and_in_its_file(data):
    rule = data.draw(written_rules.rules)
    tree = without_id(rule)
    form = read_back(tree)
    assume(form.conditions.match == "all")
    row = added(form, "order.id", values=["zz"])
    new = written(form, tree)
    note(new)
    when = [meaning(tree["when"])] if "when" in tree else []
    assert canonical_form(meaning(new["when"])) == canonical_form(All(parts=(*when, meaning({"order.id": "zz"}))))
    assert row.path.endswith("/order.id")
    text = written_rules.file_with(data.draw, rule)
    changed = text_with_rule_as(read("drawn.yaml", text.encode()), "drawn", new)
    assert [its for its in read("", changed.encode()).root["rules"] if its["id"] == "drawn"] == [{"id": "drawn", **new}]


@examples(100)
@given(st.data())
def test_what_is_added_to_a_group_and_taken_out_again_leaves_the_rule_as_it_was(data):
    tree = without_id(data.draw(written_rules.rules))
    form = read_back(tree)
    places = ["", *(row.place for row in form.rows if isinstance(row, Group))]
    place = data.draw(st.sampled_from(places))
    about = data.draw(st.sampled_from(["order.id", "is:heavy", "any"]))
    row = added(form, about, place, values=["zz"])
    if about != "any":
        assert written(form, tree) != tree
        assert row.path
    remove_row(form, row.place)
    assert written(form, tree) == tree


def sent(form):
    """What a browser sends of the rows of conditions."""
    places = {id(row): group.place for group in form.rows if isinstance(group, Group) for row in group.parts}
    fields = {"conditions": str(len(form.rows)), "match": form.conditions.match}
    for row in form.rows:
        fields |= {f"{row.place}-was": row.was, f"{row.place}-in": places.get(id(row), "")}
        if isinstance(row, Group):
            fields[f"{row.place}-match"] = row.match
        else:
            fields |= {f"{row.place}-fact": row.fact["word"], f"{row.place}-operator": row.operator}
            fields |= {f"{row.place}-value{number}": value for number, value in enumerate(row.values)}
    return MultiDict(fields)


def test_no_condition_of_a_rule_with_very_many_is_lost_and_none_is_added():
    pairs = [{"order.id": f"o{number}", "order.units": {"at_least": str(number)}} for number in range(1, 121)]
    tree = {"because": "x", "then": {"prefer": "1"}, "when": {"any": pairs}}
    form = read_back(tree)
    read = read_form(sent(form), VOCABULARY, ("en",), (tree, "en"))
    assert len(read.rows) == len(form.rows) > MOST_ROWS
    assert written(read, tree)["when"] == tree["when"]
    assert add_condition(read, VOCABULARY, "order.id") == ""


def test_groups_are_written_within_groups():
    form = RuleDraft(because={"en": "x"})
    added(form, "order.channel", values=["web", "app"])
    outer = added(form, "any")
    added(form, "is:heavy", outer.place)
    inner = added(form, "none", outer.place)
    added(form, "order.units", inner.place, operator="at_least", values=["3"])
    added(form, "order.tags", inner.place, operator="not:has", values=["vip"])
    second = added(form, "any")
    added(form, "node.id", second.place, values=["lille"])
    assert written(form, {})["when"] == {
        "order.channel": ["web", "app"],
        "any": [
            {"is": "heavy"},
            {"none": [{"order.units": {"at_least": "3"}}, {"order.tags": {"not": {"has": "vip"}}}]},
        ],
        "all": [{"any": [{"node.id": "lille"}]}],
    }
    assert [row.number for row in form.rows if isinstance(row, Group)] == ["1", "1.1", "2"]
    assert dict(form.places())["/when/all/0/any/0/node.id"] == "c7"
    assert dict(form.places())["/when/any/1/none/1/order.tags/not"] == "c5"


def test_two_comparisons_of_one_fact_stand_together_where_they_can():
    tree = {"because": "x", "then": {"prefer": "1"}, "when": {"order.units": {"at_least": "2", "at_most": "5"}}}
    form = read_back(tree)
    assert [row.operator for row in form.rows] == ["at_least", "at_most"]
    added(form, "order.units", operator="equals", values=["3"])
    added(form, "order.units", operator="known", values=["true"])
    assert written(form, tree)["when"] == {
        "order.units": {"at_least": "2", "at_most": "5", "known": "true"},
        "all": [{"order.units": "3"}],
    }
    form.rows[1].values = ["9"]
    assert written(form, tree)["when"]["order.units"]["at_most"] == "9"


@pytest.mark.parametrize(
    ("when", "kept"),
    [
        ({"order.colour": "red"}, ["order.colour: red"]),
        ({"order.units": {"is": "3", "at_least": "1"}}, ["order.units: {is: 3}"]),
        ({"order.units": {}}, ["order.units: {}"]),
        ({"order.units": {"at_least": ["1", "2"]}}, ["order.units: {at_least: [1, 2]}"]),
        ({"any": "x", "is": []}, ["any: x", "is: []"]),
        ({"any": [{"node.id": None}]}, ["node.id: null"]),
        ("always", ["always"]),
    ],
)
def test_what_has_no_fields_is_shown_as_it_is_written_and_goes_only_if_it_is_taken_out(when, kept):
    tree = {"because": "x", "then": {"prefer": "1"}, "when": when}
    form = read_back(tree)
    assert [row.text for row in form.rows if isinstance(row, Kept)] == kept
    assert written(form, tree) == tree
    if isinstance(when, dict):
        added(form, "order.id", values=["zz"])
        assert "zz" in str(written(form, tree))
        assert [row.text for row in read_back(written(form, tree)).rows if isinstance(row, Kept)] == kept
    for text in kept:
        remove_row(form, next(row.place for row in form.rows if isinstance(row, Kept) and row.text == text))
    assert not any(text in str(written(form, tree)) for text in kept)


def test_keys_and_effects_without_fields_stay_until_they_are_taken_out():
    tree = {
        "because": ["x"],
        "then": {"colour": "red", "approve": "no", "prefer": "1"},
        "weekdays": "friday",
        "hours": ["08:00"],
        "from": ["x"],
        "shade": "blue",
    }
    form = read_back(tree)
    assert written(form, tree) == tree
    assert sorted(form.others) == ["because", "from", "hours", "shade", "weekdays"]
    assert [effect.place for effect in form.effects] == ["e0", "e1", "e2"]
    form.weekdays = ["friday"]
    form.because = {"en": "Why"}
    for place in ("e0", "shade", "hours", "because"):
        remove_row(form, place)
    assert written(form, tree) == {
        "because": {"en": "Why"},
        "then": {"approve": "no", "prefer": "1"},
        "weekdays": ["friday"],
        "from": ["x"],
    }


def test_a_row_that_is_changed_changes_its_own_value_alone():
    tree = {
        "because": "One reason",
        "when": {"any": [{"is": ["heavy"]}, {"order.units": {"not": {"at_least": "2", "at_most": "5"}}}]},
        "then": {"protect": [{"channel": "web", "units": "5"}], "hold": "until_shipped + 4 h", "keep": "10%"},
        "weekdays": ["sunday", "monday"],
        "overrides": [],
    }
    form = read_back(tree)
    assert [type(row) for row in form.rows] == [Term, Group, Group, Condition, Condition]
    form.rows[0].name = "far"
    form.weekdays = ["monday", "sunday"]
    form.because["fr"] = "Une raison"
    form.effects[2].values[""] = "12%"
    assert written(form, tree) == {
        **tree,
        "because": {"en": "One reason", "fr": "Une raison"},
        "when": {"any": [{"is": "far"}, tree["when"]["any"][1]]},
        "then": {**tree["then"], "keep": "12%"},
    }
