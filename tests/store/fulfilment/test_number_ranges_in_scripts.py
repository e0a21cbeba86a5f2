"""parts/number_ranges.lua issues the numbers of number_ranges.py, none of them twice."""

import json

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.fulfilment.carriers.number_kinds import FORMS
from engine.fulfilment.carriers.number_ranges import number_of, script_ranges
from engine.model.carriers import NumberRange
from engine.store.connection.client import SCRIPTS
from tests.support.examples import examples

RUN = (
    (SCRIPTS / "parts" / "number_ranges.lua").read_text(encoding="utf-8")
    + """
return take_tracking_numbers(KEYS[1], cjson.decode(ARGV[1]), tonumber(ARGV[2])) or {}
"""
)
KEY = "{test}:parcels:tracking_serials"


def take(client, ranges, count):
    return [number.decode() for number in client.eval(RUN, 1, KEY, json.dumps(script_ranges(ranges)), count)]


@st.composite
def ranges(draw):
    kind = draw(st.sampled_from(sorted(FORMS)))
    form = FORMS[kind]
    fields = {name: draw(st.from_regex(field.pattern, fullmatch=True)) for name, field in form.fields.items()}
    first = draw(st.integers(0, form.most))
    return NumberRange(kind=kind, first=first, last=min(form.most, first + draw(st.integers(0, 40))), **fields)


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=ranges())
def test_scripts_make_the_numbers_that_python_makes(redis_client, numbers):
    redis_client.delete(KEY)
    serials = range(numbers.first, min(numbers.last, numbers.first + 4) + 1)
    assert take(redis_client, [numbers], len(serials)) == [number_of(numbers, serial) for serial in serials]


@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(1, 5)), min_size=2, max_size=12))
def test_no_number_is_issued_twice_however_the_file_changes(redis_client, steps):
    redis_client.delete(KEY)
    issued: list[str] = []
    for first, length, count in steps:
        numbers = [NumberRange(kind="fedex_express", first=first, last=first + length)]
        left = {number_of(numbers[0], serial) for serial in range(first, first + length + 1)} - set(issued)
        taken = take(redis_client, numbers, count)
        assert len(taken) == (count if count <= len(left) else 0)
        assert set(taken) <= left
        issued += taken
    assert len(issued) == len(set(issued))


def test_the_next_range_is_begun_in_the_midst_of_a_shipment_and_too_few_take_nothing(redis_client):
    two = [NumberRange(kind="dhl_express", first=7, last=8), NumberRange(kind="dhl_express", first=100, last=101)]
    assert take(redis_client, two, 5) == []
    assert take(redis_client, two, 3) == [number_of(two[0], 7), number_of(two[0], 8), number_of(two[1], 100)]
    assert take(redis_client, two, 2) == []
    assert take(redis_client, two, 1) == [number_of(two[1], 101)]
