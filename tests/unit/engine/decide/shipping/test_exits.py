"""What is computed once: calendars for all nodes of the same hours, days for all orders."""

from engine.model.facts import Lane
from tests.reference.routes import Exits, routes
from tests.support.clocks import hours, running
from tests.support.facts import HOUR, LYON, NOW, PARIS, network, node, order, service

SHOPS = [
    node(f"shop-{number}", LYON, hours=hours("09:00-19:00", sunday=[]), cut_offs={"parcel": 900})
    for number in range(60)
]
CARRIER = service(runs=running("monday", "tuesday", "wednesday", "thursday", "friday"))


def test_nodes_of_the_same_hours_share_a_calendar_and_its_days_are_computed_once():
    exits = Exits(network(SHOPS, [CARRIER]))
    for later in range(10):
        assert len(list(routes(order(place=PARIS), exits, exits.network.nodes, NOW + later * HOUR // 2))) == 60
    exits_of_shops = [exits.of(shop.id) for shop in SHOPS]
    assert len({id(leaving.hours) for leaving in exits_of_shops}) == 1
    assert len({way.schedule for leaving in exits_of_shops for way in leaving.ways}) == 1
    assert len(exits_of_shops[0].hours._days) <= 5


def test_nodes_of_other_hours_zones_cut_offs_or_preparation_go_by_their_own():
    others = [
        node("a", LYON, hours=hours("09:00-18:00")),
        node("b", LYON, hours=hours("09:00-18:00"), time_zone="Europe/London"),
        node("c", LYON, hours=hours("09:00-18:00"), cut_offs={"parcel": 600}),
        node("d", LYON, hours=hours("09:00-18:00"), preparation=1),
        node("e", LYON),
    ]
    exits = Exits(network(others))
    assert len({way.schedule for item in others for way in exits.of(item.id).ways}) == len(others)


def test_exits_used_before_answer_as_new_ones_do():
    lanes = (Lane(nodes=frozenset({"shop-1"}), country="FR", served=False),)
    used = Exits(network(SHOPS, [CARRIER], lanes=lanes))
    before = list(routes(order(place=PARIS), used, used.network.nodes, NOW))
    for exits in (used, Exits(used.network)):
        assert list(routes(order(place=PARIS), exits, exits.network.nodes, NOW)) == before
    assert len(before) == 59
