"""How many what-ifs wait: whatever becomes of them, those that count are those that are queued."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import TooManyWhatIfs
from engine.simulation.job import Job, JobRequest
from engine.simulation.jobs import WhatIfs, seconds_until_one_ends
from engine.store.whatif_jobs import WhatIfJobs
from tests.support.examples import examples

MOST = 2
REQUEST = JobRequest(drafts=[], against="", since=0, until=1, shown=0, weighed=0, language="en")
ASKED_OFTEN = ["ask", "ask", "ask", "begin", "end", "give_up", "cancel"]
STEPS = st.lists(st.tuples(st.sampled_from(ASKED_OFTEN), st.integers(0, 9)), min_size=10, max_size=20)


@pytest.fixture
def opened_jobs(pointsman, redis_client, network):
    """Answers the jobs of the network, of which there are none yet."""

    def jobs():
        for key in redis_client.scan_iter(f"{{{network}}}:whatif:*"):
            redis_client.delete(key)
        stored = pointsman.simulation_jobs
        return WhatIfs(stored, most=MOST, new_id=lambda: "unused", clock=lambda: 100)

    return jobs


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_those_that_wait_are_as_many_as_are_queued_and_never_more_than_may(opened_jobs, steps):
    jobs = opened_jobs()
    stored = jobs.stored

    def queued():
        return [job for job in stored.all("whatif") if job.state == "queued"]

    for step, number in steps:
        known = stored.all("whatif")
        if step == "ask":
            before = [job.id for job in known]
            is_full = len(queued()) == MOST
            try:
                made = jobs.add(REQUEST, operation=str(number))
                assert made.id in before or not is_full
            except TooManyWhatIfs:
                assert is_full
                assert [job.id for job in stored.all("whatif")] == before
        elif known:
            job = known[number % len(known)]
            match step:
                case "begin":
                    stored.begin(job, "turn", at=100)
                case "end":
                    stored.end(job.id, "turn", at=101)
                case "give_up":
                    stored.give_up(job.id, at=101, error="died")
                case "cancel":
                    jobs.cancel(job.id)
        assert len(queued()) <= MOST


@examples(50)
@given(
    started=st.integers(0, 10_000),
    now=st.integers(10_000, 20_000),
    done=st.integers(0, 50),
    about=st.integers(0, 10**6),
)
def test_a_caller_is_told_to_wait_for_a_second_at_least_and_an_hour_at_most(started, now, done, about):
    job = Job(
        id="a", state="running", created_at=0, created_by="", started_at=started, done=done, about=max(about, done)
    )
    assert 1 <= seconds_until_one_ends([job], now) <= 3_600


def test_the_one_that_will_have_ended_first_says_how_long_to_wait():
    half, tenth = (
        Job(id=str(done), state="running", created_at=0, created_by="", started_at=100, done=done, about=100)
        for done in (50, 10)
    )
    assert seconds_until_one_ends([half, tenth], 130) == 30
    assert seconds_until_one_ends([tenth], 130) == 270
    assert seconds_until_one_ends([], 130) == 30


def test_one_that_is_asked_for_anew_while_the_list_is_read_stays_on_it(opened_jobs, redis_client, network, monkeypatch):
    jobs, listed = opened_jobs(), WhatIfJobs._listed
    name, other = (jobs.add(REQUEST, operation=operation).id for operation in ("once", "other"))
    for job in (name, "gone"):  # its time is over
        redis_client.delete(f"{{{network}}}:whatif:job:{job}")
        redis_client.zadd(f"{{{network}}}:whatif:jobs", {job: 1})
    redis_client.delete(f"{{{network}}}:whatif:waiting")

    def asked_for_anew(stored, key):
        found = listed(stored, key)
        monkeypatch.undo()
        assert jobs.add(REQUEST, operation="once").id == name
        return found

    monkeypatch.setattr(WhatIfJobs, "_listed", asked_for_anew)
    assert [job.id for job in jobs.all()] == [other]
    assert {job.id for job in jobs.all()} == {name, other}
    assert redis_client.zscore(f"{{{network}}}:whatif:jobs", "gone") is None
