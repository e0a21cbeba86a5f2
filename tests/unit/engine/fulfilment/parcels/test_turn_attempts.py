"""What fails in a turn is tried again later, and keeps no other back; what concerns all of them ends the turn."""

import pytest

from engine.errors import CarrierUnavailable, Contended, NotPackable, StoreUnavailable
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.turn_attempts import RETRY_SECONDS, StepResult, TurnAttempts

NOW = 1_800_000_000


class Turn:
    """One that notes until when its steps were put off."""

    def __init__(self, keep_turn=lambda: None):
        self.attempts = TurnAttempts(CarrierLimits(clock=lambda: NOW, keep_turn=keep_turn), clock=lambda: NOW)
        self.put_off = []

    def attempt(self, step):
        return self.attempts.attempt(step, put_off=self.put_off.append, later="it is gone on with later")


def failing(error):
    def step():
        raise error

    return step


def unavailable(**more):
    return CarrierUnavailable("no answer", carrier="colis", **more)


def test_what_is_done_is_not_put_off():
    turn = Turn()
    assert turn.attempt(lambda: StepResult(done=True))
    assert not turn.attempt(lambda: StepResult(done=False))
    assert turn.put_off == []
    turn.attempts.raise_last_error()


def test_what_its_carrier_is_not_to_be_asked_now_is_put_off_as_it_says():
    turn = Turn()
    assert turn.attempt(lambda: StepResult(done=True, go_on_at=NOW + 7))
    assert turn.put_off == [NOW + 7]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (NotPackable("no"), RETRY_SECONDS),
        (unavailable(), RETRY_SECONDS),
        (unavailable(retry_after=1), RETRY_SECONDS),
        (unavailable(retry_after=3_600), 3_600),
        (KeyError("nobody thought of it"), RETRY_SECONDS),
    ],
)
def test_what_fails_is_tried_after_minutes_or_when_its_carrier_says(error, seconds):
    turn = Turn()
    assert not turn.attempt(failing(error))
    assert turn.put_off == [NOW + seconds]


def test_the_last_error_that_was_foreseen_is_raised_once_all_were_tried():
    turn = Turn()
    turn.attempt(failing(NotPackable("first")))
    turn.attempt(failing(NotPackable("second")))
    turn.attempt(failing(KeyError("nobody thought of it")))
    assert turn.attempt(lambda: StepResult(done=True))
    with pytest.raises(NotPackable, match="second"):
        turn.attempts.raise_last_error()


def test_what_nobody_foresaw_is_in_the_log_with_what_is_done_later(caplog):
    Turn().attempt(failing(KeyError("nobody thought of it")))
    ((_, _, message),) = caplog.record_tuples
    assert message == "it is gone on with later"
    assert "nobody thought of it" in caplog.text


def test_a_store_that_does_not_answer_ends_the_turn():
    turn = Turn()
    with pytest.raises(StoreUnavailable):
        turn.attempt(failing(StoreUnavailable("gone")))
    assert turn.put_off == []


def test_nothing_is_tried_in_a_turn_that_is_another_process_s_by_now():
    turn, tried = Turn(failing(Contended("another process has the turn"))), []
    with pytest.raises(Contended):
        turn.attempt(lambda: tried.append(1) or StepResult(done=True))
    assert tried == []
