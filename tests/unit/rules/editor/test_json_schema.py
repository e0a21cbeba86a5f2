"""What an editor shows and offers."""

from typing import Any

import pytest

from rules.editor.json_schema import policy_schema
from rules.effects import STAGE_OF
from rules.vocabulary import CHANNELS, VOCABULARY, stage_knows
from rules.wording.bilingual import LANGUAGES


def properties(languages: tuple[str, ...], name: str) -> dict[str, Any]:
    return policy_schema(languages)["definitions"][name]["properties"]


def test_every_fact_is_told_in_both_languages_or_in_one():
    both, french = (properties(languages, "condition") for languages in (LANGUAGES, ("fr",)))
    for fact in VOCABULARY.values():
        assert fact.en[1:] in both[fact.path]["markdownDescription"]
        assert fact.fr[1:] in both[fact.path]["markdownDescription"]
        assert fact.fr[1:] in french[fact.path]["description"]
        assert fact.en[1:] not in french[fact.path]["description"]


def test_a_fact_names_the_effects_that_know_it_and_no_other():
    told = properties(("en",), "condition")
    for fact in VOCABULARY.values():
        named = set(told[fact.path]["description"].partition("Goes with ")[2].split(", "))
        assert named == {name for name, stage in STAGE_OF.items() if stage_knows(stage, fact)}


@pytest.mark.parametrize(("group", "together"), [("product", True), ("node", False)])
def test_an_attribute_names_the_effects_that_know_its_group(group, together):
    patterns = policy_schema(("en",))["definitions"]["condition"]["patternProperties"]
    (told,) = (shape["description"] for pattern, shape in patterns.items() if group in pattern)
    assert ("keep_together" in told) is together


def test_an_effect_tells_what_it_is_judged_for_and_may_mention():
    told = properties(("en",), "effects")
    assert told["keep"]["description"].endswith(
        "Judged for each line at each place; may mention order, now, line, product, node, stock"
    )
    assert told["daily_orders"]["description"].endswith("Judged for each place; may mention node, now")


def test_channels_words_of_lists_and_truths_are_offered():
    offered = properties(("en",), "condition")
    assert offered["order.channel"]["examples"] == list(CHANNELS)
    assert offered["order.delivery"]["examples"] == ["standard", "express", "click_and_collect"]
    assert offered["route.late"]["examples"] == [True, False]


def _mappings(node: Any):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _mappings(value)
    for value in node if isinstance(node, list) else ():
        yield from _mappings(value)


def test_no_mapping_takes_keys_it_does_not_know():
    closed = [item for item in _mappings(policy_schema()) if item.get("type") == "object" and "properties" in item]
    assert len(closed) > 10
    assert [item for item in closed if item["additionalProperties"] is not False] == []
