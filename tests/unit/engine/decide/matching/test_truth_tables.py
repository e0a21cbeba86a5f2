"""A rule's truth table: what it says at a place is true of all facts that stand there, and is asked once."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.matching import truth_tables
from engine.decide.matching.signatures import Atom
from engine.decide.matching.truth_tables import MOST_COMPARISONS, TruthTables
from rules.normal_form import AllOf, OneOf

SIZES = (3, 4, 9)
"""Codes of three properties."""
EVERY = list(itertools.product(*map(range, SIZES)))
ATOMS = st.integers(0, len(SIZES) - 1).flatmap(
    lambda index: st.builds(Atom, index=st.just(index), codes=st.integers(0, 2 ** SIZES[index] - 1))
)
FORMULAS = st.recursive(
    ATOMS,
    lambda part: st.builds(
        lambda kind, parts: kind(parts=tuple(parts)), st.sampled_from([AllOf, OneOf]), st.lists(part, max_size=3)
    ),
    max_leaves=8,
)


def is_true(formula, codes):
    match formula:
        case Atom(index=index, codes=true):
            return bool(true >> codes[index] & 1)
        case AllOf(parts=parts):
            return all(is_true(part, codes) for part in parts)
        case OneOf(parts=parts):
            return any(is_true(part, codes) for part in parts)


def fill(tables, formulas, signatures):
    """Ask what is open on these signatures and note it; returns the places, and how many answers were asked for."""
    shared = tables.shared_places({0: signatures[0][0]})
    columns = {index: np.array([codes[index] for codes in signatures]) for index in (1, 2)}
    places = tables.places(shared, columns, len(signatures))
    unasked = tables.unasked(places)
    for row, rules in unasked.items():
        holds = [is_true(formulas[tables.rules[rule]], signatures[row]) for rule in rules]
        tables.learn(places[rules, row], holds=holds)
    return places, sum(map(len, unasked.values()))


@given(formulas=st.lists(FORMULAS, min_size=1, max_size=4), order=st.permutations(EVERY))
def test_what_is_noted_of_some_facts_is_true_of_all_that_stand_at_the_same_place(formulas, order):
    formulas = {f"r{number}": formula for number, formula in enumerate(formulas)}
    tables = TruthTables(formulas, SIZES)
    for first, its in itertools.groupby(sorted(order, key=lambda codes: codes[0]), key=lambda codes: codes[0]):
        signatures = list(its)
        assert {codes[0] for codes in signatures} == {first}
        places, _ = fill(tables, formulas, signatures)
        expected = [[is_true(formulas[rule], codes) for codes in signatures] for rule in tables.rules]
        assert tables.holds(places).tolist() == expected
        assert fill(tables, formulas, signatures)[1] == 0


def test_a_combination_of_comparisons_is_asked_once_however_many_facts_have_it():
    near = {"near": Atom(index=2, codes=0b111)}
    signatures = [codes for codes in EVERY if codes[0] == 0]
    tables = TruthTables(near, SIZES)
    assert len(signatures) == 36
    assert fill(tables, near, signatures)[1] == 2


def test_rules_without_comparisons_hold_once_asked():
    always = {"always": AllOf(parts=()), "never": OneOf(parts=())}
    tables = TruthTables(always, SIZES)
    places, asked = fill(tables, always, EVERY[:1])
    assert (tables.holds(places).tolist(), asked) == ([[True], [False]], 2)


def test_a_rule_of_too_many_comparisons_has_no_table():
    atoms = [Atom(index=2, codes=codes) for codes in range(1, MOST_COMPARISONS + 2)]
    formulas = {"wide": OneOf(parts=tuple(atoms)), "widest": OneOf(parts=tuple(atoms[1:] * 2))}
    tables = TruthTables(formulas, SIZES)
    assert (tables.rules, tables.wide) == (("widest",), {"wide"})


def test_where_rules_are_many_those_with_the_most_comparisons_have_no_table(monkeypatch):
    monkeypatch.setattr(truth_tables, "MOST_PLACES", 8)
    formulas = {
        f"r{number}": OneOf(parts=tuple(Atom(index=2, codes=codes) for codes in range(1, number + 2)))
        for number in range(3)
    }
    tables = TruthTables(formulas, SIZES)
    assert (tables.rules, tables.wide, len(tables.answers)) == (("r0", "r1"), {"r2"}, 6)
