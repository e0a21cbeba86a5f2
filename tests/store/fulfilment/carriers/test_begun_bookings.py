"""What was begun at a carrier is kept once, and one process at a time asks about a shipment."""

import itertools

import pytest

from engine.errors import CarrierUnavailable
from engine.store.fulfilment.begun_bookings import KEPT_SECONDS, LEASE_MILLISECONDS, BegunBooking, BegunBookings

pytestmark = pytest.mark.each_server


@pytest.fixture
def bookings(client, keys):
    numbers = itertools.count()
    return BegunBookings(client, keys, new_id=lambda: f"worker-{next(numbers)}")


def test_of_two_who_begin_the_first_counts(bookings):
    first, second = BegunBooking(id="shp_1", content="a"), BegunBooking(id="shp_2", content="a")
    assert bookings.read("shop", "d-1.0.1") is None
    assert bookings.begin("shop", "d-1.0.1", first, instead_of=None) == first
    assert bookings.begin("shop", "d-1.0.1", second, instead_of=None) == first
    assert bookings.read("shop", "d-1.0.1") == first
    assert bookings.begin("shop", "d-1.0.1", second, instead_of=first) == second
    assert bookings.begin("shop", "d-1.0.1", first, instead_of=first) == second
    assert bookings.read("other", "d-1.0.1") is None


def test_it_is_forgotten_in_the_end(bookings, client, keys):
    bookings.begin("shop", "d-1.0.1", BegunBooking(id="shp_1", content="a"), instead_of=None)
    assert KEPT_SECONDS - 5 <= client.redis.ttl(keys.booked("shop", "d-1.0.1")) <= KEPT_SECONDS


def test_while_one_has_its_turn_others_are_asked_to_come_again(bookings, client, keys):
    with bookings.turn("shop", "d-1/0") as keep:
        with (
            pytest.raises(CarrierUnavailable, match="somebody else is booking") as failure,
            bookings.turn("shop", "d-1/0"),
        ):
            pass
        assert failure.value.retry_after == 5
        with bookings.turn("shop", "d-1/1"):
            keep()
        lease = client.redis.pttl(keys.booking_lease("shop", "d-1/0"))
        assert LEASE_MILLISECONDS - 10_000 <= lease <= LEASE_MILLISECONDS
    with bookings.turn("shop", "d-1/0"):
        pass


def test_who_lost_the_turn_meanwhile_pays_nothing_more(bookings, client, keys):
    with bookings.turn("shop", "d-1/0") as keep:
        client.redis.set(keys.booking_lease("shop", "d-1/0"), "somebody-else")
        with pytest.raises(CarrierUnavailable):
            keep()
    assert client.redis.get(keys.booking_lease("shop", "d-1/0")) == b"somebody-else"
