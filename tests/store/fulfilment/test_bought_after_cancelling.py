"""Labels that a carrier sells while their packing is cancelled, or after: they are given back, whatever fails."""

import pytest

from engine.errors import CarrierHasNoSuch, CarrierUnavailable, NotPackable
from tests.store.fulfilment.test_unfinished_packings import DAY, because, states, unfinished
from tests.support.parcels import decided, pack


def cancelled_while_it_buys(shop, fake, key, *, then=(), purchase=None, meanwhile=lambda: None):
    """From now on, somebody cancels the packing when the carrier is about to sell its labels, and does `meanwhile`.
    `purchase` is how that sale fails then, and each of `then` how a request after it does.
    """
    begun, faults = [], iter(then)

    def fault(request):
        if begun:
            return next(faults, None) if begun == ["over"] else None
        if request.path != "/shipments/announce":
            return None
        begun.append("cancelled")
        fake.lock.release()  # the one that cancels asks the carrier, too
        shop.fulfilment.parcels.cancel(key)
        meanwhile()
        fake.lock.acquire()
        begun[0] = "over"
        return purchase

    fake.faults = fault


def test_what_was_bought_for_a_packing_that_was_cancelled_meanwhile_is_given_back(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelled_while_it_buys(shop, fake, key)
    with pytest.raises(NotPackable, match="was cancelled while carrier 'shop' was selling its labels"):
        pack(shop, key, op="p")
    assert (states(shop, key), len(fake.bills), fake.owed) == (["cancelled"], 1, 0)
    with pytest.raises(NotPackable, match=r"by a new operation$"):
        pack(shop, key, op="p")
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (unfinished(shop, redis_client), fake.owed) == (0, 0)
    pack(shop, key, op="q")
    assert (states(shop, key), fake.owed) == (["cancelled", "packed"], 1)
    assert shop.check().clean


def test_it_is_given_back_later_if_the_carrier_does_not_answer_then(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelled_while_it_buys(shop, fake, key, then=[None] * 1 + ["busy"] * 9)
    with pytest.raises(NotPackable):
        pack(shop, key)
    assert (states(shop, key), fake.owed) == (["cancelled"], 1)
    fake.faults = lambda _: None
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == []
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (fake.owed, unfinished(shop, redis_client)) == (0, 0)
    assert shop.check().clean


def test_it_is_given_back_later_also_if_the_carrier_had_been_asked_again_before_it_sold_them(
    shop, fake, clock, redis_client
):
    key, asked_again = decided(shop, ("A", 1)), []

    def two_minutes_pass():
        clock.now += 120
        asked_again.extend(shop.fulfilment.unneeded_labels.go_on_with_packings())

    cancelled_while_it_buys(shop, fake, key, then=[None, *["busy"] * 9], meanwhile=two_minutes_pass)
    with pytest.raises(NotPackable):
        pack(shop, key)
    assert (asked_again, fake.owed, unfinished(shop, redis_client)) == ([key], 1, 1)
    fake.faults = lambda _: None
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (fake.owed, unfinished(shop, redis_client)) == (0, 0)
    assert shop.check().clean


def test_it_is_given_back_if_whoever_bought_it_never_knew(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelled_while_it_buys(shop, fake, key, purchase="lost")
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    assert (states(shop, key), fake.owed) == (["cancelled"], 1)
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (fake.owed, unfinished(shop, redis_client)) == (0, 0)
    assert shop.check().clean


def test_a_carrier_that_does_not_answer_for_days_is_not_asked_about_it_any_more(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelled_while_it_buys(shop, fake, key, purchase="lost")
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    fake.faults = lambda _: "dropped"
    for waited in (DAY, 2 * DAY - 1):
        clock.now += waited
        with pytest.raises(CarrierUnavailable):
            shop.fulfilment.unneeded_labels.go_on_with_packings()
        assert (because(shop, key), unfinished(shop, redis_client)) == ("", 1)
    clock.now += 300
    shop.fulfilment.unneeded_labels.go_on_with_packings()
    assert because(shop, key).startswith("not known to be given back, ask the carrier for it: ")
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean


def bought_unnoticed(shop, fake, key):
    """The carrier sold its labels and takes none back, and its answer was lost."""
    faults = iter(["lost", *["dropped"] * 9])
    fake.faults = lambda request: next(faults, None) if request.path == "/shipments/announce" else None
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    assert (states(shop, key), fake.owed) == (["booking"], 1)
    fake.faults, fake.delivered = lambda _: None, True


def test_what_was_bought_unnoticed_is_kept_if_its_carrier_takes_none_back_and_packed_with_what_was_paid(
    shop, fake, clock
):
    key = decided(shop, ("A", 1))
    bought_unnoticed(shop, fake, key)
    with pytest.raises(CarrierHasNoSuch, match="was delivered"):
        shop.fulfilment.parcels.cancel(key, because="wrong box")
    assert (states(shop, key), because(shop, key)) == (["booking"], "")
    pack(shop, key)
    assert (states(shop, key), fake.owed, len(fake.bills)) == (["packed"], 1, 1)
    assert shop.check().clean


def test_of_what_was_let_go_it_is_said_once_that_its_carrier_takes_none_back(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    bought_unnoticed(shop, fake, key)
    shop.holds.release(key.decision)
    for _ in range(2):
        clock.now += 120
        assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
        assert states(shop, key) == ["cancelled"]
        assert because(shop, key) == "its units are to leave no more; carrier 'shop' takes no label back"
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean


def test_a_carrier_that_takes_nothing_back_of_what_it_sold_late_is_not_asked_again(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 1))
    cancelled_while_it_buys(shop, fake, key, purchase="lost")
    with pytest.raises(CarrierUnavailable):
        pack(shop, key)
    fake.delivered = True
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (states(shop, key), because(shop, key)) == (["cancelled"], "carrier 'shop' takes no label back")
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean
