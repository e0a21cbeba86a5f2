"""Movements over HTTP: a line each, of any number, answered as they come, and never applied twice."""

import json
import socket

import pytest

from api.http import stock_movements
from api.http.requests.ndjson import LINES_AT_ONCE, NdjsonBody
from api.records.stock.movements import MovementRecord
from tests.support.callers import client_of, key_of
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of
from tests.support.server_process import server_process

NDJSON = {"content_type": "application/x-ndjson"}


def line(op, delta=1, **more):
    return {"op": op, "node": "lyon", "sku": "RARE", "delta": delta, **more}


def post(http, *lines):
    body = b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in lines)
    response = http.post("/v1/stock/movements", data=body, **NDJSON)
    assert (response.status_code, response.content_type) == (200, "application/x-ndjson")
    answers = [json.loads(text) for text in response.data.splitlines()]
    assert all(mistakes_in(http, MovementRecord, answer) == [] for answer in answers)
    return answers


def on_hand(http, sku="RARE"):
    return http.get(f"/v1/stock/{sku}").get_json()["on_hand"]


def test_each_line_is_answered_by_a_line(http):
    answers = post(http, line("a", 2, reason="goods in"), line("b", -4), line("a", 2, reason="goods in"))
    assert answers == [
        {"line": 1, "op": "a", "result": "applied", "on_hand": 5},
        {"line": 2, "op": "b", "result": "applied", "on_hand": 1},
        {"line": 3, "op": "a", "result": "seen", "on_hand": 1},
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (b"{\n", "this is no JSON"),
        (b"[]\n", "Invalid input type"),
        (b"\xff\n", "this is no JSON"),
        (line("a", 0), "delta: nothing moves by 0"),
        (line("a", 0, blocked=0), "delta: nothing moves by 0"),
        (line("a", 2, blocked=-1), "blocked: as many units as come on hand are blocked no more"),
        (line("a", 2, blocked=-2), "units blocked: 0; fewer"),
        (line("a", 2, at="today"), "at: write an instant"),
        (line("a", 2, at="2026-11-27T09:05:00.001Z"), "at: 2026-11-27T09:05:00Z is more than 5 minutes ahead"),
        (line("a", 1.5), "delta: this is a whole number"),
        (line("a", 10**10), "delta: this is a whole number"),
        (line("", 1), "op: "),
        ({"node": "lyon", "sku": "RARE", "delta": 1}, "op: "),
        (line("a", colour="red"), "colour: "),
        (line("a", node="lyno"), "node: no node goes by the id 'lyno'"),
        (line("a", sku="RAR"), "sku: no product goes by the SKU 'RAR'"),
        (line("a", -5), "units on hand: 4; fewer"),
        (line("z", 2), "was used for another movement"),
        (b'{"op": "' + b"x" * 20_000 + b'"}\n', "longer than 16384 bytes"),
    ],
)
def test_a_line_that_is_wrong_is_refused_and_the_others_count(http, wrong, message):
    post(http, line("z", 1), line("y", -1))
    answers = post(http, line("b", 1), b"\n", wrong, line("c", 1))
    assert [(answer["line"], answer["result"]) for answer in answers] == [
        (1, "applied"),
        (3, "refused"),
        (4, "applied"),
    ]
    assert message in answers[1]["message"]
    assert on_hand(http) == 5


def test_a_movement_says_when_it_was_and_what_it_blocks(http, clock):
    clock.now += 600
    http.put("/v1/stock/lyon/RARE", json={"on_hand": 9, "at": "2026-11-27T09:05:00Z"})
    assert post(
        http,
        line("a", -2, at="2026-11-27T09:04:00Z"),
        line("b", -2, at="2026-11-27T09:06:00Z", blocked=2, reason="broken"),
        line("c", 0, blocked=-1, reason="scrapped"),
        line("d", 1, blocked=-1),
    ) == [
        {"line": 1, "op": "a", "result": "counted", "on_hand": 9},
        {"line": 2, "op": "b", "result": "applied", "on_hand": 7, "blocked": 2},
        {"line": 3, "op": "c", "result": "applied", "on_hand": 7, "blocked": 1},
        {"line": 4, "op": "d", "result": "applied", "on_hand": 8, "blocked": 0},
    ]


@pytest.mark.slow
def test_a_body_larger_than_any_other_may_be_is_read_piece_by_piece(http, pointsman):
    # json.dumps writes é in six bytes
    lines = [line(f"op-{number}", 1, reason="é" * 200) for number in range(4_000)]
    answers = post(http, *lines)
    assert len(answers) == 4_000
    assert {answer["result"] for answer in answers} == {"applied"}
    assert on_hand(http) == 4_003
    assert pointsman.check().clean


def test_of_a_body_no_more_is_in_memory_than_is_answered_together(pointsman):
    class Endless:
        """A body that counts how far it is read."""

        read = 0

        def readline(self, _):
            self.read += 1
            return json.dumps(line(f"op-{self.read}")).encode() + b"\n"

    body = Endless()
    lines = NdjsonBody(body, most_bytes=stock_movements.MOST_BYTES_A_LINE)
    answers = stock_movements.answer_movements(lines, pointsman.stock)
    for number in range(1, 6):
        assert next(answers).count(b"\n") == LINES_AT_ONCE
        assert body.read <= number * LINES_AT_ONCE + 1


def test_another_content_type_is_refused(http):
    problem_of(http.post("/v1/stock/movements", json=line("a")), 415)


def test_without_facts_it_is_a_problem_that_says_what_to_run(bare):
    response = client_of(bare).post("/v1/stock/movements", data=json.dumps(line("a")), **NDJSON)
    assert "pointsman load" in problem_of(response, 503)["detail"]


@pytest.fixture
def served(pointsman, server_url, network, tmp_path):
    """The real server, on a socket of its own."""
    key = key_of(pointsman, role="oms")
    environment = {"POINTSMAN_REDIS_URL": server_url, "POINTSMAN_NETWORK": network}
    with server_process(tmp_path, environment) as process:
        yield lambda: connected(process.path, key)


def connected(path, key):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(path))
    head = "POST /v1/stock/movements HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    head += f"Authorization: Bearer {key}\r\n"
    connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    return connection


def chunk(*lines):
    body = b"".join(json.dumps(item).encode() + b"\n" for item in lines)
    return b"%x\r\n%s\r\n" % (len(body), body)


def read_until(connection, expected):
    received = b""
    while expected not in received:
        chunk = connection.recv(1 << 16)
        assert chunk, received
        received += chunk
    return received


@pytest.mark.slow
def test_answers_come_while_lines_are_sent_and_after_a_cut_the_same_lines_count_once(served, pointsman):
    lines = [line(f"op-{number}") for number in range(3 * LINES_AT_ONCE + 10)]
    with served() as connection:
        connection.sendall(chunk(*lines[: LINES_AT_ONCE + 20]))
        # the body has no end yet
        response = read_until(connection, b'"line":%d' % LINES_AT_ONCE)
        assert response.startswith(b"HTTP/1.1 200")
        connection.sendall(chunk(*lines[LINES_AT_ONCE + 20 : 2 * LINES_AT_ONCE + 50])[:-40])
    with served() as connection:
        connection.sendall(chunk(*lines) + b"0\r\n\r\n")
        response = read_until(connection, b"0\r\n\r\n")
    results = [json.loads(text)["result"] for text in response.splitlines() if text.startswith(b"{")]
    assert len(results) == len(lines)
    assert set(results) == {"seen", "applied"}
    assert results[:LINES_AT_ONCE] == ["seen"] * LINES_AT_ONCE
    (item,) = pointsman.stock.show("RARE").nodes
    assert item.position.on_hand == 3 + len(lines)
    assert pointsman.check().clean
