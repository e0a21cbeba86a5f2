"""WholeNumber rules in sentences: which sentences there are, how clauses are joined, what is left out."""

import pytest

from rules.conditions import All, AnyOf
from rules.wording.catalogue import load_catalogue
from rules.wording.explain import condition_text, explain
from tests.support.wording_examples import CONDITIONS, rule

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")


@pytest.mark.parametrize(("when", "english", "french"), CONDITIONS)
def test_a_condition_reads_in_english_and_in_french(when, english, french):
    condition = rule(when).condition
    assert [condition_text(condition, catalogue) for catalogue in (ENGLISH, FRENCH)] == [english, french]


def test_a_rule_without_a_condition_applies_in_every_case():
    assert explain(rule(), ENGLISH) == "In every case: each unit shipped so counts as 4.00 cheaper."
    assert explain(rule(), FRENCH) == "Dans tous les cas\u00a0: chaque unité ainsi envoyée compte 4,00 de moins."


def test_nothing_to_meet_is_always_so_and_no_alternative_is_never_so():
    assert condition_text(All(parts=()), ENGLISH) == "it is always so"
    assert condition_text(AnyOf(parts=()), ENGLISH) == "it is never so"


def test_several_effects_are_clauses_of_one_sentence():
    two = rule("node.type: store", "prefer: 4.00, tier: 1")
    assert explain(two, ENGLISH).startswith("If the place is a store: each unit shipped so counts as 4.00 cheaper; ")
    assert "compte 4,00 de moins\u00a0; ce trajet est de rang 1" in explain(two, FRENCH)


def test_the_window_is_a_sentence_after_the_rule():
    saturdays = rule("node.type: store", window="weekdays: [saturday]")
    assert explain(saturdays, ENGLISH) == (
        "If the place is a store: each unit shipped so counts as 4.00 cheaper. On Saturdays, by the place's clock."
    )


def test_the_rules_that_are_switched_off_come_last():
    one, two = (rule("node.type: store", more=f"overrides: [{names}]") for names in ("p/s", "p/s, p/t"))
    assert explain(one, ENGLISH).endswith("cheaper. Where this applies, p/s does not count.")
    assert explain(two, ENGLISH).endswith("cheaper. Where this applies, p/s and p/t do not count.")
    assert explain(two, FRENCH).endswith("de moins. Là où cela s'applique, p/s et p/t ne comptent pas.")


def test_a_subject_is_not_repeated_but_after_a_bracket_it_is():
    group = "any: [{order.channel: web}, {order.country: FR}]"
    three = rule(f"order.channel: web, order.units: 1, {group}, order.lines: 2").condition
    assert condition_text(three, ENGLISH) == (
        "the order comes from web, has 1 unit, (the order comes from web or the order's country is FR) "
        "and the order has 2 lines"
    )


def test_french_contracts_si_and_il_but_not_in_the_authors_words():
    assert explain(rule("now.time: '08:00'"), FRENCH).startswith("S'il est 08:00\u00a0: ")
    assert '"Si il y a"' in explain(rule("order.region: Si il y a"), FRENCH)
