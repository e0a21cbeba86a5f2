"""Callers who send or take slowly cost no thread, and are cut off after a stated time."""

import pytest

from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

HUNG = 24
"""Far more slow callers than there are threads."""
JSON = "Content-Type: application/json"


def test_headers_that_never_end_are_cut_off_and_keep_nobody_waiting(hasty):
    slow = [hasty.connect() for _ in range(HUNG)]
    for connection in slow:
        connection.send(b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Endless: ")
    assert hasty.ask("POST", "/echo", b"hello").body == b"hello"
    for connection in slow:
        assert connection.answer().problem == "request-timeout"
        assert connection.is_closed()


def test_a_header_that_comes_letter_by_letter_is_cut_off_all_the_same(hasty):
    connection = hasty.connect()
    connection.send(b"GET /echo HTTP/1.1\r\nX-Endless: ")
    sent = 0
    while not connection.has_answer(within=0.05):
        connection.send(b"x")
        sent += 1
    assert connection.answer().status == 408
    assert sent > 3


def test_who_connects_and_says_nothing_is_closed_without_a_word(hasty):
    assert hasty.connect().is_closed()


def test_an_ordinary_body_that_stalls_is_cut_off_and_keeps_nobody_waiting(hasty):
    slow = [hasty.connect() for _ in range(HUNG)]
    for connection in slow:
        connection.begin("POST", "/echo", JSON, "Content-Length: 100")
        connection.send(b"{")
    assert hasty.ask("POST", "/echo", b"hello").body == b"hello"
    for connection in slow:
        answer = connection.answer()
        assert answer.problem == "request-timeout"
        assert "within 2 seconds, and nothing was done" in answer.json["detail"]


def test_an_ordinary_body_that_comes_letter_by_letter_is_cut_off_all_the_same(hasty):
    connection = hasty.connect()
    connection.begin("POST", "/echo", JSON, "Content-Length: 100000")
    while not connection.has_answer(within=0.05):
        connection.send(b" ")
    assert connection.answer().status == 408


def test_the_body_of_a_stream_may_go_on_but_not_stall(hasty):
    connection = hasty.connect()
    connection.begin("POST", "/v1/stock/movements", "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked")
    connection.send(b"3\r\n{}\n\r\n")
    lines = connection.answer().body.splitlines()
    assert b'"result":"applied"' in lines[0]
    assert b'"line":2' in lines[1]
    assert b'"result":"stopped","message":"no more of the body came for 2 seconds"' in lines[1]
    assert len(lines) == 2


def test_who_takes_nothing_of_a_large_answer_costs_no_thread(hasty):
    slow = []
    for _ in range(3):
        slow.append(hasty.connect())
        slow[-1].begin("GET", "/large")
        slow[-1].read_until(b"\r\n\r\n")
        assert hasty.ask("POST", "/echo", b"hello").body == b"hello"
    for connection in slow:
        connection.wait_until_cut()


def test_who_takes_nothing_of_a_stream_loses_its_place_in_time(hasty):
    slow = hasty.connect()
    slow.begin("GET", "/v1/availability/feed?size=1000000")
    slow.read_until(b"\r\n\r\n")
    assert hasty.ask("GET", "/v1/availability/feed").problem == "too-many-streams"
    slow.wait_until_cut()
    # its thread notices a little later than the caller does
    wait_until(lambda: begins_the_feed(hasty), "there is room for a stream again")


def begins_the_feed(served):
    connection = served.connect()
    connection.begin("GET", "/v1/availability/feed")
    return connection.read_until(b"\r\n").startswith(b"HTTP/1.1 200")


def test_who_sends_more_while_its_request_is_carried_out_is_read_no_further(serve, gates):
    served = serve(threads=1)
    eager = served.connect()
    eager.begin("GET", "/gate/shut")
    gates.wait_for("shut")
    request = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000
    assert eager.send_until_full(request, at_most=16 << 20) < 4 << 20
    gates.open("shut")
    assert eager.answer().body == b"through"


def test_of_too_many_connections_the_one_idle_for_longest_makes_room(serve):
    served = serve(connections=3)
    idle = [served.connect() for _ in range(3)]
    for connection in idle:
        assert connection.ask("POST", "/echo", b"1").body == b"1"
    assert served.connect().ask("POST", "/echo", b"2").body == b"2"
    assert idle[0].is_closed()
    assert idle[2].ask("POST", "/echo", b"3").body == b"3"


def test_beyond_so_many_busy_connections_one_is_refused_with_a_problem(serve):
    served = serve(connections=2)
    for connection in (served.connect(), served.connect()):
        connection.begin("POST", "/echo", JSON, "Content-Length: 10")
        connection.send(b"{")
    refused = served.connect()
    assert refused.answer().problem == "service-unavailable"
    assert refused.is_closed()
