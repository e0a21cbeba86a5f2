"""A process goes by the server's clock, and is refused while its own is too far from it."""

import functools
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.ledger import audit_lines
from engine.errors import ClockOff
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection import client, server_check
from engine.store.connection.server_check import check_server
from engine.store.connection.server_clock import CHECK_SECONDS, MOST_SECONDS_OFF, ServerClock, real_clock
from engine.store.log.decision_log import entries
from tests.conftest import Clock
from tests.support.callers import client_of
from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.order_json import order_json

DAYS_AHEAD = 3 * 24 * 60 * 60
WEEK = 7 * 24 * 60 * 60


class Machine:
    """A machine whose clock can be set, and a server that answers after a while."""

    def __init__(self, *, ahead: float = 0.0, there: float = 0.0, back: float = 0.0) -> None:
        self.true, self.ahead, self.there, self.back, self.asked = 1_800_000_000.0, ahead, there, back, 0
        self.clock = ServerClock(self._ask, clock=lambda: self.true + self.ahead, elapsed=lambda: self.true)

    def _ask(self) -> float:
        self.asked += 1
        self.true += self.there
        answer = self.true
        self.true += self.back
        return answer


@given(
    ahead=st.floats(-10, 10),
    there=st.floats(0, 5),
    back=st.floats(0, 5),
)
def test_a_clock_is_never_taken_for_further_off_than_it_is_however_long_the_answer_takes(ahead, there, back):
    machine = Machine(ahead=ahead, there=there, back=back)
    try:
        machine.clock.verify()
    except ClockOff:
        assert abs(ahead) > MOST_SECONDS_OFF
    assert abs(machine.clock.offset) <= abs(ahead) + 1e-6
    assert machine.clock.offset * ahead <= 0


@given(ahead=st.floats(-1e6, 1e6).filter(lambda ahead: abs(ahead) > MOST_SECONDS_OFF + 0.3))
def test_a_clock_that_is_off_is_always_refused_where_the_answer_is_quick(ahead):
    machine = Machine(ahead=ahead, there=0.1, back=0.1)
    for _ in range(2):
        with pytest.raises(ClockOff, match="ahead of" if ahead > 0 else "behind"):
            machine.clock.verify()


def test_a_small_difference_is_made_up_for():
    machine = Machine(ahead=-1.5)
    machine.clock.verify()
    assert machine.clock.offset == pytest.approx(1.5)


def test_the_clocks_are_compared_once_a_minute_and_when_the_clock_was_set():
    machine = Machine()
    for _ in range(3):
        machine.clock.verify()
    assert machine.asked == 1
    machine.true += CHECK_SECONDS
    machine.clock.verify()
    assert machine.asked == 2
    machine.ahead = 3 * 3_600.0
    with pytest.raises(ClockOff):
        machine.clock.verify()


def test_who_was_refused_goes_on_once_the_clock_is_right_again():
    machine = Machine(ahead=60.0)
    with pytest.raises(ClockOff):
        machine.clock.verify()
    machine.ahead = 0.0
    machine.clock.verify()
    assert machine.clock.offset == 0


@pytest.fixture
def skewed(monkeypatch):
    """From here on, the clocks of this process that are compared with a server's are so many seconds ahead."""

    def skew(seconds):
        ahead = functools.partial(ServerClock, clock=lambda: real_clock() + seconds)
        for module in (client, server_check):
            monkeypatch.setattr(module, "ServerClock", ahead)

    return skew


def test_a_process_three_days_ahead_is_refused_at_its_start_and_ends_no_hold(pointsman, server_url, network, skewed):
    held = json_of(pointsman.decide(order(("SHIRT", 1))))["id"]
    skewed(DAYS_AHEAD)
    with pytest.raises(ClockOff, match=r"259,\d{3}\.\d s ahead of the server's, and at most 2 s are allowed.*NTP"):
        Pointsman(Settings(redis_url=server_url, network=network))
    assert pointsman._client.redis.exists(pointsman._keys.hold(held))


def test_a_process_whose_clock_is_set_while_it_runs_is_refused_and_changes_nothing(pointsman, contents, monkeypatch):
    json_of(pointsman.decide(order(("SHIRT", 1))))
    http, before = client_of(pointsman), contents()
    ahead = lambda: real_clock() + DAYS_AHEAD  # noqa: E731
    clock = ServerClock(pointsman._client.clock._ask, clock=ahead)
    monkeypatch.setattr(pointsman._client, "clock", clock)
    for answer in (http.post("/v1/decisions", json=order_json()), http.get("/v1/stock/SHIRT"), http.get("/readyz")):
        assert answer.status_code == 503
        assert answer.get_json()["type"].endswith("clock-off")
    assert contents() == before


def test_a_process_goes_by_the_clock_of_the_server(server_url, network, skewed):
    skewed(-1.5)
    with Pointsman(Settings(redis_url=server_url, network=network)) as behind:
        assert behind._clock() - time.time() == pytest.approx(1.5, abs=1)


def test_what_a_claimed_instant_is_written_with_says_when_it_was_written_too(pointsman, clock: Clock):
    pointsman.decide(order(("SHIRT", 1), placed_at=clock.now - WEEK), now=clock.now - WEEK)
    *_, entry = entries(pointsman._client, pointsman._keys)
    assert (entry.kind, entry.at) == ("decided", clock.now - WEEK)
    assert entry.recorded_at == entry.id[0] // 1_000 > entry.at


def test_the_check_of_the_ledger_says_how_many_holds_a_wrong_clock_ended_early(pointsman, clock: Clock):
    clock.now = int(real_clock())
    for _ in range(2):
        assert json_of(pointsman.decide(order(("SHIRT", 1), placed_at=clock.now)))["hold"]
    assert pointsman.check().ended_early == 0
    clock.now += 40 * 24 * 3_600
    pointsman.stock.show("SHIRT")
    audit = pointsman.check()
    assert (audit.ended_early, audit.clean) == (2, True)
    (line,) = [line for line in audit_lines(audit) if "before their time" in line]
    assert line.endswith(": 2")


def test_holds_that_end_in_time_are_not_called_early(pointsman, clock: Clock):
    clock.now = int(real_clock()) - 40 * 24 * 3_600
    made = json_of(pointsman.decide(order(("SHIRT", 1), placed_at=clock.now)))
    clock.now = int(real_clock())
    pointsman.stock.show("SHIRT")
    assert [entry.kind for entry in entries(pointsman._client, pointsman._keys)][-1] == "expired", made
    assert pointsman.check().ended_early == 0


def test_the_check_of_a_server_finds_a_clock_that_is_off(server_url, skewed):
    skewed(-60)
    (found,) = [finding for finding in check_server(server_url, Settings()) if finding.code == "clock-off"]
    assert found.severity == "fault"
    assert "60.0 s behind" in found.message


MAIN = """
import functools
from engine.store.connection import client, server_clock
ahead = lambda: server_clock.real_clock() + 259_200
client.ServerClock = functools.partial(server_clock.ServerClock, clock=ahead)
from api.cli.main import main
main()
"""


def test_a_command_on_a_machine_whose_clock_is_off_says_so_and_does_nothing(pointsman, server_url, network, contents):
    pointsman.decide(order(("SHIRT", 1)))
    before = contents()
    environment = {"POINTSMAN_REDIS_URL": server_url, "POINTSMAN_NETWORK": network, "POINTSMAN_LANG": "en"}
    words = [sys.executable, "-c", MAIN, "stock", "show", "SHIRT"]
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "s ahead of the server's, and at most 2 s are allowed" in ran.stderr
    assert contents() == before
