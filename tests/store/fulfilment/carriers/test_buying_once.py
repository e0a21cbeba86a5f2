"""Whatever fails on the way, and however often it is tried again, a shipment is paid for once."""

import dataclasses
import threading
import time

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import CarrierRefused, CarrierUnavailable, NotPackable
from tests.support.examples import examples
from tests.support.fake_carriers.booking import FAKES, a_booking, carriers_of, elsewhere, parcel
from tests.support.fake_carriers.fake_server import FAULTS, LABELS, serving

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_begun_bookings.py tries it on every server."""

QUICK_FAULTS = [fault for fault in FAULTS if fault != "slow"]
MOST_TRIES = 12


def pieces(door, booking):
    """How often this shipment is billed: EasyPost and Karrio bill each parcel."""
    return 1 if door == "sendcloud" else len(booking.parcels)


def bought(carriers, booking, tries=MOST_TRIES):
    """Tried again until it answers."""
    for _ in range(tries):
        try:
            return carriers.carrier("shop").buy(booking)
        except CarrierUnavailable:
            time.sleep(0.02)
    raise AssertionError(f"not bought in {tries} tries")


@pytest.mark.parametrize("label_format", LABELS)
@pytest.mark.parametrize("parcels", [1, 3])
def test_every_parcel_has_its_number_and_its_whole_label(door, fake, carrier, parcels, label_format):
    booking = a_booking(door, parcels, label_format=label_format)
    bought = carrier.buy(booking)
    assert [label.parcel for label in bought.labels] == list(range(1, parcels + 1))
    assert [(label.label, label.format) for label in bought.labels] == [(LABELS[label_format], label_format)] * parcels
    assert len({label.tracking_number for label in bought.labels}) == parcels
    assert len(fake.bills) == pieces(door, booking)
    if door != "sendcloud":
        price, currency = {"easypost": (8_200_000, "USD"), "karrio": (106_710_000, "CAD")}[door]
        assert (bought.cost, bought.currency) == (parcels * price, currency)


def test_asked_again_it_answers_the_same_and_is_paid_nothing(door, fake, carrier):
    booking = a_booking(door, 2)
    assert carrier.buy(booking) == carrier.buy(booking)
    assert len(fake.bills) == pieces(door, booking)


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shipment=st.tuples(st.sampled_from(sorted(FAKES)), st.integers(1, 3)),
    faults=st.lists(st.sampled_from([None, None, *QUICK_FAULTS]), max_size=14),
    forgetting=st.booleans(),
)
def test_whatever_fails_of_however_many_tries_it_is_billed_once(client, keys, shipment, faults, forgetting):
    (door, parcels), redis_client = shipment, client.redis
    for name in redis_client.keys(f"{keys.prefix}carriers:*"):
        redis_client.delete(name)
    with serving(FAKES[door]()) as fake:
        coming = iter(faults)
        fake.faults = lambda _: next(coming, None)
        booking = a_booking(door, parcels)
        carriers = carriers_of(client, keys, fake, door)
        for _ in range(MOST_TRIES):
            try:
                answer = carriers.carrier("shop").buy(booking)
            except CarrierUnavailable:
                if forgetting:  # as after a failover
                    for number in range(1, parcels + 1):
                        redis_client.delete(keys.booked("shop", f"d-1.0.{number}"))
                continue
            break
        else:
            fake.faults = lambda _: None
            answer = carriers.carrier("shop").buy(booking)
        assert len(fake.bills) == pieces(door, booking)
        assert all(label.label for label in answer.labels)
        fake.faults = lambda _: None
        assert carriers.carrier("shop").buy(booking) == answer
        assert len(fake.bills) == pieces(door, booking)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_way_of_failing_while_it_is_paid_is_survived(client, keys, door, fake, fault):
    paying = {"sendcloud": "announce", "easypost": "buy", "karrio": "purchase"}[door]
    faults = iter([fault])
    fake.faults = lambda request: next(faults, None) if request.path.endswith(paying) else None
    booking = a_booking(door)
    asked = carriers_of(client, keys, fake, door, seconds=0.5 if fault == "slow" else 5.0)
    with pytest.raises(CarrierUnavailable) as failure:
        asked.carrier("shop").buy(booking)
    assert failure.value.retry_after == (7 if fault == "busy" else None)
    bought(carriers_of(client, keys, fake, door), booking)
    assert len(fake.bills) == 1


def test_of_several_who_book_at_once_one_pays(client, keys, door, fake):
    booking, answers = a_booking(door, 2), []
    start = threading.Barrier(4)

    def book():
        carriers = carriers_of(client, keys, fake, door)
        start.wait()
        answers.append(bought(carriers, booking, tries=2_000))

    threads = [threading.Thread(target=book) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert answers == [answers[0]] * 4
    assert len(fake.bills) == pieces(door, booking)


def test_other_content_is_not_bought_under_the_reference_of_what_was_paid(door, fake, carrier):
    carrier.buy(a_booking(door))
    with pytest.raises(NotPackable, match="cancel that"):
        carrier.buy(elsewhere(a_booking(door), postcode="69003"))
    assert len(fake.bills) == 1


@pytest.mark.parametrize("door", ["easypost", "karrio"])
def test_what_was_paid_for_a_shipment_that_is_refused_is_given_back(door, fake, carrier):
    fake.refuses = {"2"}
    booking = a_booking(door, 3)
    with pytest.raises(CarrierRefused):
        carrier.buy(booking)
    assert (len(fake.bills), fake.owed) == (1, 0)
    fake.refuses = set()
    answer = carrier.buy(elsewhere(booking, lines=("13 rue de la Gare",)))
    assert (len(answer.labels), fake.owed) == (3, 3)


@pytest.mark.parametrize("door", ["easypost"])
def test_what_is_not_taken_back_is_named(fake, carrier, door):
    fake.refuses, fake.refunds = {"2"}, "not_applicable"
    with pytest.raises(CarrierRefused, match="does not take back what was paid before: shp_"):
        carrier.buy(a_booking(door, 2))


def test_a_corrected_shipment_is_not_sent_to_the_address_that_was_begun(door, fake, carrier):
    booking = a_booking(door)
    if door == "sendcloud":
        fake.fails = "address"
    else:
        fake.refuses = {"1"}
    with pytest.raises(CarrierRefused):
        carrier.buy(booking)
    fake.fails, fake.refuses = None, set()
    carrier.buy(elsewhere(booking, postcode="75012"))
    sold = fake.shipments[fake.bills[0]]
    assert "75012" in str(sold.get("to_address") or sold.get("recipient"))
    assert len(fake.bills) == 1


def test_the_answer_is_of_the_booking_that_was_asked_for(door, fake, carrier):
    first, second = a_booking(door), a_booking(door, reference="d-1/1")
    one, other = carrier.buy(first), carrier.buy(dataclasses.replace(second))
    assert one.booking != other.booking
    assert len(fake.bills) == 2


@pytest.mark.parametrize("door", ["easypost", "karrio"])
def test_a_carrier_that_says_it_was_paid_before_is_believed(door, fake, carrier):
    def paid_by_somebody_else(request):
        if request.path.endswith(("buy", "purchase")) and not fake.bills:
            fake.answer(request)

    fake.faults = paid_by_somebody_else
    assert carrier.buy(a_booking(door)).labels[0].label
    assert len(fake.bills) == 1


@pytest.mark.parametrize("door", ["easypost", "karrio"])
def test_a_parcel_is_not_taken_for_one_whose_reference_begins_alike(door, fake, carrier):
    twelfth, first = (dataclasses.replace(a_booking(door), parcels=(parcel(number),)) for number in (12, 1))
    assert carrier.buy(twelfth).booking != carrier.buy(first).booking
    assert len(fake.bills) == 2
