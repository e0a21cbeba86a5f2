"""An explanation never contradicts the decision: its figures are the decision's; what it says of other places comes
true when only these have stock or must ship; and what would have changed the decision does.
"""

import dataclasses
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.audit.explanation.barriers import FREE, barriers
from engine.audit.explanation.case import DecidedCase, ExplainedChoice
from engine.audit.explanation.changes.change import AmountMoved, FewerParcels, MoreUnits, MovedInTime
from engine.audit.explanation.changes.search import changes
from engine.audit.explanation.comparison import loss
from engine.audit.explanation.explain import explain
from engine.audit.explanation.forced import forced_from
from engine.audit.explanation.kept import kept_units
from engine.audit.explanation.statement import Money, Units
from engine.audit.explanation.wording import Wording
from engine.decide.decide import shipments_of
from engine.decide.decision import PromiseTerms
from engine.decide.matching.matcher import Matcher
from engine.decide.remainder import decide_remainder
from engine.decide.sourcing.choose import choose
from engine.orders.decision_request import whole_order
from rules.wording.catalogue import load_catalogue
from tests.properties.decide.worlds import LOADS, ORDERS, RESTING, RULES, STOCK, snapshot
from tests.reference.plain_choice import PlainEvaluation
from tests.support.examples import examples
from tests.support.explanation_phrases import PHRASES
from tests.support.facts import HOUR, NOW, policies

pytestmark = pytest.mark.slow

SOLVABLE = [rule for rule in RULES if "ship_complete" not in rule]
"""Rules under which a place that can ship a line by itself does."""


@st.composite
def cases(draw, orders=ORDERS, rules=RULES, *, promised=False):
    """An order, what it is decided on, and the rules; perhaps with a promise that it takes up, if `promised`."""
    stock = draw(st.fixed_dictionaries({"A": STOCK, "B": STOCK}))
    facts = snapshot(stock, draw(LOADS), draw(RESTING))
    order = draw(orders)
    matcher = Matcher(policies(*draw(st.lists(st.sampled_from(rules), max_size=8, unique=True))))
    now = NOW + draw(st.integers(0, 20)) * HOUR
    terms = st.none() | st.builds(PromiseTerms, arrives_by=st.just(now + 50 * HOUR), greenest=st.booleans())
    return DecidedCase(
        remainder=whole_order(order),
        snapshot=facts,
        matcher=matcher,
        now=now,
        terms=draw(terms) if promised else None,
    )


def decided(case):
    """The decision of a case, by the way that decisions are made."""
    judge = case.judge or case.matcher
    return decide_remainder(case.remainder, case.snapshot, judge, case.now, held_from=case.now, terms=case.terms)


def of_kind(statements, kind):
    return [statement for statement in statements if statement.kind.startswith(kind)]


@examples(40)
@given(case=cases(promised=True))
def test_what_was_chosen_and_what_it_costs_are_the_decisions(case):
    decision, explanation = decided(case), explain(case)
    explained = explanation.explained
    assert explained.shipments == decision.chosen
    assert explanation.costs.total == decision.score.money
    assert explanation.costs.paid == sum(shipment.cost for shipment in decision.chosen)
    shipped = [
        (
            statement.values["node"].names[0],
            statement.values["service"].names[0],
            dict(statement.values["units"].by_sku),
        )
        for statement in explanation.chosen
        if "node" in statement.values
    ]
    assert [(node, service) for node, service, _ in shipped] == [(s.node, s.service) for s in decision.chosen]
    for (_, _, units), shipment in zip(shipped, decision.chosen, strict=True):
        assert sum(units.values()) == sum(parcel.quantity for parcel in shipment.lines)
    for statement in of_kind(explanation.cost, "cost.paid"):
        assert statement.values["paid"] == Money(sum(shipment.cost for shipment in decision.chosen))
    rules = sum(
        (1 if statement.kind == "cost.avoid" else -1)
        * statement.values["amount"].micros
        * sum(units for _, units in statement.values["units"].by_sku)
        for statement in explanation.cost
        if statement.kind in ("cost.avoid", "cost.prefer")
    )
    assert rules == explanation.costs.rules
    missing = {
        statement.values["line"].names[0]: statement.values["units"]
        for question in explanation.questions
        if question.code == "unfilled"
        for statement in of_kind(question.answers, "unfilled.line")
    }
    assert missing == {item.line: Units.of(item.sku, item.quantity) for item in decision.unfilled}
    for item in kept_units(explained):
        stock = decision.stock[item.sku]
        rows = [stock.nodes.index(node) for node in item.nodes]
        available = [max(0, stock.on_hand[row] - stock.held[row]) for row in rows]
        free = [max(0, stock.on_hand[row] - stock.held[row] - stock.floor[row]) for row in rows]
        assert item.units == sum(available) - sum(free)


def only_at(case, node):
    """The case as if no other place had stock."""
    positions = {
        sku: {name: position for name, position in nodes.items() if name == node}
        for sku, nodes in case.snapshot.positions.items()
    }
    return dataclasses.replace(case, snapshot=dataclasses.replace(case.snapshot, positions=positions))


@examples(40)
@given(case=cases(rules=SOLVABLE))
def test_a_place_that_is_said_to_be_unable_ships_nothing_even_where_no_other_has_stock(case):
    explained = ExplainedChoice(case)
    given_barriers, codes = barriers(explained)
    names, lines = explained.evaluation.ways.node_ids, explained.evaluation.order.lines
    for barrier in given_barriers:
        for node in barrier.nodes:
            shipped = {parcel.line for item in decided(only_at(case, node)).chosen for parcel in item.lines}
            assert shipped.isdisjoint(lines[index].id for index in barrier.lines)
    said = [(index, node) for item in given_barriers for index in item.lines for node in item.nodes]
    assert len(said) == len(set(said))
    for index, of_line in enumerate(codes):
        for node, code in enumerate(of_line):
            assert (code == FREE) == ((index, names[node]) not in said) or names[node] in explained.nodes
    if len(lines) == 1:
        able = {names[node] for node, code in enumerate(codes[0]) if code == FREE}
        for node in able:
            alone = decided(only_at(case, node))
            forced = forced_from(explained, explained.evaluation.ways.node_index[node])
            assert sum(parcel.quantity for item in alone.chosen for parcel in item.lines) == sum(forced.units.values())


@examples(40)
@given(case=cases())
def test_what_another_place_loses_is_what_the_optimiser_says_if_it_must_ship(case):
    assume(case.remainder.whole_order.deliver_on is None)
    explained = ExplainedChoice(case)
    names = explained.evaluation.ways.node_ids
    for node, name in enumerate(names):
        forced = forced_from(explained, node)
        if forced is None:
            continue
        reference = choose(
            must_ship(
                PlainEvaluation(explained.evaluation.order, case.snapshot, case.matcher, case.now).problem(),
                name,
                forced.units,
            )
        )
        assert forced.choice.score == reference.score
        found = loss(explained, forced.choice)
        ours, theirs = explained.choice.score, forced.choice.score
        whole = sum(item.co2 for item in shipments_of(explained.evaluation, forced.choice))
        assert found.co2 == whole - sum(item.co2 for item in explained.shipments)
        parts = {
            "unfilled": theirs.unfilled - ours.unfilled,
            "unless_needed": theirs.unless_needed - ours.unless_needed,
            "tiers": theirs.tiers - ours.tiers,
            "money": theirs.money - ours.money,
        }
        worse = next((part for part, by in parts.items() if by), None)
        assert found.costs.total == parts["money"]
        if worse is None:
            assert found.part in ("tie", "shipments")
        elif explained.choice.gap == 0:
            assert (found.part, found.by) == (worse, parts[worse])
            assert found.by > 0


def must_ship(problem, node, units):
    """The problem with each line in two: what the node must ship, and what it may not."""
    demands, prices = [], {candidate.key: {} for candidate in problem.candidates}
    origin = {}
    for index, demand in enumerate(problem.demands):
        parts = [(units.get(index, 0), True), (demand.quantity - units.get(index, 0), False)]
        for quantity, here in parts:
            if quantity:
                origin[len(demands)] = index
                for candidate in problem.candidates:
                    fits = (candidate.key.node == node) == here or index not in units
                    if index in candidate.prices and fits:
                        prices[candidate.key][len(demands)] = candidate.prices[index]
                demands.append(dataclasses.replace(demand, quantity=quantity))
    candidates = [
        dataclasses.replace(candidate, prices=prices[candidate.key])
        for candidate in problem.candidates
        if prices[candidate.key]
    ]
    multiples = {
        (node, new): problem.multiples[node, old]
        for node in {key.node for key in prices}
        for new, old in origin.items()
        if (node, old) in problem.multiples
    }
    return dataclasses.replace(problem, demands=demands, candidates=candidates, multiples=multiples)


def one_step_less(change):
    """The change by the next smaller size; None: it has no size, or is the smallest of all."""
    match change:
        case MoreUnits(units=units):
            return dataclasses.replace(change, units=units - 1) if units > 1 else None
        case FewerParcels(parcels=parcels):
            return dataclasses.replace(change, parcels=parcels - 1) if parcels > 1 else None
        case MovedInTime(minutes=minutes):
            return (
                dataclasses.replace(change, minutes=minutes - (1 if minutes > 0 else -1)) if abs(minutes) > 1 else None
            )
        case AmountMoved(before=before, after=after, effect=effect):
            step = 10_000 if effect in ("prefer", "avoid", "split_penalty", "carbon_price") else 1
            nearer = after + (step if after < before else -step)
            return None if nearer == before else dataclasses.replace(change, after=nearer)
    return None


@examples(10)
@given(case=cases(promised=True))
def test_what_would_have_changed_a_decision_does_and_a_little_less_does_not(case):
    chosen = ExplainedChoice(case)
    for found in changes(chosen).each:
        changed = decided(found.change.applied(case))
        assert changed.chosen == found.then.shipments
        assert found.then.choice.units != chosen.choice.units
        less = one_step_less(found.change)
        if less is not None:
            assert ExplainedChoice(less.applied(case)).choice.units == chosen.choice.units


PLACEHOLDER = re.compile(r"\{(\w+)\}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def numbers(sentence):
    return sorted(number.replace(",", ".") for number in NUMBER.findall(sentence))


@examples(6)
@given(case=cases(promised=True))
def test_both_languages_say_the_same_figures(case):
    explanation = explain(case, why_not=tuple(case.snapshot.network.nodes), what_if=True)
    english, french = (
        Wording(catalogue=load_catalogue(language), network=case.snapshot.network, policies=case.matcher.policies)
        for language in ("en", "fr")
    )
    statements = [*explanation.chosen, *explanation.cost, *explanation.places, *explanation.kept]
    for question in explanation.questions:
        assert english.question(question)
        assert french.question(question)
        statements += question.answers
    for statement in statements:
        assert numbers(english.sentence(statement)) == numbers(french.sentence(statement))
        for language, wording in enumerate((english, french)):
            verify_each_value_has_its_place(statement, wording, wording.sentence(statement), language)
    for found in explanation.changes.each:
        assert numbers(english.change(found)) == numbers(french.change(found))
        for language, wording in enumerate((english, french)):
            verify_each_value_has_its_place(found.statement, wording, wording.change(found), language)


def verify_each_value_has_its_place(statement, wording, sentence, language):
    """Values that could be mistaken for each other stand beside the words that say what they are; all values stand
    where the catalogue has them.
    """
    words = {name: wording.words(value) for name, value in statement.values.items()}
    for name, phrases in PHRASES.get(statement.kind, {}).items():
        phrase = phrases[language].replace(f"{{{name}}}", words[name])
        assert spaced(wording.catalogue.contract(phrase)) in spaced(sentence)
    forms = wording.catalogue.texts[f"explanation.{statement.kind}"]
    words["rules"] = wording.words(statement.rules) if statement.rules.rules else ""
    assert any(sentence.startswith(wording.catalogue.contract(filled(form, words))) for form in forms)


def filled(form, words):
    """A text of a catalogue, with the value of each placeholder where that stands."""
    return PLACEHOLDER.sub(lambda place: words[place[1]], form)


def spaced(text):
    """With plain blanks in place of those that hold French quotes and marks together."""
    return text.replace("\xa0", " ").replace("\u202f", " ")
