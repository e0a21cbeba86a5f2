"""Results in the order sent: each as soon as it can be given, and no more bytes kept than the bound."""

import itertools
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
from hypothesis import given

from engine.errors import KeyReused, StoreUnavailable
from engine.orders.batch import batch_results
from engine.orders.batch.batch_results import OrderDecided, OrderNotDecided, in_order_sent
from engine.orders.decision_request import Answer

SIZES = st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=1, max_size=12)


def answer(index, size, *, new=True):
    return Answer(body=b'{"id":"%d"}' % index + b" " * size, logged_facts=b"", new=new)


def results_of(sizes, order):
    """One result for each size; None: the order is not decided."""
    for rank, index in enumerate(order, start=1):
        if sizes[index] is None:
            yield OrderNotDecided(index=index, error=KeyReused("reused"))
        else:
            yield OrderDecided(index=index, rank=rank, answer=answer(index, sizes[index], new=index % 2 == 0))


@given(st.data(), SIZES, st.integers(0, 120), st.integers(1, 3))
def test_results_come_in_the_order_sent_whole_and_as_soon_as_they_can(data, sizes, most_bytes, most_at_once):
    order = data.draw(st.permutations(range(len(sizes))))
    expected = {result.index: result for result in results_of(sizes, order)}
    taken = []

    def logged(names):
        assert len(names) <= most_at_once
        return [answer(int(name), sizes[int(name)], new=False) for name in names]

    def noted():
        for result in results_of(sizes, order):
            taken.append(result.index)
            yield result

    with (
        patch.object(batch_results, "MOST_BYTES_KEPT", most_bytes),
        patch.object(batch_results, "MOST_AT_ONCE", most_at_once),
    ):
        given_out = []
        for result in in_order_sent(noted(), logged):
            given_out.append(result)
            assert result.index == len(given_out) - 1
            assert len(taken) == 1 + max(order.index(earlier) for earlier in range(result.index + 1))
    assert [(type(item), item.index) for item in given_out] == [
        (type(expected[index]), index) for index in range(len(sizes))
    ]
    for item in given_out:
        if isinstance(item, OrderDecided):
            assert item == expected[item.index]


def test_answers_beyond_the_bound_are_not_kept_but_read_back():
    read = []

    def logged(names):
        read.append(list(names))
        return [answer(int(name), 10) for name in names]

    sizes, order = [10] * 5, [4, 3, 2, 1, 0]
    size = len(answer(0, 10).body)
    with patch.object(batch_results, "MOST_BYTES_KEPT", 2 * size):
        given_out = list(in_order_sent(results_of(sizes, order), logged))
    assert [item.index for item in given_out] == [0, 1, 2, 3, 4]
    assert read == [["1", "2"]]


def test_what_is_given_out_makes_room_for_what_comes():
    def logged(names):
        raise AssertionError(names)

    sizes, order = [10] * 6, list(itertools.chain.from_iterable((index + 1, index) for index in (0, 2, 4)))
    with patch.object(batch_results, "MOST_BYTES_KEPT", len(answer(0, 10).body)):
        assert len(list(in_order_sent(results_of(sizes, order), logged))) == 6


def test_an_answer_that_can_not_be_read_back_counts_as_not_decided():
    def logged(_):
        raise StoreUnavailable("gone")

    with patch.object(batch_results, "MOST_BYTES_KEPT", 0):
        first, second, third = in_order_sent(results_of([1, None, 1], [2, 1, 0]), logged)
    assert (first.index, type(first), type(second)) == (0, OrderDecided, OrderNotDecided)
    assert isinstance(third.error, StoreUnavailable)
    with pytest.raises(KeyReused):
        raise second.error
