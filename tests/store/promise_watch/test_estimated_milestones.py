"""Milestones of new shipments are estimated first, and worked out when one may be due: no list shows a difference."""

import contextlib

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.decide.shipping.ways import Ways
from engine.errors import PointsmanError
from engine.orders.rejection import RejectionRequest
from engine.promise_watch import at_risk, promised_shipments
from engine.promise_watch.at_risk import risk_of
from engine.promise_watch.held_shipments import HeldShipments
from engine.promise_watch.progress import ProgressReport
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import member_of
from tests.conftest import activate
from tests.support.clocks import hours
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, service

WAREHOUSES = ("lyon", "lille")
OPEN = {
    "usual": hours("08:00-18:00", sunday=[]),
    "short": hours("10:00-14:00", saturday=[], sunday=[]),
    "always": None,
}
SHARES = {"released": 0, "packed": 8_000}


def warehouses(opening="usual", transit=24 * 60):
    """Lyon reports milestones; of Lille, only the handing over is known. Lyon costs less, and has less."""
    lyon = node("lyon", LYON, preparation=180, milestones=SHARES, hours=OPEN[opening], cut_offs={"parcel": 15 * 60})
    lille = node("lille", LILLE, preparation=90, handling=1_000_000, hours=OPEN[opening])
    return inventory(
        [lyon, lille], {"A": {"lyon": 6, "lille": 500}}, services=[service(transit=((2_000_000, transit),))]
    )


@pytest.fixture
def shop(bare):
    bare.load(warehouses())
    activate(bare)
    return bare


def ordered(shop, placed_at=NOW, promise=None):
    """The id of the decision of an order that is promised by then."""
    return json_of(shop.decide(order(("A", 1), promise_by=promise, placed_at=placed_at)))["id"]


def listed(shop, *, within, limit=100, named=None, after=None):
    """What the pages say, one after another."""
    found = []
    while True:
        page = shop.flows.promise_watch.at_risk(within=within * 60, limit=limit, node=named, after=after)
        found += [(risk.due, risk.shipment.decision, risk.shipment.number, risk.cause) for risk in page.shipments]
        after = page.after
        if after is None:
            return found


def worked_out(shop, *, until, named=None):
    """The same, of all that is held, with no index."""
    client, keys = shop._client, shop._keys
    held = [name.decode() for name in client.redis.zrange(keys.expiring, 0, -1)]
    ways = shop._facts.network_caches().get(Ways)
    shipments = HeldShipments(client, keys, PromiseIndex(client, keys)).of(held, ways).values()
    risks = [risk_of(shipment, until, until=until) for shipment in shipments if shipment]
    return [
        (risk.due, risk.shipment.decision, risk.shipment.number, risk.cause)
        for risk in sorted(
            (risk for risk in risks if risk and named in (None, risk.shipment.node)),
            key=lambda risk: (risk.due, member_of(*risk.key)),
        )
    ]


def estimated(shop):
    return shop._client.redis.zcard(shop._keys.promises_estimated)


STEP = st.one_of(
    st.tuples(st.just("order"), st.integers(20, 120) | st.none()),
    st.tuples(st.just("order"), st.integers(20, 120) | st.none()),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("report"), st.integers(0, 9), st.sampled_from(("released", "packed", "handed_over"))),
    st.tuples(st.just("confirm"), st.integers(0, 9)),
    st.tuples(st.just("release"), st.integers(0, 9)),
    st.tuples(st.just("reject"), st.integers(0, 9)),
    st.tuples(st.just("load"), st.sampled_from(list(OPEN)), st.sampled_from((24 * 60, 40 * 60))),
    st.tuples(st.just("list"), st.integers(0, 100), st.sampled_from((1, 2, 100)), st.sampled_from((None, *WAREHOUSES))),
    st.tuples(st.just("watch")),
)


class Run:
    """A shop in which something happens, step by step."""

    def __init__(self, shop, clock):
        self.shop, self.clock = shop, clock
        self.decisions = []

    def order(self, promised_in):
        promise = promised_in and self.clock.now + promised_in * HOUR
        self.decisions.append(ordered(self.shop, self.clock.now, promise))

    def wait(self, half_hours):
        self.clock.now += half_hours * HOUR // 2

    def report(self, number, milestone):
        report = ProgressReport(decision=self._decision(number), number=0, milestone=milestone)
        self.shop.flows.promise_watch.report(report)

    def confirm(self, number):
        self.shop.holds.confirm(self._decision(number))

    def release(self, number):
        self.shop.holds.release(self._decision(number))

    def reject(self, number):
        request = RejectionRequest(decision=self._decision(number), node="lille", reason="damaged")
        self.shop.rerouting.reject(request)

    def load(self, opening, transit):
        self.shop.load(warehouses(opening, transit))

    def watch(self):
        self.shop.flows.promise_watch.watch()

    def list(self, within, limit, named):
        until = self.clock.now + within * HOUR
        assert listed(self.shop, within=within, limit=limit, named=named) == worked_out(
            self.shop, until=until, named=named
        )

    def _decision(self, number):
        return self.decisions[number % len(self.decisions)] if self.decisions else "none"


@pytest.mark.slow
@examples(40, in_suite=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=14), within=st.integers(0, 100))
def test_pages_show_what_is_at_risk_in_the_order_in_which_it_is_due_whatever_was_estimated(shop, clock, steps, within):
    shop.forget()
    clock.now = NOW
    shop.load(warehouses())
    activate(shop)
    run = Run(shop, clock)
    for name, *arguments in steps:
        # these may be refused as the shipment stands, and change nothing then
        may_be_refused = name in ("report", "confirm", "release", "reject")
        with contextlib.suppress(PointsmanError) if may_be_refused else contextlib.nullcontext():
            getattr(run, name)(*arguments)
    run.list(within, 100, None)


def test_what_is_due_long_after_the_horizon_stays_an_estimate_until_then(shop):
    shop.flows.promise_watch.watch()  # makes the index
    decisions = [ordered(shop, promise=NOW + (50 + number) * HOUR) for number in range(5)]
    shop.flows.promise_watch.watch()
    assert estimated(shop) == 5
    shop.holds.confirm(decisions.pop())
    shop.flows.promise_watch.watch()
    assert estimated(shop) == 4
    assert [name for _, name, _, _ in listed(shop, within=100)] == decisions
    assert estimated(shop) == 0


def test_a_page_does_not_work_out_all_that_is_estimated(shop, monkeypatch):
    shop.flows.promise_watch.watch()
    for number in range(4):
        ordered(shop, promise=NOW + (50 + number) * HOUR)
    monkeypatch.setattr(at_risk, "_AT_LEAST", 1)
    page = shop.flows.promise_watch.at_risk(within=100 * 60, limit=1)
    assert estimated(shop) > 0
    shown = [page.shipments[0].shipment.decision]
    shown += [name for _, name, _, _ in listed(shop, within=100, limit=1, after=page.after)]
    assert shown == [name for _, name, _, _ in worked_out(shop, until=NOW + 100 * HOUR)]


def test_a_page_that_ends_before_all_is_worked_out_leads_to_the_next(shop, monkeypatch):
    shop.flows.promise_watch.watch()
    decisions = [ordered(shop, promise=NOW + (50 + number) * HOUR) for number in range(5)]
    monkeypatch.setattr(at_risk, "_MOST_WORKED_OUT", 2)
    monkeypatch.setattr(at_risk, "_AT_ONCE", 1)
    first = shop.flows.promise_watch.at_risk(within=100 * 60)
    assert first.after is not None
    assert estimated(shop) == 3
    assert [name for _, name, _, _ in listed(shop, within=100)] == decisions


def test_a_page_that_shows_nothing_yet_leads_to_the_next(shop, monkeypatch):
    shop.flows.promise_watch.watch()
    for _ in range(3):
        ordered(shop, promise=NOW + 50 * HOUR + 20 * 60)  # estimated as if it were 20 minutes earlier
    due = worked_out(shop, until=NOW + 100 * HOUR)[0][0]
    monkeypatch.setattr(at_risk, "_MOST_WORKED_OUT", 2)
    monkeypatch.setattr(at_risk, "_AT_ONCE", 1)
    first = shop.flows.promise_watch.at_risk(within=(due - NOW) // 60 - 1)
    assert (first.shipments, estimated(shop)) == ((), 1)
    second = shop.flows.promise_watch.at_risk(within=(due - NOW) // 60 + 1, after=first.after)
    assert first.after is not None
    assert (len(second.shipments), estimated(shop)) == (3, 0)


def test_a_turn_rests_after_each_step(shop, monkeypatch):
    shop.flows.promise_watch.watch()
    for _ in range(3):
        ordered(shop, promise=NOW + 50 * HOUR)
    monkeypatch.setattr(promised_shipments, "_ENTRIES_AT_ONCE", 1)
    rests = []
    shop.flows.promise_watch.watch(rest=lambda: rests.append(estimated(shop)))
    assert rests == [1, 2, 3]


def test_a_shipment_that_can_not_be_read_is_no_estimate_for_good_and_is_shown_once_it_can_be_read(shop, redis_client):
    shop.flows.promise_watch.watch()
    decision = ordered(shop)
    shop.flows.promise_watch.watch()
    place = redis_client.hget(shop._keys.decisions, decision)
    redis_client.hdel(shop._keys.decisions, decision)
    assert listed(shop, within=100) == []
    assert estimated(shop) == 0
    redis_client.hset(shop._keys.decisions, decision, place)
    assert [name for _, name, _, _ in listed(shop, within=100)] == [decision]


def test_a_shipment_decided_on_another_network_is_worked_out_at_once(shop):
    """As it leaves when that network says so, which may be later than this one allows."""
    shop.flows.promise_watch.watch()
    shop.load(warehouses("short"))
    ordered(shop)
    shop.load(warehouses())
    shop.flows.promise_watch.watch()
    assert estimated(shop) == 0
