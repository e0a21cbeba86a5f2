"""What a request without a query means is worked out once, and each request is read as if it were the first."""

import itertools

import pytest
from flask import Flask, request
from marshmallow import Schema, ValidationError, fields, validates_schema
from werkzeug.exceptions import UnprocessableEntity

from api.http.strict_parsing import StrictParser
from api.shapes.base import Strict


class Asked(Strict):
    wait = fields.Boolean(load_default=False)
    most = fields.Integer(load_default=10)


class Named(Schema):
    key = fields.String(data_key="X-Key", load_default=None)


@pytest.fixture
def parser():
    return StrictParser()


@pytest.fixture
def read(parser):
    def read(shape, query="", *, location="query", headers=None, **options):
        with Flask("shop").test_request_context(f"/?{query}", headers=headers):
            return parser.parse(shape, request, location=location, **options)

    return read


def test_who_asks_for_nothing_gets_what_is_usual_before_and_after_somebody_who_asks(read):
    shape = Asked()
    usual = {"wait": False, "most": 10}
    assert read(shape) == usual
    assert read(shape, "most=3&wait=true") == {"wait": True, "most": 3}
    assert read(shape) == usual


def test_the_shape_is_asked_once_of_requests_that_ask_for_nothing(read):
    asked = []

    class Watched(Asked):
        def load(self, data, **options):
            asked.append(dict(data))
            return super().load(data, **options)

    shape = Watched()
    for query in ("", "", "most=3", ""):
        read(shape, query)
    assert asked == [{}, {"most": "3"}]


def test_what_one_request_makes_of_it_no_other_sees(read):
    shape = Asked()
    read(shape).clear()
    first = read(shape)
    first["most"] = 99
    assert read(shape) == {"wait": False, "most": 10}


def test_a_query_with_an_unknown_name_is_refused_whatever_was_read_before(read):
    shape = Asked()
    read(shape)
    with pytest.raises(UnprocessableEntity):
        read(shape, "wiat=true")


def test_a_header_is_read_wherever_it_is_sent_even_if_it_is_empty(read):
    shape, options = Named(), {"location": "headers", "unknown": "exclude"}
    assert read(shape, **options) == {"key": None}
    assert read(shape, headers={"X-Key": "a"}, **options) == {"key": "a"}
    assert read(shape, headers={"X-Key": ""}, **options) == {"key": ""}
    assert read(shape, headers={"X-Other": "a"}, **options) == {"key": None}


def test_what_is_required_is_missed_each_time(read):
    class Needed(Strict):
        name = fields.String(required=True)

    shape = Needed()
    for _ in range(2):
        with pytest.raises(UnprocessableEntity):
            read(shape)


def test_what_a_function_makes_is_made_anew_each_time(read):
    numbers = itertools.count()

    class Counted(Strict):
        number = fields.Integer(load_default=lambda: next(numbers))

    shape = Counted()
    assert [read(shape)["number"] for _ in range(3)] == [0, 1, 2]


def test_a_rule_of_the_whole_shape_is_asked_each_time(read):
    open_now = [True, False]

    class Hours(Strict):
        name = fields.String(load_default=None)

        @validates_schema
        def _is_open(self, _, **__):
            if not open_now.pop(0):
                raise ValidationError("closed")

    shape = Hours()
    assert read(shape) == {"name": None}
    with pytest.raises(UnprocessableEntity):
        read(shape)
