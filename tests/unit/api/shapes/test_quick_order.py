"""An order that is written as most are is read quickly, and as its shape reads it; what is wrong, the shape says."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from api.shapes.order import OrderRequest
from api.shapes.quick_order import read_quickly
from tests.bench.option_sets import lines_of_the_day
from tests.support.examples import examples
from tests.unit.api.shapes.test_order import FULL

COLLECTED = {name: value for name, value in FULL.items() if name != "destination"} | {
    "delivery": "click_and_collect",
    "collect_at": "st-lyon",
}
LINE = {"id": "b", "sku": "TXT-0042", "quantity": 1, "unit_price": 5}
VALUES = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, 1, -1, 1.5, 10**6, 10**7, 90, 91, 180.5, 1e-9, 1e300),
            *("", " ", "x", "FR", "fr", "FRA", "EUR", "É", "ÉÉ", "1", "2", "b", "19.90", "-1", "4.85", "\xa0", "a\tb"),
            *("standard", "express", "click_and_collect", "69 003", "n" * 200, "n" * 201, "2026-11-27T08:12:31Z"),
            *("2026-11-27T08:12", "2026-13-27T08:12:31Z", [], ["gift"], [1], ["a", "a"], ["t"] * 101, {}, [{}], [LINE]),
            *([LINE, LINE], [LINE, {**LINE, "id": "2"}], {"country": "FR"}, {"country": None}),
        ]
    ),
    st.text(max_size=5),
)
KEYS = st.sampled_from(
    [
        *FULL,
        *(
            "collect_at",
            "deliver_on",
            "currency",
            "unit_price_micros",
            "set",
            "delivery",
            "sku",
            "quantity",
            "unit_price",
        ),
        *("country", "postcode", "region", "latitude", "longitude", "id", "min_shelf_life_days", "surprise"),
    ]
)


def by_shape(raw):
    """As marshmallow reads it; None if it refuses."""
    try:
        return Schema.load(OrderRequest(), copy.deepcopy(raw))
    except ValidationError:
        return None


@st.composite
def orders(draw):
    """Orders as they might be sent, of which some places are changed or left out."""
    raw = copy.deepcopy(draw(st.sampled_from([FULL, COLLECTED])))
    for _ in range(draw(st.integers(0, 3))):
        places = [raw, *raw["lines"], raw.get("destination")] if isinstance(raw.get("lines"), list) else [raw]
        place = draw(st.sampled_from([place for place in places if isinstance(place, dict)]))
        name = draw(st.sampled_from([*place]) if place and draw(st.booleans()) else KEYS)
        if draw(st.booleans()):
            place[name] = draw(VALUES)
        else:
            place.pop(name, None)
    return raw


@examples(150)
@given(orders())
def test_what_is_read_quickly_is_what_the_shape_reads_and_nothing_wrong_is_read(raw):
    quick = read_quickly(copy.deepcopy(raw))
    if quick is not None:
        assert quick == by_shape(raw)


LONG = "n" * 201
WRONG = [
    *({"customer": text} for text in (" ", "", "\u2003", LONG, "a\x07")),
    *({"lines": lines} for lines in ([], [LINE, LINE], [LINE | {"quantity": 1_000_001}], [LINE | {"quantity": True}])),
    *({"lines": lines} for lines in ([LINE | {"id": "2"}, {"sku": "a", "quantity": 1}], [LINE | {"sku": None}])),
    *({"tags": tags} for tags in (None, ["a"] * 101, ["a", 1])),
    *({"destination": where} for where in (None, {}, {"latitude": 1.0}, FULL["destination"] | {"longitude": None})),
    *({"destination": FULL["destination"] | {"country": code}} for code in ("fr", "FRA", "F1")),
    *({"delivery": delivery} for delivery in ("click_and_collect", "by_owl", None)),
    {"delivery": "click_and_collect", "collect_at": "st-lyon", "destination": {"country": "fr"}},
    *({"collect_at": "st-lyon"}, {"currency": "eur"}, {"surprise": 1}, {"placed_at": "2026-11-27"}, {"promise_by": 1}),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_that_is_wrong_is_read_quickly(wrong):
    assert by_shape(FULL | wrong) is None
    assert read_quickly(FULL | wrong) is None


@pytest.mark.parametrize(("country", "postcode"), [("FR", "F-69003"), ("GB", "sw1a1aa"), (None, "69003"), ("FR", None)])
def test_a_postcode_is_spelled_as_its_country_does(country, postcode):
    raw = FULL | {"destination": FULL["destination"] | {"country": country, "postcode": postcode}}
    assert read_quickly(raw) == by_shape(raw) is not None


def test_every_order_of_the_example_day_is_read_quickly():
    day = [json.loads(line) for line in lines_of_the_day()[:500]]
    orders = [read_quickly(raw) for raw in day]
    assert None not in orders
    assert orders == [by_shape(raw) for raw in day]


def test_the_shape_answers_what_was_read_quickly():
    assert OrderRequest().load(FULL) == read_quickly(FULL) == by_shape(FULL)


@pytest.mark.parametrize(
    "unusual", [{"deliver_on": "2026-12-01"}, {"lines": [LINE | {"set": "kitchen"}]}, {"customer": "a\xa0b"}]
)
def test_what_is_seldom_is_left_to_the_shape(unusual):
    assert read_quickly(FULL | unusual) is None
    assert OrderRequest().load(FULL | unusual) == by_shape(FULL | unusual)
