"""How facts are compared and effects written, as forms have it, held to what the parsers read."""

import pytest

from rules.editor.vocabulary_shapes import DAYS, EFFECT_WAYS, comparable_facts, operators_of, takes
from rules.effects import STAGE_OF
from rules.errors import PolicyInvalid
from rules.loader import load_policies
from rules.vocabulary import VOCABULARY, stage_knows

VALUES = {
    "word": "abc",
    "choice": "x",
    "flag": "true",
    "tags": "vip",
    "count": "3",
    "number": "2.5",
    "money": "4.00",
    "weight": "2.5 kg",
    "distance": "300 km",
    "duration": "48 h",
    "carbon": "250 g",
    "share": "10%",
    "date": "2026-11-01",
    "time": '"08:00"',
    "instant": '"2026-11-27 18:00"',
    DAYS: "10 days",
}


def loaded(keys, then):
    text = f"policy: p\nrules:\n  - {{id: r, because: x, {keys}then: {{{then}}}}}\n"
    return load_policies({"p.yaml": text.encode()}).rules["p/r"]


@pytest.mark.parametrize("effect", STAGE_OF)
def test_an_effect_is_read_in_each_way_that_forms_write_it(effect):
    values = set()
    for way in EFFECT_WAYS[effect]:
        for left_out in (False, True):
            parts = {
                part.key: part.words[-1] if part.words else VALUES[part.kind]
                for part in way
                if not (part.optional and left_out)
            }
            alone = parts.get("")
            written = alone or "{" + ", ".join(f"{key}: {value}" for key, value in parts.items()) + "}"
            rule = loaded("from: 2026-11-01, ", f"{effect}: {written}")
            values.add(str(rule.effects[0].value))
    assert len(values) >= len(EFFECT_WAYS[effect])


@pytest.mark.parametrize("path", VOCABULARY)
def test_a_fact_is_compared_by_each_of_its_operators_and_by_no_other(path):
    fact = VOCABULARY[path]
    value = fact.choices[0] if fact.choices else VALUES[fact.kind.name.lower()]
    acting = next(name for name, stage in STAGE_OF.items() if stage_knows(stage, fact) or _of_shipment(name, fact))
    then = f"{acting}: " + _value(acting)
    mistaken = []
    for operator in ("equals", "not", *(word for word in _WORDS)):
        kind = takes(operator)
        operand = {"two": f"[{value}, {value}]", "flag": "true", "fact": next(iter(comparable_facts(fact)), "x")}.get(
            kind, value
        )
        compared = operand if operator == "equals" else f"{{{operator}: {operand}}}"
        try:
            loaded(f"when: {{{path}: {compared}}}, ", then)
        except PolicyInvalid:
            mistaken.append(operator)
    assert [word for word in ("equals", "not", *_WORDS) if word not in mistaken] == operators_of(fact)


_WORDS = [
    *("at_least", "more_than", "at_most", "less_than", "between", "has", "has_any", "has_all", "matches", "known"),
    *("same_as", "not_same_as"),
]


def _of_shipment(effect, fact):
    return (fact.group == "shipment" and effect == "avoid") or (fact.group in ("return", "need") and effect == "tier")


def _value(effect):
    way = EFFECT_WAYS[effect][0]
    return way[0].words[0] if way[0].words else VALUES[way[0].kind]
