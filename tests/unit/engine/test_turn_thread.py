"""A thread that takes its turns whatever becomes of each, and says what is wrong once."""

import logging

import pytest

from engine.errors import Contended, NotReady
from engine.turn_thread import SILENT_TURNS, TurnThread
from tests.support.wait_until import wait_until


@pytest.fixture
def taking(caplog):
    """Takes the turns that are given, each an error or None, and returns what was logged; then goes on without one."""
    caplog.set_level(logging.INFO)

    def take(*errors, **more):
        left = list(errors)

        def turn():
            if left and (error := left.pop(0)) is not None:
                raise error

        thread = TurnThread(turn, name="test", seconds=0.0001, later="stock is offered", **more)
        thread.start()
        wait_until(lambda: not left, "the turns are taken")
        thread.stop()
        return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "pointsman"]

    return take


def test_an_error_is_logged_once_until_a_turn_goes_well_or_another_comes(taking):
    away, busy = NotReady("no facts"), Contended("busy")
    said = [("INFO", "stock is offered later: no facts"), ("INFO", "stock is offered later: busy")]
    assert taking(away, away, busy, busy, None, busy) == [*said, said[1]]


def test_an_error_that_lasts_is_logged_again_after_a_time(taking):
    assert len(taking(*[NotReady("no facts")] * (SILENT_TURNS + 1))) == 2


def test_what_is_grave_is_an_error_and_what_nobody_expected_ends_nothing(taking):
    logged = taking(NotReady("no facts"), RuntimeError("a fault"), Contended("busy"), grave=(NotReady,))
    assert logged == [
        ("ERROR", "stock is offered later: no facts"),
        ("ERROR", "stock is offered later"),
        ("INFO", "stock is offered later: busy"),
    ]


def test_a_turn_with_nothing_to_do_is_followed_by_a_longer_wait():
    answers, taken = [True, None, False], []

    def turn():
        taken.append(answers[len(taken)] if len(taken) < len(answers) else None)
        return taken[-1]

    thread = TurnThread(turn, name="test", seconds=0.0001, idle_seconds=3_600, later="stock is offered")
    thread.start()
    wait_until(lambda: len(taken) >= len(answers), "the turns are taken")
    thread.stop()
    assert taken == answers
