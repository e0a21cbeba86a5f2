"""Numbers issued from ranges are those of their carriers, and a mistyped one is found as far as its scheme can."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.fulfilment.carriers import check_digits
from engine.fulfilment.carriers.known_numbers import kinds_of
from engine.fulfilment.carriers.number_kinds import FORMS
from engine.fulfilment.carriers.number_ranges import form_of, has_number, number_of, numbers_left
from engine.model.carriers import NumberRange
from tests.support.examples import examples

KNOWN_AS = {
    "ups": "ups",
    "fedex_express": "fedex_12",
    "fedex_ground": "fedex_ground_96",
    "fedex_smartpost": "usps_impb_c",
    "dhl_express": "dhl_express",
    "dhl_ecommerce": "dhl_ecommerce",
    "dpd": "dpd_14",
    "s10": "s10",
}
PUBLISHED = [
    ("ups", {"account": "5R8939", "service": "03"}, 5756712, "1Z5R89390357567127"),
    ("ups", {"account": "XX3150", "service": "YW"}, 4407002, "1ZXX3150YW44070023"),
    ("fedex_express", {}, 98657878885, "986578788855"),
    ("fedex_ground", {"account": "9876543", "service": "11020"}, 1234567, "9611020987654312345672"),
    ("fedex_smartpost", {"account": "927007687", "service": "612"}, 1194802, "9261292700768711948021"),
    ("dhl_express", {}, 331881002, "3318810025"),
    ("dhl_ecommerce", {"account": "295117", "service": "GM"}, 3225174494, "GM2951173225174494"),
    ("dpd", {"account": "0998"}, 20033, "09980000020033F"),
    ("s10", {"service": "RB", "country": "GB"}, 12345678, "RB123456785GB"),
]


def whole(kind, **fields):
    return NumberRange(kind=kind, first=0, last=FORMS[kind].most, **fields)


@st.composite
def issued(draw, kinds=tuple(FORMS)):
    """A range with a serial of it."""
    kind = draw(st.sampled_from(sorted(kinds)))
    fields = {name: draw(st.from_regex(field.pattern, fullmatch=True)) for name, field in FORMS[kind].fields.items()}
    return whole(kind, **fields), draw(st.integers(0, FORMS[kind].most))


@pytest.mark.parametrize(("kind", "fields", "serial", "number"), PUBLISHED)
def test_the_numbers_that_carriers_publish_as_examples(kind, fields, serial, number):
    assert number_of(whole(kind, **fields), serial) == number


@examples(200)
@given(issued())
def test_every_number_issued_is_well_formed_by_the_rules_of_its_carrier(given_number):
    numbers, serial = given_number
    assert KNOWN_AS[numbers.kind] in kinds_of(number_of(numbers, serial))


@examples(100)
@given(issued(), st.data())
def test_two_serials_never_have_one_number(given_number, data):
    numbers, serial = given_number
    other = data.draw(st.integers(0, FORMS[numbers.kind].most))
    assume(serial != other)
    assert number_of(numbers, serial) != number_of(numbers, other)


@examples(100)
@given(issued(), st.data())
def test_a_range_has_the_numbers_of_its_serials_and_no_other(given_number, data):
    numbers, serial = given_number
    number = number_of(numbers, serial)
    assert has_number(numbers, number)
    other = data.draw(st.integers(0, FORMS[numbers.kind].most))
    assert has_number(replace(numbers, first=other, last=other), number) == (other == serial)
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = (
        number[:place]
        + data.draw(st.sampled_from([sign for sign in "0A²" if sign != number[place]]))
        + number[place + 1 :]
    )
    one = replace(numbers, first=serial, last=serial)
    assert not any(has_number(one, text) for text in (wrong, number[:-1], number + "0", ""))


def test_a_serial_that_is_not_in_the_range_has_no_number():
    numbers = NumberRange(kind="dhl_express", first=5, last=6)
    for serial in (4, 7):
        with pytest.raises(ValueError, match=str(serial)):
            number_of(numbers, serial)


SCHEMES = {
    "gs1": (check_digits.gs1, set()),
    "luhn": (check_digits.luhn, set()),
    "iso_7064_37_36": (check_digits.iso_7064_37_36, set()),
    "modulo_7": (check_digits.modulo_7, {7}),
    "ups": (check_digits.ups, {5}),
}
"""By name, with the differences between a digit and a wrong one that the scheme can't find."""


@examples(150)
@given(st.sampled_from(sorted(SCHEMES)), st.text("0123456789", min_size=9, max_size=14), st.data())
def test_a_wrong_digit_is_found_but_for_the_differences_that_the_scheme_misses(name, digits, data):
    check, missed = SCHEMES[name]
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))
    altered = digits[:place] + wrong + digits[place + 1 :]
    if abs(int(wrong) - int(digits[place])) not in missed:
        assert check(altered) != check(digits)


@examples(150)
@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 7), st.sampled_from("0123456789"))
def test_s10_finds_a_wrong_digit_unless_two_remainders_share_a_check_digit(digits, place, wrong):
    assume(wrong != digits[place])
    altered = digits[:place] + wrong + digits[place + 1 :]
    assert check_digits.s10(altered) != check_digits.s10(digits) or check_digits.s10(digits) in "05"


@examples(150)
@given(st.text("0123456789", min_size=11, max_size=11), st.integers(0, 10), st.sampled_from("0123456789"))
def test_fedex_finds_a_wrong_digit_unless_two_remainders_share_a_check_digit(digits, place, wrong):
    assume(wrong != digits[place])
    altered = digits[:place] + wrong + digits[place + 1 :]
    assert check_digits.fedex(altered) != check_digits.fedex(digits) or check_digits.fedex(digits) == "0"


@examples(150)
@given(st.text("0123456789", min_size=9, max_size=14), st.data())
def test_swapped_neighbours_are_found_by_schemes_that_promise_it(digits, data):
    place = data.draw(st.integers(0, len(digits) - 2))
    first, second = digits[place], digits[place + 1]
    swapped = digits[:place] + second + first + digits[place + 2 :]
    difference = abs(int(first) - int(second))
    assume(difference)
    for check, missed in ((check_digits.gs1, {5}), (check_digits.luhn, {9}), (check_digits.modulo_7, {7})):
        assert check(swapped) != check(digits) or difference in missed
    eight, swapped_eight = digits[:8], swapped[:8]
    if eight != swapped_eight and place < 7:
        assert check_digits.s10(swapped_eight) != check_digits.s10(eight) or check_digits.s10(eight) in "05"


@examples(80)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=4, max_size=14), st.data())
def test_iso_7064_finds_any_wrong_character(characters, data):
    place = data.draw(st.integers(0, len(characters) - 1))
    wrong = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assume(wrong != characters[place])
    altered = characters[:place] + wrong + characters[place + 1 :]
    assert check_digits.iso_7064_37_36(altered) != check_digits.iso_7064_37_36(characters)


def test_what_is_left_of_ranges_is_what_no_range_of_the_same_form_has_issued():
    ranges = [NumberRange(kind="dhl_express", first=10, last=19), NumberRange(kind="dhl_express", first=100, last=104)]
    assert numbers_left(ranges, {}) == 15
    assert numbers_left(ranges, {form_of(ranges[0]): [(10, 13)]}) == 12
    assert numbers_left(ranges, {form_of(ranges[0]): [(15, 18), (5, 12), (102, 300)]}) == 7
    assert numbers_left(ranges, {"fedex_express   ": [(0, 10**6)]}) == 15
    assert numbers_left(ranges, {form_of(ranges[0]): [(0, 10**6)]}) == 0
