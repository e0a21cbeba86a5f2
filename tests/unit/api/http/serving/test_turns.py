"""One long request of a worker computes at a time, in the order in which they came."""

import threading
import time

from api.http.serving.turns import Turns
from tests.support.wait_until import wait_until


def test_turns_go_round_in_the_order_in_which_they_were_asked_for():
    turns, order = Turns(), []
    turns.take()

    def work(name):
        turns.take()
        for _ in range(3):
            order.append(name)
            turns.pass_on()
        turns.give()

    threads = []
    for number, name in enumerate("abc", start=1):
        threads.append(threading.Thread(target=work, args=(name,)))
        threads[-1].start()
        wait_until(lambda count=number: len(turns._waiting) == count, "it waits for its turn")
    turns.give()
    for thread in threads:
        thread.join()
    assert order == list("abcabcabc")


def test_who_waits_for_something_else_lets_others_compute_and_then_waits_for_its_turn():
    turns, began, end = Turns(), threading.Event(), threading.Event()

    def other():
        turns.take()
        began.set()
        end.wait()
        turns.give()

    turns.take()
    thread = threading.Thread(target=other)
    thread.start()
    assert not began.wait(0.05)
    with turns.given_meanwhile():
        assert began.wait(20)
        end.set()
    assert not turns._waiting
    thread.join()
    turns.give()
    assert not turns._taken


def test_after_a_turn_ordinary_requests_have_as_much_time_each():
    ordinary = 3
    turns = Turns(lambda: ordinary)
    turns.take()
    began = time.monotonic()
    time.sleep(0.02)
    turns.give()
    took, ended = time.monotonic() - began, time.monotonic()
    assert ordinary * 0.02 <= turns._rests_until - ended + 0.02 <= ordinary * took + 0.02
    turns.take()
    assert time.monotonic() >= turns._rests_until
    ordinary = 0
    turns.give()
    assert turns._rests_until <= time.monotonic()
