"""Orders in files: JSON, NDJSON, CSV, and an order as it stands."""

import json

import msgspec
import pytest

from api.files.orders import read_order, read_orders, read_sent_orders
from engine.decide.order_record import OrderRecord
from engine.errors import OrderInvalid

LINES = """\
id;channel;placed_at;country;postcode;tags;line;sku;quantity;unit_price;latitude;longitude;set
W-1;web;2026-11-27T08:00:00Z;FR;69003;gift|vip;a;SHIRT;2;19,90;45,75;4,85;x
W-1;;;;;;b;COAT;1;1 099,00;;;x
W-2;store;2026-11-27T09:00:00Z;FR;75011;;;LAMP;1;;;;
"""
NDJSON = [
    {
        "id": "W-1",
        "channel": "web",
        "placed_at": "2026-11-27T08:00:00Z",
        "destination": {"country": "FR", "postcode": "69003", "latitude": 45.75, "longitude": 4.85},
        "tags": ["gift", "vip"],
        "lines": [
            {"id": "a", "sku": "SHIRT", "quantity": 2, "unit_price": 19.90, "set": "x"},
            {"id": "b", "sku": "COAT", "quantity": 1, "unit_price": 1099, "set": "x"},
        ],
    },
    {
        "id": "W-2",
        "channel": "store",
        "placed_at": "2026-11-27T09:00:00Z",
        "destination": {"country": "FR", "postcode": "75011"},
        "lines": [{"sku": "LAMP", "quantity": 1}],
    },
]


@pytest.fixture
def write(tmp_path):
    def written(text, name="orders.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return written


def mistakes(path):
    with pytest.raises(OrderInvalid) as caught:
        read_orders(path, 500)
    return {
        f"{item.where.removeprefix(f'{path.parent}/')}: {item.field}": item.message for item in caught.value.mistakes
    }


@pytest.mark.parametrize(("separator", "encoding"), [(";", "cp1252"), (",", "utf-8-sig"), ("\t", "utf-8")])
def test_rows_of_a_csv_are_the_lines_of_orders(write, separator, encoding):
    text = LINES if separator == ";" else LINES.replace(",", ".").replace("1 099", "1099").replace(";", separator)
    expected = read_orders(write("\n".join(map(json.dumps, NDJSON)), "orders.ndjson"), 500)
    path = write(text, encoding=encoding)
    assert read_orders(path, 500) == expected
    assert [(item.number, item.order) for item in read_sent_orders(path, 500)] == [(2, expected[0]), (4, expected[1])]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("COAT;1;", "COAT;one;", "orders.csv:3: quantity"),
        ("COAT;1;", ";1;", "orders.csv:3: sku"),
        ("W-1;;;;", "W-1;app;;;", "orders.csv:3: channel"),
        ("W-1;web", "W-1;", "orders.csv:2: channel"),
        ("W-2;store", ";store", "orders.csv:4: id"),
        ("45,75", "95,75", "orders.csv:2: destination.latitude"),
        ("longitude", "colour", "orders.csv:2: colour"),
        ("channel", "kanal", "orders.csv:1: channel"),
        ("\nW-2;store", "\nW-2;store;2026-11-27T09:00:00Z;FR;1;;;A;1;;;;\nW-1;store", "orders.csv:5: id"),
    ],
)
def test_a_mistake_in_a_csv_names_its_row_and_column(write, before, after, place):
    assert before in LINES
    assert place in mistakes(write(LINES.replace(before, after, 1)))


def test_a_mistake_in_one_order_of_a_csv_keeps_no_other_from_being_read(write):
    bad, good = read_sent_orders(write(LINES.replace("COAT;1;", "COAT;one;")), 500)
    assert (bad.id, good.id) == ("W-1", "W-2")
    assert isinstance(bad.order, OrderInvalid)
    assert not isinstance(good.order, OrderInvalid)


def test_an_order_as_it_stands_is_read_as_the_order_that_was_sent(write):
    (order, *_) = read_orders(write("\n".join(map(json.dumps, NDJSON)), "orders.ndjson"), 500)
    stands = {"id": "W-1", "states": ["held"], "lines": [], "order": msgspec.to_builtins(OrderRecord.of(order))}
    assert read_order(write(json.dumps(stands), "order.json"), 500) == order
