"""Milestones of single shipments, by hand; tests/properties/decide/test_milestones.py has what is true of all."""

from engine.decide.shipping.ways import Ways
from engine.promise_watch.shipment_times import ShipmentTimes, times_of
from tests.support.clocks import hours
from tests.support.facts import HOUR, LYON, NOW, PARIS, network, node, order, service


def times(home, way=None, **order_values):
    ways = Ways(network([home], [way or service(transit=((2_000_000, 24 * 60),))]))
    placed = order(place=PARIS, **order_values)
    return times_of(placed, ways, node="lyon", service="parcel", collect_at=None, came_in=placed.placed_at)


def test_the_preparation_that_is_left_is_rounded_up_to_the_second():
    found = times(node("lyon", LYON, preparation=1, milestones={"picked": 3_333}))
    promise = NOW + 48 * HOUR
    # 40.002 seconds are left when it is picked
    assert found.milestones(promise) == {"picked": promise - 24 * HOUR - 41, "handed_over": promise - 24 * HOUR}


def test_what_came_in_before_the_cut_off_may_leave_after_it():
    # ten o'clock in Paris; the cut-off is at noon, and it is packed until six
    home = node("lyon", LYON, preparation=60, hours=hours("09:00-18:00"), cut_offs={"parcel": 12 * 60})
    found = times(home)
    assert found.latest("handed_over", NOW + 32 * HOUR) == NOW + 8 * HOUR - 1  # at six, it is closed
    assert found.latest("released", NOW + 32 * HOUR) == NOW + 7 * HOUR


def test_the_latest_start_is_found_by_few_looks_at_the_schedule(monkeypatch):
    home = node("lyon", LYON, preparation=90, hours=hours("09:00-18:00"), cut_offs={"parcel": 12 * 60})
    found, looks = times(home), []
    real = ShipmentTimes._alike_after
    monkeypatch.setattr(ShipmentTimes, "_alike_after", lambda *given: looks.append(given) or real(*given))
    for half_hours in range(60, 400):
        for name in ("released", "handed_over"):
            looks.clear()
            promise = NOW + half_hours * HOUR // 2
            latest = found.latest(name, promise)
            assert len(looks) <= 12
            assert found.arrival(name, latest) <= promise < found.arrival(name, latest + 1)


def test_there_is_no_route_of_what_the_network_has_no_more():
    ways = Ways(network([node("lyon", LYON)], [service()]))
    for name, way, at in (("nice", "parcel", None), ("lyon", "van", None), ("lyon", "parcel", "nice")):
        assert times_of(order(), ways, node=name, service=way, collect_at=at, came_in=NOW) is None
