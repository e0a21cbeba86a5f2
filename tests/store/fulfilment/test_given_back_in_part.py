"""A carrier that takes some labels of a packing back and others not: the packing is no valid one any more."""

import pytest

from engine.errors import CarrierUnavailable
from tests.store.fulfilment.test_unfinished_packings import because, states, unfinished
from tests.support.parcels import decided, pack

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_unfinished_packings.py tries it on every server."""


@pytest.fixture
def door():
    return "easypost"


def packed_in_three(shop, key):
    """The ids that the carrier gave them."""
    pack(shop, key, {"1": 1}, {"1": 1}, {"1": 1})
    return shop.fulfilment.parcels.show(key).shipment.packings[-1].booking.split(",")


def in_part(one, two, three):
    return f"carrier 'shop' took {one}, {three} back, but not {two}: what it did not take back stays paid"


def test_who_cancels_it_is_told_what_stays_paid_and_it_is_packed_anew(shop, fake, redis_client):
    key = decided(shop, ("A", 3))
    pieces = packed_in_three(shop, key)
    fake.keeps = {"2"}
    view = shop.fulfilment.parcels.cancel(key, because="wrong box", op="c")
    assert view.shipment.packings[0].because == f"wrong box; {in_part(*pieces)}"
    assert (states(shop, key), fake.owed, unfinished(shop, redis_client)) == (["cancelled"], 1, 0)
    assert shop.fulfilment.parcels.cancel(key, because="wrong box", op="c") == view
    fake.keeps = set()
    pack(shop, key)
    assert states(shop, key) == ["cancelled", "packed"]
    assert shop.check().clean


def test_the_service_goes_on_with_it_and_does_not_keep_it(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 3))
    pieces = packed_in_three(shop, key)
    fake.faults = lambda request: "dropped" if request.path.endswith(f"{pieces[1]}/refund") else None
    with pytest.raises(CarrierUnavailable):
        shop.fulfilment.parcels.cancel(key, because="wrong box")
    fake.faults, fake.keeps = lambda _: None, {"2"}
    clock.now += 120
    assert shop.fulfilment.unneeded_labels.go_on_with_packings() == [key]
    assert (states(shop, key), because(shop, key)) == (["cancelled"], f"wrong box; {in_part(*pieces)}")
    assert (fake.owed, unfinished(shop, redis_client)) == (1, 0)
    assert shop.check().clean


def test_what_was_let_go_is_given_back_as_far_as_the_carrier_takes_it(shop, fake):
    key = decided(shop, ("A", 3))
    pieces = packed_in_three(shop, key)
    fake.keeps = {"2"}
    shop.holds.release(key.decision)
    shop.fulfilment.unneeded_labels.run()
    assert (states(shop, key), fake.owed) == (["cancelled"], 1)
    assert because(shop, key) == f"its units are to leave no more; {in_part(*pieces)}"
    assert shop.check().clean


def test_what_was_bought_unnoticed_is_cancelled_and_it_is_said_once_what_stays_paid(shop, fake, clock, redis_client):
    key = decided(shop, ("A", 3))
    fake.faults = lambda request: "dropped" if len(fake.bills) == 3 and "/files/" in request.path else None
    with pytest.raises(CarrierUnavailable):
        pack(shop, key, {"1": 1}, {"1": 1}, {"1": 1})
    assert (states(shop, key), fake.owed) == (["booking"], 3)
    fake.faults, fake.keeps = lambda _: None, {"2"}
    shop.fulfilment.parcels.cancel(key)
    for _ in range(2):
        assert (states(shop, key), fake.owed) == (["cancelled"], 1)
        assert because(shop, key) == in_part(*fake.bills)
        clock.now += 120
        shop.fulfilment.unneeded_labels.go_on_with_packings()
    assert unfinished(shop, redis_client) == 0
    assert shop.check().clean
