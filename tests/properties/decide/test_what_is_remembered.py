"""What is remembered from one order to the next is what would be worked out anew."""

import datetime
import zoneinfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.evaluation.shipment_bands import OrderedUnits, bands_of_order
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.shipment_steps import ShipmentSteps
from engine.decide.shipping.node_clocks import NodeClocks
from engine.model.facts import ParcelPrice
from tests.reference.clock_changes import changes
from tests.support.examples import examples
from tests.support.facts import EURO, LILLE, NOW, network, node, policies, service, snapshot

ZONES = ["Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
CHANGES = [change.at for zone in ZONES for change in changes(zone) if change.at > 0]
MOMENTS = st.tuples(st.sampled_from(CHANGES), st.integers(-9_000, 9_000)).map(sum)


def periods_shown(zone, instant, *, counts_hours):
    moment = datetime.datetime.fromtimestamp(instant, tz=zoneinfo.ZoneInfo(zone))
    begun = instant - moment.minute * 60 - moment.second
    hour = datetime.datetime.fromtimestamp(begun, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (moment.date().isoformat(), hour) if counts_hours else (moment.date().isoformat(),)


@given(st.sampled_from(ZONES), st.sampled_from(ZONES), st.lists(st.tuples(MOMENTS, st.booleans()), max_size=8))
@examples(60)
def test_the_periods_of_nodes_are_those_of_each_moment(first, second, moments):
    """The instants are around changes of clocks, and asked for in any order."""
    nodes = [node("lyon", time_zone=first), node("lille", LILLE, time_zone=second)]
    clocks = NodeClocks(network(nodes, time_zone=first))
    for instant, counts_hours in moments + [(since + step, hours) for since, hours in moments for step in (0, 1, 1800)]:
        periods = clocks.periods(instant, counts_hours=counts_hours)
        assert periods.usual == periods.of("lyon") == periods_shown(first, instant, counts_hours=counts_hours)
        assert periods.of("lille") == periods_shown(second, instant, counts_hours=counts_hours)


TARIFF = (
    ParcelPrice(over=0, up_to=500, base=2 * EURO),
    ParcelPrice(over=500, up_to=2_000, base=EURO, per_gram=900, at_least=2 * EURO),
    ParcelPrice(over=3_000, up_to=9_000, base=5 * EURO),
)
SERVICES = [service("any"), service("post", parcel_prices=TARIFF), service("van", max_weight=4_000)]
GRAMS = st.sampled_from([0, 1, 500, 501, 600, 3_001, 3_500]) | st.integers(0, 3_000)
LINES = st.lists(st.tuples(GRAMS, st.integers(1, 4)), min_size=1, max_size=3)
STEPS = ShipmentSteps([600, 3_500], [2, 5])


@given(st.lists(st.tuples(LINES, st.sampled_from([1, 10])), min_size=1, max_size=5), st.sampled_from([None, STEPS]))
@examples(40)
def test_the_bands_of_an_order_do_not_depend_on_the_orders_before(orders, steps):
    """Each shipment of it that a service takes is in just one."""
    facts = snapshot([node("lyon", services=("any", "post", "van"))], {}, services=SERVICES)
    matcher = Matcher(policies(), guarded=False)
    columns = SnapshotColumns(facts, matcher, NOW)
    services = np.array([0, 1, 2, 1])
    for lines, parts in orders:
        ordered = OrderedUnits([grams * parts for grams, _ in lines], [units for _, units in lines], parts)
        bands = bands_of_order(columns, services, ordered, steps)
        units = sum(ordered.quantities)
        assert (bands.most_weight <= ordered.weight).all()
        assert (bands.most_units <= units).all()
        for row, number in enumerate(services.tolist()):
            its = bands.at(bands.row == row)
            assert its.number.tolist() == list(range(len(its.row)))
            for weight in (*range(0, ordered.weight, ordered.weight // 9 + 1), ordered.weight):
                assert its.allow(weight, 1).sum() == its.allow(weight, units).sum() == carried(number, weight // parts)
    matcher.close()


def carried(number, grams):
    """In how many bands a shipment is by the service of that number."""
    within = [True, any(band.over < grams <= band.up_to for band in TARIFF), grams <= 4_000]
    return int(within[number])
