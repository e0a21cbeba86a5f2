"""Of a draft that looks ahead and is rolled forward, it is said how much of what was possible it captures."""

import pytest

from api.cli.whatif.headline import captured
from api.records.whatif import WhatIfRecord
from engine.orders.rejection import RejectionRequest
from engine.parallel.work import Spread
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.facts import EURO, HOUR, LILLE, LYON, PARIS, inventory, node, order, service
from tests.support.lookahead import table
from tests.support.whatif import draft, tried

BY_DISTANCE = service(base=5 * EURO, per_km=10_000)
NEAR_PARIS = type(PARIS)(latitude=47_400_000, longitude=3_500_000)
LOOKS_AHEAD = draft("then: {lookahead: on}")


@pytest.fixture
def shop(bare, clock):
    """One unit in Paris is expected to be needed in Lille; no rule looks ahead."""
    bare.load(inventory([node("lyon", LYON), node("paris", PARIS)], STOCK, services=[BY_DISTANCE]))
    activate(bare)
    bare.flows.lookahead_tables.publish(table({("A", "paris"): 3 * EURO}, learnt_at=clock.now), now=clock.now)
    return bare


STOCK = {"A": {"lyon": 1, "paris": 1}, "B": {"lyon": 9, "paris": 0}}


def place(shop, clock, where, *lines):
    clock.now += 60
    return shop.decide(order(*lines, place=where, placed_at=int(clock.now)))


def rolled(shop, its=LOOKS_AHEAD, **more):
    return tried(shop, its, way="rolled_forward", **more)


def hindsight(made):
    return made.drafts[0].rolled.hindsight


def test_all_that_was_possible_is_captured_where_the_unit_is_kept_for_who_needs_it(shop, clock):
    for where in (NEAR_PARIS, LILLE):
        place(shop, clock, where, ("A", 1))
    made = rolled(shop)
    its = hindsight(made)
    sides = made.drafts[0].comparison.sides
    assert (its.captured.baseline, its.captured.achieved) == (sides.baseline.cost, sides.draft.cost)
    assert its.captured.achieved == its.captured.bound < its.captured.baseline
    record = WhatIfRecord.of(made, {}).drafts[0]
    assert record.rolled.hindsight.captured_percent == 100
    saved = (its.captured.baseline - its.captured.bound) / EURO
    (line,) = captured(record, "EUR")
    share, rest = line.split(": ")
    assert share == "  you capture 100 % of what was possible"
    assert rest == f"{saved:.2f} of {saved:.2f} EUR, on 2 orders with the same units either way"


@pytest.mark.usefixtures("small_pieces")
def test_in_processes_of_their_own_variants_come_to_the_same(shop, clock):
    for where in (NEAR_PARIS, LILLE):
        place(shop, clock, where, ("A", 1))
    assert hindsight(rolled(shop, spread=Spread(workers=2))) == hindsight(rolled(shop))


def test_where_nothing_was_possible_no_share_is_said(shop, clock):
    place(shop, clock, LYON, ("A", 1))
    made = rolled(shop)
    assert hindsight(made).captured.share is None
    assert list(captured(WhatIfRecord.of(made, {}).drafts[0], "EUR")) == [
        "  no plan costs less than without it, on 1 order with the same units either way"
    ]


def test_orders_of_which_a_side_ships_other_units_are_not_compared(shop, clock):
    """No unit of A is left for the third; B is not there where the draft may ship from."""
    for where in (NEAR_PARIS, LILLE, LILLE):
        place(shop, clock, where, ("A", 1))
    place(shop, clock, LYON, ("B", 1))
    only_a = draft("then: {lookahead: on}", "when: {product.sku: B}, then: {exclude: true}")
    its = hindsight(rolled(shop, only_a))
    assert its.orders == 2
    assert its.captured.achieved == its.captured.bound


def test_a_draft_that_does_not_look_ahead_has_none(shop, clock):
    place(shop, clock, LYON, ("A", 1))
    assert hindsight(rolled(shop, draft("then: {split_penalty: 1.00}"))) is None


def test_units_that_came_in_later_count_as_there_so_that_no_plan_costs_less_than_the_bound(shop, clock):
    """Of two units more in Paris, one was received and one moved there; all four orders ship from Paris or Lyon."""
    for where in (NEAR_PARIS, LILLE):
        place(shop, clock, where, ("A", 1))
    coming = Announcement(
        id="PO-7",
        source="purchase_order",
        node="paris",
        sku="A",
        quantity=1,
        expected_at=int(clock.now) + HOUR,
        status="confirmed",
        sequence=1,
    )
    shop.flows.inbound.announce(coming)
    shop.flows.inbound.receive("PO-7", Delivery(units=1))
    place(shop, clock, LILLE, ("A", 1))
    shop.stock.move([Movement(op="m-1", node="paris", sku="A", delta=1)])
    place(shop, clock, LILLE, ("A", 1))
    its = hindsight(rolled(shop))
    assert its.orders == 4
    assert its.captured.bound <= its.captured.achieved <= its.captured.baseline


def test_an_order_from_before_the_period_is_not_compared(shop, clock):
    first = place(shop, clock, NEAR_PARIS, ("A", 1))
    clock.now += 60
    since = int(clock.now)
    shop.rerouting.reject(RejectionRequest(decision=first.record.id, node="paris", reason="no_capacity"))
    place(shop, clock, LYON, ("B", 1))
    assert hindsight(rolled(shop, since=since)).orders == 1
