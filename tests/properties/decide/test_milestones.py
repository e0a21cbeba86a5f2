"""A shipment that passes each milestone in time arrives by the promise; one that misses any by a minute does not."""

import dataclasses

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.order_record import timestamp
from engine.decide.shipping.reach import reach
from engine.decide.shipping.ways import Ways
from engine.model.milestones import MILESTONES
from engine.promise_watch.earliest_dues import EarliestDues
from engine.promise_watch.promised_instant import promised_instant
from engine.promise_watch.shipment_times import times_of
from tests.properties.decide.test_calendars import Walk, cases
from tests.support.examples import examples
from tests.support.facts import PARIS, collected, network, order

pytestmark = pytest.mark.slow
SHARES = st.lists(st.sampled_from((0, 1_000, 3_333, 5_000, 8_000, 10_000)), min_size=3, max_size=3).map(sorted)


@st.composite
def promised_shipments(draw, *, never_collected=False):
    """A shipment's times, when it was decided and would arrive, and its world."""
    now, home, way = draw(cases())
    home = dataclasses.replace(home, milestones=dict(zip(MILESTONES, draw(SHARES), strict=False)))
    nodes, ordered = [home], order(place=PARIS, placed_at=now)
    if not never_collected and draw(st.booleans()):
        nodes.append(dataclasses.replace(draw(cases())[1], id="shop", place=PARIS))
        ordered = collected(at="shop", placed_at=now)
    ways = Ways(network(nodes, [way]))
    reached = reach(ordered, ways, np.array([True] + [False] * (len(nodes) - 1)), now)
    times = times_of(
        ordered, ways, node="lyon", service="parcel", collect_at=ordered.collect_at, came_in=ordered.placed_at
    )
    arrives = int(reached.arrives_by[0]) if len(reached.arrives_by) else None
    return times, now, arrives, (home, way)


@given(promised_shipments(), st.integers(0, 4 * 1_440))
@examples(60)
def test_what_keeps_every_milestone_arrives_in_time_and_what_misses_one_by_a_minute_does_not(shipment, slack):
    times, now, arrives, _ = shipment
    if arrives is None:
        return
    promise = arrives + slack * 60
    milestones = times.milestones(promise)
    assert list(milestones) == list(MILESTONES)
    for name, at in milestones.items():
        assert times.arrival(name, at) <= promise
        assert times.arrival(name, at + 1) > promise
        assert times.arrival(name, at + 60) > promise
    assert list(milestones.values()) == sorted(milestones.values())
    if times.shares["released"] == 0:
        # it was decided to be prepared from then on, and to arrive as its decision says
        assert times.arrival("released", now) == arrives
        assert milestones["released"] >= now


@given(promised_shipments(never_collected=True), st.integers(0, 2 * 1_440))
@examples(30)
def test_milestones_are_those_of_a_walk_minute_by_minute(shipment, slack):
    times, now, arrives, (home, way) = shipment
    if arrives is None:
        return
    promise = arrives + slack * 60
    for name, at in times.milestones(promise).items():
        left = home.preparation * (10_000 - times.shares.get(name, 10_000))
        if left % 10_000 or at % 60:
            continue
        walk = Walk(dataclasses.replace(home, preparation=left // 10_000), way)
        assert walk.arrival(walk.departure_of(at, now)) <= promise
        assert walk.arrival(walk.departure_of(at + 60, now)) > promise


@given(cases(), st.none() | cases(), st.none() | SHARES, st.integers(0, 600), st.none() | st.integers(0, 4 * 1_440))
@examples(60)
def test_the_instant_read_off_a_decision_is_never_after_its_first_milestone(case, shop, shares, ago, slack):
    now, home, way = case
    home = dataclasses.replace(home, milestones=shares and dict(zip(MILESTONES, shares, strict=False)))
    placed_at, nodes = now - 60 * ago, [home]
    if shop is None:
        ordered = order(place=PARIS, placed_at=placed_at)
    else:
        nodes.append(dataclasses.replace(shop[1], id="shop", place=PARIS))
        ordered = collected(at="shop", placed_at=placed_at)
    ways = Ways(network(nodes, [way]))
    reached = reach(ordered, ways, np.array([True] + [False] * (len(nodes) - 1)), now)
    if not len(reached.way):
        return
    leaves, arrives = int(reached.ships_at[0]), int(reached.arrives_by[0])
    shipment = {"node": "lyon", "service": "parcel", "ships_at": timestamp(leaves), "arrives_by": timestamp(arrives)}
    promise = None if slack is None else arrives + 60 * slack
    document = {
        "network_version": "v1",
        "order": {"promise_by": promise and timestamp(promise), "collect_at": ordered.collect_at},
        "shipments": [shipment],
    }
    (earliest,) = EarliestDues(ways).of(orjson.dumps(document), "v1")
    came_in = ways.network.came_in(placed_at, now)
    times = times_of(ordered, ways, node="lyon", service="parcel", collect_at=ordered.collect_at, came_in=came_in)
    first = next(name for name in MILESTONES if name == "handed_over" or name in (home.milestones or {}))
    latest = times.latest(first, promised_instant([promise] if promise else [], arrives, ways))
    assert earliest <= latest
