"""What carriers say of parcels is taken in by one script, in any order, logged once per change of state, and told."""

import pytest

from engine.decide.order_record import timestamp
from engine.errors import NotFound
from engine.fulfilment.parcels.sscc import is_sscc
from engine.promise_watch.progress import ProgressReport
from engine.store.fulfilment import unknown_numbers
from engine.store.fulfilment.tracked_parcels import TrackedParcels
from engine.store.fulfilment.unknown_numbers import UnknownNumbers
from engine.store.log.decision_log import entries
from tests.conftest import activate
from tests.support.facts import HOUR, NOW
from tests.support.ledger_entries import ledger_kinds
from tests.support.lossy_proxy import script_call
from tests.support.parcels import decided, pack, packing_network
from tests.support.resumed_replay import verify_resumed
from tests.support.tracking import said, tell, told, tracked

DAY = 24 * HOUR


@pytest.fixture
def shop(bare):
    shop = packing_network(bare)
    activate(shop, "then: {hold: 30 d}")
    return shop


@pytest.fixture
def packed(shop):
    """A shipment of two parcels that is promised in two days, and their SSCCs."""
    key = decided(shop, ("A", 2), promise_by=NOW + 2 * DAY)
    parcels = pack(shop, key, {"1": 1}, {"1": 1}).shipment.parcels
    return key, [parcel.sscc for parcel in parcels]


def where(shop, number):
    found = shop.fulfilment.tracking.find(number)
    return found.shipment.parcel_progress(found.parcel.sscc), found.shipment.progress


def test_a_shipment_is_followed_until_all_its_parcels_are_delivered(shop, clock, packed):
    key, (first, last) = packed
    clock.now += HOUR
    assert tell(shop, said(first, "in_transit", NOW + 600, event_id="1")) == ["new"]
    assert where(shop, first)[0].state == "in_transit"
    assert [item.state for item in where(shop, last)] == ["pending", "in_transit"]
    clock.now += DAY
    assert tell(shop, said(first, "delivered", NOW + DAY), said(last, "delivered", NOW + DAY + 60)) == ["new", "new"]
    parcel, shipment = where(shop, first)
    assert (parcel.state, parcel.since) == ("delivered", NOW + DAY)
    assert (shipment.state, shipment.since) == ("delivered", NOW + DAY + 60)
    assert [(kind, data.get("state"), data.get("late")) for kind, data in told(shop)] == [
        ("tracked", "in_transit", None),
        ("tracked", "delivered", None),
        ("delivered", None, False),
    ]
    delivered = told(shop)[-1][1]
    assert (delivered["decision"], delivered["node"], delivered["service"]) == (key.decision, "lyon", "parcel")
    assert (delivered["delivered_at"], delivered["promised_by"]) == (
        timestamp(NOW + DAY + 60),
        timestamp(NOW + 2 * DAY),
    )
    assert shop.check().clean
    assert shop.flows.promise_watch.watch().on_the_way == ()


def test_events_that_come_again_or_change_no_state_are_not_logged(shop, redis_client, network, clock, packed):
    _, (first, last) = packed
    clock.now += DAY
    events = [said(first, "in_transit", NOW + hour * HOUR, town=f"Depot {hour}") for hour in range(3)]
    assert tell(shop, *events) == ["new"] * 3
    assert tell(shop, *reversed(events), events[0]) == ["known"] * 4
    assert tell(shop, said(first, "in_transit", NOW + 9 * HOUR), said(first, "info_received", NOW)) == ["new", "new"]
    assert [entry["state"] for entry in tracked(shop)] == ["in_transit"]
    assert ledger_kinds(redis_client, network).count(b"tracked") == 1
    assert [scan.town for scan in shop.fulfilment.tracking.find(first).events] == [
        "",
        "Depot 0",
        "Depot 1",
        "Depot 2",
        "",
    ]
    assert where(shop, last)[0].state == "pending"
    assert shop.check().clean


def test_the_log_says_which_event_of_whom_it_was_and_nothing_of_where(shop, clock, packed):
    _, (first, _) = packed
    clock.now += HOUR
    tell(shop, said(first, "exception", NOW + 60, event_id="evt-7", town="Villeneuve"), source="webhook:colis")
    (details,) = tracked(shop)
    assert details["source"] == "webhook:colis"
    assert details["parcels"] == [
        {"sscc": first, "state": "exception", "since": NOW + 60, "event": "evt-7", "heard": NOW + HOUR}
    ]
    assert all("Villeneuve" not in str(entry) for entry in entries(shop._client, shop._keys))


def test_where_it_was_is_stored_encrypted_and_forgotten_with_the_order(shop, clock, contents, packed):
    key, (first, last) = packed
    clock.now += HOUR
    tell(shop, said(first, "delivered", NOW, town="Villeneuve"), said(last, "delivered", NOW, town="Villeneuve"))
    assert "Villeneuve" not in str(contents())
    assert [scan.town for scan in shop.fulfilment.tracking.find(first).events] == ["Villeneuve"]
    shop.holds.confirm(key.decision)
    shop.erasures.erase(shop.fulfilment.tracking.find(first).shipment.order, note="asked")
    found = shop.fulfilment.tracking.find(first)
    assert [(scan.state, scan.town, scan.country) for scan in found.events] == [("delivered", "", "")]
    assert tell(shop, said(first, "exception", NOW + 60, town="Villeneuve", country="FR")) == ["new"]
    assert {scan.town for scan in shop.fulfilment.tracking.find(first).events} == {""}
    assert shop.check().clean


def test_what_is_told_before_it_is_packed_is_taken_then(shop, clock):
    key = decided(shop, ("A", 1))
    before = pack(shop, decided(shop, ("A", 1))).shipment.parcels[0].sscc
    sscc = next(number for number in map(str, range(int(before) + 1, int(before) + 20)) if is_sscc(number))
    clock.now += HOUR
    assert tell(shop, said(sscc, "in_transit", NOW + 60), source="early") == ["kept"]
    assert tell(shop, said(sscc, "in_transit", NOW + 60)) == ["kept"]
    with pytest.raises(NotFound, match=sscc):
        shop.fulfilment.tracking.find(sscc)
    clock.now += HOUR
    assert pack(shop, key).shipment.parcels[0].sscc == sscc
    shop.flows.promise_watch.watch()
    assert where(shop, sscc)[0].state == "in_transit"
    (details,) = tracked(shop)
    assert (details["source"], details["parcels"][0]["heard"]) == ("early", NOW + HOUR)
    assert tell(shop, said(sscc, "in_transit", NOW + 60)) == ["known"]
    assert shop.check().clean


def test_unknown_numbers_are_kept_for_a_week_and_no_more_than_there_is_room_for(
    shop, clock, redis_client, network, monkeypatch
):
    monkeypatch.setattr(unknown_numbers, "MOST_NUMBERS", 2)
    for number in ("X1", "X2", "X3"):
        clock.now += 1
        assert tell(shop, said(number, "in_transit", NOW)) == ["kept"]
    assert not redis_client.exists(f"{{{network}}}:tracking:unknown:X1")
    assert 0 < redis_client.ttl(f"{{{network}}}:tracking:unknown:X3") <= 7 * DAY
    clock.now += 8 * DAY
    tell(shop, said("X4", "in_transit", NOW))
    assert redis_client.zrange(f"{{{network}}}:tracking:unknown", 0, -1) == [b"X4"]


def test_a_correction_takes_back_what_was_delivered(shop, clock, packed):
    _, (first, last) = packed
    clock.now += DAY
    tell(shop, said(first, "delivered", NOW), said(last, "delivered", NOW))
    clock.now += DAY
    tell(shop, said(first, "exception", NOW + DAY))
    assert [kind for kind, _ in told(shop)] == ["tracked", "delivered", "tracked"]
    assert where(shop, first)[1].state == "exception"
    tell(shop, said(first, "delivered", NOW + DAY + 60))
    assert [kind for kind, _ in told(shop)][3:] == ["tracked", "delivered"]
    assert shop.check().clean


def test_a_shipment_that_is_not_delivered_by_its_promise_is_late_once(shop, clock, packed):
    key, (first, last) = packed
    shop.holds.confirm(key.decision)
    watch = shop.flows.promise_watch
    tell(shop, said(first, "in_transit", NOW))
    clock.now = NOW + 2 * DAY
    assert watch.watch().on_the_way == ()
    clock.now += 1
    (risk,) = watch.watch().on_the_way
    assert (risk.cause, risk.due, risk.missed, risk.raised, risk.late) == (
        "in_transit_late",
        NOW + 2 * DAY,
        True,
        True,
        True,
    )
    clock.now += DAY
    assert watch.watch().on_the_way == ()
    assert [(item.shipment.decision, item.cause) for item in watch.at_risk().shipments] == [
        (key.decision, "in_transit_late")
    ]
    assert [kind for kind, _ in told(shop)] == ["tracked", "late"]
    tell(shop, said(first, "delivered", clock.now), said(last, "delivered", clock.now))
    assert watch.at_risk().shipments == ()
    assert [(kind, data.get("late")) for kind, data in told(shop)][-1] == ("delivered", True)
    assert [kind for kind, _ in told(shop)].count("late") == 1
    assert shop.check().clean


def test_one_that_was_delivered_too_late_is_late_though_nobody_watched(shop, clock, packed):
    _, (first, last) = packed
    clock.now = NOW + 3 * DAY
    tell(shop, said(first, "delivered", NOW + 2 * DAY), said(last, "delivered", NOW + 2 * DAY + 1))
    assert [kind for kind, _ in told(shop)] == ["tracked", "delivered", "late"]


def test_one_of_which_nothing_is_heard_for_ten_days_may_be_lost(shop, clock, packed):
    key, (first, last) = packed
    shop.holds.confirm(key.decision)
    watch = shop.flows.promise_watch
    clock.now += HOUR
    tell(shop, said(first, "in_transit", NOW))
    clock.now = NOW + HOUR + 10 * DAY - 1
    assert [risk.cause for risk in watch.watch().on_the_way] == ["in_transit_late"]
    clock.now += 1
    (risk,) = watch.watch().on_the_way
    assert (risk.cause, risk.due, risk.expected) == ("lost", NOW + HOUR + 10 * DAY, None)
    assert where(shop, first)[0].state == where(shop, first)[1].state == "expired"
    assert [risk.cause for risk in watch.at_risk(cause="lost").shipments] == ["lost"]
    assert watch.at_risk(cause="in_transit_late").shipments == ()
    clock.now += DAY
    assert watch.watch().on_the_way == ()
    tell(shop, said(last, "in_transit", clock.now))
    assert where(shop, first)[1].state == "in_transit"
    clock.now += 10 * DAY
    assert [risk.cause for risk in watch.watch().on_the_way] == ["lost"]
    assert [kind for kind, _ in told(shop)] == ["tracked", "late", "tracked", "lost", "tracked", "tracked", "lost"]
    assert shop.check().clean


def test_one_that_is_still_to_be_handed_over_stands_among_the_held_ones(shop, clock, packed):
    key, (first, _) = packed
    watch = shop.flows.promise_watch
    tell(shop, said(first, "info_received", NOW))
    clock.now = NOW + 2 * DAY + 1
    watch.watch()
    assert [(risk.shipment.decision, risk.cause) for risk in watch.at_risk().shipments] == [
        (key.decision, "not_handed_over")
    ]
    watch.report(ProgressReport(decision=key.decision, number=0, milestone="handed_over"))
    assert [risk.cause for risk in watch.at_risk().shipments] == ["in_transit_late"]


def test_the_list_goes_on_from_page_to_page_over_both_kinds(shop, clock):
    keys = [decided(shop, ("A", 1), promise_by=NOW + 2 * DAY + number) for number in range(6)]
    for key in keys[::2]:
        (parcel,) = pack(shop, key).shipment.parcels
        shop.holds.confirm(key.decision)
    tell(shop, said(parcel.sscc, "in_transit", NOW))
    clock.now = NOW + 3 * DAY
    shop.flows.promise_watch.watch()
    whole = shop.flows.promise_watch.at_risk().shipments
    assert {risk.shipment.decision for risk in whole} == {key.decision for key in keys}
    assert [risk.due for risk in whole] == sorted(risk.due for risk in whole)
    paged, after = [], None
    while True:
        page = shop.flows.promise_watch.at_risk(limit=2, after=after)
        paged += page.shipments
        after = page.after
        if after is None:
            break
    assert [risk.shipment.decision for risk in paged] == [risk.shipment.decision for risk in whole]


def test_labels_that_are_given_back_are_watched_no_more(shop, clock, packed):
    key, (first, _) = packed
    shop.flows.promise_watch.watch()
    shop.fulfilment.parcels.cancel(key)
    clock.now = NOW + 20 * DAY
    assert shop.flows.promise_watch.watch().on_the_way == ()
    assert tell(shop, said(first, "in_transit", NOW)) == ["kept"]
    assert told(shop) == []


def test_what_is_collected_where_it_is_packed_is_with_no_carrier(shop, clock):
    key = decided(shop, ("A", 1), delivery="click_and_collect", collect_at="lyon")
    (parcel,) = pack(shop, key, addressee=None).shipment.parcels
    assert tell(shop, said(parcel.sscc, "delivered", NOW)) == ["kept"]
    clock.now += 20 * DAY
    assert shop.flows.promise_watch.watch().on_the_way == ()


def test_many_events_of_many_shipments_are_taken_at_once(shop, clock):
    ssccs = [pack(shop, decided(shop, ("A", 1))).shipment.parcels[0].sscc for _ in range(5)]
    events = [said(sscc, state, NOW + step) for step, state in enumerate(("in_transit", "delivered")) for sscc in ssccs]
    clock.now += HOUR
    assert tell(shop, *events, said("elsewhere", "in_transit", NOW)) == ["new"] * 10 + ["kept"]
    assert [entry["state"] for entry in tracked(shop)] == ["delivered"] * 5
    assert shop.check().clean


@pytest.fixture
def before_writing(monkeypatch):
    """`before_writing(act)`: others do `act()` once what carriers said is worked out, and before it is written."""
    take = TrackedParcels.take

    def let_others_act(act):
        waiting = [act]

        def interrupted(store, steps):
            if waiting:
                waiting.pop()()
            return take(store, steps)

        monkeypatch.setattr(TrackedParcels, "take", interrupted)

    return let_others_act


@pytest.mark.parametrize("state", ["out_for_delivery", "in_transit"])
def test_two_who_tell_at_once_lose_nothing(shop, opened, packed, before_writing, state):
    _, (first, _) = packed
    other = opened()
    tell(shop, said(first, "in_transit", NOW))
    before_writing(lambda: tell(other, said(first, state, NOW + 60)))
    assert tell(shop, said(first, "in_transit", NOW + 30)) == ["new"]
    assert [scan.state for scan in shop.fulfilment.tracking.find(first).events] == ["in_transit", "in_transit", state]
    assert where(shop, first)[0].state == state
    assert shop.check().clean


def test_what_is_repaired_meanwhile_is_not_written_over(shop, clock, packed, before_writing, redis):
    name, (first, _) = packed
    client, key = redis
    tell(shop, said(first, "info_received", NOW))
    clock.now = NOW + 2 * DAY + 1
    shop.flows.promise_watch.watch()
    client.hdel(key("tracking:states"), str(name))
    before_writing(lambda: shop.repair(who="a test"))
    tell(shop, said(first, "out_for_delivery", NOW))
    shop.flows.promise_watch.watch()
    assert [kind for kind, _ in told(shop)] == ["tracked", "late", "tracked"]
    assert shop.check().clean


def test_labels_that_are_given_back_meanwhile_take_no_event(shop, clock, packed, before_writing):
    name, (first, _) = packed
    before_writing(lambda: shop.fulfilment.parcels.cancel(name))
    assert tell(shop, said(first, "in_transit", NOW)) == ["kept"]
    assert tracked(shop) == []
    assert shop.check().clean


def test_a_parcel_that_is_packed_while_its_event_is_put_aside_has_it(shop, clock, monkeypatch):
    key = decided(shop, ("A", 1))
    before = pack(shop, decided(shop, ("A", 1))).shipment.parcels[0].sscc
    sscc = next(number for number in map(str, range(int(before) + 1, int(before) + 20)) if is_sscc(number))
    keep = UnknownNumbers.keep

    def interrupted(*given, **more):
        pack(shop, key)
        shop.flows.promise_watch.watch()
        keep(*given, **more)

    monkeypatch.setattr(UnknownNumbers, "keep", interrupted)
    assert tell(shop, said(sscc, "in_transit", NOW)) == ["new"]
    assert where(shop, sscc)[0].state == "in_transit"


def test_a_parcel_that_was_delivered_earlier_than_was_told_came_then(shop, clock, packed):
    _, (first, last) = packed
    clock.now = NOW + 3 * DAY
    tell(shop, said(first, "delivered", NOW), said(last, "delivered", NOW + 2 * DAY + 1))
    tell(shop, said(last, "delivered", NOW + DAY))
    assert where(shop, last)[0].since == NOW + DAY
    every, on_time = shop.fulfilment.on_time._counts.read(clock.now)
    assert (every.total(), on_time.total()) == (2, 2)
    assert [kind for kind, _ in told(shop)] == ["tracked", "delivered", "late", "tracked"]
    assert shop.check().clean


def test_an_answer_that_is_lost_is_given_again_and_nothing_is_taken_twice(shop, proxied, clock, packed):
    before, worker = proxied
    _, (first, _) = packed
    clock.now += HOUR
    tell(worker, said(first, "in_transit", NOW))
    before.lose_reply_to = script_call("fulfilment/track")
    tell(worker, said(first, "out_for_delivery", NOW + 60))
    assert before.lost_replies == 1
    states = [parcel["state"] for entry in tracked(shop) for parcel in entry["parcels"]]
    assert states == ["in_transit", "out_for_delivery"]
    assert shop.check().clean


@pytest.mark.parametrize(
    "damaged",
    [
        (lambda redis, key, name: redis.hdel(key("tracking:states"), name), "where its carrier said that it is"),
        (lambda redis, key, name: redis.hset(key("tracking:states"), name, '{"late":true}'), "where its carrier"),
        (lambda redis, key, name: redis.hset(key("tracking:states"), name, "{"), "where its carrier"),
        (lambda redis, key, _: redis.hset(key("tracking:states"), "x/0", '{"late":true}'), "shipment x/0"),
        (lambda redis, key, _: redis.delete(key("tracking:open"), key("tracking:unraised")), "where its carrier"),
        (lambda redis, key, _: redis.delete(key("tracking:on_time")), "parcels that count as on time or not"),
        (
            lambda redis, key, _: redis.hset(key("tracking:on_time"), "2026-11-27\tparcel\tlyon\tFR\t0", 7),
            "parcels that count as on time or not, 2026-11-27 parcel lyon FR 0",
        ),
    ],
)
def test_the_check_tells_what_is_not_as_the_log_says_and_repairs_it(shop, clock, packed, redis, damaged):
    damage, what = damaged
    name, (first, last) = packed
    clock.now += HOUR
    tell(shop, said(first, "delivered", NOW), said(last, "in_transit", NOW))
    assert shop.check().clean
    damage(*redis, str(name))
    (drift,) = shop.check().drifts
    assert what in drift.what
    shop.repair(who="a test")
    assert shop.check().clean
    assert where(shop, first)[1].state == "in_transit"
    clock.now += 3 * DAY
    assert [risk.cause for risk in shop.flows.promise_watch.watch().on_the_way] == ["in_transit_late"]


@pytest.fixture
def redis(redis_client, key):
    """The server's client, and what names a key of the network."""
    return redis_client, key


def test_a_check_that_goes_on_from_an_earlier_one_knows_what_was_tracked_before(shop, clock, packed):
    _, (first, last) = packed
    clock.now += HOUR
    tell(shop, said(first, "delivered", NOW), said(last, "in_transit", NOW))
    verify_resumed(shop, parts=4)


def test_events_are_kept_for_half_a_year_once_a_shipment_is_over(shop, clock, packed, redis):
    (name, (first, last)), (client, key) = packed, redis
    events = key(f"tracking:events:{name}")
    tell(shop, said(first, "delivered", NOW))
    assert client.ttl(events) == -1
    tell(shop, said(last, "delivered", NOW))
    assert 0 < client.ttl(events) <= 180 * DAY
    clock.now += HOUR
    tell(shop, said(last, "exception", NOW + HOUR))
    assert client.ttl(events) == -1
    tell(shop, said(last, "delivered", NOW + 2 * HOUR))
    client.delete(events)
    assert [item.state for item in where(shop, first)] == ["delivered", "delivered"]
