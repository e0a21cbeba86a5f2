"""What was bought of a carrier is given back, once, also where it is not known what became of buying it."""

import dataclasses

import pytest

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, GivenBackInPart
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


ONE_BY_ONE = pytest.mark.parametrize("door", ["easypost", "karrio"])
"""Those that sell the label of each parcel by itself."""


@ONE_BY_ONE
@pytest.mark.parametrize("is_known", [True, False])
def test_parcels_behind_one_that_is_not_taken_back_are_given_back_and_both_kinds_are_named(
    door, is_known, fake, carrier
):
    booking = a_booking(door, 3)
    bought = carrier.buy(booking)
    one, two, three = bought.booking.split(",")
    fake.keeps = {"2"}
    for _ in range(2):
        with pytest.raises(GivenBackInPart) as raised:
            carrier.cancel(bought.booking if is_known else "", booking.reference)
        assert (raised.value.given_back, raised.value.not_taken_back) == ((one, three), (two,))
        assert f"took {one}, {three} back, but not {two}" in str(raised.value)
        assert fake.given_back == [one, three]


@ONE_BY_ONE
def test_where_it_takes_none_of_several_back_it_takes_nothing_back_in_part(door, fake, carrier):
    booking = a_booking(door, 2)
    bought = carrier.buy(booking)
    fake.keeps = {"1", "2"}
    with pytest.raises(CarrierHasNoSuch, match=bought.booking.partition(",")[0]) as raised:
        carrier.cancel(bought.booking, booking.reference)
    assert not isinstance(raised.value, GivenBackInPart)


@ONE_BY_ONE
def test_what_was_given_back_before_an_answer_was_lost_counts_as_given_back(door, fake, carrier):
    booking = a_booking(door, 2)
    bought = carrier.buy(booking)
    one, two = bought.booking.split(",")
    refund = {"easypost": "refund", "karrio": "cancel"}[door]
    fake.faults = lambda request: "dropped" if request.path.endswith(f"{two}/{refund}") else None
    with pytest.raises(CarrierUnavailable):
        carrier.cancel(bought.booking, booking.reference)
    fake.faults, fake.keeps = lambda _: None, {"2"}
    with pytest.raises(GivenBackInPart) as raised:
        carrier.cancel(bought.booking, booking.reference)
    assert (raised.value.given_back, raised.value.not_taken_back) == ((one,), (two,))


@ONE_BY_ONE
def test_a_key_that_is_refused_amid_the_parcels_leaves_the_others_as_not_taken_back(door, fake, carrier):
    booking = a_booking(door, 3)
    bought = carrier.buy(booking)
    one, two, three = bought.booking.split(",")

    def revoke_key(request):
        if two in request.path:
            fake.key = "another"

    fake.faults = revoke_key
    with pytest.raises(GivenBackInPart) as raised:
        carrier.cancel(bought.booking, booking.reference)
    assert (raised.value.given_back, raised.value.not_taken_back) == ((one,), (two, three))
    with pytest.raises(CarrierRefused, match="does not take the key"):
        carrier.cancel(bought.booking, booking.reference)
