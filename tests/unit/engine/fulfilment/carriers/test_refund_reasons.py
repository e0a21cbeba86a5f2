"""What is stored of a label whose carrier gave nothing back says why, and what becomes of it."""

import pytest

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, GivenBackInPart
from engine.fulfilment.carriers.refund_reasons import not_answered, not_taken_back, with_reason


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (CarrierRefused("it was sent to 7 passage Secret", carrier="colis"), "carrier 'colis' refused it"),
        (CarrierHasNoSuch("no"), "carrier 'colis' takes no label back"),
        (
            GivenBackInPart(carrier="colis", given_back=["a", "c"], not_taken_back=["b", "d"]),
            "carrier 'colis' took a, c back, but not b, d: what it did not take back stays paid",
        ),
    ],
)
def test_a_carrier_that_does_not_take_it_back_is_named_with_its_reason(error, why):
    assert not_taken_back(error, "colis") == why


def test_a_carrier_that_never_answered_is_to_be_asked_by_somebody():
    why = not_answered(CarrierUnavailable("no answer", carrier="colis"))
    assert why == "not known to be given back, ask the carrier for it: carrier 'colis' can't be asked now: no answer"


def test_why_it_is_void_stands_before_what_became_of_giving_it_back():
    assert with_reason("wrong box", "no refund") == "wrong box; no refund"
    assert with_reason("", "no refund") == "no refund"
