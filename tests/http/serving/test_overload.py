"""What there is no room for is refused at once, and long requests keep no ordinary ones from a thread."""

import pytest

from tests.support.wait_until import wait_until


@pytest.mark.slow
def test_what_would_wait_too_long_is_refused_at_once_and_what_is_carried_out_goes_on(serve, gates):
    served = serve(threads=1, queue_seconds=1)
    running, waiting = served.connect(), served.connect()
    running.begin("GET", "/gate/one")
    gates.wait_for("one")
    waiting.begin("GET", "/gate/two")
    refused = wait_until(lambda: refusal(served), "the queue is too long")
    assert refused.problem == "overloaded"
    assert "would not be begun within 1 seconds" in refused.json["detail"]
    assert int(refused.headers["retry-after"]) >= 1
    assert served.ask("GET", "/healthz").status == 200
    gates.open("one")
    assert running.answer().body == b"through"
    # whose turn comes later than it should is refused, too: its caller may have given up
    assert waiting.answer().problem == "overloaded"
    wait_until(lambda: served.ask("POST", "/echo", b"again").body == b"again", "requests are carried out again")
    # nor are those carried out who left before it was their turn
    assert {path.name for path in gates.directory.iterdir()} == {"one", "one.begun"}


def refusal(served):
    connection = served.connect()
    connection.begin("GET", "/gate/three")
    if connection.has_answer(within=0.05):
        return connection.answer()
    connection.close()
    return None


def test_beyond_so_many_streams_one_is_refused_and_ordinary_requests_go_on(hasty):
    stream = hasty.connect()
    stream.begin("GET", "/v1/availability/feed")
    stream.read_until(b"\r\n\r\n")
    for _ in range(3):
        refused = hasty.ask("GET", "/v1/availability/feed")
        assert refused.problem == "too-many-streams"
        assert refused.headers["retry-after"]
        assert hasty.ask("POST", "/echo", b"1").body == b"1"
    stream.close()

    def accepted():
        connection = hasty.connect()
        connection.begin("GET", "/v1/availability/feed")
        return b"200" in connection.read_until(b"\r\n")

    wait_until(accepted, "the place of the one that left is free")


@pytest.mark.slow
def test_what_takes_too_long_is_answered_and_a_worker_in_which_a_request_hangs_gives_way(serve):
    served = serve(threads=1, request_seconds=1, stream_seconds=1, stop_seconds=1)
    (first,) = served.workers
    stream = served.connect()
    stream.begin("GET", "/v1/availability/feed")
    answer = served.ask("GET", "/gate/one")
    assert answer.problem == "timed-out"
    assert "may still be done" in answer.json["detail"]
    assert stream.answer().body.endswith(b'{"stopped": "a request like this may take 1 seconds"}\n')
    wait_until(lambda: served.workers and first not in served.workers, "another worker is there")
    assert served.ask("POST", "/echo", b"1").body == b"1"


@pytest.mark.slow
def test_a_worker_gives_way_after_so_many_requests_and_no_request_is_lost(serve):
    served = serve(worker_requests=5)
    (first,) = served.workers
    assert [served.ask("POST", "/echo", b"%d" % number).body for number in range(8)] == [b"%d" % n for n in range(8)]
    wait_until(lambda: first not in served.workers, "the first worker has ended")


@pytest.mark.slow
def test_beside_64_streams_that_nobody_reads_requests_and_probes_are_answered(serve):
    served = serve(threads=1, streams=16)
    for _ in range(64):
        served.connect().begin("GET", "/v1/availability/feed?size=100000")
    assert [served.ask("POST", "/echo", b"%d" % number).body for number in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert [served.ask("GET", path).json["status"] for path in ("/healthz", "/readyz")] == ["ok", "ok"]
    assert served.ask("GET", "/v1/availability/feed").problem == "too-many-streams"
