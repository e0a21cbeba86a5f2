"""parts/number_ranges.lua issues the numbers of number_ranges.py, none of them twice, also after a failover."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import NumbersExhausted
from engine.fulfilment.carriers.number_kinds import FORMS
from engine.fulfilment.carriers.number_ranges import number_of, script_ranges
from engine.model.carriers import NumberRange
from engine.store.connection.client import SCRIPTS
from engine.store.fulfilment.tracking_serials import TrackingSerials
from engine.store.keys import INSTALLATION, Keys
from tests.support.examples import examples

pytestmark = pytest.mark.each_server

RUN = (
    (SCRIPTS / "parts" / "number_ranges.lua").read_text(encoding="utf-8")
    + """
local numbers, why = take_tracking_numbers(KEYS[1], KEYS[2], cjson.decode(ARGV[1]), tonumber(ARGV[2]), ARGV[3])
return numbers or why
"""
)


class Issuing:
    """Takes numbers as packing does."""

    def __init__(self, client, keys):
        self.client, self.key, self.parcels = client.redis, keys.tracking_serials, keys.parcel_numbers
        self.serials = TrackingSerials(client, keys)
        self.run = client.redis.info("server")["run_id"]
        self.client.delete(self.key, self.parcels, Keys(INSTALLATION).claimed_numbers)
        self.at_replicas: dict[bytes, bytes] = {}

    def once(self, ranges, count):
        answer = self.client.eval(RUN, 2, self.key, self.parcels, json.dumps(script_ranges(ranges)), count, self.run)
        return answer.decode() if isinstance(answer, bytes) else [number.decode() for number in answer]

    def take(self, ranges, count):
        answer = self.once(ranges, count)
        if answer == "reserve":
            self.serials.reserve(script_ranges(ranges), count, carrier="dpd")
            self.at_replicas = self.client.hgetall(self.key)
            answer = self.once(ranges, count)
        assert answer != "reserve"
        return [] if answer == "exhausted" else answer

    def fail_over(self):
        """The server that takes over has what was reserved last and no more; what it has is of another run."""
        for field, text in self.at_replicas.items():
            self.client.hset(self.key, field, b" ".join([*text.split()[:2], b"another-run", *text.split()[3:]]))


@pytest.fixture
def issuing(client, keys):
    return Issuing(client, keys)


@st.composite
def ranges(draw):
    kind = draw(st.sampled_from(sorted(FORMS)))
    form = FORMS[kind]
    fields = {name: draw(st.from_regex(field.pattern, fullmatch=True)) for name, field in form.fields.items()}
    first = draw(st.integers(0, form.most))
    return NumberRange(kind=kind, first=first, last=min(form.most, first + draw(st.integers(0, 40))), **fields)


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=ranges())
def test_scripts_make_the_numbers_that_python_makes(client, keys, numbers):
    serials = range(numbers.first, min(numbers.last, numbers.first + 4) + 1)
    taken = Issuing(client, keys).take([numbers], len(serials))
    assert taken == [number_of(numbers, serial) for serial in serials]


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.sets(st.integers(0, 40)),
    counts=st.lists(st.integers(1, 6), max_size=8),
    last=st.sampled_from([40, 9_999_999]),
)
def test_numbers_by_which_parcels_go_already_are_left_out(client, keys, taken, counts, last):
    numbers = NumberRange(kind="dpd", account="0998", first=0, last=last)
    issuing = Issuing(client, keys)
    for serial in taken:
        client.redis.hset(issuing.parcels, number_of(numbers, serial), "another/0/1")
    free = [number_of(numbers, serial) for serial in range(min(last, 100) + 1) if serial not in taken]
    for count in counts:
        expected = free[:count] if len(free) >= count else []
        assert issuing.take([numbers], count) == expected
        del free[: len(expected)]


@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(1, 5)), min_size=2, max_size=12))
def test_no_number_is_issued_twice_however_the_file_changes(client, keys, steps):
    issuing = Issuing(client, keys)
    issued: list[str] = []
    for first, length, count in steps:
        numbers = [NumberRange(kind="fedex_express", first=first, last=first + length)]
        left = {number_of(numbers[0], serial) for serial in range(first, first + length + 1)} - set(issued)
        taken = issuing.take(numbers, count)
        assert len(taken) == (count if count <= len(left) else 0)
        assert set(taken) <= left
        issued += taken
    assert len(issued) == len(set(issued))


@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=2, max_size=14),
    size=st.integers(20, 60_000),
)
def test_no_number_is_issued_twice_if_failovers_lose_all_since_the_last_reservation(client, keys, steps, size):
    issuing = Issuing(client, keys)
    numbers = [NumberRange(kind="dhl_express", first=0, last=size)]
    issued: list[str] = []
    for count, fails_over in steps:
        issued += issuing.take(numbers, count)
        if fails_over:
            issuing.fail_over()
    assert len(issued) == len(set(issued))


def test_the_next_range_is_begun_in_the_midst_of_a_shipment_and_too_few_take_nothing(issuing):
    two = [NumberRange(kind="dhl_express", first=7, last=8), NumberRange(kind="dhl_express", first=100, last=101)]
    assert issuing.take(two, 5) == []
    assert issuing.take(two, 3) == [number_of(two[0], 7), number_of(two[0], 8), number_of(two[1], 100)]
    assert issuing.take(two, 2) == []
    assert issuing.take(two, 1) == [number_of(two[1], 101)]
    with pytest.raises(NumbersExhausted, match="carrier 'dhl' has fewer than 1 tracking numbers left"):
        issuing.serials.reserve(script_ranges(two), 1, carrier="dhl")


def test_a_server_that_was_started_again_wastes_a_few_numbers_and_no_more(issuing):
    numbers = [NumberRange(kind="dhl_express", first=0, last=99)]
    assert issuing.take(numbers, 1) == [number_of(numbers[0], 0)]
    issuing.fail_over()
    (second,) = issuing.take(numbers, 1)
    assert second in {number_of(numbers[0], serial) for serial in range(1, 4)}


def test_ranges_of_another_form_have_serials_of_their_own(issuing):
    lyon = NumberRange(kind="dpd", account="0998", first=0, last=9)
    lille = NumberRange(kind="dpd", account="0997", first=3, last=9)
    assert issuing.take([lyon], 5) == [number_of(lyon, serial) for serial in range(5)]
    assert issuing.take([lille], 2) == [number_of(lille, 3), number_of(lille, 4)]
