"""The SSCC by the GS1 General Specifications."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fulfilment.parcels.sscc import check_digit, is_sscc, serials_of, sscc_of
from engine.model.parcels import ParcelTerms


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("37610425002123456", "9"),  # gs1.org, "How to calculate a check digit manually": 376104250021234569
        ("629104150021", "3"),  # the same page, a GTIN-13
        ("10614141192837465", "7"),  # GS1 US, "SSCC overview": (00) 106141411928374657
        ("00000000000000000", "0"),
    ],
)
def test_the_check_digit_is_that_of_published_examples(digits, check):
    assert check_digit(digits) == check


def test_extension_prefix_and_serial_stand_in_their_places():
    assert sscc_of(ParcelTerms(gs1_prefix="3456789", extension=3), 42) == "334567890000000427"[:17] + check_digit(
        "33456789000000042"
    )
    assert sscc_of(ParcelTerms(gs1_prefix="3456789012"), 999_999)[:17] == "03456789012999999"
    assert [serials_of("1" * digits) for digits in (7, 8, 9, 10)] == [10**9, 10**8, 10**7, 10**6]


@pytest.mark.parametrize("serial", [-1, 10**9])
def test_a_serial_that_does_not_fit_is_no_sscc(serial):
    with pytest.raises(ValueError, match="serial reference"):
        sscc_of(ParcelTerms(gs1_prefix="3456789"), serial)


@given(
    prefix=st.text("0123456789", min_size=4, max_size=12), extension=st.integers(0, 9), serial=st.integers(0, 10**4 - 1)
)
def test_every_sscc_has_its_check_digit_and_no_digit_may_be_another(prefix, extension, serial):
    sscc = sscc_of(ParcelTerms(gs1_prefix=prefix, extension=extension), serial)
    assert is_sscc(sscc)
    place = serial % 18
    assert not is_sscc(sscc[:place] + str((int(sscc[place]) + 1) % 10) + sscc[place + 1 :])


@pytest.mark.parametrize("text", ["", "3345678900000004", "33456789000000042x", "٣" * 18])
def test_what_is_no_18_digits_is_no_sscc(text):
    assert not is_sscc(text)
