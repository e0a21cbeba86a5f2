"""What a draft changes is taken apart by flow, day, product and cause, and the parts come to the whole."""

from hypothesis import given
from hypothesis import strategies as st

from engine.model.facts import MICRODEGREES, GeoPoint
from engine.simulation.breakdown import Area, Breakdown
from engine.simulation.cause import CAUSES, cause_of
from engine.simulation.destination import Destination
from engine.simulation.outcome import NOTHING, Decided, NodeAmounts, Outcome
from engine.simulation.outcome_parts import NodeDay, ProductUnits
from engine.simulation.tried_decision import TriedDecision, TriedDraft
from tests.support.examples import examples
from tests.support.whatif import shipment

NODES, DATES, LIFECYCLES = ("lyon", "lille"), ("2026-11-27", "2026-11-28"), ("active", "end_of_line")


def degrees(latitude, longitude):
    return GeoPoint(latitude=latitude * MICRODEGREES, longitude=longitude * MICRODEGREES)


def tried(before, after, *, cause=None, area="FR Nord"):
    draft = TriedDraft(after, cause is not None, None, (), cause)
    names = {"entry": "1-0", "decision": "d", "order": "o", "first": "d", "channel": "web", "segment": None}
    destination = Destination(area, None)
    return TriedDecision(**names, baseline=before, made_again=False, drafts=(draft,), destination=destination), draft


@st.composite
def outcomes(draw):
    shipped = draw(st.dictionaries(st.sampled_from(NODES), st.integers(1, 9)))
    days = tuple(NodeDay(node, draw(st.sampled_from(DATES)), 1, units) for node, units in sorted(shipped.items()))
    kinds = tuple(ProductUnits(draw(st.sampled_from(LIFECYCLES)), "toys", units, 0) for units in shipped.values())
    cost = draw(st.integers(0, 99))
    amounts = NOTHING._replace(decisions=1, shipments=len(shipped), cost=cost)
    nodes = tuple((node, NodeAmounts(1, 0, units, 0, 0)) for node, units in sorted(shipped.items()))
    return Outcome(amounts, nodes, (), days, kinds)


@examples(50)
@given(st.lists(st.tuples(outcomes(), outcomes(), st.sampled_from(["FR Nord", "FR Sud"])), max_size=8))
def test_flows_days_and_products_each_have_all_units_and_causes_all_of_the_difference_in_cost(decisions):
    breakdown = Breakdown()
    for before, after, area in decisions:
        breakdown.add(*tried(before, after, cause="nodes" if before != after else None, area=area))
    for side, place in ((breakdown.baseline, 0), (breakdown.draft, 1)):
        units = sum(amounts.units for pair in decisions for _, amounts in pair[place].nodes)
        for rows in (side.flows, side.days):
            assert sum(row.units for row in rows.values()) == units
            assert sum(row.shipments for row in rows.values()) == sum(
                pair[place].amounts.shipments for pair in decisions
            )
        for kinds in (side.lifecycles, side.categories):
            assert sum(row.shipped for row in kinds.values()) == units
    more = sum(after.amounts.cost - before.amounts.cost for before, after, _ in decisions)
    assert sum(of_cause.more.cost for of_cause in breakdown.causes.values()) == more
    assert sum(area.decisions for area in breakdown.areas.values()) == len(decisions)


def test_the_middle_of_two_places_on_either_side_of_the_date_line_lies_between_them():
    area = Area()
    for place in (degrees(-16, 179), degrees(-18, -177), None):
        area.add(Destination("FJ", place))
    assert area.decisions == 3
    assert area.middle == (-17 * MICRODEGREES, -179 * MICRODEGREES)


def test_an_area_of_which_no_place_is_known_has_no_middle():
    area = Area()
    area.add(Destination("", None))
    assert area.middle is None


def decided(*shipments, unfilled=0, parked=False):
    return Decided(
        status="filled",
        shipments=shipments,
        unfilled={"1": unfilled} if unfilled else {},
        units_waiting=0,
        waits=False,
        parked=parked,
    )


def test_a_changed_decision_is_put_down_to_the_first_cause_that_applies():
    one = shipment("lyon", "parcel", {"1": 2})
    causes = {
        "units": decided(shipment("lille", "parcel", {"1": 1}), unfilled=1),
        "shipments": decided(shipment("lyon", "parcel", {"1": 1}), shipment("lille", "parcel", {"1": 1})),
        "nodes": decided(shipment("lille", "express", {"1": 2})),
        "services": decided(shipment("lyon", "express", {"1": 2}, arrives_by="2026-11-28T18:00:00Z")),
        "times": decided(shipment("lyon", "parcel", {"1": 2}, ships_at="2026-11-27T17:00:00Z", cost=9)),
        "rates": decided(shipment("lyon", "parcel", {"1": 2}, cost=9)),
        "approval": decided(one, parked=True),
    }
    assert {name: cause_of(decided(one), made) for name, made in causes.items()} == {name: name for name in causes}
    assert tuple(causes) == CAUSES


def test_which_of_two_shipments_a_unit_leaves_in_is_a_change_of_places():
    before = decided(shipment("lyon", "parcel", {"1": 2}), shipment("lille", "parcel", {"1": 1}))
    after = decided(shipment("lyon", "parcel", {"1": 1}), shipment("lille", "parcel", {"1": 2}))
    assert cause_of(before, after) == "nodes"
