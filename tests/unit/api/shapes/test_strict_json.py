"""JSON as callers write it."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shapes.strict_json import MOST_LEVELS, NotJson, read_json
from tests.support.examples import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(VALUES)
def test_json_is_what_it_says(value):
    text = orjson.dumps(value)
    assert read_json(text) == orjson.loads(text)


@pytest.mark.slow
@examples(50, in_suite=20)
@given(st.dictionaries(st.text(), VALUES, min_size=1), st.data())
def test_a_key_that_stands_twice_in_an_object_is_refused_wherever_it_stands(value, drawn):
    again = drawn.draw(st.sampled_from(sorted(value)))
    inner = orjson.dumps(value)[:-1] + b"," + orjson.dumps({again: 1})[1:]
    before, after = drawn.draw(st.sampled_from([(b"", b""), (b"[1,", b"]"), (b'{"a":{"b":[', b"]}}")]))
    with pytest.raises(NotJson, match="twice in one object"):
        read_json(before + inner + after)


@pytest.mark.parametrize("text", [b"", b"{", b"[1,]", b"NaN", b'"\\ud800"', b'{"a":1}}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(NotJson):
        read_json(text)


def test_numbers_of_any_length_and_nesting_of_any_depth_break_nothing():
    assert read_json(b"1" + b"0" * 300) == 1e300
    assert read_json(b"[" * MOST_LEVELS + b"]" * MOST_LEVELS)
    assert read_json(b'{"a":' * MOST_LEVELS + b"1" + b"}" * MOST_LEVELS)
    for depth in (MOST_LEVELS + 1, 900, 1_020, 5_000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b'{"a":1,"a":', b"}")):
            with pytest.raises(NotJson):
                read_json(opening * depth + b"1" + closing * depth)
