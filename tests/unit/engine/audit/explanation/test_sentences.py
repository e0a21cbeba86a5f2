"""What is said of a decision, in full: places that could have shipped, questions, what was kept, what came before."""

import dataclasses

import pytest

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.explain import explain
from engine.audit.explanation.history import history
from engine.audit.explanation.places import MOST_COMPARED, OtherPlaces
from engine.decide.decision import PromiseTerms
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import FollowsRecord, LackedRecord
from engine.decide.remainder import Remainder
from engine.errors import NotFound
from engine.model.facts import StockPosition
from tests.support.explanations import answers, case_of, explained, said, wording_of
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    decided,
    node,
    order,
    product,
    service,
    snapshot,
)

ONE, TWO = ("A", 1), ("A", 2)
BY_KM = service(per_km=10_000, drop=500_000)
"""5 EUR, and a cent a kilometre."""
NODES = [node("lyon", LYON, handling=EURO, unit_handling=EURO // 10), node("paris", PARIS), node("lille", LILLE)]


def facts(services=(BY_KM,), nodes=tuple(NODES), **stock):
    return snapshot(list(nodes), {"A": stock}, services=list(services))


def places(explanation):
    return said(explanation, explanation.places)


def test_what_was_chosen_and_what_it_costs_part_by_part():
    rules = ["then: {carbon_price: 2.00}", "when: {node.id: lyon}, then: {prefer: 0.50}"]
    explanation = explained(order(TWO), facts(lyon=2), *rules)
    (ships,) = said(explanation, explanation.chosen)
    assert ships == (
        "lyon ships 2 units of A by parcel, over 393.2 km. The parcel leaves on 27 November 2026 10:00 and arrives by"
        " 29 November 2026 10:00."
    )
    paid, co2, compared, prefer = said(explanation, explanation.cost)
    assert paid == "Shipping costs 10.132 EUR: carriage 8.932 EUR, handling 1.20 EUR."
    assert co2 == "It emits 500 g of CO2e."
    assert compared.endswith(
        "counts as 10.132 EUR: carriage 8.932 EUR, handling 1.20 EUR, price of CO2e 1.00 EUR, rules -1.00 EUR."
    )
    assert prefer == (
        '2 units of A ship in a way that a rule counts as 0.50 EUR cheaper a unit. The rule is test/r2 ("a reason").'
    )
    assert explanation.costs.rules == -EURO
    assert explanation.costs.carbon == EURO


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        (
            ["when: {node.id: lyon}, then: {exclude: unless_needed}"],
            "1 unit more would have shipped in a way that rules",
        ),
        (["when: {node.id: lyon}, then: {tier: 7}"], "the tiers of its units would have added up to 2 more"),
        ([], "it would have counted 5.032 EUR more: carriage +3.932 EUR, handling +1.10 EUR"),
        (
            ["when: {node.id: lyon}, then: {avoid: 1.00}"],
            "it would have counted 6.032 EUR more: carriage +3.932 EUR, handling +1.10 EUR, rules +1.00 EUR",
        ),
    ],
)
def test_another_place_loses_on_the_first_part_that_differs(rules, outcome):
    explanation = explained(order(ONE), facts(lyon=1, paris=1), *rules)
    (sentence, _) = places(explanation)
    assert sentence.startswith(f"Had all of it come from lyon, {outcome}")
    assert ("test/r1" in sentence) == bool(rules)


def test_a_place_that_has_too_little_leaves_the_rest_unfilled_or_to_others():
    explanation = explained(order(TWO), facts(lyon=1, paris=2), "then: {max_shipments: 1}")
    assert places(explanation)[0] == (
        "Had 1 unit of A come from lyon, which is all it can ship of the order, and the rest from elsewhere,"
        " 1 unit more would have stayed unfilled, and filling an order comes before what it costs."
    )
    explanation = explained(order(TWO), facts(lyon=1, paris=2))
    assert "it would have counted 10.032 EUR more: carriage +8.932 EUR, handling +1.10 EUR" in places(explanation)[0]


def test_fewer_parcels_may_come_before_money():
    rules = ["then: {fewest_shipments: true}"]
    explanation = explained(order(TWO), facts(lyon=1, paris=2), *rules)
    assert "it would have taken 1 parcel more than necessary" in places(explanation)[0]


def test_places_that_nothing_tells_apart_are_a_tie():
    twins = [node("a", PARIS), node("b", PARIS)]
    explanation = explained(order(ONE), facts(nodes=twins, a=1, b=1))
    assert "it would have been exactly as good" in places(explanation)[0]


def test_beyond_some_places_it_is_only_said_that_they_could_ship():
    many = [node(f"n{number}", PARIS) for number in range(MOST_COMPARED + 4)]
    explanation = explained(order(ONE), facts(nodes=many, **{item.id: 3 for item in many}))
    sentences = places(explanation)
    assert len(sentences) == MOST_COMPARED + 1
    assert sentences[-1] == (
        "n6, n7 and n8 could have shipped units of the order, too, but no choice with them would have been better."
    )


def test_a_place_is_asked_for_by_name():
    explanation = explained(order(ONE), facts(lyon=1, paris=1), why_not=["lyon", "paris", "lille"])
    assert answers(explanation, "place") == [
        "Had all of it come from lyon, it would have counted 5.032 EUR more: carriage +3.932 EUR, handling +1.10 EUR.",
        "paris ships all of this order already.",
        "lille has no stock of A.",
    ]
    for stock in (facts(lyon=1, paris=1), facts(paris=1)):
        (split, *_) = answers(explained(order(TWO), stock, why_not=["paris"]), "place")
        assert split == "paris ships part of this order already."
    with pytest.raises(NotFound, match="there is no place 'rome'"):
        explained(order(ONE), facts(paris=1), why_not=["rome"])


def test_why_so_many_parcels_and_why_from_farther():
    rule = "when: {node.id: paris}, then: {tier: 7}"
    explanation = explained(order(TWO), facts(lyon=1, paris=2, lille=1), rule)
    number, fewer = answers(explanation, "parcels")
    assert number == "The order ships in 2 parcels."
    assert fewer.startswith("In no more than 1 parcel, the tiers of its units would have added up to 4 more, and lower")
    nearer, why = answers(explanation, "farther")[:2]
    assert nearer == "paris is nearer (0 m) than lille (204.3 km) and had free units."
    assert why.startswith("Had all of it come from paris, the tiers of its units would have added up to 4 more")
    assert why.endswith('The rule is test/r1 ("a reason").')
    explanation = explained(order(ONE), facts(lille=1))
    assert answers(explanation, "parcels") == ["The order ships in 1 parcel."]
    assert answers(explanation, "farther") == ["No place with free units is nearer than lille (204.3 km)."]


def test_what_stock_there_was():
    stock = facts(lyon=StockPosition(on_hand=7, held=2), paris=StockPosition(on_hand=1, held=3), lille=0)
    explanation = explained(order(ONE), stock, "then: {keep: 1}")
    assert answers(explanation, "stock") == [
        "2 places had A: 8 on hand, of which 3 held for other orders, 1 kept back and 4 free for this order."
    ]
    assert answers(explained(order(ONE), facts(lille=0)), "stock") == ["No place had any of A."]
    explanation = explained(order(ONE), facts(lille=0), "then: {oversell: 5}")
    assert answers(explanation, "stock")[-1] == "Places may sell 5 units of A more than they have."


CHEAP = service("cheap", base=EURO)


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        (["when: {service.id: cheap}, then: {exclude: true}"], "but is excluded. The rule is test/r1"),
        (["when: {service.id: cheap}, then: {tier: 8}"], "but the tiers of its units would have added up to 3 more"),
        (["when: {service.id: cheap}, then: {avoid: 9.00}"], "but it would have counted 5.00 EUR more"),
    ],
)
def test_why_not_by_a_cheaper_service(rules, answer):
    made_on = facts([service(), CHEAP], [node("paris", PARIS, services=("cheap", "parcel"))], paris=1)
    (sentence,) = answers(explained(order(ONE), made_on, *rules), "service")
    assert sentence.startswith("cheap would have cost 4.00 EUR less from paris than parcel, ")
    assert answer in sentence
    assert answers(explained(order(ONE), made_on), "service") == [
        "No other service from paris is cheaper for this parcel than cheap."
    ]


def test_a_cheaper_service_may_be_too_late_for_what_was_promised():
    slow = service("cheap", base=EURO, transit=((2_000_000, 90 * 60),))
    made_on = facts([service(), slow], [node("paris", PARIS, services=("cheap", "parcel"))], paris=1)
    late = explain(case_of(order(ONE), made_on, terms=PromiseTerms(arrives_by=NOW + 50 * HOUR)))
    assert late.explained.shipments[0].service == "parcel"
    assert answers(late, "service") == [
        "cheap would have cost 4.00 EUR less from paris than parcel, but arrives later than was promised."
    ]
    assert explained(order(ONE), made_on).explained.shipments[0].service == "cheap"


def test_why_it_does_not_all_ship():
    explanation = explained(order(("A", 5)), facts(lyon=2, paris=4), "when: {node.id: paris}, then: {keep: 3}")
    line, kept = answers(explanation, "unfilled")[:2]
    assert line == "Of line 1, 2 units of A stay unfilled."
    assert kept.startswith("3 units of A: kept back as safety stock or for other channels.")
    assert kept.endswith('The rule is test/r1 ("a reason").')


def test_what_was_kept_and_for_whom():
    def kept(*rules):
        explanation = explained(order(ONE), facts(lyon=9, paris=5), *rules)
        return said(explanation, explanation.kept)

    assert kept("when: {node.id: lyon}, then: {keep: 1}") == [
        '1 unit of A stays at lyon as safety stock. The rule is test/r1 ("a reason").'
    ]
    assert kept("then: {protect: {channel: app, units: 2}}") == [
        '4 units of A at lyon and paris are only for orders from app. The rule is test/r1 ("a reason").'
    ]
    assert kept("then: {keep: 1, protect: {channel: app, units: 2}}")[0].startswith(
        "6 units of A stay at lyon and paris as safety stock or for orders from app."
    )
    assert kept("then: {protect: {channel: web, units: 2}}") == []


def test_units_kept_for_days_of_cover_are_said_with_the_rule_that_raises_the_demand():
    stock = facts(lyon=StockPosition(on_hand=9, pace=1_000), paris=5)
    rules = [
        "then: {protect: {channel: app, cover: 2 days}}",
        "from: 2026-11-28, until: 2026-11-28, then: {uplift: 300%}",
        "from: 2026-12-24, then: {uplift: 500%}",
    ]
    explanation = explained(order(ONE), stock, *rules)
    (said_of_it,) = said(explanation, explanation.kept)
    assert said_of_it.startswith("4 units of A at lyon are only for orders from app.")
    assert said_of_it.endswith('The rules are test/r1 ("a reason") and test/r2 ("a reason").')


def test_quantities_have_the_decimals_of_their_article():
    cloth = product("A", unit="metre", decimals=2, weight=100)
    made_on = snapshot([NODES[0], NODES[1]], {"A": {"lyon": 1_000, "paris": 150}}, products=[cloth], decimals={"A": 2})
    explanation = explained(order(("A", 250)), made_on, "then: {max_shipments: 1}")
    assert said(explanation, explanation.chosen)[0].startswith("lyon ships 2.5 of A by parcel")
    assert places(explanation)[0].startswith("Had 1.5 of A come from paris")
    assert "1 unit more would have stayed unfilled" in places(explanation)[0]
    assert said(explanation, explanation.chosen, "fr")[0].startswith("lyon expédie 2,5 d'A par parcel")


def test_what_came_before_is_said():
    made = decided(order(ONE), facts(lyon=1))
    body = facts_to_json(FactsRecord.of(made))
    wording = wording_of(explained(order(ONE), facts(lyon=1)))

    def told(**parts):
        record = DecisionRecord.of(made, "d2", "1", body, **parts)
        return [wording.sentence(statement) for statement in history(record)]

    assert told() == []
    assert told(follows=FollowsRecord(decision="d1", first="d1", because="stock")) == [
        "The units that decision d1 left unfilled were decided again when stock came for them."
    ]
    assert told(follows=FollowsRecord(decision="d1", first="d1", because="amended")) == [
        "The order was amended after decision d1, so it was decided again."
    ]
    rejected = FollowsRecord(decision="d1", first="d1", because="rejected", node="nice", reason="damaged")
    assert told(follows=rejected) == [
        "nice rejected units of decision d1 because they are damaged, so what is left of the order was decided again."
    ]
    lacked = {"sku": "A", "node": "nice", "units": 2, "order": "W-9", "decision": "d0", "priority": 50}
    units, room = told(lacked=[LackedRecord(took="units", **lacked), LackedRecord(took="room", **lacked)])
    assert units == (
        "Order W-9 of the same batch came first and took 2 units of A at nice, which this order would"
        " otherwise have had."
    )
    assert room.startswith("Order W-9 of the same batch came first and was given the last parcel that nice could")
    quote = {"id": "q", "promise": 1, "arrives_by": "2026-11-29T09:00:00Z", "chosen_for": "cost", "changed": []}
    assert told(quote=TakenQuoteRecord(kept=True, **quote))[0].startswith(
        "A quote promised that everything arrives by 29 November 2026 10:00, and that is kept."
    )
    assert "could not be kept" in told(quote=TakenQuoteRecord(kept=False, **quote))[0]


def test_what_ships_in_multiples_is_forced_in_multiples():
    explanation = explained(order(("A", 3)), facts(lyon=9, paris=9), "when: {node.id: lyon}, then: {multiple_of: 2}")
    assert places(explanation)[0].startswith("Had 2 units of A come from lyon, which is all it can ship of the order")


def test_a_service_by_which_the_place_ships_already_would_take_both_in_one_parcel():
    paris = node("paris", PARIS, services=("cheap", "parcel"), handling=EURO)
    made_on = snapshot([paris], {"A": {"paris": 1}, "B": {"paris": 1}}, services=[service(), CHEAP])
    rules = [
        "when: {line.sku: A, service.id: cheap}, then: {tier: 8}",
        "when: {line.sku: B, service.id: parcel}, then: {tier: 8}",
    ]
    explanation = explained(order(("A", 1), ("B", 1)), made_on, *rules)
    assert {item.service for item in explanation.explained.shipments} == {"cheap", "parcel"}
    of_b, of_a = answers(explanation, "service")
    assert of_b.startswith("parcel would have cost 2.00 EUR less from paris than cheap, but the tiers of its units")
    # the parcel and its handling are saved
    assert of_a.startswith("cheap would have cost 6.00 EUR less from paris than parcel, but the tiers of its units")


def test_a_service_of_the_same_price_is_not_cheaper():
    made_on = facts([service(), service("other")], [node("paris", PARIS, services=("other", "parcel"))], paris=1)
    (sentence,) = answers(explained(order(ONE), made_on, "when: {service.id: other}, then: {tier: 8}"), "service")
    assert sentence == "No other service from paris is cheaper for this parcel than parcel."


def test_a_place_as_far_away_is_not_nearer():
    twins = [node("a", LYON), node("b", LYON)]
    explanation = explained(order(ONE), facts(nodes=twins, a=1, b=1), "when: {node.id: a}, then: {tier: 8}")
    assert answers(explanation, "farther") == ["No place with free units is nearer than b (393.2 km)."]


def test_of_a_choice_that_was_not_proven_nothing_is_said_of_places_not_compared():
    many = [node(f"n{number}", PARIS) for number in range(MOST_COMPARED + 4)]
    chosen = ExplainedChoice(case_of(order(ONE), facts(nodes=many, **{item.id: 3 for item in many})))
    chosen.choice = dataclasses.replace(chosen.choice, gap=None)
    assert [item.kind for item in OtherPlaces(chosen).statements()][-1] == "place.others_unproven"


def test_parcels_that_stand_are_told_beside_those_of_the_decision():
    placed = order(("A", 3))
    rest_of_it = Remainder(whole_order=placed, units={"1": 1}, standing_shipments=2)
    explanation = explain(case_of(placed, facts(lyon=2), "then: {split_penalty: 1.00}", remainder=rest_of_it))
    assert answers(explanation, "parcels") == ["This decision ships 1 parcel; the order has 2 from earlier decisions."]
    assert explanation.costs.splits == EURO


def test_an_explanation_takes_few_searches_unless_a_place_is_asked_for():
    many = [node(f"n{number}", PARIS) for number in range(6)]
    placed, made_on = order(("A", 2)), facts(nodes=many, **{item.id: 1 for item in many})
    explanation = explained(placed, made_on)
    asked = explained(placed, made_on, why_not=["n2", "n3", "n4", "n5"])
    before = ExplainedChoice(case_of(placed, made_on)).searches
    assert explanation.explained.searches <= before + 2
    assert len([item for item in explanation.places if item.kind == "place.some"]) <= 1
    assert len([item for item in answers(asked, "place") if item.startswith("Had 1 unit of A come from")]) == 4
