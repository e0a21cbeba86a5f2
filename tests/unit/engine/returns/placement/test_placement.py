"""A returned unit becomes what the rules or its grade say, and goes to the place where it gains most."""

import pytest

from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from engine.model.receipts import Receipt
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.returns.placement.placement import place_return, place_returns
from engine.returns.placement.returned_unit import ReturnedUnit
from rules.effects import Disposition
from tests.support.facts import EURO, LILLE, LYON, NOW, PARIS, node, policies, product, snapshot

NODES = [
    node("lille", LILLE, type="store"),
    node("lyon", LYON, type="store", tags=frozenset({"outlet"})),
    node("paris", PARIS, type="store"),
    node("hub", LYON),
]
ANYWHERE = NodeNames(nodes=frozenset(item.id for item in NODES))
TWO_A_DAY, ONE_IN_TEN_DAYS = 2_000, 100


def lane(**more):
    return TransferLane(**{"origin": ANYWHERE, "goal": ANYWHERE, "takes": 24 * 60, "per_unit": EURO, **more})


def facts(stock=None, *, margin=10 * EURO, receipts=None, products=None, lanes=None, **more):
    """Paris has plenty, Lille none and sells as fast, Lyon none and sells slowly."""
    usual = {
        "paris": StockPosition(on_hand=50, pace=TWO_A_DAY),
        "lille": StockPosition(on_hand=0, pace=TWO_A_DAY),
        "lyon": StockPosition(on_hand=0, pace=ONE_IN_TEN_DAYS),
        "hub": StockPosition(on_hand=500),
    }
    found = snapshot(
        NODES,
        {"A": stock or usual, **({"A-OUT": {"lyon": StockPosition(on_hand=0, pace=TWO_A_DAY)}} if products else {})},
        products=products or [product(margin=margin)],
        transfer_lanes=(lane(),) if lanes is None else lanes,
        **more,
    )
    object.__setattr__(found, "receipts", {"A": receipts or {}})
    return found


def placed(*rules, scenario=None, grade="as_new", here="paris", **more):
    matcher = Matcher(policies(*rules))
    try:
        unit = ReturnedUnit(sku="A", node=here, grade=grade, reason="wrong_size", days_since_delivery=12)
        return place_return(unit, snapshot=scenario or facts(), matcher=matcher, now=NOW, **more)
    finally:
        matcher.close()


def test_a_shop_without_stock_is_sent_the_unit_that_came_back_next_door():
    found = placed()
    assert (found.disposition, found.node, found.because) == (Disposition.RESTOCK, "lille", "gains_more")
    # of 28 that are asked for in two weeks on average, the first sells; in Paris the 51st does not
    assert (found.chosen.need.chance, found.chosen.sales, found.chosen.cost) == (1_000_000, 10 * EURO, EURO)
    assert found.here.need.chance == 60
    assert found.gain == 9 * EURO - 600


def test_the_answer_says_what_the_other_places_would_have_gained():
    found = placed()
    assert [(item.node, item.gain) for item in found.others] == [
        # 1 - e^-1.4 of selling, less the euro
        ("lyon", 7_534_030 - EURO),
        ("hub", -EURO),
    ]


def test_a_unit_that_gains_no_more_elsewhere_stays():
    dear = facts(lanes=(lane(per_unit=10 * EURO - 600),))
    assert (placed(scenario=dear).node, placed(scenario=dear).because) == ("paris", "gains_most_here")
    cheaper = facts(lanes=(lane(per_unit=10 * EURO - 601),))
    assert placed(scenario=cheaper).node == "lille"


def test_where_no_lane_leads_nothing_goes():
    found = placed(scenario=facts(lanes=()))
    assert (found.node, found.because, found.others) == ("paris", "no_other_place", ())


def test_co2e_counts_at_the_price_of_the_lane():
    # 204.3 km to Lille, 1 kg, 60 g a tonne-kilometre: 12 g of CO2e
    green = facts(lanes=(lane(per_unit=0, emission=60_000, carbon_price=1_000 * EURO),))
    found = placed(scenario=green)
    assert found.node == "paris"
    by_node = {item.node: item for item in found.others}
    assert by_node["lille"].carbon == 12_258 == round(204.3 * 60)
    assert by_node["lille"].cost == 12_258_000


def test_without_a_margin_it_stays_and_the_answer_says_so():
    found = placed(scenario=facts(margin=None))
    assert (found.node, found.because, found.margin) == ("paris", "no_margin", None)


def test_what_is_held_leaves_the_chance_and_what_is_on_its_way_takes_it():
    def chance(position, receipts=None):
        found = placed(scenario=facts({"paris": position}, receipts=receipts))
        return found.here.need.chance

    def coming(status, promised=0):
        return [
            Receipt(
                id="R",
                source="transfer",
                node="paris",
                sku="A",
                quantity=40,
                expected_at=NOW,
                status=status,
                promised=promised,
            )
        ]

    slow = chance(StockPosition(on_hand=3, pace=100))
    assert slow < chance(StockPosition(on_hand=3, held=2, pace=100)) == chance(StockPosition(on_hand=1, pace=100))
    one = StockPosition(on_hand=1, pace=100)
    assert chance(one, {"paris": coming("in_transit")}) == 0
    assert chance(one, {"paris": coming("in_transit", promised=40)}) == chance(one)
    assert chance(one, {"paris": coming("confirmed")}) == chance(one)


def test_rules_see_what_is_on_its_way_and_what_is_to_come():
    receipt = {"source": "transfer", "sku": "A", "expected_at": NOW + 600, "node": "lille"}
    receipts = {
        "lille": [
            Receipt(id="R", quantity=4, status="in_transit", **receipt),
            Receipt(id="S", quantity=7, status="confirmed", **receipt),
        ]
    }

    def goes(condition):
        rule = f"when: {{node.id: lille, return.node: {{known: true}}, {condition}}}, then: {{exclude: true}}"
        return placed(rule, scenario=facts(receipts=receipts)).node != "lille"

    assert goes("stock.in_transit: 4")
    assert goes("stock.incoming: 7")
    assert goes("stock.next_arrival: 10 min")
    assert not goes("stock.in_transit: 5")


def test_levels_hang_on_when_the_next_units_arrive():
    receipt = {"source": "purchase_order", "sku": "A", "node": "lille", "quantity": 7, "status": "confirmed"}

    def place(minutes):
        receipts = {"lille": [Receipt(id="R", expected_at=NOW + minutes * 60, **receipt)]}
        soon = "when: {node.id: lille, stock.next_arrival: {at_most: 10 min}}, then: {max: 0}"
        return placed(soon, scenario=facts(receipts=receipts)).node

    assert [place(minutes) for minutes in (10, 11)] == ["lyon", "lille"]


def test_units_of_one_return_are_placed_one_after_another():
    stock = {
        "paris": StockPosition(on_hand=50, pace=100),
        "lille": StockPosition(on_hand=0, pace=70),
        "lyon": StockPosition(on_hand=0, pace=60),
    }
    matcher = Matcher(policies())
    units = [ReturnedUnit(sku="A", node="paris", grade="as_new")] * 5
    found = place_returns(units, snapshot=facts(stock), matcher=matcher, now=NOW)
    assert [item.node for item in found] == ["lille", "lyon", "lille", "lyon", "paris"]
    assert [item.chosen.need.there for item in found] == [0, 0, 1, 1, 50]


def test_a_unit_bears_its_share_of_the_least_that_a_shipment_takes_and_later_units_none():
    shared = facts(lanes=(lane(per_shipment=6 * EURO, min_units=4),))
    matcher = Matcher(policies())
    units = [ReturnedUnit(sku="A", node="paris", grade="as_new")] * 2
    found = place_returns(units, snapshot=shared, matcher=matcher, now=NOW)
    assert [(item.node, item.chosen.cost) for item in found] == [("lille", 2_500_000), ("lille", EURO)]


@pytest.mark.parametrize(
    ("grade", "rules", "disposition", "why"),
    [
        ("as_new", [], Disposition.RESTOCK, "by_grade"),
        ("worn", [], None, "no_rule"),
        (None, [], None, "no_grade"),
        ("worn", ["then: {disposition: restock}"], None, "not_as_it_is"),
        (None, ["then: {disposition: restock}"], Disposition.RESTOCK, "by_rules"),
        ("as_new", ["when: {return.grade: as_new}, then: {disposition: donate}"], Disposition.DONATE, "by_rules"),
        (
            "as_new",
            ["then: {disposition: restock}", "when: {product.category: home}, then: {disposition: destroy}"],
            Disposition.DESTROY,
            "by_rules",
        ),
        ("as_new", ["when: {return.reason: damaged}, then: {disposition: destroy}"], Disposition.RESTOCK, "by_grade"),
        ("as_new", ["when: {node.id: lille}, then: {disposition: destroy}"], Disposition.RESTOCK, "by_grade"),
        ("worn", ["then: {as_sku: A}"], None, "not_as_it_is"),
        ("as_new", ["then: {as_sku: NONE}"], None, "unknown_article"),
    ],
)
def test_what_becomes_of_a_unit(grade, rules, disposition, why):
    found = placed(*rules, grade=grade)
    assert (found.disposition, found.why) == (disposition, why)


def test_the_rules_behind_a_disposition_are_those_that_say_what_counts():
    found = placed(
        "then: {disposition: restock}", "then: {disposition: destroy}", "then: {prefer: 1.00, disposition: restock}"
    )
    assert found.disposal.rules == ("test/r2",)


def test_what_is_not_put_in_stock_goes_to_no_place():
    found = placed("then: {disposition: liquidate}")
    assert (found.node, found.because, found.others) == ("paris", "leaves", ())


def test_a_person_decides_whatever_the_rules_and_the_grade_say():
    found = placed("then: {disposition: destroy}", grade="worn", decided=Disposition.RESTOCK)
    assert (found.disposition, found.why, found.node) == (Disposition.RESTOCK, "by_person", "lille")


def test_what_a_person_has_to_decide_yet_says_where_it_would_go():
    found = placed(grade="worn")
    assert (found.disposition, found.node) == (None, "lille")


@pytest.mark.parametrize("then", ["disposition: restock, as_sku: A-OUT", "as_sku: A-OUT"])
def test_put_in_stock_as_another_article_it_goes_where_that_one_sells(then):
    articles = [product(margin=10 * EURO), product("A-OUT", margin=4 * EURO)]
    found = placed(f"when: {{return.grade: worn}}, then: {{{then}}}", scenario=facts(products=articles), grade="worn")
    assert (found.sku, found.disposition, found.node, found.chosen.sales) == (
        "A-OUT",
        Disposition.RESTOCK,
        "lyon",
        4 * EURO,
    )


RETURNS = "return.node: {known: true}"


@pytest.mark.parametrize(
    ("rule", "node", "because"),
    [
        (f"when: {{node.id: lille, {RETURNS}}}, then: {{exclude: true}}", "lyon", "gains_more"),
        (f"when: {{node.id: lille, {RETURNS}}}, then: {{exclude: unless_needed}}", "lyon", "gains_more"),
        (f"when: {{{RETURNS}}}, then: {{exclude: unless_needed}}", "lille", "gains_more"),
        (f"when: {{{RETURNS}}}, then: {{exclude: true}}", "paris", "no_other_place"),
        (f"when: {{node.id: {{not: paris}}, {RETURNS}}}, then: {{exclude: true}}", "paris", "no_other_place"),
        (f"when: {{node.id: paris, {RETURNS}}}, then: {{exclude: true}}", "lille", "ranks_first"),
        (f"when: {{node.type: warehouse, {RETURNS}}}, then: {{tier: 1}}", "hub", "ranks_first"),
        (f"when: {{node.tags: {{has: outlet}}, {RETURNS}}}, then: {{prefer: 2.50}}", "lyon", "gains_more"),
        (f"when: {{node.tags: {{has: outlet}}, {RETURNS}}}, then: {{prefer: 2.46}}", "lille", "gains_more"),
        (f"when: {{node.id: lille, {RETURNS}}}, then: {{avoid: 2.50}}", "lyon", "gains_more"),
        ("when: {need.chance_of_sale: {more_than: 99%}}, then: {exclude: true}", "lyon", "gains_more"),
        ("when: {need.shortfall: {at_least: 28}}, then: {exclude: true}", "lyon", "gains_more"),
        ("when: {need.shortfall: {at_least: 29}}, then: {exclude: true}", "lille", "gains_more"),
        (
            "when: {node.id: {same_as: return.node}, return.days_since_delivery: 12}, then: {tier: 1}",
            "paris",
            "ranks_first",
        ),
        # a rule about ways to ship says nothing of returns
        ("when: {node.id: lille}, then: {exclude: true}", "lille", "gains_more"),
    ],
)
def test_rules_exclude_rank_and_value_places(rule, node, because):
    found = placed(rule)
    if because == "ranks_first" and node == "paris":
        because = "gains_most_here"  # nothing moves it
    assert (found.node, found.because) == (node, because)


def test_places_that_rules_refuse_are_named_with_the_rules():
    found = placed(f"when: {{node.id: lille, {RETURNS}}}, then: {{exclude: true}}")
    assert [(item.node, item.rules) for item in found.refused] == [("lille", ("test/r1",))]


def test_a_place_gets_no_more_than_the_most_it_should_have():
    found = placed("when: {node.id: lille}, then: {max: 0}")
    assert (found.node, [item.node for item in found.refused]) == ("lyon", ["lille"])
    assert placed("when: {node.id: lille}, then: {max: 1}").node == "lille"


def test_the_days_of_cover_and_the_uplift_of_rules_count():
    assert placed().chosen.need.days == 14
    found = placed("then: {target_cover: 3 days}")
    assert (found.chosen.need.days, found.chosen.need.demand, found.chosen.need.shortfall) == (3, 6_000, 6)
    raised = placed("then: {target_cover: 3 days}", "from: 2026-11-28, until: 2026-11-28, then: {uplift: 250%}")
    assert raised.chosen.need.demand == 9_000


def test_of_places_that_gain_as_much_the_first_by_id_takes_it():
    stock = {name: StockPosition(on_hand=0, pace=TWO_A_DAY) for name in ("lyon", "lille", "hub")}
    stock["paris"] = StockPosition(on_hand=9, pace=0)
    assert placed(scenario=facts(stock)).node == "hub"


def test_a_place_whose_pace_is_not_known_gains_nothing():
    found = placed(scenario=facts({"paris": StockPosition(on_hand=3, pace=0), "lille": StockPosition(on_hand=0)}))
    assert (found.node, found.others[0].need.chance, found.others[0].sales) == ("paris", None, 0)


def test_a_length_that_comes_back_is_placed_as_one_piece():
    cloth = product(margin=10 * EURO, decimals=2, unit="m")
    stock = {"paris": StockPosition(on_hand=5_000, pace=2_000), "lille": StockPosition(on_hand=0, pace=200_000)}
    found = snapshot(NODES, {"A": stock}, products=[cloth], transfer_lanes=(lane(),))
    matcher = Matcher(policies())
    unit = ReturnedUnit(sku="A", node="paris", grade="as_new", quantity=250)
    placement = place_return(unit, snapshot=found, matcher=matcher, now=NOW)
    assert (placement.node, placement.quantity) == ("lille", 250)
    assert (placement.chosen.sales, placement.chosen.cost) == (25 * EURO, 2_500_000)
