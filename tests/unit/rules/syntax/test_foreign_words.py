"""Words of other languages and tools, and short forms, lead to a word of the policy language."""

import pytest

from rules.conditions import Operator
from rules.effects import STAGE_OF
from rules.syntax.condition_parser import COMBINATORS
from rules.syntax.foreign_words import _MEANT, meant_word
from rules.syntax.policy_shapes import PolicyShape, RuleShape
from rules.vocabulary import DISPOSITIONS, VOCABULARY, WEEKDAYS
from tests.support import invalid_policies
from tests.support.invalid_policies import findings

OPERATORS = {item.value for item in Operator} | {"not"}
CHOICES = {word for fact in VOCABULARY.values() for word in fact.choices}
KEYS = {field.data_key or name for shape in (PolicyShape, RuleShape) for name, field in shape().fields.items()}


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("garder", STAGE_OF, "keep"),
        ("plus_de", OPERATORS, "more_than"),
        ("Plus de", OPERATORS, "more_than"),
        ("gte", OPERATORS, "at_least"),
        ("tue", WEEKDAYS, "tuesday"),
        ("Mardi", WEEKDAYS, "tuesday"),
        ("entrepôt", CHOICES, "warehouse"),
        ("Détruire", DISPOSITIONS, "destroy"),
        ("scrap", DISPOSITIONS, "destroy"),
        ("règles", KEYS, "rules"),
        ("commande.canal", VOCABULARY, "order.channel"),
        ("produit.catégorie", VOCABULARY, "product.category"),
        ("garder", OPERATORS, ""),
        ("t", WEEKDAYS, ""),
        ("kee", STAGE_OF, ""),  # keep, or keep_together
        ("s", STAGE_OF, ""),
        ("node.couleur", VOCABULARY, ""),
    ],
)
def test_a_word_that_stands_for_another_is_found(word, candidates, meant):
    assert meant_word(word, candidates) == meant


def test_every_word_leads_to_one_of_the_language():
    assert set(_MEANT.values()) <= {*OPERATORS, *STAGE_OF, *CHOICES, *KEYS, *COMBINATORS, *DISPOSITIONS}


@pytest.mark.parametrize(
    ("policy", "finding"),
    [
        (
            invalid_policies.then("garder: 3"),
            "p.yaml:5:12  unknown-effect  unknown effect 'garder' (did you mean 'keep'?)",
        ),
        (
            invalid_policies.then("disposition: scrap"),
            (
                "p.yaml:5:12  bad-value  disposition: 'scrap': write restock, refurbish, liquidate, donate, destroy, "
                "return_to_supplier, return_to_customer or keep (did you mean 'destroy'?)"
            ),
        ),
        (
            invalid_policies.when("order.units: {plus_de: 3}"),
            "p.yaml:5:26  unknown-operator  unknown operator 'plus_de' (did you mean 'more_than'?)",
        ),
        (
            invalid_policies.when("node.type: not store"),
            (
                "p.yaml:5:12  unknown-word  'not store' is no value of node.type; "
                "use warehouse, store, supplier, distributor; write {not: store} (did you mean 'store'?)"
            ),
        ),
        (
            invalid_policies.when('stock.available: "> 60"'),
            (
                "p.yaml:5:12  bad-value  stock.available: '> 60' is no amount; write for example 12; "
                "write {more_than: 60}"
            ),
        ),
        (
            invalid_policies.window("weekdays: [tue]"),
            (
                "p.yaml:5:16  unknown-word  'tue' is no weekday; use monday, tuesday, wednesday, thursday, friday, "
                "saturday, sunday (did you mean 'tuesday'?)"
            ),
        ),
    ],
)
def test_such_a_word_is_suggested_where_it_stands(policy, finding):
    assert findings(p=policy) == [finding]
