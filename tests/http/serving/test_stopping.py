"""SIGTERM: what is carried out is finished, streams are told, nobody else is let in."""

import json

import pytest


@pytest.mark.slow
def test_a_request_that_is_carried_out_is_finished_and_a_stream_is_told(serve, gates):
    served = serve(threads=1, streams=2)
    idle, running, stream, body = (served.connect() for _ in range(4))
    assert idle.ask("POST", "/echo", b"1").body == b"1"
    running.begin("GET", "/gate/one")
    gates.wait_for("one")
    stream.begin("GET", "/v1/availability/feed")
    stream.read_until(b"x\n")
    body.begin("POST", "/v1/stock/movements", "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked")
    body.send(b"3\r\n{}\n\r\n")
    served.terminate()
    assert stream.read_until(b"0\r\n\r\n").endswith(b'{"stopped": "the service is stopping"}\n\r\n0\r\n\r\n')
    # whether the line was read before or not, it is said
    *applied, last = map(json.loads, body.answer().body.splitlines())
    assert [line["result"] for line in applied] in ([], ["applied"])
    assert (last["line"], last["result"], last["message"]) == (len(applied) + 1, "stopped", "the service is stopping")
    assert idle.is_closed()
    assert served.process.poll() is None
    gates.open("one")
    answer = running.answer()
    assert (answer.body, answer.headers["connection"]) == (b"through", "close")
    assert served.process.wait(30) == 0


@pytest.mark.slow
def test_what_does_not_finish_in_time_is_left(serve, gates):
    served = serve(threads=1, stop_seconds=1)
    running = served.connect()
    running.begin("GET", "/gate/one")
    gates.wait_for("one")
    served.terminate()
    assert served.process.wait(30) == 0
    assert running.is_closed()
