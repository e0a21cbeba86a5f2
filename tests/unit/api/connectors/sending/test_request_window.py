"""No sixty seconds have more requests than a target takes, whenever they begin."""

import math

from hypothesis import given
from hypothesis import strategies as st

from api.connectors.sending.request_window import RequestWindow
from tests.support.examples import examples

START = 1_764_000_000
pauses = st.lists(st.floats(0, 45, allow_nan=False), max_size=60)
"""Seconds between one attempt to send and the next."""


def sent_at(pauses, most):
    """The instants at which requests go out, if one is tried after each pause; as the place keeps them in between."""
    text, at, sent = "", float(START), []
    for pause in pauses:
        at += pause
        window = RequestWindow.read(text, math.floor(at))
        if window.requests + 1 <= most:
            sent.append(at)
            text = window.with_one_more(math.floor(at)).text
    return sent


@examples(200)
@given(pauses, st.integers(1, 5))
def test_no_sixty_seconds_have_more_requests_than_that(pauses, most):
    sent = sent_at(pauses, most)
    for index, first in enumerate(sent):
        assert sum(first <= other < first + 60 for other in sent[index:]) <= most


@examples(100)
@given(st.lists(st.floats(0, 5, allow_nan=False), max_size=40), st.integers(1, 5))
def test_a_minute_later_as_many_may_go_out_again(pauses, most):
    before = sent_at(pauses, most)
    at_once = sent_at([*pauses, 61.0, *[0.0] * most], most)
    assert len(at_once) == len(before) + most


def test_what_a_clock_that_was_wrong_put_far_ahead_is_forgotten_and_what_is_a_little_ahead_counts():
    window = RequestWindow().with_one_more(START).with_one_more(START)
    assert RequestWindow.read(window.text, START - 60).requests == 2
    assert RequestWindow.read(window.text, START - 61).requests == 0


def test_it_holds_no_more_than_its_minute():
    text = ""
    for second in range(1_000):
        text = RequestWindow.read(text, START + second).with_one_more(START + second).text
    assert len(text.split()) == 61
