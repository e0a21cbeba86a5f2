"""The profile sends real orders, and every function of ours has a purpose; how fast anything is, it does not assert."""

import io
import json
import signal
import time

import pytest
from rich.console import Console

from tests.bench import option_sets
from tests.profile.__main__ import Profile, measure, record, show
from tests.profile.sampling import PURPOSES, ROOT, Sampler, purpose


@pytest.fixture(scope="module")
def profile():
    return measure(option_sets.lines_of_the_day()[:60])


def test_half_of_the_orders_are_decided_and_sampled(profile):
    assert profile.decisions == 30
    assert profile.micros > 0
    assert set(profile.samples) <= set(PURPOSES.values())
    assert profile.samples.total() > 0


def test_the_shares_of_the_processor_add_up(profile):
    shares = json.loads(json.dumps(record(profile)))["shares"]
    assert sum(shares.values()) == pytest.approx(1, abs=0.01)


def test_the_table_says_what_each_purpose_costs():
    profile = Profile(decisions=10, micros=1_000.0, samples=Sampler().samples)
    profile.samples.update({"matching": 3, "choosing": 1})
    console = Console(width=80, file=io.StringIO())
    show(profile, console)
    text = console.file.getvalue()
    assert "10 decisions, 1000 µs" in text
    assert [line.split("│")[1:4] for line in text.splitlines() if "choosing" in line] == [
        [" choosing ", " 25%   ", " 250           "]
    ]


def test_every_file_of_ours_has_a_purpose():
    files = [file for floor in ("api", "engine", "rules") for file in (ROOT / floor).rglob("*.py")]
    assert len(files) > 100
    assert {purpose(str(file)) for file in files} == set(PURPOSES.values())


def test_a_sampler_puts_back_what_it_found():
    before = signal.getsignal(signal.SIGPROF)
    with Sampler():
        assert signal.getsignal(signal.SIGPROF) != before
    assert signal.getsignal(signal.SIGPROF) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_samples_come_with_processor_time():
    with Sampler() as sampler:
        since = time.process_time()
        while time.process_time() - since < 0.05:
            pass
    assert sampler.samples.total() > 0
