"""What look-ahead prices made of a decision is said in words, with its reason, in English and French."""

import dataclasses

import msgspec
import pytest

from engine.decide.kept_facts.lookahead_record import LookaheadRecord
from tests.support.explanations import answers, explained, said
from tests.support.facts import EURO, HOUR, LILLE, LYON, NOW, PARIS, decided, node, order, service, snapshot
from tests.support.lookahead import DAY, in_force

BY_KM = service(per_km=10_000)
"""5 EUR, and a cent a kilometre: paris is nearer to Paris, and costs 3.932 EUR less than lyon."""
NODES = [node("lyon", LYON), node("paris", PARIS), node("lille", LILLE)]
NEEDED = 2 * EURO + EURO // 10
DEAR = {("A", "paris"): 9 * EURO}


def facts(prices, stock=None, **of_table):
    made = snapshot(NODES, {"A": stock or {"lyon": 3, "paris": 3}}, services=[BY_KM])
    return dataclasses.replace(made, lookahead=in_force(prices, **{"region": "Lille", **of_table}))


def nodes(decision):
    return [shipment.node for shipment in decision.shipments]


def record(decision):
    return msgspec.to_builtins(LookaheadRecord.of(decision.lookahead))


def test_what_counted_and_where_the_units_are_needed_is_said_beside_the_cost():
    made = facts({("A", "paris"): EURO + EURO // 2}, needed_by=NOW + 6 * DAY)
    explanation = explained(order(("A", 2)), made, "then: {lookahead: on}")
    paid, _, compared, lookahead = said(explanation, explanation.cost)
    assert paid == "Shipping costs 5.00 EUR: carriage 5.00 EUR."
    assert compared.endswith("counts as 8.00 EUR: carriage 5.00 EUR, look-ahead 3.00 EUR.")
    assert lookahead == (
        "2 units of A count 1.50 EUR more a unit from paris, because Lille is expected to need them by 3 December 2026."
        ' The rule is test/r1 ("a reason").'
    )
    *_, french = said(explanation, explanation.cost, "fr")
    assert french.startswith(
        "2 unités d'A comptent 1,50 EUR de plus par unité depuis paris, parce que Lille devrait en avoir besoin d'ici"
        " le 3 décembre 2026."
    )


def test_units_that_are_needed_by_a_time_that_is_over_are_needed_later():
    made = facts({("A", "paris"): EURO}, needed_by=NOW - HOUR)
    explanation = explained(order(("A", 1)), made, "then: {lookahead: on}")
    assert "because Lille is expected to need it later." in said(explanation, explanation.cost)[-1]


def test_what_customers_collect_at_a_place_is_needed_by_that_place():
    made = facts({("A", "paris"): EURO}, region="@lyon")
    explanation = explained(order(("A", 1)), made, "then: {lookahead: on}")
    assert "because lyon is expected to need it later." in said(explanation, explanation.cost)[-1]


def test_a_nearer_place_is_left_alone_for_those_who_need_its_units_and_that_is_said():
    made = facts(DEAR)
    assert nodes(decided(order(("A", 1)), made)) == ["paris"]
    assert nodes(decided(order(("A", 1)), made, "then: {lookahead: on}")) == ["lyon"]
    explanation = explained(order(("A", 1)), made, "then: {lookahead: on}", why_not=["paris"])
    compared, because = answers(explanation, "place")
    assert compared.startswith(
        "Had all of it come from paris, it would have counted 5.068 EUR more: carriage -3.932 EUR, look-ahead +9.00"
    )
    assert because.startswith(
        "A unit of A counts 9.00 EUR more from paris, because Lille is expected to need it later."
    )
    assert because in said(explanation, explanation.places)


def test_policies_own_amounts_stay_on_top():
    rules = ["then: {lookahead: on}", "when: {node.id: lyon}, then: {avoid: 6.00}"]
    assert nodes(decided(order(("A", 1)), facts(DEAR), *rules)) == ["paris"]


@pytest.mark.parametrize(("rule", "place"), [("lookahead: 50%", "lyon"), ("lookahead: 43%", "paris")])
def test_prices_count_for_the_largest_share_that_rules_give(rule, place):
    decision = decided(order(("A", 1)), facts(DEAR), "then: {lookahead: 1%}", f"then: {{{rule}}}")
    assert nodes(decision) == [place]


def test_a_unit_is_filled_whatever_it_is_expected_to_be_worth_elsewhere():
    decision = decided(order(("A", 4)), facts({("A", "paris"): 10**11}), "then: {lookahead: on}")
    assert sorted(nodes(decision)) == ["lyon", "paris"]
    assert not decision.unfilled


def test_the_record_names_the_table_and_the_prices_of_what_ships():
    made = facts({("A", "paris"): NEEDED, ("A", "lyon"): 3 * EURO}, needed_by=NOW + DAY)
    decision = decided(order(("A", 1)), made, "then: {lookahead: 80%}")
    assert record(decision) == {
        "weight_basis_points": 8_000,
        "state": "used",
        "table": made.lookahead.digest,
        "use_until": "2026-11-28T09:00:00Z",
        "prices": {"A": {"paris": {"price_micros": NEEDED, "region": "Lille", "needed_by": "2026-11-28T09:00:00Z"}}},
    }
    assert decision.score.money == 5 * EURO + NEEDED * 8 // 10


def test_a_table_whose_time_is_over_does_not_count_and_that_is_said():
    in_time, too_late = (facts(DEAR, use_until=NOW - after) for after in (0, 1))
    assert nodes(decided(order(("A", 1)), in_time, "then: {lookahead: on}")) == ["lyon"]
    decision = decided(order(("A", 1)), too_late, "then: {lookahead: on}")
    assert nodes(decision) == ["paris"]
    assert (record(decision)["state"], record(decision)["table"]) == ("too_old", too_late.lookahead.digest)
    assert LookaheadRecord.of(decision.lookahead).used_table is msgspec.UNSET, "none of its prices counted"
    explanation = explained(order(("A", 1)), too_late, "then: {lookahead: on}")
    *_, english = said(explanation, explanation.cost)
    assert english.startswith(
        "Look-ahead prices did not count, because the last table was for decisions until 27 November 2026 09:59:59."
    )


def test_prices_in_another_currency_do_not_count():
    made = facts(DEAR)
    made = dataclasses.replace(made, lookahead=dataclasses.replace(made.lookahead, currency="SEK"))
    decision = decided(order(("A", 1)), made, "then: {lookahead: on}")
    assert (nodes(decision), record(decision)["state"]) == (["paris"], "other_currency")
    explanation = explained(order(("A", 1)), made, "then: {lookahead: on}")
    assert "counts in another currency since they were learnt" in said(explanation, explanation.cost)[-1]


def test_without_any_table_that_is_said_and_nothing_else_changes():
    made = dataclasses.replace(facts(DEAR), lookahead=None)
    decision = decided(order(("A", 1)), made, "then: {lookahead: on}")
    assert record(decision) == {"weight_basis_points": 10_000, "state": "no_table"}
    explanation = explained(order(("A", 1)), made, "then: {lookahead: on}")
    assert "because there are none" in said(explanation, explanation.cost)[-1]
    french = said(explanation, explanation.cost, "fr")[-1]
    assert french.startswith("Les prix anticipés n'ont pas compté, car il n'y en a pas.")
    assert explained(order(("A", 1)), made).cost == explained(order(("A", 1)), facts(DEAR)).cost


def test_a_node_that_the_network_does_not_have_any_more_counts_nowhere():
    made = facts({("A", "closed"): 9 * EURO, ("A", "paris"): EURO})
    decision = decided(order(("A", 1)), made, "then: {lookahead: on}")
    assert (nodes(decision), decision.score.money) == (["paris"], 6 * EURO)


def test_units_that_ship_later_count_as_much():
    """A nominated day: what is planned is said with its prices, too."""
    made = facts({("A", "paris"): NEEDED}, needed_by=NOW + 40 * HOUR)
    decision = decided(
        order(("A", 1), deliver_on=made.network.local(NOW).date().toordinal() + 6), made, "then: {lookahead: on}"
    )
    assert decision.scheduled is not None
    assert set(record(decision)["prices"]["A"]) == {shipment.node for shipment in decision.scheduled.shipments}
