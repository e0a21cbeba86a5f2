"""What is read off a decision of when a milestone may be due, by hand; tests/properties/decide/test_milestones.py has
what is true of all.
"""

import orjson

from engine.decide.order_record import timestamp
from engine.decide.shipping.ways import Ways
from engine.promise_watch.earliest_dues import EarliestDues
from tests.support.clocks import hours
from tests.support.facts import HOUR, LYON, NOW, PARIS, network, node, service


def earliest(*, travels, promised, collect_at=None, of_shipment=(), **of_node):
    """Of a shipment that leaves in two hours, travels for so many minutes and is promised in so many hours; its order
    is collected at a node, if any, and its record has more fields `of_shipment`.
    """
    leaves = NOW + 2 * HOUR
    shipment = {
        "node": "lyon",
        "service": "parcel",
        "ships_at": timestamp(leaves),
        "arrives_by": timestamp(leaves + travels * 60),
        **dict(of_shipment),
    }
    order = {"promise_by": timestamp(NOW + promised * HOUR), "collect_at": collect_at}
    record = orjson.dumps({"network_version": "v1", "order": order, "shipments": [shipment]})
    nodes = [node("lyon", LYON, preparation=60, **of_node), node("shop", PARIS, hours=hours("16:00-17:00"))]
    return EarliestDues(Ways(network(nodes, [service()]))).of(record, "v1")


def test_it_is_the_promise_without_the_way_rounded_up_to_half_an_hour():
    assert NOW % HOUR == 0
    assert earliest(travels=61, promised=6) == [NOW + 6 * HOUR - 90 * 60]


def test_it_is_earlier_by_the_preparation_where_the_node_reports_its_beginning():
    assert earliest(travels=61, promised=6, milestones={"released": 0}) == [NOW + 6 * HOUR - 150 * 60]


def test_a_promise_that_is_far_away_is_rounded_down_by_half_of_the_time_until_then_at_most():
    assert NOW % (24 * HOUR) == 9 * HOUR
    assert earliest(travels=60, promised=60) == [NOW + 39 * HOUR - HOUR]  # at midnight
    assert earliest(travels=60, promised=20) == [NOW + 15 * HOUR - HOUR]  # to six hours


def test_a_shipment_that_was_decided_to_be_late_is_to_arrive_that_day():
    # in Paris, it is 23:59 at 22:59 in UTC, which is rounded down to two hours
    assert earliest(travels=60, promised=1) == [NOW + 13 * HOUR - HOUR]


def test_of_an_order_that_is_collected_what_goes_to_its_destination_needs_no_shop_to_be_open():
    collected = earliest(travels=60, promised=3, collect_at="shop")
    assert collected == earliest(travels=60, promised=3, of_shipment={"collect_at": "shop"})
    delivered = earliest(travels=60, promised=3, collect_at="shop", of_shipment={"collect_at": None})
    assert delivered == earliest(travels=60, promised=3) == [NOW + 3 * HOUR - HOUR]
    assert collected < delivered
