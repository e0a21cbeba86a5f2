"""Proposals: lines between nodes in units and money, by lanes that are in time, in whole packs."""

import pytest

from engine.model.facts import Product
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.transfers.article_markets import Ends
from engine.transfers.articles import Article, Place
from engine.transfers.gains import StockAndDemand, sold, worth
from engine.transfers.lane_table import LaneTable
from engine.transfers.lanes import unit_cost
from engine.transfers.proposal import propose
from engine.transfers.record import ProposalRecord
from engine.transfers.solving import WORTH_A_PROCESS, Solving
from tests.support.facts import EURO, LILLE, LYON, NOW, PARIS, network, node, product

NODES = [node("lyon", LYON), node("paris", PARIS, group="shops"), node("lille", LILLE, group="shops")]
HUB, SHOPS = NodeNames(nodes=frozenset({"lyon"})), NodeNames(groups=frozenset({"shops"}))


def lane(origin=HUB, goal=SHOPS, **more):
    return TransferLane(**{"origin": origin, "goal": goal, "takes": 24 * 60, "per_unit": EURO // 10, **more})


ONE_LANE = (lane(),)


def place(name, there, demand, **more):
    """`there` units, all of which can be moved, and `demand` that are expected to be asked for."""
    defaults = {"movable": there, "room": None, "available": there, "kept": 0, "expiring": 0, "coming": 0, "leaving": 0}
    return Place(**{"node": name, "stall": StockAndDemand(there=there, demand=demand * 1_000), **defaults, **more})


def article(*places, margin=10 * EURO, **more):
    return Article(product=product(margin=margin, **more), places=places)


def proposed(*articles, lanes=ONE_LANE, days=14, **more):
    return propose(LaneTable(network(NODES, transfer_lanes=lanes)), articles, now=NOW, days=days, **more)


def moved(proposal):
    return {
        (transfer.origin, transfer.goal, line.product.sku): line.units
        for transfer in proposal.transfers
        for line in transfer.lines
    }


PLENTY = article(place("lyon", 50, 5), place("paris", 0, 4), place("lille", 2, 2))


def test_units_go_where_each_is_likelier_to_sell_until_its_chance_is_not_worth_the_lane():
    proposal = proposed(PLENTY)
    assert moved(proposal) == {("lyon", "paris", "A"): 9, ("lyon", "lille", "A"): 4}
    assert (proposal.gap, proposal.considered, list(proposal.without_margin)) == (0, 1, [])
    stall = StockAndDemand(there=0, demand=4_000)
    chances = [worth(stall, units, pack=1, margin=10 * EURO, scale=1) for units in (8, 9)]
    assert chances[0] > EURO // 10 > chances[1]


def test_gains_are_those_of_the_chances_less_what_the_lanes_cost():
    proposal = proposed(PLENTY)
    expected = 0
    for (_, goal, _), units in moved(proposal).items():
        stall = next(item.stall for item in PLENTY.places if item.node == goal)
        expected += sum(worth(stall, k, pack=1, margin=10 * EURO, scale=1) - EURO // 10 for k in range(units))
    # what leaves Lyon, where 50 are there and 5 are asked for, is worth nothing there
    assert proposal.gain == expected == sum(line.gain for item in proposal.transfers for line in item.lines)
    line = proposal.transfers[1].lines[0]
    assert (line.cost, line.carbon, line.goal.change, line.origin.change) == (9 * EURO // 10, 0, 9, -9)
    assert line.goal.sold == sold(StockAndDemand(there=0, demand=4_000), 9)


def test_an_article_whose_margin_is_not_known_is_named_and_not_moved():
    unknown = article(place("lyon", 9, 0), place("paris", 0, 9), margin=None, sku="B")
    proposal = proposed(PLENTY, unknown)
    assert list(proposal.without_margin) == ["B"]
    assert {sku for _, _, sku in moved(proposal)} == {"A"}


def test_a_lane_that_takes_longer_than_the_days_is_not_used():
    slow = lane(takes=3 * 24 * 60)
    assert moved(proposed(PLENTY, lanes=(slow,), days=2)) == {}
    assert moved(proposed(PLENTY, lanes=(slow,), days=3)) != {}


def test_only_lanes_between_the_ends_asked_for_are_used():
    assert moved(proposed(PLENTY, ends=Ends(goals=frozenset({"lille"})))) == {("lyon", "lille", "A"): 4}
    assert moved(proposed(PLENTY, ends=Ends(nodes=frozenset({"paris"})))) == {("lyon", "paris", "A"): 9}
    assert moved(proposed(PLENTY, ends=Ends(origins=frozenset({"paris"})))) == {}


def test_whole_packs_are_moved_and_no_pack_that_is_not_whole():
    sixes = proposed(PLENTY, lanes=(lane(pack=6),))
    assert moved(sixes) == {("lyon", "paris", "A"): 12, ("lyon", "lille", "A"): 6}
    assert moved(proposed(PLENTY, lanes=(lane(pack=6, per_unit=EURO),))) == {("lyon", "paris", "A"): 6}
    few = article(place("lyon", 11, 0), place("paris", 0, 20))
    assert moved(proposed(few, lanes=(lane(pack=6),))) == {("lyon", "paris", "A"): 6}
    kept = article(place("lyon", 50, 0, movable=11), place("lille", 50, 0, movable=11), place("paris", 0, 40))
    everywhere = lane(NodeNames(nodes=frozenset({"lyon", "lille"})), pack=6)
    assert moved(proposed(kept, lanes=(everywhere,))) == {("lyon", "paris", "A"): 6, ("lille", "paris", "A"): 6}
    tight = article(place("lyon", 50, 0), place("paris", 0, 20, room=11))
    assert moved(proposed(tight, lanes=(lane(pack=6),))) == {("lyon", "paris", "A"): 6}


def test_lanes_of_other_packs_are_chosen_among_by_what_they_gain():
    lanes = (lane(goal=NodeNames(nodes=frozenset({"paris"})), pack=4), lane(pack=3))
    found = proposed(PLENTY, lanes=lanes)
    assert found.gap == 0
    units = moved(found)
    assert units["lyon", "paris", "A"] % 4 == 0
    assert units["lyon", "lille", "A"] % 3 == 0


def test_a_metre_is_moved_whole():
    cloth = Article(
        product=Product(
            sku="A", category="home", lifecycle="core", weight=1_000, unit="m", decimals=2, margin=10 * EURO
        ),
        places=(place("lyon", 950, 0), Place(
            node="paris", stall=StockAndDemand(there=0, demand=400_000), movable=0, room=None, available=0, kept=0,
            expiring=0, coming=0, leaving=0,
        )),
    )  # fmt: skip
    units = moved(proposed(cloth))["lyon", "paris", "A"]
    assert units % 100 == 0
    assert 300 <= units <= 500


def test_a_shipment_that_does_not_earn_its_price_is_not_proposed_and_one_that_does_bears_it():
    rich = proposed(PLENTY, lanes=(lane(per_shipment=25 * EURO),))
    assert moved(rich) == {("lyon", "paris", "A"): 9}
    (transfer,) = rich.transfers
    assert (transfer.price, transfer.gain) == (25 * EURO, sum(line.gain for line in transfer.lines) - 25 * EURO)
    assert rich.gain == transfer.gain
    assert rich.gap == 0


def test_carbon_counts_with_its_price():
    dirty = lane(emission=1_000_000, distance=1_000_000, carbon_price=10 * EURO)  # 1 kg of CO2e a unit
    assert moved(proposed(PLENTY, lanes=(dirty,))) == {}
    priced = lane(emission=1_000_000, distance=1_000_000, carbon_price=EURO)
    line = proposed(PLENTY, lanes=(priced,)).transfers[0].lines[0]
    assert line.cost == line.units * (EURO // 10 + EURO)
    assert line.carbon == line.units * 1_000_000


@pytest.mark.parametrize("grams", [0, 1, 999, 40_000, 10**8])
@pytest.mark.parametrize("scale", [1, 100])
def test_costs_of_the_table_are_those_of_the_lanes(grams, scale):
    priced = lane(per_kg=123_457, emission=100_000_000, distance=50_000_000, carbon_price=987_654, per_unit=7)
    table = LaneTable(network(NODES, transfer_lanes=(priced,)))
    costs = table.costs([table.number["lyon"], table.number["paris"]], grams, scale)
    expected = unit_cost(priced, grams, scale=scale)
    assert costs[0, 1] == expected or expected >= 1 << 50
    assert costs[1, 0] == costs[0, 0] == 1 << 60


def test_a_record_says_why_in_every_language():
    record = ProposalRecord.of(proposed(PLENTY), network(NODES))
    line = record.transfers[1].lines[0]
    assert (line.units, line.destination.has, line.destination.expected, line.origin.more) == (9, 0, "4.000", -9)
    assert line.text("en") == (
        "paris would have 0 and is expected to be asked for 4 over 14 days: with 9 more it sells 3.99 more. lyon would"
        " have 50, is expected to be asked for 5, and sells 0 less."
    )
    assert line.text("fr").startswith("paris en aurait 0, pour une demande attendue de 4 en 14 jours\u00a0: avec 9 de")
    assert record.transfers[0].arrives_at == "2026-11-28T09:00:00Z"


@pytest.mark.slow
def test_several_processes_propose_the_same():
    articles = [
        article(place("lyon", 30, number % 7), place("paris", 0, number % 5), place("lille", 1, 3), sku=f"A{number}")
        for number in range(WORTH_A_PROCESS)
    ]
    alone = proposed(*articles)
    told = []
    with Solving(processes=2, advanced=told.append) as solve:
        assert proposed(*articles, solve=solve) == alone
    assert sum(told) == len(articles)
