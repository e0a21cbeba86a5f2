"""Packings whose carrier was being asked when whoever asked stopped: the service goes on with them, and they end."""

import contextlib

import pytest

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, NotPackable, PointsmanError
from engine.fulfilment.parcels.parcels import OpenFilter
from engine.promise_watch.progress import ProgressReport
from tests.support.facts import LYON, NOW, node, service
from tests.support.ledger_entries import ledger_kinds
from tests.support.parcels import LYON_ADDRESS, decided, pack, packing_network

pytestmark = pytest.mark.each_server

DAY = 86_400


def states(shop, key):
    return [item.state for item in shop.fulfilment.parcels.show(key).shipment.packings]


def because(shop, key):
    return shop.fulfilment.parcels.show(key).shipment.packings[-1].because


def never_answers(fake):
    fake.faults = lambda _: "dropped"


def answers(fake):
    fake.faults = lambda _: None


def unfinished(shop, redis_client):
    return redis_client.zcard(shop._keys.unfinished_packings)


def begun(shop, fake, key):
    """It is being booked, and its carrier does not answer."""
    never_answers(fake)
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    assert states(shop, key) == ["booking"]


def cancelling(shop, fake, key):
    """It is packed and being cancelled, and its carrier does not answer."""
    answers(fake)
    pack(shop, key)
    never_answers(fake)
    with pytest.raises(CarrierUnavailable):
        shop.fulfilment.parcels.cancel(key, because="wrong box")
    assert states(shop, key) == ["cancelling"]


def test_a_booking_is_gone_on_with_once_nobody_else_does(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    begun(shop, fake, key)
    answers(fake)
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == []
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (states(shop, key), fake.owed, unfinished(shop, redis_client)) == (["packed"], 1, 0)
    assert shop.check().clean


def test_a_cancellation_is_gone_on_with_once_nobody_else_does(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelling(shop, fake, key)
    assert shop.check().clean
    answers(fake)
    clock.now += 120
    shop.fulfilment.unneeded_labels.take_turn()
    assert (states(shop, key), because(shop, key), fake.owed) == (["cancelled"], "wrong box", 0)
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean
    pack(shop, key)
    assert states(shop, key) == ["cancelled", "packed"]


@pytest.mark.parametrize("begin", [begun, cancelling])
def test_it_ends_although_its_carrier_never_answers_again(shop, fake, clock, begin, redis_client):
    key = decided(shop, ("A", 1))
    begin(shop, fake, key)
    for _ in range(6):
        clock.now += DAY // 2
        with contextlib.suppress(PointsmanError):
            shop.fulfilment.unneeded_labels.go_on_with_packings()
    assert states(shop, key) == ["cancelled"]
    assert "ask the carrier for it: " in because(shop, key)
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean


def test_it_is_listed_and_says_why_it_is_not_packed_again(shop, fake):
    key = decided(shop, ("A", 1))
    cancelling(shop, fake, key)
    (found,) = shop.fulfilment.parcels.list_open(OpenFilter(state="cancelling"), limit=5)
    assert found[0].key == key
    assert shop.fulfilment.parcels.list_open(OpenFilter(state="packed"), limit=5) == []
    with pytest.raises(NotPackable, match="is being asked to take the labels of packing 1"):
        pack(shop, key)
    answers(fake)
    shop.fulfilment.parcels.cancel(key)
    assert (states(shop, key), because(shop, key)) == (["cancelled"], "wrong box")


@pytest.mark.parametrize("error", [CarrierRefused("too late", carrier="shop"), CarrierHasNoSuch("no such call")])
def test_a_carrier_that_takes_no_label_back_leaves_it_packed(shop, fake, clock, error, redis_client):
    key = decided(shop, ("A", 1))
    cancelling(shop, fake, key)
    answers(fake)
    carrier = shop.fulfilment.carriers.carrier("shop")

    def refuse(*_):
        raise error

    carrier.cancel = refuse
    shop.fulfilment.carriers.carrier = lambda _: carrier
    clock.now += 120
    shop.fulfilment.unneeded_labels.go_on_with_packings()
    assert (states(shop, key), unfinished(shop, redis_client)) == (["packed"], 0)
    assert ledger_kinds(redis_client, shop._keys.network)[-2:] == [b"packing_cancel_begun", b"packing_kept"]
    assert redis_client.zscore(shop._keys.tracking_open, f"{key.decision} {key.number}") == 0
    assert shop.check().clean
    with pytest.raises(type(error)):
        shop.fulfilment.parcels.cancel(key)
    assert states(shop, key) == ["packed"]
    shop.holds.release(key.decision)
    shop.fulfilment.unneeded_labels.run()
    assert states(shop, key) == ["cancelled"]
    assert "its units are to leave no more; " in because(shop, key)
    assert shop.check().clean


def test_a_booking_of_what_was_let_go_is_given_back(shop, fake, clock):
    key = decided(shop, ("A", 1))
    begun(shop, fake, key)
    shop.holds.release(key.decision)
    answers(fake)
    clock.now += 120
    shop.fulfilment.unneeded_labels.go_on_with_packings()
    assert (states(shop, key), fake.owed) == (["cancelled"], 0)
    assert shop.check().clean


def test_its_promise_is_packed_no_more_once_it_is_cancelled(bare):
    lyon = node(
        "lyon",
        LYON,
        address=LYON_ADDRESS,
        preparation=180,
        milestones={"released": 0, "picked": 5_000, "packed": 8_000},
    )
    shop = packing_network(bare, nodes=[lyon], services=[service(transit=((2_000_000, 24 * 60),))])
    key = decided(shop, ("A", 2), promise_by=NOW + 2 * DAY)

    def causes(within=48 * 60):
        return [risk.cause for risk in shop.flows.promise_watch.at_risk(within=within).shipments]

    pack(shop, key, {"1": 1}, {"1": 1})
    (risk,) = shop.flows.promise_watch.at_risk(within=48 * 60).shipments
    just_before = (risk.due - NOW) // 60 - 1
    assert (risk.cause, causes(just_before)) == ("not_handed_over", [])
    shop.fulfilment.parcels.cancel(key)
    assert causes(just_before) == ["not_packed"]  # what was packed had been picked
    assert shop.check().clean
    pack(shop, key)
    assert causes() == ["not_handed_over"]
    assert shop.check().clean


def test_its_promise_stays_where_a_part_of_it_was_packed_or_it_was_handed_over(shop):
    key = decided(shop, ("A", 2), promise_by=NOW + 2 * DAY)
    watch = shop.flows.promise_watch
    before = watch.at_risk(within=48 * 60).shipments
    pack(shop, key, {"1": 1}, partial=True)
    shop.fulfilment.parcels.cancel(key)
    assert watch.at_risk(within=48 * 60).shipments == before != ()
    pack(shop, key)
    watch.report(ProgressReport(decision=key.decision, number=0, milestone="handed_over"))
    shop.fulfilment.parcels.cancel(key)
    assert watch.at_risk(within=48 * 60).shipments == ()
    assert shop.check().clean
