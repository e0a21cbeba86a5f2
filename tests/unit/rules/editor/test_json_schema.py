"""What an editor shows and offers, by the schema it is given."""

from typing import Any

import jsonschema
import pytest

from rules.editor.json_schema import policy_schema
from rules.effects import OF_RETURNS, OF_SHIPMENTS, STAGE_OF
from rules.vocabulary import CHANNELS, VOCABULARY, Stage, stage_knows
from rules.wording.catalogue import load_catalogue, load_catalogues

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")
SCHEMA = policy_schema(load_catalogues())
ENGLISH_SCHEMA = policy_schema([ENGLISH])


def properties(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return schema["definitions"][name]["properties"]


def test_the_hover_text_of_every_fact_is_in_all_languages_or_in_one():
    both, french_only = properties(SCHEMA, "condition"), properties(policy_schema([FRENCH]), "condition")
    for path in VOCABULARY:
        english, french = (catalogue.text(f"editor.facts.{path}")[1:] for catalogue in (ENGLISH, FRENCH))
        assert english in both[path]["markdownDescription"]
        assert french in both[path]["markdownDescription"]
        assert french in french_only[path]["description"]
        assert english not in french_only[path]["description"]


def test_a_hover_text_begins_with_a_capital_and_has_no_backticks_where_it_is_plain():
    country = properties(ENGLISH_SCHEMA, "condition")["order.country"]
    assert country["markdownDescription"].startswith("The country it goes to. A word, as `web`. Goes with `exclude`, ")
    assert country["description"].startswith("The country it goes to. A word, as web. Goes with exclude, ")


def test_a_fact_names_the_effects_that_know_it_and_no_other():
    facts = properties(ENGLISH_SCHEMA, "condition")
    for fact in VOCABULARY.values():
        named = set(facts[fact.path]["description"].partition("Goes with ")[2].split(", "))
        acting = {name for name, stage in STAGE_OF.items() if stage_knows(stage, fact)}
        acting |= OF_RETURNS if stage_knows(Stage.RETURN, fact) else set()
        assert named == (OF_SHIPMENTS if fact.group == "shipment" else acting)


@pytest.mark.parametrize(("group", "together"), [("product", True), ("node", False)])
def test_an_attribute_names_the_effects_that_know_its_group(group, together):
    patterns = ENGLISH_SCHEMA["definitions"]["condition"]["patternProperties"]
    (hover,) = (shape["description"] for pattern, shape in patterns.items() if group in pattern)
    assert ("keep_together" in hover) is together


def test_an_effect_names_its_stage_and_the_facts_its_rule_may_mention():
    effects = properties(ENGLISH_SCHEMA, "effects")
    assert effects["keep"]["description"].endswith(
        "Judged for each line at each place; may mention order, now, line, product, node, stock"
    )
    assert effects["avoid"]["description"].endswith(
        "service, route. Judged for each shipment; may mention order, now, node, service, shipment. "
        "Judged for each returned unit at each place that it may go to; "
        "may mention order, now, product, node, stock, return, need"
    )
    assert effects["daily_orders"]["description"].endswith("Judged for each place; may mention node, now")


def test_channels_words_of_lists_and_booleans_are_offered():
    facts = properties(ENGLISH_SCHEMA, "condition")
    assert facts["order.channel"]["examples"] == list(CHANNELS)
    assert facts["order.delivery"]["examples"] == ["standard", "express", "click_and_collect"]
    assert facts["route.late"]["examples"] == [True, False]


def test_each_word_of_a_list_is_explained_in_all_languages():
    modes = next(item for item in _mappings(SCHEMA["definitions"]["service.mode"]) if "enumDescriptions" in item)
    assert dict(zip(modes["enum"], modes["enumDescriptions"], strict=True))["bike"] == "by bike; à vélo"


def test_a_new_rule_has_a_place_to_stop_at_for_each_part_and_language():
    (snippet,) = SCHEMA["definitions"]["rule"]["defaultSnippets"]
    assert snippet["body"] == {
        "id": "$1",
        "because": {"en": "$2", "fr": "$3"},
        "when": {"$4": ""},
        "then": {"$5": ""},
    }


def _mappings(node: Any):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _mappings(value)
    for value in node if isinstance(node, list) else ():
        yield from _mappings(value)


@pytest.mark.parametrize(
    ("overrides", "right"),
    [
        (["p/*"], True),
        (["p/*", "clearance/outlets-first"], True),
        ([], True),
        (["p"], False),
        (["*/*"], False),
        (["p/**"], False),
        (["p/a*"], False),
        (["P/*"], False),
        ("p/*", False),
    ],
)
def test_a_rule_overrides_rules_by_their_names_or_all_of_a_policy(overrides, right):
    rule = {"id": "a", "because": "x", "then": {"prefer": 1}, "overrides": overrides}
    validator = jsonschema.Draft7Validator(SCHEMA)
    assert validator.is_valid({"policy": "q", "rules": [rule]}) is right


def test_no_mapping_accepts_unknown_keys():
    closed = [item for item in _mappings(SCHEMA) if item.get("type") == "object" and "properties" in item]
    assert len(closed) > 10
    assert [item for item in closed if item["additionalProperties"] is not False] == []
