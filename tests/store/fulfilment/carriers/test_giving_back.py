"""What was bought of a carrier is given back, once, also where it is not known what became of buying it."""

import dataclasses

import pytest

from engine.errors import CarrierHasNoSuch, CarrierUnavailable
from tests.support.fake_carriers.booking import a_booking

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_begun_bookings.py tries it on every server."""

PAYING = {"sendcloud": "announce", "easypost": "buy", "karrio": "purchase"}


def lost_while_paid(fake, door):
    faults = iter(["lost"])
    fake.faults = lambda request: next(faults, None) if request.path.endswith(PAYING[door]) else None


def test_a_shipment_is_given_back_whole_and_a_second_time_changes_nothing(door, fake, carrier):
    booking = a_booking(door, 2)
    bought = carrier.buy(booking)
    for _ in range(2):
        carrier.cancel(bought.booking, booking.reference)
        assert fake.owed == 0
    assert len(fake.given_back) == len(fake.bills)


def test_what_was_paid_without_an_answer_is_found_by_its_reference_and_given_back(door, fake, carrier):
    booking = a_booking(door, 2)
    lost_while_paid(fake, door)
    with pytest.raises(CarrierUnavailable):
        carrier.buy(booking)
    assert fake.owed == 1
    carrier.cancel("", booking.reference)
    assert fake.owed == 0


def test_there_is_nothing_to_give_back_of_what_was_never_begun(fake, carrier):
    carrier.cancel("", "never/0")
    assert fake.given_back == []


def test_packed_again_after_it_was_given_back_it_is_bought_again(door, fake, carrier):
    booking = a_booking(door)
    first = carrier.buy(booking)
    carrier.cancel(first.booking, booking.reference)
    second = carrier.buy(booking)
    assert second.booking != first.booking
    assert fake.owed == 1
    assert carrier.buy(booking) == second


def test_packed_otherwise_after_it_was_given_back_it_is_bought_as_it_is_now(door, fake, carrier):
    booking = a_booking(door)
    carrier.cancel(carrier.buy(booking).booking, booking.reference)
    other = dataclasses.replace(booking, parcels=a_booking(door, 2).parcels)
    assert len(carrier.buy(other).labels) == 2


def test_what_a_carrier_has_on_its_way_is_not_given_back(door, fake, carrier):
    booking = a_booking(door)
    bought = carrier.buy(booking)
    fake.delivered, fake.is_shipped, fake.refunds = True, True, "rejected"
    with pytest.raises(CarrierHasNoSuch, match="does not take"):
        carrier.cancel(bought.booking, booking.reference)
    assert fake.owed == 1


@pytest.mark.parametrize("door", ["easypost"])
@pytest.mark.parametrize(("refunds", "says"), [(None, "refund not known"), ("rejected", "refund rejected")])
def test_what_became_of_a_refund_is_told(door, refunds, says, fake, carrier):
    booking = a_booking(door)
    bought = carrier.buy(booking)
    fake.refunds = refunds
    with pytest.raises(CarrierHasNoSuch, match=f": {says}$"):
        carrier.cancel(bought.booking, booking.reference)
    assert fake.owed == 1


def test_a_booking_that_the_carrier_does_not_know_is_none(door, carrier):
    with pytest.raises(CarrierHasNoSuch):
        carrier.cancel("unknown-1", "d-1/0")
