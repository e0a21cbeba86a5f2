"""Every failure is a problem detail, those of the server itself included, and whoever is refused still hears of it."""

import gzip

import pytest

from api.http.access.browsers import SECURITY_HEADERS
from api.http.serving.front import MOST_BYTES
from tests.support.server_process import chunk

JSON = "Content-Type: application/json"
HEADER = "request-header-fields-too-large"


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (b"nonsense\r\n\r\n", 400, "bad-request"),
        (b"GET /echo\r\n\r\n", 400, "bad-request"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400, "bad-request"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, "bad-request"),
        (
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
            400,
            "bad-request",
        ),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long"),
        (
            b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 9_000 + b"\r\n\r\n",
            431,
            HEADER,
        ),
        (
            b"GET /echo HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 200 + b"\r\n",
            431,
            HEADER,
        ),
        (b"GET /no/such HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
        (b"GET /fault HTTP/1.1\r\nHost: x\r\n\r\n", 500, "internal"),
    ],
)
def test_it_is_a_problem(hasty, sent, status, problem):
    connection = hasty.connect()
    connection.send(sent)
    answer = connection.answer()
    assert (answer.status, answer.problem) == (status, problem)


@pytest.mark.parametrize("header", [f"Content-Length: {MOST_BYTES + 1}", "Transfer-Encoding: chunked"])
def test_who_sends_too_much_reads_why_although_it_is_still_sending(hasty, header):
    connection = hasty.connect()
    connection.begin("POST", "/echo", JSON, header)
    data = b"x" * (MOST_BYTES + 1)
    connection.send(data if "Length" in header else b"%x\r\n%s\r\n" % (len(data), data))
    answer = connection.answer()
    assert answer.problem == "request-entity-too-large"
    assert str(MOST_BYTES) in answer.json["detail"]
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("refused", ["by the application", "as one too many"])
def test_who_is_refused_a_stream_reads_why_although_it_is_still_sending(hasty, refused):
    if refused == "as one too many":
        other = hasty.connect()
        other.begin("GET", "/v1/availability/feed")
        other.read_until(b"\r\n\r\n")
    connection = hasty.connect()
    connection.begin("POST", "/v1/stock/movements", JSON, "Transfer-Encoding: chunked")
    data = b"x" * MOST_BYTES
    connection.send(b"%x\r\n%s\r\n" % (len(data), data))
    answer = connection.answer()
    assert answer.problem == ("too-many-streams" if refused == "as one too many" else "unsupported-media-type")
    connection.send(chunk(b"x"))  # not its end: a connection whose request has come whole may take another
    assert connection.is_closed()


def test_the_largest_body_is_taken(hasty):
    assert len(hasty.ask("POST", "/echo", b"x" * MOST_BYTES).body) == MOST_BYTES


def test_a_body_in_chunks_arrives_whole(hasty):
    connection = hasty.connect()
    connection.begin("POST", "/echo", JSON, "Transfer-Encoding: chunked")
    connection.send(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    assert connection.answer().body == b"abcdefg"


def test_a_compressed_body_is_refused_unread(hasty):
    bomb = gzip.compress(b"0" * (64 << 20))
    answer = hasty.ask("POST", "/echo", bomb, "Content-Encoding: gzip", JSON)
    assert answer.problem == "unsupported-media-type"
    assert answer.headers["accept-encoding"] == "identity"
    assert hasty.ask("POST", "/echo", b"1", "Content-Encoding: identity", JSON).body == b"1"


def test_an_upgrade_that_is_not_offered_is_ignored(hasty):
    upgrade = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    assert hasty.ask("POST", "/echo", b"1", JSON, *upgrade).body == b"1"


def test_requests_that_are_sent_at_once_on_one_connection_are_answered_in_turn(hasty):
    connection = hasty.connect()
    for number in range(3):
        connection.begin("POST", "/echo", JSON, "Content-Length: 1")
        connection.send(b"%d" % number)
    assert [connection.answer().body for _ in range(3)] == [b"0", b"1", b"2"]


def test_a_caller_who_waits_for_100_continue_is_told_to_go_on(hasty):
    connection = hasty.connect()
    connection.begin("POST", "/echo", JSON, "Content-Length: 2", "Expect: 100-continue")
    assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
    connection.send(b"ok")
    assert connection.answer().body == b"ok"


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n\r\n"]
)
def test_it_says_how_it_may_be_used_as_every_answer_does(hasty, sent):
    connection = hasty.connect()
    connection.send(sent)
    answer = connection.answer()
    assert answer.status in (400, 415)
    assert {name.lower(): answer.headers[name.lower()] for name in SECURITY_HEADERS} == {
        name.lower(): value for name, value in SECURITY_HEADERS.items()
    }
