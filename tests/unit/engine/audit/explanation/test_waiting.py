"""What is said of goods that are to come: what waits for which receipt, preorders, estimates; why not from there."""

from engine.model.facts import StockPosition
from tests.support.explanations import answers, explained, said
from tests.support.facts import EURO, LILLE, LYON, node, order, receipt, snapshot

FROM_CONFIRMED = "then: {promise_from: confirmed}"
NODES = [node("lyon", LYON), node("lille", LILLE, handling=EURO)]


def facts(*receipts, lyon=0, **lille):
    return snapshot(NODES, {"A": {"lyon": lyon, **lille}}, receipts=receipts)


def test_a_shipment_says_which_receipts_it_waits_for():
    explanation = explained(order(("A", 6)), facts(receipt("PO-7", 5), receipt("PO-8", 5, days=15)), FROM_CONFIRMED)
    ships, *waits = said(explanation, explanation.chosen)
    assert "The parcel leaves on 12 December 2026 10:00" in ships
    assert waits == [
        "1 unit of A waits for receipt PO-7, expected on 7 December 2026 10:00.",
        "5 units of A wait for receipt PO-8, expected on 12 December 2026 10:00.",
    ]
    assert said(explanation, explanation.chosen, "fr")[1] == (
        "1 unité d'A attend la réception PO-7, prévue le 7 décembre 2026 à 10:00."
    )


def test_a_preorder_says_so():
    explanation = explained(order(("A", 2)), facts(lyon=5), "then: {preorder_from: 2026-12-12}")
    assert said(explanation, explanation.chosen)[1:] == [
        "2 units of A are a preorder, which leaves on 12 December 2026 at the earliest."
    ]


def test_units_that_stay_unfilled_have_an_estimate_which_is_no_promise():
    explanation = explained(order(("A", 2)), facts(receipt()), "then: {backorder: true}")
    assert answers(explanation, "unfilled") == [
        "Of line 1, 2 units of A stay unfilled.",
        "2 units of A: to come in, but no rule lets it be promised.",
        (
            "If what is to come might be promised (PO-7), 2 units of A would arrive by 9 December 2026 10:00. That is"
            " an estimate, and no promise."
        ),
        "A rule says that what is missing of line 1 waits for stock.",
    ]


def test_units_that_stay_unfilled_say_what_is_late():
    late = explained(order(("A", 2)), facts(receipt(days=-3)))
    assert answers(late, "unfilled")[2] == (
        "2 units of A were to come by 24 November 2026 10:00 (PO-7), which is late. Nobody knows when they come, and"
        " nothing of it is promised."
    )


def test_a_place_whose_goods_are_to_come_is_told_from_one_that_has_none():
    explanation = explained(order(("A", 2)), facts(receipt(), lille=5))
    assert said(explanation, explanation.places) == ["What is to come of A at lyon may not be promised."]
    (there,) = [text for text in answers(explanation, "stock") if "to come" in text]
    assert there == "10 units of A are to come in."


def test_why_not_from_where_the_goods_are_to_come_compares_waiting():
    rules = [FROM_CONFIRMED, "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 3.00}"]
    explanation = explained(order(("A", 2)), facts(receipt(), lille=5), *rules)
    (place,) = said(explanation, explanation.places)
    assert place.startswith("Had all of it come from lyon, it would have counted 5.00 EUR more")
    part = explained(order(("A", 2)), facts(receipt(units=1), lille=5), *rules)
    assert said(part, part.places)[0].startswith(
        "Had 1 unit of A come from lyon, which is all it can ship of the order"
    )


def test_a_full_place_may_still_promise_what_is_to_come():
    full = snapshot(NODES, {"A": {"lyon": 0, "lille": 5}}, receipts=[receipt()], loads={"lyon": 7})
    rules = [FROM_CONFIRMED, "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 3.00}", "then: {daily_orders: 7}"]
    explanation = explained(order(("A", 2)), full, *rules)
    assert said(explanation, explanation.places)[0].startswith("Had all of it come from lyon")


def test_held_units_are_said_to_be_held():
    stock = facts(lyon=StockPosition(on_hand=1, held=1), lille=5)
    explanation = explained(order(("A", 2)), stock)
    assert said(explanation, explanation.places) == ["All that lyon has of A is held for other orders."]
