"""Tracking numbers are well formed by the rules that their carriers publish, as others have recorded them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fulfilment.carriers.known_numbers import kinds_of, known_forms
from tests.support.examples import examples

VECTORS = json.loads(Path("tests/data/tracking_numbers/vectors.json").read_text("utf-8"))
NO_SUCH_COUNTRY = "RB123456785XX"
"""Said to be invalid as there is no country XX. Its check digit is right; which countries there are is not checked."""


@pytest.mark.parametrize("form", VECTORS)
def test_published_vectors_are_told_right_from_wrong(form):
    for number in VECTORS[form]["valid"]:
        assert form in kinds_of(number), number
    for number in VECTORS[form]["invalid"]:
        assert form not in kinds_of(number) or number == NO_SUCH_COUNTRY, number


def test_every_form_has_vectors_but_the_sscc():
    assert {form.name for form in known_forms()} == VECTORS.keys() | {"sscc"}
    assert sum(len(numbers) for kinds in VECTORS.values() for numbers in kinds.values()) == 280


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        ("3206 0614 6993", ("purolator_numeric",)),
        (" 1z5r89390357567127", ("ups",)),
        ("(00)106141411234567897", ("sscc",)),
        ("0998 0000 0200 34D", ("dpd_14",)),
        ("60120172242323", ("dhl_ecommerce_14",)),
        ("nonsense", ()),
        ("", ()),
    ],
)
def test_a_number_has_the_kinds_by_whose_rules_it_is_well_formed(number, kinds):
    assert kinds_of(number) == kinds


def test_kinds_whose_check_digit_is_right_come_before_those_that_have_none():
    assert kinds_of("LX123456785GB") == ("s10", "dhl_ecommerce")


@examples(100)
@given(st.text(max_size=40))
def test_any_text_may_be_asked_about(text):
    assert set(kinds_of(text)) <= {form.name for form in known_forms()}
