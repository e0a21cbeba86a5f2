"""How often services are on time: counted in the script that takes what carriers say, and then known to rules."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.fulfilment.tracking.on_time import LEAST_PARCELS
from engine.store.network.on_time_rates import rates_of
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, service
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, decided, pack, packing_network
from tests.support.tracking import said, tell

DAY = 24 * HOUR
HOLD = "then: {hold: 30 d}"
AVOIDS = "when: {service.on_time_rate: {less_than: 80%}}, then: {avoid: 9.00}"
SERVICES = [
    service("fast", carrier="fast", base=5_000_000),
    service("slow", carrier="slow", base=6_000_000),
    service("pickup", mode="pickup", base=0),
]


def nodes():
    return [
        node("lyon", LYON, address=LYON_ADDRESS, services=("fast", "slow", "pickup")),
        node("lille", LILLE, address=LILLE_ADDRESS, services=("fast", "slow"), handling=50_000_000),
    ]


@pytest.fixture
def shop(bare):
    shop = packing_network(bare, nodes=nodes(), services=SERVICES, stock={"A": {"lyon": 500}})
    activate(shop, HOLD, AVOIDS)
    return shop


def parcels(shop, count):
    """SSCCs of as many parcels of one shipment, which is promised in two days."""
    key = decided(shop, ("A", count), promise_by=shop.now + 2 * DAY, placed_at=shop.now)
    return [parcel.sscc for parcel in pack(shop, key, *({"1": 1} for _ in range(count))).shipment.parcels]


def delivered(shop, ssccs, *, late):
    """So many of them too late."""
    at = {sscc: NOW + 2 * DAY + (1 if place < late else 0) for place, sscc in enumerate(ssccs)}
    tell(shop, *(said(sscc, "delivered", instant) for sscc, instant in at.items()))


def fresh(shop):
    """The network as it is now."""
    return shop._facts.network_and_products([], fresh=True)[0]


def by(shop, *lines, **more):
    return json_of(shop.decide(order(*lines or [("A", 1)], **more)))["shipments"][0]["service"]


def test_a_rule_knows_how_often_a_service_was_on_time(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=5)
    assert by(shop) == "fast"
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {"fast": {"lyon": {"FR": 7_500}}}
    assert by(shop) == "slow"
    assert shop.check().clean


def test_at_the_same_share_the_rule_does_not_hold(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=4)
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {"fast": {"lyon": {"FR": 8_000}}}
    assert by(shop) == "fast"


def test_of_too_few_parcels_it_is_not_known(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS - 1)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=19)
    version = fresh(shop).version
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {}
    assert fresh(shop).version == version
    assert by(shop) == "fast"


def test_it_is_another_place_or_country_of_which_nothing_is_known(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=20)
    shop.flows.promise_watch.watch()
    assert by(shop) == "slow"
    assert by(shop, country="BE") == "fast"


def test_a_network_whose_policies_do_not_name_it_stays_as_it_is(shop, clock, contents):
    activate(shop, HOLD)
    ssccs = parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=20)
    version = fresh(shop).version
    shop.flows.promise_watch.watch()
    assert (fresh(shop).version, rates_of(fresh(shop))) == (version, {})
    activate(shop, HOLD, AVOIDS)
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {"fast": {"lyon": {"FR": 0}}}


def test_without_an_active_policy_the_watch_goes_on(bare, clock):
    shop = packing_network(bare, activated=False)
    assert shop.flows.promise_watch.watch().on_the_way == ()


def test_it_is_worked_out_once_a_day_and_forgets_what_is_long_ago(shop, clock):
    first, second = parcels(shop, LEAST_PARCELS), parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, first, late=20)
    shop.flows.promise_watch.watch()
    version = fresh(shop).version
    delivered(shop, second, late=0)
    shop.flows.promise_watch.watch()
    assert fresh(shop).version == version
    clock.now += DAY
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {"fast": {"lyon": {"FR": 5_000}}}
    clock.now += 92 * DAY
    shop.flows.promise_watch.watch()
    assert rates_of(fresh(shop)) == {}
    assert shop.fulfilment.on_time.rates(clock.now) == {}


def test_a_load_keeps_what_is_known_of_the_services_and_places_that_it_has(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS)
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=20)
    shop.flows.promise_watch.watch()
    more = {"services": SERVICES, "parcels": shop.network().parcels}
    shop.load(inventory(nodes(), {"A": {"lyon": 500}}, **more))
    assert rates_of(fresh(shop)) == {"fast": {"lyon": {"FR": 0}}}
    assert by(shop) == "slow"
    shop.load(inventory(nodes()[1:], {"A": {"lille": 9}}, **more))
    assert rates_of(fresh(shop)) == {}


def test_decisions_are_made_again_byte_for_byte_whatever_is_known_since(shop, clock):
    ssccs = parcels(shop, LEAST_PARCELS)
    assert by(shop) == "fast"
    clock.now += 3 * DAY
    delivered(shop, ssccs, late=20)
    shop.flows.promise_watch.watch()
    assert by(shop) == "slow"
    clock.now += 92 * DAY
    shop.flows.promise_watch.watch()
    assert by(shop) == "fast"
    assert {item.outcome for item in shop.replays.between(None, None)} == {"identical"}


def test_one_that_may_be_lost_counts_as_late_until_it_is_delivered_and_what_returns_does_not(shop, clock):
    lost, returned, *rest = parcels(shop, LEAST_PARCELS + 1)
    clock.now += HOUR
    delivered(shop, rest, late=0)
    tell(shop, said(returned, "returned", NOW))
    counts = lambda: shop.fulfilment.on_time._counts.read(clock.now)  # noqa: E731  # read each time
    assert [item.total() for item in counts()] == [19, 19]
    clock.now += 12 * DAY
    shop.flows.promise_watch.watch()
    shop.flows.promise_watch.watch()
    assert [item.total() for item in counts()] == [20, 19]
    tell(shop, said(lost, "in_transit", clock.now))
    assert [item.total() for item in counts()] == [19, 19]
    tell(shop, said(lost, "delivered", clock.now))
    assert [item.total() for item in counts()] == [20, 19]
    clock.now += 60
    tell(shop, said(lost, "exception", clock.now))
    assert [item.total() for item in counts()] == [19, 19]
    assert shop.check().clean


def test_a_shipment_of_which_nothing_was_ever_heard_does_not_count_as_late(shop, clock):
    parcels(shop, LEAST_PARCELS)
    (other,) = parcels(shop, 1)
    tell(shop, said(other, "info_received", clock.now))
    clock.now += 12 * DAY
    assert "lost" in {risk.cause for risk in shop.flows.promise_watch.watch().on_the_way}
    tell(shop, said(other, "returned", clock.now))
    assert [item.total() for item in shop.fulfilment.on_time._counts.read(clock.now)] == [0, 0]
    assert shop.check().clean


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["in_transit", "exception", "delivered", "returned", "available_for_pickup"]),
            st.integers(0, 60),
        ),
        max_size=10,
    ),
    data=st.data(),
)
def test_however_it_is_told_the_ledger_is_as_its_log_says(shop, clock, told, data):
    """What is told in parts, in two orders, leads to the same state and the same counts."""
    outcomes = []
    for events in (told, data.draw(st.permutations(told))):
        ssccs = parcels(shop, 3)
        clock.now = max(clock.now, NOW + 70 * HOUR)
        before = shop.fulfilment.on_time._counts.read(clock.now)
        cut = data.draw(st.integers(0, len(events)))
        for part in (events[:cut], events[cut:]):
            if part:
                tell(shop, *(said(ssccs[place], state, NOW + hour * HOUR) for place, state, hour in part))
        found = shop.fulfilment.tracking.find(ssccs[0]).shipment
        after = shop.fulfilment.on_time._counts.read(clock.now)
        more = [now.total() - was.total() for now, was in zip(after, before, strict=True)]
        outcomes.append((found.progress, [found.parcel_progress(sscc) for sscc in ssccs], more))
    assert outcomes[0] == outcomes[1]
    assert shop.check().clean
