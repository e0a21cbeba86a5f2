"""A carrier that gave ranges of numbers is asked nothing."""

import pytest

from engine.errors import CarrierHasNoSuch
from engine.fulfilment.carriers.numbers_only import NumbersOnly
from engine.model.carriers import CarrierAccount, NumberRange
from tests.support.fake_carriers.booking import a_booking


def test_a_carrier_that_gave_numbers_alone_is_not_asked():
    ranges = (NumberRange(kind="dhl_express", first=1, last=9),)
    carrier = NumbersOnly(CarrierAccount(id="dhl", door="numbers", ranges=ranges))
    carrier.check()
    carrier.cancel("", "d-1/0")
    with pytest.raises(CarrierHasNoSuch, match="POST /v1/tracking/events"):
        carrier.track(["1"])
    bought = carrier.buy(a_booking("sendcloud", parcels=2))
    assert [(label.parcel, label.label) for label in bought.labels] == [(1, None), (2, None)]
