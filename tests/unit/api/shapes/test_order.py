"""An order in JSON, read into the engine's integers; the same shape for HTTP and for files."""

import datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.shapes.order import OrderRequest
from engine.decide.order_record import OrderRecord
from engine.model.facts import GeoPoint, Line, Order

FIRST, LAST = (datetime.datetime.fromisoformat(day) for day in ("1970-01-02", "9998-12-30"))
FULL = {
    "id": "W-000123",
    "channel": "web",
    "delivery": "express",
    "placed_at": "2026-11-27T08:12:31Z",
    "promise_by": "2026-11-30T18:00:00+01:00",
    "destination": {
        "country": "FR",
        "postcode": "69003",
        "region": "Auvergne-Rhône-Alpes",
        "latitude": 45.75,
        "longitude": "4.85",
    },
    "customer": "c-20417",
    "segment": "loyal",
    "tags": ["gift", "gift", "vip"],
    "lines": [{"sku": "TXT-0042", "quantity": 2, "unit_price": "19.90"}, {"id": "b", "sku": "TXT-0042", "quantity": 1}],
}


def read(**more):
    return OrderRequest().load({name: value for name, value in {**FULL, **more}.items() if value is not None})


def mistakes(**more):
    with pytest.raises(ValidationError) as caught:
        read(**more)
    return caught.value.messages


def test_every_field_is_read():
    assert read() == Order(
        id="W-000123",
        channel="web",
        delivery="express",
        placed_at=1_795_767_151,
        promise_by=1_796_058_000,
        place=GeoPoint(latitude=45_750_000, longitude=4_850_000),
        country="FR",
        postcode="69003",
        region="Auvergne-Rhône-Alpes",
        customer="c-20417",
        segment="loyal",
        tags=frozenset({"gift", "vip"}),
        lines=(
            Line(id="1", sku="TXT-0042", quantity=2, unit_price=19_900_000),
            Line(id="b", sku="TXT-0042", quantity=1),
        ),
    )


def test_what_is_optional_may_be_left_out():
    order = OrderRequest().load(
        {
            "id": "1",
            "channel": "app",
            "placed_at": "2026-11-27T08:12:31Z",
            "destination": {"latitude": 0, "longitude": 0},
            "lines": [{"sku": "A", "quantity": 1}],
        }
    )
    assert (order.delivery, order.promise_by, order.country, order.segment) == ("standard", None, None, None)
    assert (order.tags, order.collect_at) == (frozenset(), None)


def test_a_collected_order_needs_no_destination_and_one_given_does_not_count():
    for destination in (None, FULL["destination"]):
        order = read(delivery="click_and_collect", collect_at="st-lyon", destination=destination)
        assert (order.collect_at, order.place, order.country, order.postcode) == ("st-lyon", None, None, None)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"delivery": "click_and_collect"}, "collect_at"),
        ({"collect_at": "st-lyon"}, "collect_at"),
        ({"destination": None}, "destination"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_contradiction_is_told_at_its_field(more, field):
    assert list(mistakes(**more)) == [field]


def with_lines(*lines, **more):
    return {"lines": [{"sku": "A", "quantity": 1, **line} for line in lines], **more}


COLLECTED = {"delivery": "click_and_collect", "collect_at": "st-lyon"}


@pytest.mark.parametrize(
    ("written", "goals"),
    [
        (with_lines({"collect_at": "alma"}, {}), [("click_and_collect", "alma"), ("express", None)]),
        (with_lines({"delivery": "standard"}, {}), [("standard", None), ("express", None)]),
        (with_lines({"delivery": "click_and_collect", "collect_at": "alma"}), [("click_and_collect", "alma")]),
        (
            with_lines({}, {"collect_at": "alma"}, {"delivery": "standard"}, **COLLECTED),
            [("click_and_collect", "st-lyon"), ("click_and_collect", "alma"), ("standard", None)],
        ),
        (with_lines({"delivery": "click_and_collect"}, **COLLECTED), [("click_and_collect", "st-lyon")]),
        (with_lines({"collect_at": "alma"}, delivery="click_and_collect"), [("click_and_collect", "alma")]),
        (with_lines({"collect_at": "alma"}, destination=None), [("click_and_collect", "alma")]),
    ],
)
def test_a_line_goes_where_it_says_or_else_where_its_order_goes(written, goals):
    order = read(**written)
    assert [(order.delivery_of(line), order.collected_at(line)) for line in order.lines] == goals


def test_a_collected_order_keeps_its_destination_only_for_a_line_that_is_delivered():
    assert read(**with_lines({}, {"collect_at": "alma"}, **COLLECTED)).place is None
    assert read(**with_lines({}, {"delivery": "express"}, **COLLECTED)).postcode == "69003"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            with_lines({}, {"delivery": "click_and_collect"}),
            {"lines": {1: {"collect_at": ["a click_and_collect line"]}}},
        ),
        (
            with_lines({"delivery": "express", "collect_at": "alma"}),
            {"lines": {0: {"collect_at": ["only a click_and_collect line"]}}},
        ),
        (with_lines({"delivery": "drone"}), {"lines": {0: {"delivery": ["Must be one of"]}}}),
        (with_lines({}, {"delivery": "express"}, **COLLECTED, destination=None), {"destination": ["the order has no"]}),
        (with_lines({}, {"collect_at": "alma"}, destination=None), {"destination": ["the order has no destination"]}),
        (with_lines({}, {"collect_at": "alma"}, delivery="click_and_collect"), {"collect_at": ["a click_and_collect"]}),
    ],
)
def test_a_line_that_has_nowhere_to_go_is_told_at_its_field(written, expected):
    def begins(messages, start):
        if isinstance(start, dict):
            assert messages.keys() == start.keys()
            return all(begins(messages[key], start[key]) for key in start)
        return all(message.startswith(part) for message, part in zip(messages, start, strict=True))

    assert begins(mistakes(**written), expected)


def test_a_nominated_day_is_a_date():
    assert read(deliver_on="2026-12-10").deliver_on == datetime.date(2026, 12, 10).toordinal()
    assert read().deliver_on is None


@pytest.mark.parametrize(
    "day", ["2026-02-30", "10/12/2026", "2026-12-10T08:00:00Z", "1969-12-31", "9999-01-01", "", 7, []]
)
def test_what_is_no_date_is_refused(day):
    assert list(mistakes(deliver_on=day)) == ["deliver_on"]


def test_an_order_with_too_many_lines_is_refused_before_they_are_read():
    lines = [{"sku": "A", "quantity": "none of these is read"}] * 3
    with pytest.raises(ValidationError, match=r"at most 2 lines \(POINTSMAN_MAX_LINES\), this one 3"):
        OrderRequest(max_lines=2).load({**FULL, "lines": lines})


def test_what_was_read_can_be_written_and_read_again():
    assert OrderRequest().load(msgspec.to_builtins(OrderRecord.of(read()))) == read()


def test_an_order_that_is_collected_can_be_written_and_read_again():
    order = read(delivery="click_and_collect", collect_at="lyon", destination=None)
    assert OrderRequest().load(msgspec.to_builtins(OrderRecord.of(order))) == order


def test_a_destination_that_says_nothing_is_none():
    nowhere = dict.fromkeys(("country", "postcode", "region", "latitude", "longitude"))
    assert list(mistakes(destination=nowhere)) == ["destination"]
    assert list(mistakes(destination={})) == ["destination"]
    assert "country" in mistakes(destination={})["destination"]


@pytest.mark.parametrize("price", [-1, 1.5, "19900000", True, 10**18])
def test_a_price_in_micros_is_a_whole_number(price):
    assert list(mistakes(lines=[{"sku": "A", "quantity": 1, "unit_price_micros": price}])) == ["lines"]


def test_a_line_has_one_price():
    line = {"sku": "A", "quantity": 1, "unit_price_micros": 19_900_000}
    assert read(lines=[line]).lines[0].unit_price == 19_900_000
    assert "not both" in str(mistakes(lines=[{**line, "unit_price": "19.90"}]))
    assert read(lines=[{**line, "unit_price": None}]).lines[0].unit_price == 19_900_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-27T08:12:31Z", 1_795_767_151),
        ("2026-11-27T08:12:31.999Z", 1_795_767_151),
        ("2026-11-27T09:12:31+01:00", 1_795_767_151),
        ("2026-11-27T02:12:31-06:00", 1_795_767_151),
        ("9998-12-31T23:59:59Z", 253_370_764_799),
    ],
)
def test_an_instant_is_read_to_the_second_in_any_zone(text, seconds):
    assert read(placed_at=text).placed_at == seconds


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-11-27T08:12:31", "27/11/2026", "", 1, None, [], True]
)
def test_what_is_no_instant_of_a_shop_is_refused(text):
    assert list(mistakes(placed_at=text)) == ["placed_at"]


@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_an_instant_is_the_same_however_its_zone_writes_it(moment):
    assume(moment.utcoffset().seconds % 60 == 0)  # RFC 3339 writes no seconds of a zone, as Monrovia's were until 1972
    assert read(placed_at=moment.isoformat()).placed_at == moment.timestamp() // 1


@given(st.integers(0, 10**12))
def test_a_price_in_micros_is_read_exactly_from_text_and_from_a_number(micros):
    text = str(Decimal(micros) / 1_000_000)
    for written in {text, float(text)}:
        if Decimal(str(written)) * 1_000_000 == micros:
            (line,) = read(lines=[{"sku": "A", "quantity": 1, "unit_price": written}]).lines
            assert line.unit_price == micros


@pytest.mark.parametrize("price", ["-0.01", "0.0000001", "NaN", "Infinity", "1e30", "19,90", "19.90 EUR", True, [], ""])
def test_what_is_no_price_is_refused(price):
    assert list(mistakes(lines=[{"sku": "A", "quantity": 1, "unit_price": price}])) == ["lines"]


@given(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))
def test_coordinates_are_kept_to_the_microdegree(latitude, longitude):
    place = read(destination={"latitude": latitude / 1_000_000, "longitude": str(Decimal(longitude) / 1_000_000)}).place
    assert place == GeoPoint(latitude=latitude, longitude=longitude)


@pytest.mark.parametrize(
    ("degrees", "microdegrees"),
    [(45.7500005, 45_750_000), (45.7500015, 45_750_002), (1e-9, 0), (-1e-9, 0), (90, 90_000_000)],
)
def test_finer_coordinates_are_rounded_half_to_even(degrees, microdegrees):
    assert read(destination={"latitude": degrees, "longitude": 0}).place.latitude == microdegrees


@pytest.mark.parametrize("degrees", [90.0000001, -91, "ninety", None, True, "1e25", [45], ""])
def test_what_is_no_latitude_is_refused(degrees):
    assert list(mistakes(destination={"latitude": degrees, "longitude": 0})) == ["destination"]


@pytest.mark.parametrize("quantity", [0, -1, 1.0, 1.5, "1", True, None, 1_000_001, [1]])
def test_what_is_no_quantity_is_refused(quantity):
    assert list(mistakes(lines=[{"sku": "A", "quantity": quantity}])) == ["lines"]


@pytest.mark.parametrize("quantity", [1, 1_000_000])
def test_a_quantity_is_a_whole_number_from_one_to_a_million(quantity):
    assert read(lines=[{"sku": "A", "quantity": quantity}]).units == quantity


def test_lines_are_named_by_their_place_unless_they_have_a_name():
    order = read(
        lines=[{"sku": "A", "quantity": 1}, {"id": "gift", "sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}]
    )
    assert [line.id for line in order.lines] == ["1", "gift", "3"]
    assert order.skus == ["A", "B"]


def test_two_lines_of_one_name_are_refused():
    lines = [{"id": "2", "sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1}]
    assert mistakes(lines=lines)["lines"][1]["id"] == ["line '2' stands here a second time"]


def test_lines_of_a_set_are_read():
    lines = [{"sku": "TOP", "quantity": 1, "set": "bed"}, {"sku": "BASE", "quantity": 1, "set": "bed"}]
    assert [line.set_name for line in read(lines=lines).lines] == ["bed", "bed"]
    assert mistakes(lines=[{"sku": "TOP", "quantity": 1, "set": ""}])["lines"][0]["set"]


@pytest.mark.parametrize("apart", [{"collect_at": "lyon"}, {"delivery": "standard"}])
def test_lines_of_a_set_go_to_one_place_by_one_kind_of_delivery(apart):
    lines = [{"sku": "TOP", "quantity": 1, "set": "bed"}, {"sku": "BASE", "quantity": 1, "set": "bed", **apart}]
    message = "lines of set 'bed' travel together: give all of them the same delivery and place"
    assert mistakes(lines=lines) == {"lines": {1: {"set": [message]}}}
    assert read(lines=[{**line, **apart} for line in lines]).sets == {"bed": [0, 1]}
